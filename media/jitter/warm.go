package jitter

// line is how many samples are in a line of the processor's cache.
const line = 32

// Warm reads from each part of the playout that Put and Next use, so that the
// processor has it near by then. What it returns means nothing.
func (p *Playout) Warm() int {
	l := &p.lags
	return p.k + int(p.now) + int(p.end) + p.rest + int(p.comfort.from) + p.relay.missing +
		l.seen + l.bottom + int(l.mean) + p.conceal.lost + p.conceal.fade + int(p.ground.level)
}

// WarmStore is the same for what Warm's part leads to.
func (p *Playout) WarmStore() (sum int) {
	l := &p.lags
	usual := min(max(int(int32(l.mean)-l.base)/binSamples, 0), bins-1)
	sum = int(l.bin[min(max(l.bottom, 0), bins-1)]) + int(l.bin[usual]) + int(l.peak[usual])
	sum += int(*p.store.word(p.play)) + int(*p.store.word(p.end))
	for at := uint32(0); at < baseFrame; at += line {
		sum += int(p.store.samples[p.store.at(p.end+at)])
	}
	sum += int(p.store.samples[p.store.at(p.end+baseFrame-1)])
	if p.made {
		last := p.present() // its end is kept, for a fade
		sum += int(last[len(last)-line]) + int(last[len(last)-1])
	}
	return sum
}

// WarmMade is the same for Samples, once Next has made the frame.
func (p *Playout) WarmMade() int {
	sum := p.size + p.lags.seen
	if p.made {
		sum++
	}
	return sum
}

// WarmFrame is the same for what WarmMade's part leads to.
func (p *Playout) WarmFrame() (sum int) {
	if !p.made {
		return 0
	}
	frame := p.present()[:baseFrame]
	for at := 0; at < baseFrame; at += line {
		sum += int(frame[at])
	}
	return sum + int(frame[baseFrame-1])
}
