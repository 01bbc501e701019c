package resample

import (
	"math"
	"math/cmplx"
	"testing"
)

const amplitude = 30000

func sine(hz, rate float64, n int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/rate)))
	}
	return s
}

// tone is the complex amplitude of a frequency in a signal, whose first tenth is
// left out and the rest is windowed.
func tone(s []int16, hz, rate float64) complex128 {
	first := len(s) / 10
	s = s[first:]
	var sum complex128
	weight := 0.0
	for i, v := range s {
		w := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(s)))
		weight += w
		sum += complex(w*float64(v), 0) * cmplx.Exp(complex(0, -2*math.Pi*hz*float64(first+i)/rate))
	}
	return sum * complex(2/weight, 0)
}

func decibels(ratio float64) float64 { return 20 * math.Log10(ratio) }

// TestSweep sends sines through both ways and measures level, images and
// aliases.
func TestSweep(t *testing.T) {
	const n = 4000
	ripple, images, aliases := 0.0, -200.0, -200.0
	for hz := 50.0; hz <= 3400; hz += 30 {
		wide := up(sine(hz, 8000, n))
		ripple = max(ripple, math.Abs(decibels(cmplx.Abs(tone(wide, hz, 16000))/amplitude)))
		images = max(images, decibels(cmplx.Abs(tone(wide, 8000-hz, 16000))/amplitude))
		narrow := down(sine(hz, 16000, 2*n))
		ripple = max(ripple, math.Abs(decibels(cmplx.Abs(tone(narrow, hz, 8000))/amplitude)))
	}
	for hz := 4600.0; hz <= 7950; hz += 30 {
		narrow := down(sine(hz, 16000, 2*n))
		aliases = max(aliases, decibels(cmplx.Abs(tone(narrow, 8000-hz, 8000))/amplitude))
	}
	t.Logf("50-3400 Hz within %.3f dB; images %.1f dB; 4600-7950 Hz %.1f dB", ripple, images, aliases)
	if ripple > 0.05 {
		t.Errorf("ripple of %.3f dB", ripple)
	}
	if images > -60 || aliases > -60 {
		t.Errorf("images at %.1f dB, aliases at %.1f dB", images, aliases)
	}
}

// TestDelay measures the phase at several frequencies: it is that of the delay
// of the documentation.
func TestDelay(t *testing.T) {
	const n = 4000
	for _, hz := range []float64{100, 1000, 2345, 3300} {
		wide := up(sine(hz, 8000, n))
		want := sine(hz, 16000, 2*n)
		for _, c := range []struct {
			name        string
			got, want   []int16
			rate, delay float64
		}{
			{"up", wide, want, 16000, 23. / 16000},
			{"down", down(want), sine(hz, 8000, n), 8000, 22. / 16000},
		} {
			shift := cmplx.Phase(tone(c.got, hz, c.rate) / tone(c.want, hz, c.rate) * cmplx.Exp(complex(0, 2*math.Pi*hz*c.delay)))
			if math.Abs(shift) > 0.001 {
				t.Errorf("%s, %g Hz: %.1f µs beside the delay", c.name, hz, 1e6*shift/(2*math.Pi*hz))
			}
		}
	}
}
