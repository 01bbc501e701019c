package score

import (
	"math/rand/v2"
	"testing"

	"warmline/internal/speech"
)

// The lags of a recording are found again: steady ones, those of a player that
// moves, and those around gaps.
func TestAlign(t *testing.T) {
	signal := speech.Dialogue(12)
	moves := delayed(signal, 300)
	for f := range moves.Source {
		if f >= 200 { // in the middle of a word
			moves.Source[f] -= 75
		}
		if f >= 400 {
			moves.Source[f] += 75
		}
		copy(moves.Signal[f*Frame:], piece(signal, moves.Source[f], Frame))
	}
	gaps := delayed(signal, 2000)
	rng := rand.New(rand.NewPCG(5, 6))
	for f := range gaps.Source {
		if rng.IntN(10) == 0 {
			clear(gaps.Signal[f*Frame : (f+1)*Frame])
		}
	}
	for name, h := range map[string]Heard{
		"at once": delayed(signal, 0), "late": delayed(signal, 3210), "moves": moves, "gaps": gaps, "stretched": stretched(signal),
	} {
		first := h.Source[0] + 500
		if name == "stretched" {
			first = Longest / 2 // falls behind more and more
		}
		if wrong := misplaced(h, Align(signal, h.Signal, first)); wrong > 0.01 {
			t.Errorf("%s: %.1f %% of the frames are misplaced", name, 100*wrong)
		}
	}
}

// misplaced is the share of the frames with a voice that are not found where
// they are from, but for 3 ms and the neighbours of a change.
func misplaced(h Heard, found []int) float64 {
	wrong, n := 0, 0
	for f := 3; f+3 < len(found); f++ {
		energy := 0
		for _, v := range h.Signal[f*Frame : (f+1)*Frame] {
			energy += int(v) * int(v)
		}
		if energy < Frame*500*500 {
			continue
		}
		n++
		near := false
		for _, k := range []int{f - 3, f, f + 3} {
			d := h.Source[k] - (k-f)*Frame - found[f]
			near = near || -24 <= d && d <= 24
		}
		if !near {
			wrong++
		}
	}
	return float64(wrong) / float64(n)
}

// A recording of nothing has some lag, and one shorter than a frame none.
func TestAlignWithoutSound(t *testing.T) {
	signal := speech.Dialogue(1)
	if got := Align(signal, make([]int16, 10*Frame), 0); len(got) != 10 {
		t.Errorf("%d frames", len(got))
	}
	if got := Align(signal, signal[:Frame-1], 0); len(got) != 0 {
		t.Errorf("%d frames", len(got))
	}
}

// A score with the alignment found is the one with the alignment known.
func TestScoreOfARecording(t *testing.T) {
	signal := speech.Dialogue(20)
	said := See(signal)
	h := delayed(signal, 1234)
	rng := rand.New(rand.NewPCG(7, 8))
	for f := range h.Source {
		if rng.IntN(20) == 0 {
			clear(h.Signal[f*Frame : (f+1)*Frame])
		}
	}
	known := said.Opinion(h)
	h.Source = Align(signal, h.Signal, h.Source[0]+1600)
	if found := said.Opinion(h); found < known-0.03 || found > known+0.03 {
		t.Errorf("%.3f, with what the player knows %.3f", found, known)
	}
}

func BenchmarkAlign(b *testing.B) {
	signal := speech.Dialogue(10)
	b.ReportAllocs()
	for b.Loop() {
		Align(signal, signal, 0)
	}
}
