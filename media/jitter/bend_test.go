package jitter

import "testing"

// glide is a voice whose period goes from one length to another.
func glide(n int, from, to float64) []int16 {
	s := make([]int16, n)
	phase := 0.
	for i := range s {
		phase += 1 / (from + (to-from)*float64(i)/float64(n))
		s[i] = vowelAt(phase)
	}
	return s
}

// A gap whose both ends are known leads from the one voice to the other: no
// step is greater than theirs, and where the real voice comes back it is real
// from the first sample on.
func TestGapBetweenTwoVoices(t *testing.T) {
	const gap = 65
	for _, c := range [][2]float64{{60, 60}, {60, 75}, {75, 60}, {40, 110}, {110, 40}, {73, 73}} {
		signal := glide(16000, c[0], c[1])
		own := 0
		for i := 1; i < len(signal); i++ {
			own = max(own, int(signal[i])-int(signal[i-1]), int(signal[i-1])-int(signal[i]))
		}
		want := throughLaw(signal)
		for burst := 1; burst <= 3; burst++ {
			r := newRig()
			for f := range gap + 10 {
				// The frame after the gap comes as early as the gap begins.
				at := f * baseFrame
				if f < gap || f >= gap+burst {
					r.put(uint32(at), encoded(signal[at:at+baseFrame]), true, f != gap+burst)
				}
				if f == gap-1 {
					at = (gap + burst) * baseFrame
					r.put(uint32(at), encoded(signal[at:at+baseFrame]), true, false)
				}
				play := int(int32(r.play))
				frame, _ := r.frame()
				for i, v := range frame {
					if play == (gap+burst)*baseFrame && v != want[play+i] {
						t.Fatalf("periods of %v, %d lost: not real at %d after the gap", c, burst, play+i-(gap+burst)*baseFrame)
					}
				}
				if play < (gap-1)*baseFrame || play > (gap+burst)*baseFrame {
					continue
				}
				var last [1]int16
				r.store.copy(last[:], uint32(play-1))
				for i, v := range frame {
					if step := max(int(v)-int(last[0]), int(last[0])-int(v)); step > own*3/2 {
						t.Errorf("periods of %v, %d lost: a step of %d at %d, the voice's are up to %d", c, burst, step, i, own)
					}
					last[0] = v
				}
			}
			if ms := r.Concealed() / 1_000_000; ms != uint64(20*burst) {
				t.Errorf("periods of %v, %d lost: %d ms concealed", c, burst, ms)
			}
		}
	}
}

func TestRepeatBackwards(t *testing.T) {
	next := []int16{1, 2, 3, 4, 5, 6}
	dst := make([]int16, 8)
	repeatBackwards(dst, next, 3)
	for i, want := range []int16{2, 3, 1, 2, 3, 1, 2, 3} {
		if dst[i] != want {
			t.Fatalf("%v", dst)
		}
	}
}

func TestMeeting(t *testing.T) {
	a, b := vowel(160, 50), vowel(160, 57)
	at := meeting(a, b, bendFade, bendStep)
	got := likeness(a[at:at+bendFade], b[at:at+bendFade])
	for i := 40; i+bendFade <= 160; i += bendStep {
		if l := likeness(a[i:i+bendFade], b[i:i+bendFade]); l > got+1e-6 {
			t.Errorf("at %d the likeness is %.2f, at %d %.2f", at, got, i, l)
		}
	}
	if at < 40 {
		t.Errorf("too early: %d", at)
	}
}
