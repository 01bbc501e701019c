package mixer

import (
	"slices"
	"testing"
	"time"
)

// switched is a voice that can be turned on and off.
type switched struct {
	peer
	on    bool
	moves []int64
}

func (s *switched) Next(due int64) bool {
	s.moves = append(s.moves, due)
	if s.frames++; !s.on {
		return false
	}
	s.said = s.voice(s.frames)
	return true
}

func switchedRoom(r *rig, n int) (*Room, []*switched) {
	room := r.m.NewRoom()
	peers := make([]*switched, n)
	for i := range peers {
		peers[i] = &switched{peer: peer{voice: saying(200, 0.05)}}
		room.Join(Port(i), peers[i], Row{Voice: 1, Hears: 1})
	}
	r.tick(4)
	return room, peers
}

// uneven counts those whose last frame did not come a frame after the one before.
func uneven(peers []*switched) (n int) {
	for _, p := range peers {
		if len(p.times) > 1 {
			last := p.times[len(p.times)-2:]
			if last[1]-last[0] != int64(FrameDuration) {
				n++
			}
		}
	}
	return n
}

// Whatever others do, a listener gets its frames a frame apart: only who begins
// to speak is served earlier, and goes on to be over its pauses.
func TestPlacesAreStable(t *testing.T) {
	const n = 1000
	r := newRig(t)
	room, peers := switchedRoom(r, n)
	step := func(what string, most int) {
		t.Helper()
		for range 3 {
			if r.tick(1); uneven(peers) > most {
				t.Errorf("%s: %d of %d are served unevenly, want at most %d", what, uneven(peers), n, most)
			}
			most = 0
		}
	}
	step("nothing happens", 0)
	peers[900].on, peers[500].on = true, true
	step("two begin to speak", 2)
	peers[900].on = false
	step("one pauses", 0)
	peers[900].on = true
	step("it goes on", 0)
	peers[900].on = false
	r.tick(lingering)
	step("it has said its say", 1)
	room.Set([]Change{{300, Row{Treatment: Music}}})
	step("one is put on hold", 1)
	room.Leave(200, nil)
	peers = slices.Delete(peers, 200, 201)
	step("one leaves", 2)
	room.Join(2000, &peer{}, Row{Hears: 1})
	step("one comes", 0)
}

// The streams of a great room move on over several slots, each a frame after its
// last, and those who are heard in the one in which they are mixed.
func TestStreamsOfGreatRoomsMoveOnInParts(t *testing.T) {
	const n = 1000
	r := newRig(t)
	_, peers := switchedRoom(r, n)
	peers[0].on = true
	r.tick(5)
	bySlot := map[int64]int{}
	for i, p := range peers {
		last := p.moves[len(p.moves)-2:]
		bySlot[last[1]]++
		if last[1]-last[0] != int64(FrameDuration) {
			t.Errorf("stream %d moves on %v after its last frame", i, time.Duration(last[1]-last[0]))
		}
	}
	if len(bySlot) != maxGathers {
		t.Errorf("%d slots with streams that move on, want %d", len(bySlot), maxGathers)
	}
	for slot, count := range bySlot {
		if count > gatherSize+1 {
			t.Errorf("%d streams move on at %v", count, time.Duration(slot))
		}
	}
	if moved, served := peers[0].moves[len(peers[0].moves)-1], peers[0].times[len(peers[0].times)-1]; moved != served {
		t.Errorf("who speaks moves on at %v, the mix is made at %v", time.Duration(moved), time.Duration(served))
	}
}

// Whatever slot of a tick a talker leaves in, it fades out from what was heard of
// it last, and everybody gets one frame.
func TestLeavingInAnySlotOfATick(t *testing.T) {
	for at := range int64(slots) {
		for _, leaver := range []int{0, 299} {
			r := newRig(t)
			room, peers := switchedRoom(r, 300)
			peers[leaver].on = true
			r.tick(10)
			r.runUntil(r.now + at*slotTime)
			room.Leave(Port(leaver), nil)
			before := len(peers[150].times)
			r.runUntil(r.now + 3*int64(FrameDuration))
			p := peers[150]
			if got := len(p.times) - before; got != 3 {
				t.Errorf("slot %d: %d frames in three frames' time", at, got)
			}
			heard := p.last(8)
			if jump := steepest(heard); jump > 600 {
				t.Errorf("slot %d, port %d: a step of %d", at, leaver, jump)
			}
			if peakOf(p.last(1)) != 0 {
				t.Errorf("slot %d, port %d: still heard", at, leaver)
			}
		}
	}
}
