package jitter

import (
	"math"
	"math/rand/v2"
	"testing"
)

// vowel is n samples of a steady voice with a period of so many samples.
func vowel(n, period int) []int16 {
	s := make([]int16, n)
	for i := range s {
		s[i] = vowelAt(float64(i) / float64(period))
	}
	return s
}

// vowelAt is the vowel after so many periods.
func vowelAt(periods float64) int16 {
	x := 2 * math.Pi * periods
	return int16(6000*math.Sin(x) + 3000*math.Sin(2*x+1) + 1000*math.Sin(5*x+2))
}

func newConcealer(b *background) *concealer {
	c := &concealer{model: make([]int16, modelSamples)}
	c.reset(b, 1)
	return c
}

func TestPitchIsFound(t *testing.T) {
	for _, period := range []int{32, 37, 40, 53, 64, 80, 99, 119} {
		s := vowel(past, period)
		shift, alike := similar(s, len(s)-templateSize, templateSize, -1, maxPeriod)
		if shift%period > 1 && period-shift%period > 1 || alike < 0.98 {
			t.Errorf("period %d: found %d, %.3f", period, shift, alike)
		}
	}
}

// The search by sums that slide finds what a plain one finds.
func TestSimilarIsExhaustiveEnough(t *testing.T) {
	signal := dialogue(t, 20)
	for _, direction := range []int{-1, 1} {
		worse := 0
		for at := 4000; at+1000 < len(signal); at += 1777 {
			_, got := similar(signal, at, 120, direction, maxPeriod)
			best := float32(-1)
			for s := minPeriod; s <= maxPeriod; s++ {
				best = max(best, likeness(signal[at:at+120], signal[at+direction*s:][:120]))
			}
			if got < best-0.1 {
				worse++
			}
		}
		if worse > 5 {
			t.Errorf("direction %d: %d of 87 places missed", direction, worse)
		}
	}
}

func TestLikeness(t *testing.T) {
	a := vowel(160, 40)
	double, opposite, silence := make([]int16, 160), make([]int16, 160), make([]int16, 160)
	for i, v := range a {
		double[i], opposite[i] = 2*v, -v
	}
	for _, c := range []struct {
		name string
		a, b []int16
		want float32
	}{
		{"itself", a, a, 1},
		{"itself, louder", a, double, 1},
		{"the opposite", a, opposite, -1},
		{"silence and silence", silence, silence, 1},
		{"voice and silence", a, silence, 0},
	} {
		if got := likeness(c.a, c.b); math.Abs(float64(got-c.want)) > 0.01 {
			t.Errorf("%s: %.3f", c.name, got)
		}
	}
}

// A concealer that has heard a steady voice says the same on, in phase, if softer.
func TestConcealerContinuesAVoice(t *testing.T) {
	for _, period := range []int{40, 57, 80, 110} {
		s := vowel(past+baseFrame, period)
		var b background
		b.reset()
		c := newConcealer(&b)
		c.begin(s[:past])
		for i, want := range s[past:] {
			gain := float64(c.gain()) / unity
			var got [1]int16
			c.synthesise(got[:])
			if d := float64(got[0]) - gain*float64(want); math.Abs(d) > 900 {
				t.Fatalf("period %d: off by %.0f at %d", period, d, i)
			}
		}
	}
}

// The level falls without a step, to half and then to nothing; a voice that is
// over, from where it is within 10 ms.
func TestConcealerGain(t *testing.T) {
	s := vowel(past, 80)
	for _, over := range []int{-1, 0, steadyFor, 100, halfSamples, 500, fadeSamples - 20} {
		var b background
		b.reset()
		c := newConcealer(&b)
		c.begin(s)
		last := int32(unity)
		for i := range fadeSamples {
			if i == over {
				c.hasten()
			}
			if c.faded() {
				break
			}
			gain := c.gain()
			if gain > last || last-gain > unity/hasteSamples+1 {
				t.Fatalf("over at %d: gain %d at %d, %d before", over, gain, i, last)
			}
			if over < 0 && (i == steadyFor && gain != unity || i == halfSamples && gain != unity/2) {
				t.Errorf("gain %d at %d", gain, i)
			}
			last = gain
			var one [1]int16
			c.synthesise(one[:])
		}
		want := fadeSamples
		if over >= 0 {
			want = min(over+hasteSamples, fadeSamples)
		}
		if !c.faded() || c.lost != want {
			t.Errorf("over at %d: faded %v at %d, want %d", over, c.faded(), c.lost, want)
		}
	}
}

