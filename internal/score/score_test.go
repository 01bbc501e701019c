package score

import (
	"math"
	"math/cmplx"
	"math/rand/v2"
	"testing"

	"warmline/internal/speech"
)

// The score of speech that is not touched is the best there is; of one that is
// late by a constant, too.
func TestScoreOfTheSame(t *testing.T) {
	signal := speech.Dialogue(10)
	said := See(signal)
	for _, late := range []int{0, 8, 100, 1600} {
		if got := said.Opinion(delayed(signal, late)); got < Best-0.001 {
			t.Errorf("late by %d: %.3f", late, got)
		}
	}
}

// More loss is worse; and to fill gaps with noise is worse than with nothing.
func TestScoreFalls(t *testing.T) {
	signal := speech.Dialogue(20)
	said := See(signal)
	last := Best + 0.001
	for _, loss := range []float64{0, 0.02, 0.06, 0.2} {
		silent, noisy := delayed(signal, 0), delayed(signal, 0)
		rng := rand.New(rand.NewPCG(1, 2))
		for f := range silent.Source {
			if rng.Float64() >= loss {
				continue
			}
			for i := f * Frame; i < (f+1)*Frame; i++ {
				silent.Signal[i], noisy.Signal[i] = 0, int16(rng.IntN(8000)-4000)
			}
		}
		a, b := said.Opinion(silent), said.Opinion(noisy)
		if a >= last || b > a || loss > 0 && b == a {
			t.Errorf("loss of %g: %.3f after %.3f, with noise %.3f", loss, a, last, b)
		}
		last = a
	}
}

// A pitch period inserted twice a second is hardly heard: the score says so,
// the signal-to-noise ratio by segments says that all is lost. A gap of 20 ms as
// often is heard well: the score says so, that ratio does not.
func TestScoreAgainstSignalToNoise(t *testing.T) {
	signal := speech.Dialogue(12)
	said := See(signal)
	longer, gaps := stretched(signal), delayed(signal, 0)
	for f := 24; f < len(gaps.Source); f += 25 {
		clear(gaps.Signal[f*Frame : (f+1)*Frame])
	}
	a, b := said.Opinion(longer), said.Opinion(gaps)
	if a < 3.7 || b > 3.7 {
		t.Errorf("scores: %.2f stretched, %.2f with gaps", a, b)
	}
	x, y := segmental(signal, longer.Signal), segmental(signal, gaps.Signal)
	if x > 5 || y < 20 {
		t.Errorf("signal to noise: %.1f dB stretched, %.1f dB with gaps: no longer the contrary", x, y)
	}
	t.Logf("stretched %.2f, %.1f dB; with gaps %.2f, %.1f dB", a, x, b, y)
}

// segmental is the segmental signal-to-noise ratio, each segment of 20 ms
// between −10 and 35 dB.
func segmental(said, heard []int16) float64 {
	sum, n := 0., 0
	for at := 0; at+Frame <= min(len(said), len(heard)); at += Frame {
		s, e := 1., 1.
		for i := at; i < at+Frame; i++ {
			d := float64(said[i]) - float64(heard[i])
			s += float64(said[i]) * float64(said[i])
			e += d * d
		}
		if s < 1e6 {
			continue // nobody speaks
		}
		sum += min(max(10*math.Log10(s/e), -10), 35)
		n++
	}
	return sum / float64(n)
}

// What is missing altogether is noticed, though what is heard is all right.
func TestScoreMissesNothing(t *testing.T) {
	signal := speech.Dialogue(10)
	h := delayed(signal, 0)
	var cut Heard
	for f, at := range h.Source {
		if f%50 < 45 { // a tenth of all frames, five at a time
			cut.Signal = append(cut.Signal, h.Signal[f*Frame:(f+1)*Frame]...)
			cut.Source = append(cut.Source, at)
		}
	}
	if got := See(signal).Opinion(cut); got > 3 {
		t.Errorf("%.2f without a tenth of what was said", got)
	}
}

func TestOpinion(t *testing.T) {
	last := Best + 0.001
	for d := 0.; d < 20; d += 0.1 {
		o := opinion(d)
		if o >= last || o < 1 || o > Best {
			t.Fatalf("opinion %.3f of %.1f after %.3f", o, d, last)
		}
		last = o
	}
}

// The transform is what its definition says.
func TestTransform(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{2, 16, window} {
		x, want := make([]complex128, n), make([]complex128, n)
		for i := range x {
			x[i] = complex(rng.NormFloat64(), rng.NormFloat64())
		}
		for k := range want {
			for i, v := range x {
				want[k] += v * cmplx.Rect(1, -2*math.Pi*float64(i*k%n)/float64(n))
			}
		}
		transform(x)
		for k := range want {
			if cmplx.Abs(x[k]-want[k]) > 1e-9 {
				t.Fatalf("%d samples, bin %d: %v, not %v", n, k, x[k], want[k])
			}
		}
	}
}
