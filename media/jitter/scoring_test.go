package jitter

import (
	"math"
	"testing"
)

// The score of speech that is not touched is the best there is; of one that is
// late by a constant, too.
func TestScoreOfTheSame(t *testing.T) {
	signal := dialogue(t, 10)
	for _, late := range []int{0, 8, 100, 1600} {
		h := delayed(signal, late)
		if got := score(see(signal, grid(signal)), h); got < scoreBest-0.001 {
			t.Errorf("late by %d: %.3f", late, got)
		}
	}
}

// delayed is a signal heard late samples after it was said.
func delayed(signal []int16, late int) (h heard) {
	for at := -late; at+baseFrame <= len(signal); at += baseFrame {
		frame := make([]int16, baseFrame)
		for i := range frame {
			if at+i >= 0 {
				frame[i] = signal[at+i]
			}
		}
		h.signal = append(h.signal, frame...)
		h.source = append(h.source, at)
	}
	return h
}

// More loss is worse, whatever is done about it; and a buffer for speech with
// more noise as well.
func TestScoreFalls(t *testing.T) {
	signal := dialogue(t, 20)
	said := see(throughLaw(signal), grid(signal))
	for _, burst := range []float64{0, 3} {
		var last [3]float64
		for i, loss := range []float64{0, 0.02, 0.06, 0.2} {
			w := network{seed: 3, loss: loss, burst: burst}
			var p Playout
			p.Reset(g711)
			got := [3]float64{
				score(said, listen(signal, w, &p, newReader(readPhase, false))),
				score(said, (&naive{delay: 10}).hears(signal, w)),
				score(said, (&naive{delay: 10, repeat: true}).hears(signal, w)),
			}
			for k, s := range got {
				if i > 0 && s >= last[k] {
					t.Errorf("loss of %g, bursts of %g, player %d: %.3f after %.3f", loss, burst, k, s, last[k])
				}
			}
			last = got
		}
	}
}

// A pitch period inserted twice a second is hardly heard: the score says so,
// the signal-to-noise ratio by segments says that all is lost. A gap of 20 ms as
// often is heard well: the score says so, that ratio does not.
func TestScoreAgainstSignalToNoise(t *testing.T) {
	signal := dialogue(t, 12)
	said := see(signal, grid(signal))
	stretched, gaps := heard{}, delayed(signal, 0)
	at := 0
	for at+baseFrame <= len(signal) {
		f := len(stretched.source)
		stretched.source = append(stretched.source, at)
		frame := append([]int16(nil), signal[at:at+baseFrame]...)
		at += baseFrame
		if f%25 == 24 && at > 1000 {
			shift, _ := similar(signal, at-baseFrame, 120, -1, maxPeriod)
			crossfade(frame[:shift], signal[at-baseFrame:], signal[at-baseFrame-shift:])
			copy(frame[shift:], signal[at-baseFrame:])
			at -= shift
		}
		stretched.signal = append(stretched.signal, frame...)
		if f%25 == 24 && f < len(gaps.source) {
			clear(gaps.signal[f*baseFrame : (f+1)*baseFrame])
		}
	}
	a, b := score(said, stretched), score(said, gaps)
	if a < 3.7 || b > 3.7 {
		t.Errorf("scores: %.2f stretched, %.2f with gaps", a, b)
	}
	if x, y := segmental(signal, stretched.signal), segmental(signal, gaps.signal); x > 5 || y < 20 {
		t.Errorf("signal to noise: %.1f dB stretched, %.1f dB with gaps: no longer the contrary", x, y)
	}
	t.Logf("stretched %.2f, %.1f dB; with gaps %.2f, %.1f dB", a, segmental(signal, stretched.signal), b, segmental(signal, gaps.signal))
}

// segmental is the segmental signal-to-noise ratio, each segment of 20 ms
// between −10 and 35 dB.
func segmental(said, heard []int16) float64 {
	sum, n := 0., 0
	for at := 0; at+baseFrame <= min(len(said), len(heard)); at += baseFrame {
		s, e := 1., 1.
		for i := at; i < at+baseFrame; i++ {
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
	signal := dialogue(t, 10)
	h := delayed(signal, 0)
	var cut heard
	for f, at := range h.source {
		if f%50 < 45 { // a tenth of all frames, five at a time
			cut.signal = append(cut.signal, h.signal[f*baseFrame:(f+1)*baseFrame]...)
			cut.source = append(cut.source, at)
		}
	}
	if got := score(see(signal, grid(signal)), cut); got > 3 {
		t.Errorf("%.2f without a tenth of what was said", got)
	}
}

func TestOpinion(t *testing.T) {
	last := scoreBest + 0.001
	for d := 0.; d < 20; d += 0.1 {
		o := opinion(d)
		if o >= last || o < 1 || o > scoreBest {
			t.Fatalf("opinion %.3f of %.1f after %.3f", o, d, last)
		}
		last = o
	}
}

// The E-model's points that everybody knows: G.711 without delay is 93.2 and
// 4.41; the knee is at 177 ms.
func TestConversation(t *testing.T) {
	if m := mos(93.2); math.Abs(m-4.41) > 0.01 {
		t.Errorf("%.3f", m)
	}
	for s := 1.2; s < 4.45; s += 0.1 {
		if got := mos(rating(s)); math.Abs(got-s) > 0.001 {
			t.Errorf("%.2f comes back as %.3f", s, got)
		}
	}
	if a, b, c := conversation(4.4, 0), conversation(4.4, 150), conversation(4.4, 300); !(a > b && b > c && a-b < (b-c)/2) {
		t.Errorf("%.2f %.2f %.2f at 0, 150, 300 ms", a, b, c)
	}
}

// The emulated networks do what they are told.
func TestNetwork(t *testing.T) {
	const n = 50_000
	for _, w := range []network{{loss: 0.05}, {loss: 0.05, burst: 4}, {loss: 0.2, burst: 2}} {
		got := make([]bool, n)
		for _, a := range w.carry(n, tick) {
			got[a.seq] = true
		}
		lost, bursts := 0, 0
		for i, ok := range got {
			if !ok {
				lost++
				if i == 0 || got[i-1] {
					bursts++
				}
			}
		}
		mean := float64(lost) / float64(bursts)
		want := max(w.burst, 1/(1-w.loss))
		if share := float64(lost) / n; math.Abs(share-w.loss) > 0.1*w.loss || math.Abs(mean-want) > 0.1*want {
			t.Errorf("%+v: lost %.3f in bursts of %.2f", w, share, mean)
		}
	}
	w := network{mean: 131, sigma: 60, twice: 0.1}
	list := w.carry(n, tick)
	overtaken := 0
	for i, a := range list {
		if i > 0 && a.at < list[i-1].at {
			t.Fatal("not in the order of time")
		}
		if i > 0 && a.seq < list[i-1].seq {
			overtaken++
		}
	}
	if overtaken == 0 || len(list) < n*108/100 {
		t.Errorf("%d overtaken, %d packets", overtaken, len(list))
	}
	if h := w.high97(); math.Abs(h-244) > 8 {
		t.Errorf("97th percentile %.0f", h)
	}
}
