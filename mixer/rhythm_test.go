package mixer

import "testing"

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
