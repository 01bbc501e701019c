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

// Following costs nothing and saves delay where the network is bad.
func TestLoopOnBadNetworks(t *testing.T) {
	for _, c := range []struct {
		network
		most float64 // ms, which a reader that does not follow needs for that quality
	}{{network{mean: 33, sigma: 20}, 96}, {network{mean: 131, sigma: 60}, 271}} {
		w := c.network
		var means [2]float64
		for seed := range uint64(3) {
			for i, follow := range []bool{false, true} {
				w.seed = seed
				var p Playout
				p.Reset(g711)
				signal := dialogue(t, 40)
				for phase := int64(0); phase < 20; phase += 5 {
					mean, _ := listen(signal, w, &p, newReader(phase*1_000_000, follow)).spread(len(signal))
					means[i] += mean / 12
				}
			}
		}
		t.Logf("jitter %g: %.1f ms, following %.1f ms", w.sigma, means[0], means[1])
		if means[1] >= c.most {
			t.Errorf("jitter %g: %.1f ms, following", w.sigma, means[1])
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
