package mixer

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// neighbours are rooms of two that share a slot.
func neighbours(r *rig, n int) []*Room {
	rooms := make([]*Room, n)
	for i := range rooms {
		rooms[i] = r.m.NewRoom()
		rooms[i].slot = 3
		rooms[i].Join(1, &peer{}, hearing(1, 2))
		rooms[i].Join(2, &peer{}, hearing(2, 1))
	}
	r.tick(2)
	return rooms
}

// slot runs the slot that comes next.
func (r *rig) slot() {
	r.w.admit()
	r.now = r.w.slot * slotTime
	r.w.runSlot(r.w.slot)
}

// each calls f with every turn that is remembered.
func (h *rhythm) each(f func(*turn)) {
	for at := range h.turns {
		for kind := range h.turns[at] {
			for _, t := range h.turns[at][kind] {
				if t != nil {
					f(t)
				}
			}
		}
	}
}

// A room that the worker has dropped is the janitor's: nothing of it is read, not
// even for a turn that is still remembered.
func TestRhythmKeepsOffDroppedRooms(t *testing.T) {
	r := newRig(t)
	dropped := neighbours(r, 2)[0]
	dropped.Close(nil)
	for !dropped.gone {
		r.slot()
	}
	turns := 0
	r.w.rhythm.each(func(x *turn) {
		if x.room == dropped {
			turns++
			x.room = nil // who reads it falls
		}
	})
	if turns == 0 {
		t.Fatal("no turn of the room is remembered")
	}
	done := make(chan struct{})
	go func() {
		r.m.callBack()
		close(done)
	}()
	for range slots {
		r.slot()
	}
	<-done
}

// What is remembered is the last round, and nothing but that: of slots with many
// turns as many as there is room for, of slots that were passed over nothing.
func TestRhythmAgreesWithMaps(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	h := new(rhythm)
	room := new(Room)
	last := map[int64][turnKinds][]*turn{}
	for slot, till := int64(5), int64(5+20*slots); slot < till; slot++ {
		next := slot
		for rng.IntN(4) == 0 {
			next += rng.Int64N(2 * slots)
		}
		h.pass(slot, next)
		for ; slot < next; slot++ {
			delete(last, slot%slots)
		}
		var now [turnKinds][]*turn
		for kind := range turnKinds {
			n := rng.IntN(4)
			if rng.IntN(4) == 0 {
				n = mostRemembered - 2 + rng.IntN(5)
			}
			for range n {
				x := &turn{kind: kind, room: room}
				h.note(slot, x)
				if now[kind] = append(now[kind], x); len(now[kind]) > mostRemembered {
					now[kind] = now[kind][:mostRemembered]
				}
			}
		}
		h.finish(slot)
		last[slot%slots] = now
		for at := range h.turns {
			for kind := range h.turns[at] {
				got, want := h.turns[at][kind][:], last[int64(at)][kind]
				if n := h.count[at][kind]; n != len(want) || !slices.Equal(got[:n], want) {
					t.Fatalf("slot %d: of kind %d in %d there are %d turns, or others; want %d", slot, kind, at, n, len(want))
				}
				if slices.ContainsFunc(got[len(want):], func(x *turn) bool { return x != nil }) {
					t.Fatalf("slot %d: of kind %d in %d more is kept", slot, kind, at)
				}
			}
		}
	}
}

// With the first of a kind those remembered are read, and their rooms where they are
// in the wheel.
func TestRhythmRecallsWithTheFirstOfAKind(t *testing.T) {
	var h rhythm
	room := &Room{gone: true} // the sum of which is one
	turns := []*turn{
		{kind: turnInput, due: 10, room: room, waiting: true},
		{kind: turnInput, due: 200, room: room},
		{kind: turnOutput, due: 3000, room: room, waiting: true},
	}
	for _, x := range turns {
		if sum := h.note(7, x); sum != 0 {
			t.Fatalf("%d is read of nothing", sum)
		}
	}
	h.finish(7)
	for i, want := range []int{10 + 200 + 1, 0, 3000 + 1} {
		if sum := h.note(7+slots, turns[i]); sum != want {
			t.Errorf("turn %d: %d is read, want %d", i, sum, want)
		}
	}
}

// Of whom the worker has let go nothing is left after a frame, wherever it was and
// whatever became of the room, and nothing at all when the worker has none.
func TestRhythmLetsGo(t *testing.T) {
	for _, size := range []int{2, 6} {
		r := newRig(t)
		stays, ends := r.m.NewRoom(), r.m.NewRoom()
		for _, room := range []*Room{stays, ends} {
			for id := range Port(size) {
				room.Join(id, &peer{}, Row{Voice: 1, Hears: 1})
			}
		}
		r.tick(3)
		gone := map[*port]bool{stays.members[0]: true}
		for _, p := range ends.members {
			gone[p] = true
		}
		stays.Leave(0, nil)
		ends.Close(nil)
		r.tick(2)
		kept := 0
		r.w.rhythm.each(func(x *turn) {
			if kept++; gone[x.port] || x.room == ends {
				t.Errorf("%d ports: a turn of kind %d is remembered", size, x.kind)
			}
		})
		if kept == 0 {
			t.Errorf("%d ports: nothing is remembered of those who stay", size)
		}
	}
}

// A worker that has nobody any more, or skips slots that nobody uses any more, keeps
// no stream and no room alive.
func TestRhythmOfAWorkerAtRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMixer(t, Config{Workers: 1, Plain: true})
		m.Start()
		defer m.Close()
		other := m.NewRoom()
		other.Join(1, &peer{deaf: true}, hearing(1, 2))
		for _, last := range []bool{false, true} {
			room := m.NewRoom()
			room.Join(1, &peer{deaf: true}, hearing(1, 2))
			room.Join(2, &peer{deaf: true}, hearing(2, 1))
			time.Sleep(100 * time.Millisecond)
			room.Close(nil)
			if last {
				other.Close(nil)
			}
			time.Sleep(100 * time.Millisecond)
			synctest.Wait()
			turns := 0
			m.workers[0].rhythm.each(func(x *turn) {
				if turns++; x.room == room {
					t.Error("a turn of the room is remembered")
				}
			})
			if (turns == 0) != last {
				t.Errorf("%d turns are remembered, the worker at rest: %v", turns, last)
			}
		}
	})
}
