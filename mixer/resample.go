package mixer

import "math"

// resample changes a signal's rate by windowed-sinc interpolation. It is for
// loading files: exact and slow, nothing for a tick.
func resample(signal []float64, from, to int) []float64 {
	if from == to {
		return signal
	}
	// The filter passes what both rates can carry, less a twentieth for its
	// slope, and reaches over 24 of its own zero crossings to either side.
	const crossings = 24
	cutoff := 0.95 * min(1, float64(to)/float64(from))
	reach := int(math.Ceil(crossings / cutoff))
	divisor := gcd(from, to)
	from, to = from/divisor, to/divisor
	out := make([]float64, (len(signal)*to+from-1)/from)
	// Output n lies n*from/to samples in: there are only `to` different offsets
	// from a sample, and the filter is the same whenever an offset comes again.
	phases := make([][]float64, to)
	for n := range out {
		centre, phase := n*from/to, n*from%to
		if phases[phase] == nil {
			phases[phase] = sinc(float64(phase)/float64(to), cutoff, reach)
		}
		for k, tap := range phases[phase] {
			if i := centre - reach + 1 + k; i >= 0 && i < len(signal) {
				out[n] += tap * signal[i]
			}
		}
	}
	return out
}

// sinc is a low-pass of 2*reach taps, Blackman-windowed, centred at offset
// beyond the tap reach-1, with a gain of one.
func sinc(offset, cutoff float64, reach int) []float64 {
	taps := make([]float64, 2*reach)
	sum := 0.0
	for k := range taps {
		x := float64(k-reach+1) - offset
		w := x / float64(reach)
		taps[k] = cutoff * (0.42 + 0.5*math.Cos(math.Pi*w) + 0.08*math.Cos(2*math.Pi*w))
		if x != 0 {
			taps[k] *= math.Sin(math.Pi*cutoff*x) / (math.Pi * cutoff * x)
		}
		sum += taps[k]
	}
	for k := range taps {
		taps[k] /= sum
	}
	return taps
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
