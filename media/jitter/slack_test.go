package jitter

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The reader is told to come just after the packets.
func TestSlack(t *testing.T) {
	for _, c := range []struct {
		wait, want float64 // ms from the arrival to the tick; ms to move
	}{{7, -5.25}, {2, -0.25}, {19, 2.75}, {12, 10 - 0.25}, {11, -9.25}, {0.5, 1.25}, {1.75, 0}} {
		r := newRig()
		ts := uint32(0)
		for i := range 200 {
			r.Put(Packet{At: r.now - int64(c.wait*1e6), TS: ts, Payload: level(0, 160), InOrder: true, Follows: true})
			ts += 160
			ns, ok := r.Slack()
			if ok != (i+1 >= enough) {
				t.Fatalf("known after %d packets: %v", i+1, ok)
			}
			if off := math.Abs(float64(ns)/1e6 - c.want); ok && off > 0.01 && off < 19.9 {
				t.Fatalf("packets %g ms before the tick: %g ms after %d, want %g", c.wait, float64(ns)/1e6, i, c.want)
			}
			r.frame()
		}
	}
	if _, ok := newRig().Slack(); ok {
		t.Error("known of nothing")
	}
}

// A reader that follows waits as little as can be on a clean network, wherever
// it begins, at any length of packets.
func TestLoopOnACleanNetwork(t *testing.T) {
	for phase := int64(0); phase < 20; phase++ {
		r := newReader(phase*1_000_000+300_000, true)
		w := network{seed: 1, mean: 5, sigma: 0.1}
		var p Playout
		p.Reset(g711)
		h := listen(dialogue(t, 40), w, &p, r)
		var sum float64
		late := h.delay[1000:1500]
		for _, d := range late {
			sum += d - 5
		}
		if mean := sum / float64(len(late)); mean < 1 || mean > 3.5 {
			t.Errorf("phase %d ms: %.2f ms of delay", phase, mean)
		}
		if d := float64(p.Delay()) / 1e6; d < 1 || d > 3.5 {
			t.Errorf("phase %d ms: says it waits %.2f ms", phase, d)
		}
		if c := p.Concealed(); c > 0 {
			t.Errorf("phase %d ms: %d ms concealed", phase, c/1_000_000)
		}
	}
}

// The delay is bounded by that of the network, wherever a reader begins; one that
// follows has less to conceal for it.
func TestLoopOnBadNetworks(t *testing.T) {
	for _, w := range []network{{mean: 33, sigma: 20}, {mean: 131, sigma: 60}} {
		var high, concealed [2]float64
		limit := 0.
		for seed := range uint64(3) {
			w.seed = seed
			limit += (w.high97() + 40) / 3
			for i, follow := range []bool{false, true} {
				signal := dialogue(t, 40)
				for phase := int64(0); phase < 20; phase += 5 {
					var p Playout
					p.Reset(g711)
					_, h := listen(signal, w, &p, newReader(phase*1_000_000, follow)).spread(len(signal))
					high[i] += h / 12
					concealed[i] += float64(p.Concealed()) / 12e6
				}
			}
		}
		t.Logf("jitter %g: %.1f ms of delay, %.0f concealed, following %.1f and %.0f, limit %.1f", w.sigma, high[0], concealed[0], high[1], concealed[1], limit)
		if high[0] > limit || high[1] > limit || concealed[1] > 1.1*concealed[0] {
			t.Errorf("jitter %g: up to %.1f ms, following %.1f; %.0f ms concealed, following %.0f", w.sigma, high[0], high[1], concealed[0], concealed[1])
		}
	}
}

// Two clocks 100 ppm apart for an hour: a reader that follows keeps the delay
// where it is, without any change of the voice. What is forgotten slowly is above
// what comes of a sender that is too fast: that is most of the delay here.
func TestLoopFollowsDrift(t *testing.T) {
	for _, ppm := range []float64{-100, 100} {
		p := newRig()
		r := newReader(0, true)
		rng := rand.New(rand.NewPCG(8, 8))
		interval := tick * (1 - ppm/1e6)
		payload, sent := [2][]byte{level(500, baseFrame), level(0, baseFrame)}, 0
		moved, longest := 0, int64(0)
		for f := range 3600 * 50 {
			for at := int64(float64(sent)*interval) + rng.Int64N(500_000); at <= r.now; at = int64(float64(sent)*interval) + rng.Int64N(500_000) {
				p.Put(Packet{At: at, TS: uint32(sent * baseFrame), Payload: payload[sent/50%2], InOrder: true, Follows: true})
				sent++
			}
			was := p.play
			p.Next(r.now)
			if f > 1500 {
				longest = max(longest, p.Delay())
				if p.play-was != baseFrame {
					moved++
				}
			}
			r.next(p.Slack)
		}
		if longest > 7_500_000 || moved > 0 || p.Concealed() > 0 {
			t.Errorf("%g ppm: up to %.1f ms of delay, %d changes, %d ns concealed", ppm, float64(longest)/1e6, moved, p.Concealed())
		}
	}
}

func TestGrain(t *testing.T) {
	for _, c := range []struct {
		steps []uint32
		want  int
	}{{[]uint32{160}, 160}, {[]uint32{320}, 160}, {[]uint32{80}, 80}, {[]uint32{240}, 80}, {[]uint32{40}, 40}, {[]uint32{160, 80}, 80}, {[]uint32{1, 160}, 1}} {
		var g grain
		pos := uint32(1<<32 - 500)
		g.reset(pos, 160)
		for i := range 50 {
			pos += c.steps[i%len(c.steps)]
			g.add(pos, 160)
		}
		if g.size != c.want {
			t.Errorf("steps of %d: %d", c.steps, g.size)
		}
		if b := g.back(pos); b != pos {
			t.Errorf("steps of %d: a packet does not begin at a packet: off by %d", c.steps, int32(pos-b))
		}
		for range 2 * grainMemory {
			pos += 160
			g.add(pos, 160)
		}
		if g.size != 160 {
			t.Errorf("steps of %d: not forgotten: %d", c.steps, g.size)
		}
	}
}
