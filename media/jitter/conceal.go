package jitter

// Concealment in samples of 8 kHz.
const (
	modelSamples = 3*maxPeriod + maxPeriod/4 // three periods and the quarter before them
	templateSize = 160                       // what is looked for in the past to find the period
	steadyFor    = 40                        // no attenuation for 5 ms
	halfSamples  = 240                       // half is left at 30 ms
	fadeSamples  = 960                       // nothing at 120 ms
	growEvery    = 200                       // a period more is repeated every 25 ms
	hasteSamples = 80                        // a voice that is over fades in 10 ms
	unity        = 1 << 14
)

// concealer continues a voice by repeating its last pitch periods: one, then
// two, then three, as more repetition of one begins to buzz. Appendix I begins to
// repeat more at 10 ms, its frame; ours is 20 ms, and one lost frame sounds best
// as an even continuation of the last period.
//
// It fades in two steps. The continuation is soon wrong, and what is wrong is
// heard less the softer it is: so it is at half of its level by 30 ms. But silence in
// the middle of a word is a greater fault than a soft voice that says nothing, to
// P.862 more than to our own score: so the rest takes to 120 ms, the last half of it
// too soft to buzz. A level held for 20 ms and a straight fade to 60 ms was worse
// by both scores: worse than plain repetition in bursts of loss, by P.862.
type concealer struct {
	lost       int   // samples synthesised so far
	steady     int   // of them without attenuation
	knee       int   // from where it fades slowly
	fade       int   // with nothing left but the background after
	level      int32 // at the knee
	lag        int   // the pitch period
	at         int   // the place in the model that comes next
	next       int   // where to go on at its end
	seam       int32
	k          int // samples for each one of 8 kHz
	background *background
	model      []int16 // what was heard last
}

// reset has the concealer synthesise the background only.
func (c *concealer) reset(b *background, k int) {
	*c = concealer{background: b, k: k, model: c.model, fade: fadeSamples * k}
	c.lost = c.fade
}

// faded says that nothing is left but the background.
func (c *concealer) faded() bool { return c.lost >= c.fade }

// left is how many samples of voice are to come.
func (c *concealer) left() int { return max(0, c.fade-c.lost) }

// hasten has what is left of the voice fade within 10 ms: it is over.
func (c *concealer) hasten() {
	if soon := c.lost + hasteSamples*c.k; soon < c.fade {
		c.level = c.gain()
		c.knee, c.fade = c.lost, soon
	}
}

// begin takes the last samples heard for a model.
func (c *concealer) begin(heard []int16) {
	copy(c.model, heard[len(heard)-len(c.model):])
	n := templateSize * c.k
	lag, _ := similarAt(c.k, heard, len(heard)-n, n, -1, maxPeriod*c.k)
	c.lag = lag
	c.lost, c.at = 0, len(c.model)-lag
	c.steady, c.knee, c.fade = steadyFor*c.k, halfSamples*c.k, fadeSamples*c.k
	c.level = unity / 2
	// The voice goes on where the last period did, which may have been at
	// another amplitude: the difference is let go of bit by bit.
	c.seam = int32(c.model[len(c.model)-1]) - int32(c.model[len(c.model)-lag-1])
}

// quarter is the length of the cross-fades within the repetition.
func (c *concealer) quarter() int { return c.lag / 4 }

// synthesise writes the next samples.
func (c *concealer) synthesise(dst []int16) {
	for i := range dst {
		if c.lost >= c.fade {
			dst[i] = int16(c.background.noise())
			continue
		}
		v := c.voice()
		if gain := c.gain(); gain < unity {
			v = (v*gain + c.background.noise()*(unity-gain)) / unity
		}
		dst[i] = int16(v)
		c.lost++
	}
}

// gain is how much of the voice is left at the next sample, of unity.
func (c *concealer) gain() int32 {
	switch {
	case c.lost >= c.knee:
		return c.level * int32(c.fade-c.lost) / int32(c.fade-c.knee)
	case c.lost >= c.steady:
		return unity - (unity-c.level)*int32(c.lost-c.steady)/int32(c.knee-c.steady)
	}
	return unity
}

// voice is the next sample of the repeated periods. The last quarter period of
// the model runs over into the quarter before the place it goes on at.
func (c *concealer) voice() int32 {
	quarter := c.quarter()
	v := int32(c.model[c.at])
	if left := len(c.model) - c.at; left <= quarter {
		if left == quarter {
			c.next = len(c.model) - c.lag*min(1+(c.lost+left)/(growEvery*c.k), 3)
		}
		v += (int32(c.model[c.next-left]) - v) * int32(quarter-left+1) / int32(quarter+1)
	}
	if c.at++; c.at == len(c.model) {
		c.at = c.next
	}
	if c.lost < quarter {
		v = clip(v + c.seam*int32(quarter-c.lost)/int32(quarter+1))
	}
	return v
}

func clip(v int32) int32 { return min(max(v, -1<<15), 1<<15-1) }
