package jitter

import (
	"math"
	"testing"

	"warmline/internal/score"
)

// opinion is the score of what was heard.
func (h heard) opinion(said score.Picture) float64 {
	return said.Opinion(score.Heard{Signal: h.signal, Source: h.source})
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
