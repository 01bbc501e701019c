package mixer

import (
	"fmt"
	"testing"
)

// relayer is a peer that hands on what it is offered.
type relayer struct {
	peer
	refuses bool
	offered []int // the frames of the other that were offered
}

func (p *relayer) Relay(now int64, from Stream) bool {
	other := from.(*relayer)
	p.offered = append(p.offered, other.frames)
	if p.refuses {
		return false
	}
	frame := other.said
	if frame == nil {
		frame = make([]int16, FrameSamples)
	}
	p.heard = append(p.heard, frame...)
	return true
}

// relayRoom has three parties with tones, by their first rows.
func relayRoom(r *rig, rows ...Row) (*Room, []*relayer) {
	room := r.m.NewRoom()
	peers := make([]*relayer, len(rows))
	for i, row := range rows {
		peers[i] = &relayer{peer: peer{voice: phased(200+50*float64(i), 0.3, 0.25)}}
		room.Join(Port(i), peers[i], row)
	}
	return room, peers
}

// A peer is asked to hand on where it hears one stream and nothing else, once
// that is so for a frame.
func TestRelayIsAskedWhereNothingElseIsHeard(t *testing.T) {
	for _, c := range []struct {
		name  string
		row   Row
		clip  bool
		asked int // in ten frames
	}{
		{"one voice", hearing(0, 1), false, 10},
		{"two voices", hearing(0, 1, 2), false, 0},
		{"another voice", hearing(0, 2), false, 9}, // the first frame is faded
		{"held", onHold, false, 0},
		{"nobody", Row{}, false, 0},
		{"a treatment besides", Row{Voice: 1, Hears: 2, Treatment: ComfortNoise}, false, 0},
		{"a clip of three frames", hearing(0, 1), true, 6}, // and one in which the voice comes back
		{"muted itself", Row{Hears: 2}, false, 10},
	} {
		for _, refuses := range []bool{false, true} {
			r := newRig(t)
			room, peers := relayRoom(r, hearing(0, 1), hearing(1, 0), Row{Voice: 4})
			peers[0].refuses = refuses
			r.tick(5)
			before := len(peers[0].offered)
			room.Set([]Change{{0, c.row}})
			if c.clip {
				room.Play(0, NewClip(make([]int16, 3*FrameSamples)), nil)
			}
			r.tick(10)
			if got := len(peers[0].offered) - before; got != c.asked {
				t.Errorf("%s: asked for %d frames of ten, want %d", c.name, got, c.asked)
			}
			if got := len(peers[0].heard); got != 15*FrameSamples {
				t.Errorf("%s: %d samples are heard in 15 frames", c.name, got)
			}
			for i, frame := range peers[0].offered[1:] {
				if last := peers[0].offered[i]; frame <= last {
					t.Errorf("%s: frame %d is offered after %d", c.name, frame, last)
				}
			}
		}
	}
}

// What is handed on is not decoded.
func TestRelayedIsNotDecoded(t *testing.T) {
	r := newRig(t)
	_, peers := relayRoom(r, hearing(0, 1), hearing(1, 0))
	r.tick(5)
	before := [2][buses]int{peers[0].asked, peers[1].asked}
	r.tick(150)
	if after := [2][buses]int{peers[0].asked, peers[1].asked}; after != before {
		t.Errorf("samples are asked for: %v, before %v", after, before)
	}
}

// A held port to which something is handed on has heard it.
func TestRelayedLeaksAreCounted(t *testing.T) {
	r := newRig(t)
	row := hearing(0, 1)
	row.Held = true
	_, peers := relayRoom(r, row, hearing(1, 0))
	r.tick(10)
	if got := r.m.Stats().LeakedFrames; len(peers[0].offered) == 0 || got != 10 {
		t.Errorf("%d frames handed on, %d leaks counted in 10 frames", len(peers[0].offered), got)
	}
}

// From being handed on to being mixed, held or left alone, there is no click.
func TestRelayEndsWithoutClick(t *testing.T) {
	for name, change := range map[string]func(*Room){
		"held":          func(room *Room) { room.Set([]Change{{0, onHold}, {1, Row{}}}) },
		"deaf":          func(room *Room) { room.Set([]Change{{0, Row{}}}) },
		"another voice": func(room *Room) { room.Set([]Change{{0, hearing(0, 1, 2)}}) },
		"other's left":  func(room *Room) { room.Leave(1, nil) },
		"clip":          func(room *Room) { room.Play(0, NewClip(sine(300, 0.1, 240)), nil) },
	} {
		for slot := range slots {
			r := newRig(t)
			room, peers := relayRoom(r, hearing(0, 1), hearing(1, 0), Row{Voice: 4})
			r.tick(5)
			r.runUntil(r.now + int64(slot)*slotTime)
			change(room)
			r.runUntil(r.now + 200*ms)
			if err := click(peers[0].heard[2*FrameSamples:]); err != nil {
				t.Errorf("%s in slot %d: %v", name, slot, err)
			}
		}
	}
}

// The voice is handed on only after its stream has moved on.
func TestRelayFollowsNext(t *testing.T) {
	for _, n := range []int{2, 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			r := newRig(t)
			rows := []Row{hearing(0, 1), hearing(1, 0), {}}
			_, peers := relayRoom(r, rows[:n]...)
			r.tick(20)
			for i, frame := range peers[0].offered {
				if want := peers[0].offered[0] + i; frame != want {
					t.Fatalf("frame %d is offered, want %d", frame, want)
				}
			}
		})
	}
}
