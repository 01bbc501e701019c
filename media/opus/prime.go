package opus

// Prime makes e an encoder that has coded past, of which whole frames of 320
// samples at the end count, and nothing before. The library keeps its state to
// itself; this is how e takes over a stream that another encoder has begun: past
// is what that one coded last. Two frames are enough and three are better; each
// takes as long as coding it.
//
// The first packet afterwards does not predict from the far end's past, which is
// similar to what e has in mind but not the same.
func (e *Encoder) Prime(past []int16) {
	e.Reset()
	for past = past[len(past)%FrameSamples:]; len(past) > 0; past = past[FrameSamples:] {
		e.Encode(e.discard[:], past[:FrameSamples])
	}
	e.independent(true)
}

// Renew has the next packet not predict from those before, nor from what e has
// coded: so a decoder that had another encoder's packets follows at once, also if
// it has heard something else. To those who had e's it is a packet like others, of
// a somewhat lower quality (2 dB).
func (e *Encoder) Renew() { e.independent(true) }

// independent switches prediction from earlier packets off or on.
func (e *Encoder) independent(on bool) {
	if e.apart != on {
		e.apart = on
		e.enc.SetPredictionDisabled(on)
	}
}
