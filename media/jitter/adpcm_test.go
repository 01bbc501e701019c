package jitter

// adpcm is a codec with state for tests: four bits a sample at 16 kHz, the
// difference to a leaking prediction in steps that adapt. It forgets as G.722
// does, by its leaks.
type adpcm struct {
	predicted, step float64
	decoded         int // packets
	concealed       int // samples
	conceals        bool
	fed             [][]byte // next, of each call of Conceal
}

func (c *adpcm) Reset() { c.predicted, c.step = 0, 16 }

// advance takes in a code and returns the sample.
func (c *adpcm) advance(code int) int16 {
	c.predicted = 0.95*c.predicted + (float64(code)+0.5)*c.step
	c.predicted = min(max(c.predicted, -32000), 32000)
	grow := []float64{0.91, 0.91, 0.95, 1.02, 1.15, 1.3, 1.5, 1.7}
	at := code
	if code < 0 {
		at = -code - 1
	}
	c.step = min(max(16*pow(c.step/16, 0.98)*grow[at], 2), 4000)
	return int16(c.predicted)
}

func (c *adpcm) encode(frame []int16) []byte {
	out := make([]byte, len(frame)/2)
	for i, v := range frame {
		d := (float64(v) - 0.95*c.predicted) / c.step
		code := int(min(max(floor(d), -8), 7))
		c.advance(code)
		out[i/2] |= byte(code&15) << (4 * (i % 2))
	}
	return out
}

func (c *adpcm) Decode(dst []int16, payload []byte) int {
	c.decoded++
	for i := range 2 * len(payload) {
		code := int(payload[i/2]>>(4*(i%2))) & 15
		if code > 7 {
			code -= 16
		}
		dst[i] = c.advance(code)
	}
	return 2 * len(payload)
}

// Conceal holds the last sample, so that it is known again.
func (c *adpcm) Conceal(dst []int16, next []byte) int {
	c.fed = append(c.fed, next)
	if !c.conceals {
		return 0
	}
	for i := range dst {
		dst[i] = int16(c.predicted)
	}
	c.concealed += len(dst)
	return len(dst)
}
