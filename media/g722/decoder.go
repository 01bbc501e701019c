package g722

// A Decoder decodes one stream. It is a plain value: an assignment copies its
// state. The zero Decoder must be Reset before use.
//
// It has no concealment. After a loss its state differs from the encoder's; the
// difference dies away within some tens of milliseconds of speech.
type Decoder struct {
	low, high band
	past      [past]int16 // sums and differences of the bands
}

// Reset makes d a decoder that has seen nothing.
func (d *Decoder) Reset() {
	*d = Decoder{}
	d.low.reset(lowFirst)
	d.high.reset(highFirst)
}

// Decode decodes each byte of the payload to two samples and returns how many
// samples that were, as far as dst has room for pairs. Every payload is legal.
func (d *Decoder) Decode(dst []int16, payload []byte) int {
	n := min(len(payload), len(dst)/2)
	for done := 0; done < n; done += frameBytes {
		end := min(done+frameBytes, n)
		d.decode(dst[2*done:2*end], payload[done:end])
	}
	return 2 * n
}

func (d *Decoder) decode(dst []int16, payload []byte) {
	var w window
	copy(w[:], d.past[:])
	low, high := &d.low, &d.high
	var lows, highs trail
	low.load(&lows)
	high.load(&highs)
	for i, code := range payload[:min(len(payload), frameBytes)] {
		// The two samples are limited to 15 bits, so that their sum and difference
		// have 16.
		l := limit15(low.predicted + low.step*fine[code&63]>>15)
		h := limit15(high.predicted + high.step*levels[code>>6]>>15)
		low.adapt((*[7]int32)(lows[i:]), low.lowError(code))
		high.adapt((*[7]int32)(highs[i:]), high.highError(code>>6))
		w[past+2*i] = int16(l + h)
		w[past+2*i+1] = int16(l - h)
	}
	low.store(&lows, len(payload))
	high.store(&highs, len(payload))
	var s sums
	s.split(&w, len(payload))
	copy(d.past[:], w[2*len(payload):])
	dst = dst[:2*min(len(payload), frameBytes)]
	for i := range len(dst) / 2 {
		dst[2*i] = int16(limit(s[i].odd >> 11))
		dst[2*i+1] = int16(limit(s[i].even >> 11))
	}
}

func limit15(v int32) int32 { return min(max(v, -1<<14), 1<<14-1) }
