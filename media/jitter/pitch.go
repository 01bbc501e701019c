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
// later (+1), and how like they are; n is a multiple of 8. It looks at every other shift and sample
// first, then closely around the best.
func similar(x []int16, at, n, direction, longest int) (shift int, alike float32) {
	a := x[at : at+n]
	aa := energy(a, 2)
	bb := energy(x[at+direction*minPeriod:][:n], 2)
	alike = -1
	for s := minPeriod; s <= longest; s += 2 {
		b := x[at+direction*s:][:n]
		if l := normalise(product(a, b, 2), aa, bb, n/2); l > alike {
			shift, alike = s, l
		}
		// The next stretch is two samples on: one in, one out of those looked at.
		if direction < 0 && s+2 <= longest {
			bb += square(x[at-s-2]) - square(b[n-2])
		} else if s+2 <= longest {
			bb += square(x[at+s+n]) - square(b[0])
		}
	}
	coarse := shift
	alike = -1
	for s := max(minPeriod, coarse-1); s <= min(longest, coarse+1); s++ {
		if l := likeness(a, x[at+direction*s:][:n]); l > alike {
			shift, alike = s, l
		}
	}
	return shift, alike
}

// similarAt is similar at k times the rate: it looks at every k-th sample, or
// rather at means of k, and then closely.
func similarAt(k int, x []int16, at, n, direction, longest int) (shift int, alike float32) {
	if k == 1 {
		return similar(x, at, n, direction, longest)
	}
	var half [past]int16
	h := half[:len(x)/2]
	for i := range h {
		h[i] = int16((int32(x[2*i]) + int32(x[2*i+1])) >> 1)
	}
	coarse, _ := similar(h, at/2, n/2&^7, direction, longest/2)
	alike = -1
	a := x[at : at+n]
	for s := max(2*minPeriod, 2*coarse-1); s <= min(longest, 2*coarse+1); s++ {
		if l := likeness(a, x[at+direction*s:][:n]); l > alike {
			shift, alike = s, l
		}
	}
	return shift, alike
}

// likeness is the normalised correlation of two stretches of equal length: 1
// for equal ones, whatever their loudness. Two silences are alike.
func likeness(a, b []int16) float32 {
	return normalise(product(a, b, 1), energy(a, 1), energy(b, 1), len(a))
}

// normalise makes a likeness of sums over n samples. One square of amplitude
// for each sample keeps noise of the last bit from passing for a voice.
func normalise(ab, aa, bb int64, n int) float32 {
	floor := float32(n)
	return (float32(ab) + floor) / float32(math.Sqrt(float64((float32(aa)+floor)*(float32(bb)+floor))))
}

// product sums over every sample of both, or every second one.
func product(a, b []int16, step int) (sum int64) {
	if step == 1 {
		b = b[:len(a)]
		for i, v := range a {
			sum += int64(int32(v) * int32(b[i]))
		}
		return sum
	}
	for len(a) >= 8 && len(b) >= 8 {
		u, v := (*[8]int16)(a), (*[8]int16)(b)
		sum += int64(int32(u[0])*int32(v[0])) + int64(int32(u[2])*int32(v[2])) +
			int64(int32(u[4])*int32(v[4])) + int64(int32(u[6])*int32(v[6]))
		a, b = a[8:], b[8:]
	}
	return sum
}

// energy sums over the squares of the same.
func energy(a []int16, step int) int64 { return product(a, a, step) }

func square(v int16) int64 { return int64(v) * int64(v) }
