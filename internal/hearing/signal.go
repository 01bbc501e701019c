package hearing

import "math"

// Rate is the sample rate of everything here, in Hz, and Frame the length of
// the pieces that a recording is told apart into: 20 ms.
const (
	Rate  = 8000
	Frame = Rate / 50
)

// Silence is the level of nothing at all, in dB.
const Silence = -120.0

// dB turns a ratio of amplitudes into decibels.
func dB(ratio float64) float64 {
	if ratio < 1e-6 {
		return Silence
	}
	return 20 * math.Log10(ratio)
}

// floats scales samples to the range -1 to 1.
func floats(samples []int16) []float64 {
	out := make([]float64, len(samples))
	for i, v := range samples {
		out[i] = float64(v) / 32768
	}
	return out
}

// emphasise flattens the spectrum of speech and music, whose energy is in the
// low notes: the flatter, the sharper a correlation tells two sounds apart.
//
//go:norace
func emphasise(x []float64) []float64 {
	out := make([]float64, len(x))
	last := 0.0
	for i, v := range x {
		out[i] = v - 0.95*last
		last = v
	}
	return out
}

//go:norace
func energy(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}

func rms(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	return math.Sqrt(energy(x) / float64(len(x)))
}

// dot is the product of a and the part of b that begins at lag; b counts as 0
// outside.
//
//go:norace
func dot(a, b []float64, lag int) float64 {
	from, to := max(0, -lag), min(len(a), len(b)-lag)
	sum := 0.0
	for i := from; i < to; i++ {
		sum += a[i] * b[i+lag]
	}
	return sum
}

// window is the part of x from a to b, and where it begins once cut to what
// there is.
func window(x []float64, a, b int) (part []float64, start int) {
	a, b = min(max(a, 0), len(x)), min(max(b, 0), len(x))
	return x[a:max(a, b)], a
}

// match is where and how clearly a known sound was found.
type match struct {
	lag  int     // in the searched signal
	gain float64 // its amplitude there, relative to the sound as known
}

// find looks for sound in x at the lags from a to b.
//
// It correlates with each frequency weighted by how quiet the searched signal
// is there. That is the estimate with the least error when the sound lies under
// others: a steady tone, as loud as it may be, spoils only its own line.
func find(x, sound []float64, a, b int) match {
	part, start := window(x, a, b+len(sound))
	if len(part) == 0 || energy(sound) == 0 {
		return match{}
	}
	best := match{lag: start}
	c, own := weighted(part, sound)
	for i, v := range c[:min(len(c), max(1, b-start+1))] {
		if g := math.Abs(v) / own; g > best.gain {
			best.lag, best.gain = start+i, g
		}
	}
	return best
}

// hann is the Hann window of length n.
func hann(i, n int) float64 {
	return 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
}
