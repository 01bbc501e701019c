package mixer

import "testing"

// amidSlices is a room of 300 in the middle of a tick, as f finds it; the tick is
// brought to its end after that.
func amidSlices(t *testing.T, talker *peer, f func(*Room)) (*rig, []*peer) {
	t.Helper()
	r := newRig(t)
	room := r.m.NewRoom()
	peers := make([]*peer, 300)
	for i := range peers {
		peers[i] = &peer{}
		if i == len(peers)-1 {
			peers[i] = talker
		}
		room.Join(Port(i), peers[i], Row{Voice: 1, Hears: 1})
	}
	r.tick(10)
	found := false
	for range 2 * slots {
		r.w.admit()
		slot := r.w.slot
		r.now = slot * slotTime
		r.w.runSlot(slot)
		if l := room.large; !found && l.sent > 0 && l.sent < len(peers) {
			found = true
			f(room)
		}
	}
	if !found {
		t.Fatal("the room is never between two slices")
	}
	r.frame = r.w.slot/slots + 1
	return r, peers
}

// A change that comes between two slices is one for the tick after: else those
// served already would never get it.
func TestTreatmentBetweenSlices(t *testing.T) {
	r, peers := amidSlices(t, &peer{}, func(room *Room) {
		room.Set([]Change{{0, Row{Treatment: Music, Held: true}}, {298, Row{Treatment: Music, Held: true}}})
	})
	r.tick(20)
	for _, i := range []int{0, 298} {
		if peak := peakOf(peers[i].last(10)); peak < 100 {
			t.Errorf("port %d, held with music, hears at most %d", i, peak)
		}
	}
}

func TestLeavingBetweenSlicesFades(t *testing.T) {
	r, peers := amidSlices(t, &peer{voice: constant(8000)}, func(room *Room) { room.Leave(299, nil) })
	r.tick(5)
	for _, i := range []int{1, 50, 150, 250, 298} {
		if s := steepest(peers[i].last(7)); s > 1000 {
			t.Errorf("listener %d: a step of %d when the talker left", i, s)
		}
		if got := peers[i].last(1)[0]; got != 0 {
			t.Errorf("listener %d still hears %d", i, got)
		}
	}
}
