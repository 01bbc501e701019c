package g722

// An Encoder codes one stream. It is a plain value: an assignment copies its
// state. The zero Encoder must be Reset before use.
type Encoder struct {
	low, high band
	past      [past]int16
	splice    bool // the next frame is 22 samples late (see Follow)
}

// Reset makes e an encoder that has seen nothing, which is what a decoder at the
// start of a stream expects.
func (e *Encoder) Reset() {
	*e = Encoder{}
	e.low.reset(lowFirst)
	e.high.reset(highFirst)
}

// Adopt takes over the state of other: what e encodes next continues what other
// has encoded.
func (e *Encoder) Adopt(other *Encoder) { *e = *other }

// Encode codes pairs of samples into a byte each and returns the number of
// bytes: half as many as samples, as far as dst has room. An odd last sample is
// dropped.
func (e *Encoder) Encode(dst []byte, frame []int16) int {
	n := min(len(dst), len(frame)/2)
	for done := 0; done < n; done += frameBytes {
		end := min(done+frameBytes, n)
		e.encode(dst[done:end], frame[2*done:2*end])
	}
	return n
}

func (e *Encoder) encode(dst []byte, frame []int16) {
	var w window
	copy(w[:], e.past[:])
	copy(w[past:], frame)
	if e.splice {
		e.splice = false
		e.spliced(&w, len(frame))
	}
	var s sums
	s.split(&w, len(dst))
	copy(e.past[:], w[len(frame):])
	low, high := &e.low, &e.high
	var lows, highs trail
	low.load(&lows)
	high.load(&highs)
	for i := range dst[:min(len(dst), len(s))] {
		x := s[i]
		l := low.lowCode((x.even+x.odd)>>14 - low.predicted)
		h := high.highCode((x.odd-x.even)>>14 - high.predicted)
		low.adapt((*[7]int32)(lows[i:]), low.lowError(l))
		high.adapt((*[7]int32)(highs[i:]), high.highError(h))
		dst[i] = h<<6 | l
	}
	low.store(&lows, len(dst))
	high.store(&highs, len(dst))
}
