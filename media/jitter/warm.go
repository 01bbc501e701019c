package jitter

// line is how many samples are in a line of the processor's cache.
const line = 32

// Warm reads from each part of the playout that Put and Next use, so that the
// processor has it near by then. What it returns means nothing.
func (p *Playout) Warm() (sum int) {
	sum = p.k + int(p.now) + int(p.end) + p.rest + int(p.comfort.from) + p.relay.missing
	l := &p.lags
	usual := min(max(int(int32(l.mean)-l.base)/binSamples, 0), bins-1)
	sum += l.seen + int(l.bin[min(max(l.bottom, 0), bins-1)]) + int(l.bin[usual]) + int(l.peak[usual])
	sum += p.conceal.lost + int(p.ground.level)
	sum += int(*p.store.word(p.play))
	for at := uint32(0); at < baseFrame; at += line {
		sum += int(p.store.samples[p.store.at(p.end+at)])
	}
	return sum + int(p.store.samples[p.store.at(p.end+baseFrame-1)])
}

// WarmFrame is the same for Samples, once Next has made the frame.
func (p *Playout) WarmFrame() (sum int) {
	sum = p.size + p.lags.seen
	if !p.made {
		return sum
	}
	frame := p.present()[:baseFrame]
	for at := 0; at < baseFrame; at += line {
		sum += int(frame[at])
	}
	return sum + int(frame[baseFrame-1])
}
