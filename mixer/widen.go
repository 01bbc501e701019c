package mixer

import "math"

// The filter that makes sounds of the narrow rate into wide ones: a half-band
// interpolator, every second of whose samples is the original one. It is for
// the start of the program, nothing for a tick.
const widenReach = 24 // samples to either side

var widenTaps = func() (taps [2 * widenReach]float64) {
	sum := 0.0
	for k := range taps {
		x := float64(k-widenReach) + 0.5
		w := x / widenReach
		taps[k] = (0.42 + 0.5*math.Cos(math.Pi*w) + 0.08*math.Cos(2*math.Pi*w)) * math.Sin(math.Pi*x) / (math.Pi * x)
		sum += taps[k]
	}
	for k := range taps {
		taps[k] /= sum
	}
	return taps
}()

// widen doubles the rate of a sound; one that goes round is filtered round its
// seam.
func widen(samples []int16, round bool) []int16 {
	n := len(samples)
	out := make([]int16, 2*n)
	for i, v := range samples {
		sum := 0.0
		for k, tap := range widenTaps {
			switch at := i + 1 + k - widenReach; {
			case at >= 0 && at < n:
				sum += tap * float64(samples[at])
			case round:
				sum += tap * float64(samples[((at%n)+n)%n])
			}
		}
		out[2*i] = v
		out[2*i+1] = int16(math.Round(max(math.MinInt16, min(sum, math.MaxInt16))))
	}
	return out
}
