package jitter

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The bounds are what sorting the lags would give, to a bin.
func TestBoundsArePercentiles(t *testing.T) {
	for _, sigma := range []float64{0, 3, 20, 60} {
		rng := rand.New(rand.NewPCG(uint64(sigma), 1))
		var l lags
		l.reset()
		var list []int32
		for range 3 * longMemory {
			lag := int32(8 * sigma * rng.NormFloat64())
			l.add(lag)
			list = append(list, lag)
		}
		slices.Sort(list)
		at := func(share float64) int32 { return list[int(share*float64(len(list)-1))] }
		least, target := l.bounds()
		if low, high := at(inTime-0.02), at(inTime+0.01)+mostSafety+2*binSamples; least < low || least > high {
			t.Errorf("sigma %g: at least %d, want %d to %d", sigma, least, low, high)
		}
		low, high := min(at(0.995), at(inTime-0.02)+tailReach), at(inTime+0.01)+tailReach+2*binSamples
		if target < max(low, least) || target > high {
			t.Errorf("sigma %g: target %d, want %d to %d", sigma, target, low, high)
		}
	}
}

func TestTargetHasAFloorAndACeiling(t *testing.T) {
	var l lags
	l.reset()
	for range 200 {
		l.add(0)
	}
	if got := l.target(); got != 0 {
		t.Errorf("without jitter the target is %d", got)
	}
	rng := rand.New(rand.NewPCG(4, 4))
	for range 5000 {
		l.add(int32(rng.IntN(2) * 3000))
		if got := l.target(); got > l.most() || float64(got) > float64(l.mean)+ceiling {
			t.Fatalf("target %d above the mean of %g", got, l.mean)
		}
	}
}

func TestFirstPacketsDoNotShrinkTheDelay(t *testing.T) {
	var l lags
	l.reset()
	for i := range acquaintance + 1 {
		l.add(0)
		if got := l.target(); (got >= startLead) != (i+1 < acquaintance) {
			t.Errorf("packet %d: target %d", i+1, got)
		}
	}
	l.reset()
	l.add(400)
	if got := l.target(); got < 400 {
		t.Errorf("one late packet is all there is, and the target %d", got)
	}
}

// What was long ago is forgotten, whatever the weights did meanwhile.
func TestLagsForget(t *testing.T) {
	var l lags
	l.reset()
	for range 1000 {
		l.add(800)
	}
	for i := 0; l.target() > 100; i++ {
		if l.add(0); i > 7*memory {
			t.Fatalf("still %d", l.target())
		}
	}
	for range 50_000 {
		l.add(0)
	}
	sum := float32(0)
	for _, w := range l.bin {
		sum += w
	}
	if math.Abs(float64(sum-l.total)) > 1e-3*float64(sum) || l.weight > 2*weightLimit {
		t.Errorf("total %g of %g, weight %g", l.total, sum, l.weight)
	}
	if l.bottom != l.top {
		t.Errorf("bins %d to %d in use", l.bottom, l.top)
	}
}

// Lags that wander far off, either way, take the window along.
func TestLagsWander(t *testing.T) {
	for _, step := range []int32{-40, 40, -5000, 5000} {
		var l lags
		l.reset()
		lag := int32(0)
		for range 400 {
			lag += step
			l.add(lag)
		}
		for range 3000 {
			l.add(lag)
		}
		if got := l.target(); got != lag {
			t.Errorf("steps of %d: target %d of %d", step, got, lag)
		}
	}
}

func TestStoreRuns(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 6))
	for range 300 {
		var s store
		s.use(nil)
		model := map[uint32]bool{}
		base := rng.Uint32()
		for range 6 {
			ts, n := base+uint32(rng.IntN(1000)), rng.IntN(300)
			if rng.IntN(3) == 0 {
				s.drop(ts, n)
			} else {
				s.mark(ts, n)
			}
			fill := s.has(ts)
			for i := range n {
				model[ts+uint32(i)] = fill
			}
		}
		for range 50 {
			ts, n := base+uint32(rng.IntN(1300)), 1+rng.IntN(400)
			want := 0
			for want < n && model[ts+uint32(want)] == model[ts] {
				want++
			}
			if got, there := s.run(ts, n); got != want || there != model[ts] {
				t.Fatalf("run of %d, %v; want %d, %v", got, there, want, model[ts])
			}
		}
	}
}

func TestStoreWrapsRound(t *testing.T) {
	var s store
	s.use(nil)
	payload := make([]byte, 1000)
	var decode [256]int16
	for i := range payload {
		payload[i] = byte(i)
	}
	for i := range decode {
		decode[i] = int16(i + 1)
	}
	for _, ts := range []uint32{capacity - 300, 1<<32 - 300, 5} {
		s.write(ts, payload, &decode)
		got := make([]int16, 1000)
		s.copy(got, ts)
		for i, v := range got {
			if v != int16(i%256+1) {
				t.Fatalf("at %d+%d: %d", ts, i, v)
			}
		}
		s.silence(ts, 0)
		s.silence(ts, -5)
		s.silence(ts+10, 900)
		s.copy(got, ts)
		if got[9] == 0 || got[10] != 0 || got[909] != 0 || got[910] == 0 {
			t.Errorf("at %d: the silence is not where it should be", ts)
		}
	}
}

// One stall soon after the beginning, whose packets come all at once, is no
// share of what is to come. Jitter is known as soon.
func TestStragglersOfAYoungStream(t *testing.T) {
	for _, before := range []int{20, 60, 100} {
		var l lags
		l.reset()
		for i := range before {
			l.add(int32(i % 3))
		}
		for _, lag := range []int32{480, 320, 160, 0, 1, 2} {
			l.add(lag)
			if _, need := l.need(); need > calm {
				t.Errorf("%d packets, and one late by %d: %d are needed", before, lag, need)
			}
		}
		l.add(400)
		if _, need := l.need(); need < 400 {
			t.Errorf("%d packets, and a second stall: %d are needed", before, need)
		}
	}
	rng := rand.New(rand.NewPCG(2, 2))
	var l lags
	l.reset()
	for range acquaintance {
		l.add(int32(160 * rng.NormFloat64()))
	}
	if _, got := l.need(); got < 240 {
		t.Errorf("%d samples are needed of jitter of 160 in a second", got)
	}
}
