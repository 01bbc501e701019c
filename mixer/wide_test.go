package mixer

import (
	"math"
	"testing"
)

// wideTone is a peer's voice of a sine at both rates, exact at either.
func wideTone(p *peer, hz, peak float64) *peer {
	tone := func(frame, rate int) []int16 {
		out := make([]int16, rate/50)
		for i := range out {
			n := float64(frame*len(out) + i)
			out[i] = int16(math.Round(32767 * peak * math.Sin(2*math.Pi*hz*n/float64(rate))))
		}
		return out
	}
	p.voice = func(frame int) []int16 { return tone(frame, Narrow) }
	p.fine = func(frame int) []int16 { return tone(frame, Wide) }
	return p
}

// powerAt is power in a signal of any rate.
func powerAt(signal []int16, hz float64, rate int) float64 {
	return power(signal, hz*SampleRate/float64(rate))
}

// Listeners at both rates in rooms of both kinds hear each voice at its level,
// and not their own.
func TestLevelsAtBothRates(t *testing.T) {
	for _, n := range []int{2, 3, 4, 7, 12} {
		r := newRig(t)
		room := r.m.NewRoom()
		peers := make([]*peer, n)
		hz := func(i int) float64 { return 500 + 600*float64(i) }
		for i := range peers {
			peers[i] = &peer{rate: busRates[i%buses]}
			if i < loudest {
				wideTone(peers[i], hz(i), 0.2)
			}
			room.Join(Port(i), peers[i], Row{Voice: 1, Hears: 1})
		}
		r.tick(30)
		for i, p := range peers {
			frame := p.Rate() / 50
			if len(p.heard) != 30*frame {
				t.Fatalf("port %d of %d heard %d samples in 30 frames at %d Hz", i, n, len(p.heard), p.Rate())
			}
			signal := p.heard[20*frame:]
			for j := range min(n, loudest) {
				level := dB(powerAt(signal, hz(j), p.Rate()) / 0.2)
				if i != j && math.Abs(level) > 0.1 || i == j && level > -60 {
					t.Errorf("port %d of %d, at %d Hz, hears voice %d at %.2f dB", i, n, p.Rate(), j, level)
				}
			}
		}
	}
}

// Nobody is asked for a rate that nobody hears at.
func TestOnlyRatesInUseAreAskedFor(t *testing.T) {
	for _, rate := range busRates {
		for _, c := range []struct{ ports, talkers int }{{2, 2}, {4, 4}, {9, 3}, {9, 9}} {
			r := newRig(t)
			room := r.m.NewRoom()
			var peers []*peer
			for i := range c.ports {
				p := &peer{rate: rate}
				if i < c.talkers {
					wideTone(p, 400, 0.1)
				}
				peers = append(peers, p)
				room.Join(Port(i), p, Row{Voice: 1, Hears: 1})
			}
			r.tick(60)
			room.Set([]Change{{0, Row{}}})
			room.Leave(1, nil)
			r.tick(10)
			for i, p := range peers {
				if other := p.asked[buses-1-busOf(rate)]; other != 0 {
					t.Errorf("at %d Hz, port %d of %v is asked %d times for the other rate", rate, i, c, other)
				}
			}
		}
	}
}

// Clips and treatments are the same sounds at both rates.
func TestSoundsAtBothRates(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	peers := [2]*peer{{}, {rate: Wide}}
	for i, p := range peers {
		room.Join(Port(i), p, Row{Treatment: Music})
	}
	r.tick(30)
	for _, p := range peers {
		if level := dB(powerAt(p.heard[10*p.Rate()/50:], 700, p.Rate()) / 0.2); math.Abs(level) > 0.1 {
			t.Errorf("at %d Hz the music is off by %.2f dB", p.Rate(), level)
		}
	}
	for i, p := range peers {
		room.Set([]Change{{Port(i), Row{}}})
		room.Play(Port(i), NewClip(sine(1500, 0.3, 20*FrameSamples)), nil)
		p.heard = nil
	}
	r.tick(19)
	for _, p := range peers {
		if level := dB(powerAt(p.heard[5*p.Rate()/50:], 1500, p.Rate()) / 0.3); math.Abs(level) > 0.1 {
			t.Errorf("at %d Hz the clip is off by %.2f dB", p.Rate(), level)
		}
	}
}

// What is made wide keeps its level, has no image of itself above the band, and
// no seam where it goes round.
func TestWiden(t *testing.T) {
	for _, hz := range []float64{100, 700, 1500, 2500, 3100} {
		n := SampleRate // a whole number of turns
		out := widen(sine(hz, 0.5, n), true)
		if level := dB(powerAt(out, hz, Wide) / 0.5); math.Abs(level) > 0.1 {
			t.Errorf("%.0f Hz is off by %.2f dB", hz, level)
		}
		if image := dB(powerAt(out, Narrow-hz, Wide) / 0.5); image > -60 {
			t.Errorf("%.0f Hz has an image at %.1f dB", hz, image)
		}
		joint := append(append([]int16(nil), out[len(out)-64:]...), out[:64]...)
		if step, most := steepest(joint), steepest(out[1000:3000]); step > most+2 {
			t.Errorf("%.0f Hz: a step of %d at the joint, %d elsewhere", hz, step, most)
		}
	}
	wantNoSeam(t, "wide noise", standardSounds().noise.at[wide])
}

// Holds, joins and departures at the wide rate, in rooms of both kinds, at all
// phases of the voice: no step beyond the sounds' own.
func TestWideChangesDoNotClick(t *testing.T) {
	for _, n := range []int{3, 8} {
		for phase := range 8 {
			r := newRig(t)
			room := r.m.NewRoom()
			p := &peer{rate: Wide}
			room.Join(0, p, Row{Hears: 1})
			for i := 1; i < n; i++ {
				o := &peer{rate: Wide}
				if i == 1 {
					o.voice = phased(300, 0.3, float64(phase)/8)
					o.fine = widePhased(o.voice)
				}
				room.Join(Port(i), o, Row{Voice: 1, Hears: 1})
			}
			for _, row := range []Row{{Hears: 1}, onHold, {Hears: 1}, {}, {Hears: 1}} {
				room.Set([]Change{{0, row}})
				r.tick(4)
			}
			room.Leave(1, nil)
			r.tick(4)
			limit := 32767 * (2*math.Pi*(700*0.2+300*0.3)/Wide + 0.3*math.Pi/2/rampWide)
			if most := steepest(p.heard[2*maxFrame:]); float64(most) > limit {
				t.Errorf("in a room of %d a step of %d, the sounds' own are %.0f", n, most, limit)
			}
		}
	}
}

// widePhased is a voice that repeats its frame, at the wide rate.
func widePhased(voice func(int) []int16) func(int) []int16 {
	frame := widen(voice(0), true)
	return func(int) []int16 { return frame }
}
