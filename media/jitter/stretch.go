package jitter

// When the lead is moved, in samples of 8 kHz.
const (
	// The lead follows the target once it is so far below, or above.
	tooShort = 8
	tooLong  = 4
	// Speech is squeezed, not only its pauses, from here on, if no pause came for
	// so many frames.
	muchTooLong = 64
	patience    = 100
	// And without much regard from here on: 100 ms.
	farTooLong = 800
	// waitFrames is the pause between two squeezes of speech: at most 5 % of
	// it goes by faster. restFrames is between two looks at speech that did not
	// lend itself to it.
	waitFrames = 10
	restFrames = 2
	// compareStretch is how much of the voice is compared to find its period.
	compareStretch = 120
	// How alike two periods must be for one to be left out, or inserted, which
	// is more urgent.
	alikeToSqueeze = 0.9
	alikeToStretch = 0.6
	// quietFade is the cross-fade where a pause is shortened or lengthened.
	quietFade = 40
)

// adapt writes the next frame with the point of play brought nearer to where it
// is wanted, if it is away from there and the sound permits; else it does nothing
// and says false.
func (p *Playout) adapt(dst []int16) bool {
	if p.rest > 0 {
		p.rest--
		return false
	}
	if p.conceal.lost > 0 {
		return false
	}
	excess := p.excess(p.play, p.tick)
	if p.long++; excess <= 0 {
		p.long = 0
	}
	if excess == 0 || p.relay.asked == 0 && p.grain.back(p.play) == p.play && excess <= tooLong*p.k && excess >= -tooShort*p.k {
		return false
	}
	p.need(p.size+maxPeriod*p.k, false)
	if excess > 0 {
		return p.squeeze(dst, excess)
	}
	return p.stretch(dst, -excess)
}

// squeeze leaves out up to excess samples.
func (p *Playout) squeeze(dst []int16, excess int) bool {
	var room [2 * (baseFrame + maxPeriod)]int16 // no less than the comparison needs
	n, there := p.store.run(p.play, p.size+maxPeriod*p.k)
	if !there || n <= p.size {
		return false
	}
	next := room[:n]
	p.store.copy(next, p.play)
	cut, fade := min(excess, n-p.size), quietFade*p.k
	if !p.ground.quiet(amplitude(next[:p.size])) {
		// Who is to be handed on untouched may be so the sooner for being squeezed.
		if cut < muchTooLong*p.k || excess <= farTooLong*p.k && p.long < patience && p.relay.asked == 0 {
			return false
		}
		var alike float32
		if cut, alike = similarAt(p.k, next, 0, compareStretch*p.k, 1, cut); alike < alikeToSqueeze {
			p.rest = restFrames
			return false
		}
		fade = cut
		p.rest = waitFrames
		if excess > farTooLong*p.k {
			p.rest = restFrames
		}
	}
	crossfade(dst[:fade], next[:fade], next[cut:])
	copy(dst[fade:], next[cut+fade:])
	p.finish(dst, p.size+cut)
	return true
}

// stretch inserts up to shortage samples, a little more if a pitch period is.
func (p *Playout) stretch(dst []int16, shortage int) bool {
	var room [2 * (maxPeriod + baseFrame)]int16 // the last period heard, and the next frame
	longest := maxPeriod * p.k
	span := room[:longest+p.size]
	next := span[longest:]
	n, there := p.store.run(p.play, len(next))
	if !there || n < len(next) {
		return false
	}
	p.heard(span[:longest])
	p.store.copy(next, p.play)
	more, fade := min(shortage, longest), quietFade*p.k
	if !p.ground.quiet(amplitude(next)) {
		if shortage <= tooShort*p.k || !p.urgent() {
			return false
		}
		var alike float32
		if more, alike = similarAt(p.k, span, longest, compareStretch*p.k, -1, longest); alike < alikeToStretch {
			p.rest = restFrames
			return false
		}
		fade = more
	}
	// The next samples run over into those a period before them, whose
	// continuation are the next samples again.
	fade = min(fade, more)
	crossfade(dst[:fade], next, span[longest-more:])
	copy(dst[fade:more], span[longest-more+fade:])
	copy(dst[more:], next)
	p.finish(dst, p.size-more)
	return true
}

// finish notes a frame made of n samples of the store, which is then what was
// heard.
func (p *Playout) finish(dst []int16, n int) {
	var room [2 * past]int16
	before := room[:past*p.k-p.size]
	p.heard(before)
	p.advance(n)
	p.store.put(p.play-uint32(len(before)+len(dst)), before)
	p.store.put(p.play-uint32(len(dst)), dst)
}

// crossfade runs from one sound over into another.
func crossfade(dst, from, to []int16) {
	n := int32(len(dst))
	from, to = from[:n], to[:n]
	for i := range dst {
		a, b := int32(from[i]), int32(to[i])
		dst[i] = int16(a + (b-a)*int32(i+1)/(n+1))
	}
}
