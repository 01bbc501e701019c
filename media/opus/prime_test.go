package opus

import (
	"testing"

	"warmline/internal/speech"
)

// TestPrime changes encoders at many places of a dialogue. What the far end
// hears is compared with what it hears if nothing changes.
func TestPrime(t *testing.T) {
	signal := speech.Wide()
	list := packets(t, newEncoder(t, Config{Loss: 5}), signal)
	whole := play(t, newDecoder(t), list)
	const before, after = 30, 5
	change := func(frames int) (first, later, click float64) {
		var want, got [2][]int16
		e := newEncoder(t, Config{Loss: 5})
		for at := 60; at+after <= len(list); at += 37 {
			d := newDecoder(t)
			play(t, d, list[at-before:at])
			e.Prime(signal[(at-frames)*FrameSamples : at*FrameSamples])
			heard := play(t, d, packets(t, e, signal[at*FrameSamples:(at+after)*FrameSamples]))
			same := whole[at*FrameSamples : (at+after)*FrameSamples]
			want[0], got[0] = append(want[0], same[:FrameSamples]...), append(got[0], heard[:FrameSamples]...)
			want[1], got[1] = append(want[1], same[FrameSamples:]...), append(got[1], heard[FrameSamples:]...)
			click = max(click, roughness(heard)-roughness(same))
		}
		return snr(want[0], got[0]), snr(want[1], got[1]), click
	}
	first, later, click := change(3)
	coldFirst, coldLater, coldClick := change(0)
	t.Logf("primed: first frame %.1f dB, then %.1f dB, click %.0f", first, later, click)
	t.Logf("cold: first frame %.1f dB, then %.1f dB, click %.0f", coldFirst, coldLater, coldClick)
	if first < 13 || later < 15 || click > 2000 {
		t.Error("the change is to be heard")
	}
	if coldFirst > first-6 || coldClick < 2*click {
		t.Error("being primed makes no difference")
	}
}

// TestPrimeLengths: only whole frames at the end count.
func TestPrimeLengths(t *testing.T) {
	signal := speech.Wide()[16000:32000]
	a, b := newEncoder(t, Config{}), newEncoder(t, Config{})
	for _, extra := range []int{0, 1, 319} {
		a.Prime(signal[960-extra : 1600])
		b.Prime(signal[960:1600])
		x, y := packets(t, a, signal[1600:4800]), packets(t, b, signal[1600:4800])
		for i := range x {
			if string(x[i]) != string(y[i]) {
				t.Fatalf("%d samples more: packet %d differs", extra, i)
			}
		}
	}
}
