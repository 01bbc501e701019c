package g722

// Analysis and synthesis filter together delay by 22 samples (1.4 ms). Sound
// that was decoded and is now encoded again for the same ears is that much
// later, in bands that were going on without a gap: the far end would hear the
// waveform jump back.

// What was sent last sounds on within the filters: about half of those 22 samples
// are settled already. Where the new sound goes on otherwise (it is a fade-out,
// which mirrors what was heard), the change is to come after them.

// fadeSamples is how long the two positions are cross-faded: 4 ms.
const fadeSamples = 64

// settled is how many samples the filters hold that can hardly be changed.
const settled = past / 2

// Follow makes e the encoder for a far end that was fed, until now, with packets
// of somebody else. d has decoded the same packets; the frame to encode next
// must begin where d's samples end, alone or mixed with others.
//
// The far end hears no click, neither from its state nor from the delay of the
// filters: within the next frame, at the place where it is least to be heard,
// the sound is drawn out by 1.4 ms. Nor does it where the frame begins with
// something else than what was to be heard there.
func (e *Encoder) Follow(d *Decoder) {
	e.low, e.high, e.past = d.low, d.high, d.past
	e.splice = true
}

// spliced fills the past with the sound that would be there without the delay,
// starts n samples of new sound as early, and lets it fall back. The past is that
// of the decoder followed.
func (e *Encoder) spliced(w *window, n int) {
	var on [past + fadeSamples]int16
	e.coast(&on)
	room := n - past - fadeSamples
	if room < 0 { // too short to draw it out
		leave(w, on[:past+min(n, fadeSamples)])
		return
	}
	at := likest(w[past:past+n], room)
	copy(w[:past+at], w[past:])
	for i := range fadeSamples {
		to := past + at + i
		early, late := int32(w[to+past]), int32(w[to])
		w[to] = int16(early + (late-early)*int32(i+1)/fadeSamples)
	}
	if !goesOn(on[:settled], w[:settled]) {
		leave(w, on[:])
	}
}

// coast decodes on what is to be heard after the last packet: first what the
// filters hold, then what the predictors expect.
func (e *Encoder) coast(on *[past + fadeSamples]int16) {
	var w window
	var lows, highs trail
	low, high := e.low, e.high
	copy(w[:], e.past[:])
	low.load(&lows)
	high.load(&highs)
	for i := range len(on) / 2 {
		l, h := limit15(low.predicted), limit15(high.predicted)
		low.adapt((*[7]int32)(lows[i:]), 0)
		high.adapt((*[7]int32)(highs[i:]), 0)
		w[past+2*i], w[past+2*i+1] = int16(l+h), int16(l-h)
	}
	var s sums
	s.split(&w, len(on)/2)
	for i := range len(on) / 2 {
		on[2*i], on[2*i+1] = int16(limit(s[i].odd>>11)), int16(limit(s[i].even>>11))
	}
}

// goesOn says whether new sound goes on as expected: what differs is 12 dB below.
func goesOn(expected, new []int16) bool {
	var energy, other int64
	for i, v := range expected {
		d := int64(new[i]) - int64(v)
		energy, other = energy+int64(v)*int64(v), other+d*d
	}
	return other <= energy/16
}

// leave has the window begin with what was to be heard, and fade from that.
func leave(w *window, on []int16) {
	copy(w[:past], on)
	for i, v := range on[past:] {
		to := &w[past+i]
		*to = int16(int32(v) + (int32(*to)-int32(v))*int32(i+1)/int32(len(on)-past))
	}
}

// likest is the place, no later than room, from which the sound is most like
// itself 22 samples later, over the length of a fade.
func likest(f []int16, room int) (best int) {
	differ := func(i int) int64 {
		d := int64(f[i+past]) - int64(f[i])
		return d * d
	}
	var now int64
	for i := range fadeSamples {
		now += differ(i)
	}
	least := now
	for i := range room {
		now += differ(i+fadeSamples) - differ(i)
		if now < least {
			least, best = now, i+1
		}
	}
	return best
}
