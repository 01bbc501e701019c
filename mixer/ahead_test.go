package mixer

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// forget has the passengers count from now on.
func forget(all []*passenger) {
	for _, p := range all {
		p.nexts, p.unfetched, p.pushes, p.surprises = 0, 0, 0, 0
	}
}

// Of small rooms that share a slot every input is fetched for before it is done, and
// every output expected, in as few goes as there is room for.
func TestManyTurnsAreLookedAheadOf(t *testing.T) {
	for _, rooms := range []int{1, 11, 16, 17, 64} {
		for _, space := range []int{1, foresight - 1, foresight, foresight + 1, 64, 1000} {
			r, f := ferried(t, space)
			var all []*passenger
			for range rooms {
				room := r.m.NewRoom()
				room.slot = 4
				for id := range Port(2) {
					p := &passenger{f: f, peer: peer{voice: constant(9), deaf: true}}
					room.Join(id, p, hearing(id, 0, 1))
					all = append(all, p)
				}
			}
			r.tick(2)
			forget(all)
			f.runs, f.most = 0, 0
			r.tick(1)
			for i, p := range all {
				if p.nexts != 1 || p.unfetched != 0 {
					t.Fatalf("%d rooms, room for %d: port %d: %d inputs, %d not fetched for", rooms, space, i, p.nexts, p.unfetched)
				}
				if p.pushes != 1 || p.surprises != 0 {
					t.Fatalf("%d rooms: port %d: %d outputs, %d not expected", rooms, i, p.pushes, p.surprises)
				}
			}
			if len(f.expected) != 0 {
				t.Errorf("%d rooms: %d are expected for nothing", rooms, len(f.expected))
			}
			goes := (2*rooms + space - 1) / space
			if f.most != min(space, 2*rooms) || f.runs != goes+slots {
				t.Errorf("%d rooms, room for %d: %d runs, of at most %d fetches", rooms, space, f.runs, f.most)
			}
		}
	}
}

// Whoever comes, leaves, or makes a small room large meanwhile: what has been fetched
// for is done in its slot, and of those who are not aboard nobody is looked for. What
// is heard is the same.
func TestLookingAheadWhileRoomsChange(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 4))
		r, f := ferried(t, 1+rng.IntN(80))
		duels := make([]*duel, 12)
		for i := range duels {
			room := r.m.NewRoom()
			room.slot = i % 2
			duels[i] = &duel{
				rig: r, room: room, peers: map[Port]*peer{},
				oracle: &oracle{sounds: r.m.sounds, ports: map[Port]*oraclePort{}},
			}
		}
		for frame := range 40 {
			for _, d := range duels {
				switch id := Port(rng.IntN(7)); rng.IntN(6) {
				case 0, 1:
					d.join(id, randomRow(rng, 7))
				case 2:
					d.leave(id)
				case 3:
					d.set(Change{id, randomRow(rng, 7)})
				}
			}
			for range slots {
				r.slot()
				if f.loaded != 0 || r.w.fetched != 0 {
					t.Fatalf("seed %d: %d fetches wait, and %d inputs are to come", seed, f.loaded, r.w.fetched)
				}
			}
			r.frame++
			for i, d := range duels {
				d.oracle.tick()
				if err := d.compare(); err != nil {
					t.Fatalf("seed %d, frame %d, room %d: %v", seed, frame, i, err)
				}
			}
		}
	}
}

// Where there is no room for all of a large room's, those that there is room for are
// found by their place among those whose turn it is.
func TestPendingIn(t *testing.T) {
	l := &large{step: 7}
	for _, c := range []struct {
		ports  string // p: to move on; m: has moved
		others int
		want   int
	}{
		{"", 0, 0}, {"m", 0, 1}, {"p", 0, 0}, {"p", 1, 1},
		{"mpmp", 0, 1}, {"mpmp", 1, 3}, {"mpmp", 2, 4},
		{"ppmmp", 2, 4}, {"ppmmp", 1, 1}, {"ppmm", 2, 4},
	} {
		var ports []*port
		for _, letter := range c.ports {
			p := &port{}
			if letter == 'm' {
				p.moved = l.step
			}
			ports = append(ports, p)
		}
		if got := l.pendingIn(ports, true, c.others); got != c.want {
			t.Errorf("%q: %d before the one after %d, want %d", c.ports, got, c.others, c.want)
		}
	}
}

// In a large room those who speak move on last, and are not fetched for before; with
// however little room, each is once. Those who hear what all hear are expected.
func TestLargeRoomFetchesEachOnce(t *testing.T) {
	for _, n := range []int{5, foresight, foresight + 1, 3*foresight - 1, 600} {
		for _, space := range []int{1, 2, foresight, 50} {
			t.Run(fmt.Sprintf("%d ports, room for %d", n, space), func(t *testing.T) {
				r, f := ferried(t, space)
				room := r.m.NewRoom()
				all := make([]*passenger, n)
				for i := range all {
					all[i] = &passenger{f: f, peer: peer{deaf: true}}
					if i%9 == 4 {
						all[i].voice = constant(int16(i))
					}
					room.Join(Port(i), all[i], Row{Voice: 1, Hears: 1})
				}
				r.tick(3)
				forget(all)
				for range 2 * slots {
					r.slot()
					if f.loaded != 0 || len(f.fetched) != 0 {
						t.Fatalf("%d are fetched for in vain", len(f.fetched))
					}
				}
				for i, p := range all {
					if p.nexts != 2 || p.unfetched != 0 {
						t.Fatalf("port %d: %d inputs, %d not fetched for", i, p.nexts, p.unfetched)
					}
					if p.voice == nil && (p.pushes != 2 || p.surprises != 0) {
						t.Fatalf("port %d: %d outputs, %d not expected", i, p.pushes, p.surprises)
					}
				}
			})
		}
	}
}

// willing is a carrier that does nothing, for whomever.
type willing struct{}

func (willing) Board(Stream)            {}
func (willing) Leave(Stream)            {}
func (willing) Fetch(soon []Stream) int { return len(soon) }
func (willing) Expect([]Stream)         {}
func (willing) Hear([]Stream)           {}
func (willing) Run()                    {}
func (willing) Err() error              { return nil }
func (willing) Close()                  {}

// To look ahead takes no memory, and keeps nobody.
func TestLookingAheadAllocatesNothing(t *testing.T) {
	for _, n := range []int{2, 3, 4, 300} {
		r := newRig(t)
		r.w.carrier = willing{}
		for range 30 {
			benchRoom(r, n, 3).slot = 9
		}
		r.tick(2)
		if got := testing.AllocsPerRun(20, func() { r.tick(1) }); got != 0 {
			t.Errorf("with rooms of %d a tick allocates %v times", n, got)
		}
		if r.w.soon != (foreseen{}) {
			t.Errorf("with rooms of %d somebody is kept", n)
		}
	}
}
