package jitter

import "math"

// Pitch periods in samples: voices of 66 to 250 Hz; higher ones are found at a
// multiple of their period, which repeats as well.
const (
	minPeriod = 32
	maxPeriod = 120
)

// similar finds the shift, between minPeriod and longest, at which the n
// samples of x from at on are most like those a shift earlier (direction −1) or
// later (+1), and how like they are. It looks at every other shift and sample
// first, then closely around the best.
func similar(x []int16, at, n, direction, longest int) (shift int, alike float32) {
	a := x[at : at+n]
	alike = -1
	for s := minPeriod; s <= longest; s += 2 {
		if l := likeness(a, x[at+direction*s:], 2); l > alike {
			shift, alike = s, l
		}
	}
	coarse := shift
	alike = -1
	for s := max(minPeriod, coarse-1); s <= min(longest, coarse+1); s++ {
		if l := likeness(a, x[at+direction*s:], 1); l > alike {
			shift, alike = s, l
		}
	}
	return shift, alike
}

// likeness is the normalised correlation of a and as much of b, from every
// step-th sample: 1 for equal ones, whatever their loudness. Two silences are
// alike.
func likeness(a, b []int16, step int) float32 {
	b = b[:len(a)]
	var ab, aa, bb int64
	for i := 0; i < len(a); i += step {
		u, v := int64(a[i]), int64(b[i])
		ab += u * v
		aa += u * u
		bb += v * v
	}
	// One square of amplitude for each sample keeps noise of the last bit from
	// passing for a voice.
	floor := float32(len(a) / step)
	energy := (float32(aa) + floor) * (float32(bb) + floor)
	return (float32(ab) + floor) / float32(math.Sqrt(float64(energy)))
}
