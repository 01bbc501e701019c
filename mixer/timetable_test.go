package mixer

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// counter is a peer that counts its frames, and those that came in one slot.
type counter struct {
	nexts, pushes int
	last          int64
	crowded       int // pushes less than half a frame after the last
}

func (c *counter) Next(int64) bool {
	c.nexts++
	return true
}
func (c *counter) Samples(rate int) []int16 { return noise[:rate/50] }
func (c *counter) Rate() int                { return Narrow }
func (c *counter) Push(now int64, _ *Frame) {
	if c.pushes++; c.pushes > 1 && now-c.last < int64(FrameDuration)/2 {
		c.crowded++
	}
	c.last = now
}

// Whatever comes, goes, grows, shrinks and stalls: each turn is in the wheel
// once, and who is there is served once a frame.
func TestTimetableSurvives(t *testing.T) {
	for seed := range uint64(40) {
		r := newRig(t)
		rng := rand.New(rand.NewPCG(seed, 4))
		rooms := []*Room{r.m.NewRoom(), r.m.NewRoom(), r.m.NewRoom()}
		r.runUntil(100 * ms)
		for range 150 {
			room := rooms[rng.IntN(len(rooms))]
			for range 1 + rng.IntN(3) {
				id := Port(rng.IntN(7))
				switch rng.IntN(4) {
				case 0, 1:
					room.Join(id, newPhone(r, 0, rng, 1<<62), Row{Voice: rng.Uint64() & 7, Hears: rng.Uint64() & 7})
				case 2:
					room.Leave(id, nil)
				case 3:
					room.Set([]Change{{id, Row{Voice: rng.Uint64() & 7, Hears: rng.Uint64() & 7, Treatment: Treatment(rng.IntN(3))}}})
				}
			}
			if rng.IntN(5) == 0 {
				r.now += rng.Int64N(2000 * ms) // the worker is held up
			}
			r.runUntil(r.now + rng.Int64N(200*ms))
			checkWheel(t, r.w, rooms...)
		}
		still := &counter{}
		rooms[0].Join(100, still, Row{Hears: 1})
		r.runUntil(r.now + 100*ms)
		before := *still
		r.runUntil(r.now + 1000*ms)
		if n := still.pushes - before.pushes; n < 49 || n > 51 {
			t.Errorf("seed %d: %d pushes in the second after", seed, n)
		}
		if n := still.nexts - before.nexts; n < 49 || n > 51 || still.crowded > before.crowded {
			t.Errorf("seed %d: %d frames taken in the second after, %d pushes crowded", seed, n, still.crowded-before.crowded)
		}
	}
}

// A worker that was held up for whatever time goes on in the next frame, with
// nothing made up for.
func TestStalledWorkerRecovers(t *testing.T) {
	for _, n := range []int{2, 4, 120} {
		for stall := time.Duration(0); stall <= 2*time.Second; stall += 97 * time.Millisecond {
			r := newRig(t)
			room := r.m.NewRoom()
			peers := make([]*counter, n)
			for i := range peers {
				peers[i] = &counter{}
				room.Join(Port(i), peers[i], Row{Voice: 1, Hears: 1})
			}
			r.runUntil(200 * ms)
			r.now += int64(stall)
			end := r.now
			r.runUntil(end + 40*ms)
			before := *peers[n-1]
			r.runUntil(end + 1040*ms)
			checkWheel(t, r.w, room)
			if got := *peers[n-1]; got.pushes-before.pushes != 50 || got.nexts-before.nexts != 50 || got.crowded != before.crowded {
				t.Errorf("%d ports, %v: %d pushes and %d frames taken in the second after", n, stall, got.pushes-before.pushes, got.nexts-before.nexts)
			}
			if most := before.pushes - 10; most > 4 {
				t.Errorf("%d ports, %v: %d pushes to make up", n, stall, most)
			}
		}
	}
}

// People leave a great room between its slices: the others get each frame once.
func TestLeavingBetweenSlices(t *testing.T) {
	for seed := range uint64(20) {
		r := newRig(t)
		rng := rand.New(rand.NewPCG(seed, 5))
		room := r.m.NewRoom()
		peers := map[Port]*counter{}
		for i := range Port(400) {
			peers[i] = &counter{}
			room.Join(i, peers[i], Row{Voice: 1, Hears: 1})
		}
		r.runUntil(100 * ms)
		for range 60 {
			r.runUntil(r.now + (1+rng.Int64N(15))*ms)
			for range rng.IntN(4) {
				id := Port(rng.IntN(400))
				room.Leave(id, nil)
				delete(peers, id)
			}
		}
		r.runUntil((r.now/slotTime/slots + 2) * slots * slotTime)
		want := -1
		for id, p := range peers {
			if want < 0 {
				want = p.pushes
			}
			if p.pushes != want {
				t.Fatalf("seed %d: port %d got %d frames, another %d", seed, id, p.pushes, want)
			}
		}
	}
}

// A great room may become small, and large again, between two of its slices.
func TestShrinkingBetweenSlices(t *testing.T) {
	for _, again := range []int{0, 1, 3, 150} {
		t.Run(fmt.Sprint(again), func(t *testing.T) {
			r := newRig(t)
			room := r.m.NewRoom()
			for i := range Port(250) {
				room.Join(i, &counter{}, Row{Voice: 1, Hears: 1})
			}
			r.runUntil(100 * ms)
			for !room.large.slice.waiting {
				r.runUntil(r.now + 1)
			}
			for i := range Port(248) {
				room.Leave(i, nil)
			}
			var late []*counter
			for i := range again {
				late = append(late, &counter{})
				room.Join(Port(1000+i), late[i], Row{Voice: 1, Hears: 1})
			}
			start := r.now
			r.runUntil(start + 200*ms)
			checkWheel(t, r.w, room)
			for i, p := range late {
				if p.pushes < 9 || p.pushes > 10 || p.nexts < 9 || p.nexts > 10 || p.crowded > 0 {
					t.Fatalf("newcomer %d: %d pushes and %d frames taken in ten frames' time", i, p.pushes, p.nexts)
				}
			}
		})
	}
}

// A room that is opened while the worker is far behind its timetable comes to its
// turns when they are due, and not a round of the wheel before.
func TestRoomOpenedWhileTheWorkerIsBehind(t *testing.T) {
	for behind := int64(0); behind < 3*horizon; behind++ {
		r := newRig(t)
		first := r.m.NewRoom()
		first.Join(0, &peer{}, Row{})
		r.runUntil(100 * ms)
		r.now += behind * slotTime
		p := &dated{}
		r.m.NewRoom().Join(0, p, Row{})
		r.runUntil(r.now + 200*ms)
		p.now = &r.now
		r.runUntil(r.now + 200*ms)
		if p.early > 0 || p.times < 9 {
			t.Errorf("%d slots behind: of %d turns %d came before their time", behind, p.times, p.early)
		}
	}
}

// dated is a peer that counts the turns that come before they are due.
type dated struct {
	peer
	now          *int64
	times, early int
}

func (p *dated) Next(due int64) bool {
	if p.now != nil {
		if p.times++; due > *p.now {
			p.early++
		}
	}
	return false
}
