package jitter

// Concealment in samples.
const (
	modelSamples = 3*maxPeriod + maxPeriod/4 // three periods and the quarter before them
	templateSize = 160                       // what is looked for in the past to find the period
	steadyFor    = 80                        // no attenuation for 10 ms
	fadeSamples  = 480                       // nothing left at 60 ms: 20 % less every 10 ms in between
	unity        = 1 << 14
)

// concealer continues a voice by repeating its last pitch periods: one for the
// first 10 ms, then two, then three, as more repetition of one begins to buzz;
// fading out from there, because what was said 60 ms ago says nothing of now.
type concealer struct {
	cursor
	lag        int // the pitch period
	seam       int32
	background *background
	model      [modelSamples]int16 // what was heard last
}

// cursor is the place in the model that is repeated next. A copy of it looks
// ahead.
type cursor struct {
	lost int // samples synthesised so far
	at   int // the next in the model
	next int // where to go on at its end
}

// nothing has the concealer synthesise the background only.
func (c *concealer) nothing() { c.lost = fadeSamples }

// faded says that nothing is left but the background.
func (c *concealer) faded() bool { return c.lost >= fadeSamples }

// begin takes the last samples heard for a model.
func (c *concealer) begin(heard []int16) {
	copy(c.model[:], heard[len(heard)-modelSamples:])
	lag, alike := similar(heard, len(heard)-templateSize, templateSize, -1)
	if alike < unvoiced {
		lag = maxPeriod // repeating little of a noise would make a tone of it
	}
	c.lag = lag
	c.cursor = cursor{at: modelSamples - lag}
	// The voice goes on where the last period did, which may have been at
	// another amplitude: the difference is let go of bit by bit.
	c.seam = int32(c.model[modelSamples-1]) - int32(c.model[modelSamples-lag-1])
}

// unvoiced is the likeness below which there is no pitch.
const unvoiced = 0.3

// quarter is the length of the cross-fades within the repetition.
func (c *concealer) quarter() int { return c.lag / 4 }

// synthesise writes the next samples.
func (c *concealer) synthesise(dst []int16) { c.write(&c.cursor, dst) }

// ahead writes what the next samples would be.
func (c *concealer) ahead(dst []int16) {
	look := c.cursor
	c.write(&look, dst)
}

func (c *concealer) write(cur *cursor, dst []int16) {
	for i := range dst {
		if cur.lost >= fadeSamples {
			dst[i] = int16(c.background.noise())
			continue
		}
		v := c.voice(cur)
		if cur.lost >= steadyFor {
			gain := int32(unity - (cur.lost-steadyFor)*unity/(fadeSamples-steadyFor))
			v = (v*gain + c.background.noise()*(unity-gain)) / unity
		}
		dst[i] = int16(v)
		cur.lost++
	}
}

// voice is the next sample of the repeated periods. The last quarter period of
// the model runs over into the quarter before the place it goes on at.
func (c *concealer) voice(cur *cursor) int32 {
	quarter := c.quarter()
	v := int32(c.model[cur.at])
	if left := modelSamples - cur.at; left <= quarter {
		if left == quarter {
			cur.next = modelSamples - c.lag*min(1+(cur.lost+left)/steadyFor, 3)
		}
		v += (int32(c.model[cur.next-left]) - v) * int32(quarter-left+1) / int32(quarter+1)
	}
	if cur.at++; cur.at == modelSamples {
		cur.at = cur.next
	}
	if cur.lost < quarter {
		v = clip(v + c.seam*int32(quarter-cur.lost)/int32(quarter+1))
	}
	return v
}

func clip(v int32) int32 { return min(max(v, -1<<15), 1<<15-1) }
