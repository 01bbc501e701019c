package resample

import (
	"math"
	"testing"
)

// taps is the whole filter at 16 kHz, middle at 23, with a gain of two.
func taps() (h [47]float64) {
	h[23] = 1
	for i, c := range []int{c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11} {
		h[23-1-2*i], h[23+1+2*i] = float64(c)/16384, float64(c)/16384
	}
	return h
}

// convolve filters a signal of 16 kHz, as the textbook has it.
func convolve(signal []float64) []float64 {
	h := taps()
	out := make([]float64, len(signal))
	for n := range out {
		for k, c := range h {
			if n-k >= 0 {
				out[n] += c * signal[n-k]
			}
		}
	}
	return out
}

func rounded(v float64) float64 { return min(max(math.Floor(v+0.5), math.MinInt16), math.MaxInt16) }

// naiveUp puts zeros between the samples and filters.
func naiveUp(src []int16) []int16 {
	stuffed := make([]float64, 2*len(src))
	for i, v := range src {
		stuffed[2*i] = float64(v)
	}
	out := make([]int16, len(stuffed))
	for i, v := range convolve(stuffed) {
		out[i] = int16(rounded(v))
	}
	return out
}

// naiveDown filters and leaves out every second sample.
func naiveDown(src []int16) []int16 {
	signal := make([]float64, len(src))
	for i, v := range src {
		signal[i] = float64(v) / 2
	}
	out := make([]int16, len(src)/2)
	all := convolve(signal)
	for i := range out {
		out[i] = int16(rounded(all[2*i+1]))
	}
	return out
}

// near fails where two signals differ by more than most.
func near(t *testing.T, name string, got, want []int16, most int) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d samples, want %d", name, len(got), len(want))
	}
	for i := range got {
		if d := int(got[i]) - int(want[i]); d > most || d < -most {
			t.Fatalf("%s: sample %d is %d, want %d", name, i, got[i], want[i])
		}
	}
}
