package score

import "math"

const (
	// Longest is the longest lag that Align finds, in samples: 450 ms.
	Longest = longest - listen - 16

	listen = 3 * Frame // samples of what was heard by which a frame is recognised
	quiet  = 60        // RMS below which nothing is recognised
	move   = 2.0       // what a change of the lag must gain in correlation, summed over frames
)

// Align finds which part of what was said each frame heard is from, of a
// recording that was made without knowledge of the player. Frame 0 begins with
// sample first of what was said, or an earlier one by up to [Longest] samples;
// frame f by the same reckoning f·[Frame] samples later.
//
// For every frame each lag is given the correlation of 60 ms around the frame with
// what was said so long before; the path through the lags is taken that has the
// greatest sum, when each change of the lag costs something. So the lag stays as
// it is through pauses, gaps and what is made up for them, and is not misled by
// voices that repeat themselves every few milliseconds.
func Align(said, heard []int16, first int) []int {
	n := len(heard) / Frame
	sum := make([]float64, Longest+1) // of the best path to each lag
	match := make([]float64, Longest+1)
	moved := make([][]uint64, n) // by frame, a bit for each lag: the path came from elsewhere
	from := make([]int, n)       // from where, then
	ear := newCorrelator(said)
	for f := range n {
		most, best := math.Inf(-1), 0
		for lag, s := range sum {
			if s > most {
				most, best = s, lag
			}
		}
		from[f], moved[f] = best, make([]uint64, Longest/64+1)
		known := ear.match(match, heard, f*Frame-Frame, first+f*Frame-Frame)
		for lag, s := range sum {
			if s < most-move {
				s = most - move
				moved[f][lag/64] |= 1 << (lag % 64)
			}
			if known {
				s += match[lag]
			}
			sum[lag] = s
		}
	}
	lag := 0
	for l, s := range sum {
		if s > sum[lag] {
			lag = l
		}
	}
	source := make([]int, n)
	for f := n - 1; f >= 0; f-- {
		source[f] = first + f*Frame - lag
		if moved[f][lag/64]>>(lag%64)&1 != 0 {
			lag = from[f]
		}
	}
	return source
}

// correlator compares pieces of a recording with what was said.
type correlator struct {
	said   []int16
	energy []float64 // of all before each sample
	x, y   []complex128
}

func newCorrelator(said []int16) *correlator {
	c := &correlator{said: said, energy: make([]float64, len(said)+1), x: make([]complex128, longest), y: make([]complex128, longest)}
	for i, v := range said {
		c.energy[i+1] = c.energy[i] + float64(v)*float64(v)
	}
	return c
}

// match sets the normalised correlation of what was heard from sample at on with
// what was said lag samples before sample now, for each lag. It returns false
// where too little is heard.
func (c *correlator) match(match []float64, heard []int16, at, now int) bool {
	clear(c.x)
	power := 0.
	for i := range listen {
		if k := at + i; k >= 0 && k < len(heard) {
			v := float64(heard[k])
			c.x[i] = complex(0, v)
			power += v * v
		}
	}
	if power < listen*quiet*quiet {
		return false
	}
	start := now - Longest
	for i := range Longest + listen {
		if k := start + i; k >= 0 && k < len(c.said) {
			c.x[i] += complex(float64(c.said[k]), 0)
		}
	}
	transform(c.x)
	for k := range c.y {
		s, h := apart(c.x, k)
		// The inverse transform is the transform of the conjugate.
		c.y[k] = complex(real(h), imag(h)) * complex(real(s), -imag(s))
	}
	transform(c.y)
	for lag := range match {
		said := c.power(now - lag)
		match[lag] = 0
		if said >= listen*quiet*quiet {
			match[lag] = max(0, real(c.y[Longest-lag])/longest/math.Sqrt(said*power))
		}
	}
	return true
}

// power is that of what was said from a sample on, for as long as is listened.
func (c *correlator) power(from int) float64 {
	clamp := func(i int) int { return min(max(i, 0), len(c.said)) }
	return c.energy[clamp(from+listen)] - c.energy[clamp(from)]
}
