package jitter

// When the lead is moved, in samples.
const (
	// The lead follows the target once it is so far below, or above.
	tooShort = 8
	tooLong  = 24
	// Speech is squeezed, not only its pauses, from here on.
	muchTooLong = 64
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

// adapt writes the next frame with the lead brought nearer to the target, if it
// is away from it and the sound permits; else it does nothing and says false.
func (p *Playout) adapt(dst []int16) bool {
	if p.rest > 0 {
		p.rest--
		return false
	}
	excess := p.lead() - p.target
	if excess <= tooLong && excess >= -tooShort || p.conceal.lost > 0 {
		return false
	}
	if excess > 0 {
		return p.squeeze(dst, int(excess))
	}
	return p.stretch(dst, int(-excess))
}

// squeeze leaves out up to excess samples.
func (p *Playout) squeeze(dst []int16, excess int) bool {
	var room [FrameSamples + maxPeriod]int16 // no less than the comparison needs
	n, there := p.store.run(p.play, len(room))
	if !there || n <= FrameSamples {
		return false
	}
	next := room[:n]
	p.store.copy(next, p.play)
	cut, fade := min(excess, n-FrameSamples), quietFade
	if !p.background.quiet(amplitude(next[:FrameSamples])) {
		longest := min(excess, n-FrameSamples)
		if longest < muchTooLong {
			return false
		}
		var alike float32
		if cut, alike = similar(next, 0, compareStretch, 1, longest); alike < alikeToSqueeze {
			p.rest = restFrames
			return false
		}
		fade = cut
		p.rest = waitFrames
		if excess > farTooLong {
			p.rest = restFrames
		}
	}
	crossfade(dst[:fade], next[:fade], next[cut:])
	copy(dst[fade:], next[cut+fade:])
	p.finish(dst, FrameSamples+cut)
	return true
}

// stretch inserts up to shortage samples, a little more if a pitch period is.
func (p *Playout) stretch(dst []int16, shortage int) bool {
	var span [maxPeriod + FrameSamples]int16 // the last period heard, and the next frame
	next := span[maxPeriod:]
	n, there := p.store.run(p.play, len(next))
	if !there || n < len(next) {
		return false
	}
	copy(span[:], p.heard[heardSamples-maxPeriod:])
	p.store.copy(next, p.play)
	more, fade := min(shortage, maxPeriod), quietFade
	if !p.background.quiet(amplitude(next)) {
		var alike float32
		if more, alike = similar(span[:], maxPeriod, compareStretch, -1, maxPeriod); alike < alikeToStretch {
			p.rest = restFrames
			return false
		}
		fade = more
	}
	// The next samples run over into those a period before them, whose
	// continuation are the next samples again.
	fade = min(fade, more)
	crossfade(dst[:fade], next, span[maxPeriod-more:])
	copy(dst[fade:more], span[maxPeriod-more+fade:])
	copy(dst[more:], next)
	p.finish(dst, FrameSamples-more)
	return true
}

// finish notes a frame made of n samples of the store.
func (p *Playout) finish(dst []int16, n int) {
	p.advance(n)
	p.remember(dst)
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
