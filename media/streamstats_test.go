package media

import (
	"math/rand/v2"
	"testing"
	"time"

	"warmline/media/quality"
)

// The jitter is a time, whatever the codec's clock.
func TestJitter(t *testing.T) {
	for _, clock := range []int64{8000, 16000, 48000} {
		var s streamStats
		s.begin(&rtpHeader{})
		frame := uint32(clock / 50)
		check := func(what string, least, most time.Duration) {
			t.Helper()
			if got := time.Duration(s.jitterTime()); got < least || got > most {
				t.Errorf("%d Hz, %s: %v, want %v to %v", clock, what, got, least, most)
			}
		}
		check("before packets", 0, 0)
		// Packets come alternately 10 ms early and late: the difference is 20 ms
		// each time, and the estimate approaches it.
		ts := uint32(0xffffff00)
		for i := range int64(200) {
			s.spread(i*frameNanos+i%2*frameNanos, ts, clock)
			ts += frame
		}
		check("alternating", 19500*time.Microsecond, 20*time.Millisecond)
		for i := int64(200); i < 400; i++ {
			s.spread(i*frameNanos, ts, clock)
			ts += frame
		}
		check("steady again", 0, 100*time.Microsecond)
		s.spread(400*frameNanos, ts+1<<31, clock) // a jump of the clock is no jitter
		check("after a jump", 0, 100*time.Microsecond)
		s.spread(401*frameNanos, ts, 2*clock) // nor is a new clock
		check("after a change of codec", 0, 100*time.Microsecond)
	}
}

// Arrival times of days after the worker's start lose nothing.
func TestJitterOfLongRuns(t *testing.T) {
	var s streamStats
	s.begin(&rtpHeader{})
	start := int64(400 * 24 * time.Hour)
	for i := range int64(100) {
		s.spread(start+i*frameNanos, uint32(i*960), 48000)
	}
	if got := s.jitterTime(); got > int64(50*time.Microsecond) {
		t.Errorf("jitter %v of a steady stream", time.Duration(got))
	}
}

func TestClockConversion(t *testing.T) {
	for _, clock := range []int64{8000, 48000} {
		for _, d := range []time.Duration{0, time.Second, -time.Second, 20 * time.Millisecond, -20 * time.Millisecond, 1000 * 24 * time.Hour} {
			if got := fromClock(inClock(int64(d), clock), clock); got != int64(d) {
				t.Errorf("%v at %d Hz: %v", d, clock, time.Duration(got))
			}
		}
	}
}

// What the window and the bursts make of a stream is what one sees who has all
// of it: loss, reordering within the window, duplicates and late discards.
func TestPatternOfAStream(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 300 {
		n := 1 + r.IntN(600)
		type packet struct {
			seq  uint16
			at   float64
			late bool
		}
		var sent []packet
		var want quality.Bursts
		var late, lastSent int
		first := uint16(r.Uint32())
		states := make([]byte, n)
		for i := range states {
			switch x := r.Float64(); {
			case i > 0 && x < 0.05, i > 0 && states[i-1] == 'x' && x < 0.5:
				states[i] = 'x'
				continue
			case i > 0 && x < 0.1:
				states[i] = 'd'
			}
			lastSent = i
			at := float64(i)
			if i > 0 {
				at += r.Float64() * 20
			}
			sent = append(sent, packet{first + uint16(i), at, states[i] == 'd'})
			if r.IntN(20) == 0 {
				sent = append(sent, packet{first + uint16(i), at + 1, false})
			}
		}
		for i := 1; i < len(sent); i++ { // by arrival
			for j := i; j > 0 && sent[j].at < sent[j-1].at; j-- {
				sent[j], sent[j-1] = sent[j-1], sent[j]
			}
		}
		for _, state := range states[:lastSent+1] {
			want.Add(state != 0, 1)
			if state == 'd' {
				late++
			}
		}
		var s streamStats
		s.begin(&rtpHeader{seq: sent[0].seq})
		for _, p := range sent {
			if s.count(&rtpHeader{seq: p.seq}) != duplicate && p.late {
				s.discard(p.seq)
			}
		}
		if got, discards := s.pattern(); got != want || discards != uint64(late) {
			t.Fatalf("%d packets: %+v with %d discards, want %+v with %d", n, got, discards, want, late)
		}
	}
}

// A jump within the stream's rules is one long burst; a restart and a new stream
// go on with the pattern.
func TestPatternOfJumps(t *testing.T) {
	var s streamStats
	s.begin(&rtpHeader{seq: 100})
	run := func(from, to uint16) {
		for seq := from; seq != to; seq++ {
			s.count(&rtpHeader{seq: seq})
		}
	}
	run(100, 200)
	run(1200, 1300) // 1000 missing
	if got, _ := s.pattern(); got.Packets() != 1200 || got.Missing() != 1000 {
		t.Errorf("%d of %d missing, want 1000 of 1200", got.Missing(), got.Packets())
	}
	run(40000, 40100)
	s.begin(&rtpHeader{ssrc: 2, seq: 7})
	run(7, 107)
	got, _ := s.pattern()
	if got.Packets() != 1400 || got.Missing() != 1000 {
		t.Errorf("%d of %d missing, want 1000 of 1400", got.Missing(), got.Packets())
	}
	if sum := got.Summary(); sum.BurstLength != 1000 || sum.BurstDensity != 1 || sum.GapLength != 200 {
		t.Errorf("%+v", sum)
	}
}