func TestConcealerFades(t *testing.T) {
	var b background
	b.reset()
	c := newConcealer(&b)
	c.begin(vowel(past, 80))
	got := make([]int16, fadeSamples+4*80)
	c.synthesise(got)
	last := math.Inf(1)
	for at := steadyFor; at+80 <= len(got); at += 80 {
		e := 0.
		for _, v := range got[at : at+80] {
			e += float64(v) * float64(v)
		}
		if e > last || at < fadeSamples && e == 0 || at >= fadeSamples && e != 0 {
			t.Errorf("energy %.0f at %d, %.0f before", e, at, last)
		}
		last = e
	}
	if !c.faded() {
		t.Error("does not know that it is done")
	}
}

// One period first, more of them later: the same samples in the same order only
// as long as one is repeated.
func TestConcealerRepeatsMorePeriods(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	s := vowel(past, 40)
	for i := range s {
		s[i] += int16(rng.IntN(400))
	}
	var b background
	b.reset()
	c := newConcealer(&b)
	c.begin(s)
	c.lag, c.at = 40, modelSamples-40 // rather than a multiple
	reached := modelSamples
	var one [1]int16
	for range fadeSamples - 1 {
		c.synthesise(one[:])
		reached = min(reached, c.at)
		if c.lost < growEvery-c.lag && reached < modelSamples-c.lag {
			t.Fatalf("a second period after %d samples", c.lost)
		}
	}
	if want := modelSamples - 3*c.lag; reached != want {
		t.Errorf("reached back to %d, want %d", reached, want)
	}
}

// What is synthesised never overflows, whatever was heard.
func TestConcealerStaysInRange(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 200 {
		s := make([]int16, past)
		for i := range s {
			s[i] = []int16{-32768, 32767}[rng.IntN(2)]
		}
		var b background
		b.reset()
		c := newConcealer(&b)
		c.begin(s)
		got := make([]int16, quickFade)
		c.synthesise(got)
		for i, v := range got {
			if v > -8000 && v < 8000 && i > c.quarter() {
				t.Fatalf("wrapped round: %d at %d", v, i)
			}
		}
	}
}

func TestClip(t *testing.T) {
	for v, want := range map[int32]int32{0: 0, 40000: 32767, -40000: -32768, 32767: 32767, -32768: -32768} {
		if got := clip(v); got != want {
			t.Errorf("%d: %d", v, got)
		}
	}
}

// There and back again without a click: no step is greater than the voice's
// own, by much.
func TestLossWithoutClicks(t *testing.T) {
	signal := vowel(8000*4, 73)
	own := 0
	for i := 1; i < len(signal); i++ {
		own = max(own, int(signal[i])-int(signal[i-1]), int(signal[i-1])-int(signal[i]))
	}
	for burst := 1; burst <= 6; burst++ {
		r := newRig()
		last := int16(0)
		for f := range 190 {
			ts := f * baseFrame
			if f%30 >= burst || f < 60 {
				r.put(uint32(ts), encoded(signal[ts:ts+baseFrame]), true, f%30 != burst)
			}
			frame, _ := r.frame()
			for i, v := range frame {
				if step := max(int(v)-int(last), int(last)-int(v)); f > 5 && step > own*3/2 {
					t.Fatalf("burst of %d, frame %d, sample %d: a step of %d, the voice's are up to %d", burst, f, i, step, own)
				}
				last = v
			}
		}
	}
}

// The background is heard on after the voice has faded, as loud as it was, and
// silence stays silent.
func TestComfortNoise(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 9))
	for _, loudness := range []int{0, 20, 40} {
		r := newRig()
		ts := uint32(0)
		for f := range 300 {
			s := vowel(baseFrame, 80)
			for i := range s {
				if f%20 < 10 {
					s[i] = 0
				}
				s[i] += int16(rng.IntN(2*loudness+1) - loudness)
			}
			r.put(ts, encoded(s), true, true)
			r.frame()
			ts += baseFrame
		}
		for range 8 {
			r.frame()
		}
		frame, ok := r.frame()
		sum := 0.
		for _, v := range frame {
			sum += math.Abs(float64(v))
		}
		mean, want := sum/baseFrame, float64(loudness)/2
		if ok != (loudness > 0) || math.Abs(mean-want) > 2+want/2 {
			t.Errorf("noise of %.1f after a background of %.1f, %v", mean, want, ok)
		}
	}
}

// A loud steady tone is no background.
func TestToneIsNoBackground(t *testing.T) {
	var b background
	b.reset()
	for range 3 * watchFrames {
		b.hear(9000)
	}
	for range 1000 {
		if v := b.noise(); v != 0 {
			t.Fatalf("noise of %d", v)
		}
	}
	b.reset()
	for range 3 * watchFrames {
		b.hear(loudest)
	}
	for range 10_000 {
		if v := b.noise(); v > 2*loudest || v < -2*loudest {
			t.Fatalf("noise of %d", v)
		}
	}
	if b.quiet(9000) {
		t.Error("a loud tone passes for a pause")
	}
	if !b.quiet(2*loudest) || !b.quiet(0) {
		t.Error("a pause passes for speech")
	}
}
