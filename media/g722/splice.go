package g722

// Analysis and synthesis filter together delay by 22 samples (1.4 ms). Sound
// that was decoded and is now encoded again for the same ears is that much
// later, in bands that were going on without a gap: the far end would hear the
// waveform jump back.

// fadeSamples is how long the two positions are cross-faded: 4 ms.
const fadeSamples = 64

// Follow makes e the encoder for a far end that was fed, until now, with packets
// of somebody else. d has decoded the same packets; the frame to encode next
// must begin where d's samples end, alone or mixed with others.
//
// The far end hears no click, neither from its state nor from the delay of the
// filters: within the next frame, at the place where it is least to be heard,
// the sound is drawn out by 1.4 ms.
func (e *Encoder) Follow(d *Decoder) {
	e.low, e.high = d.low, d.high
	e.splice = true
}

// splice fills the past with the sound that would be there without the delay,
// starts n samples of new sound as early, and lets it fall back.
func splice(w *window, n int) {
	room := n - past - fadeSamples
	if room < 0 {
		return // too short to change over within it
	}
	at := likest(w[past:past+n], room)
	copy(w[:past+at], w[past:])
	for i := range fadeSamples {
		to := past + at + i
		early, late := int32(w[to+past]), int32(w[to])
		w[to] = int16(early + (late-early)*int32(i+1)/fadeSamples)
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
