package server_test

import (
	"testing"
	"time"

	"warmline/transfer"
)

// A room: the first one waits with music, all hear all, a caller from a trunk
// is a member too, and the number can be used again at once.
func TestRoom(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.alice.dials("7001")
		st.alice.talks()
		c := st.wants("A live")
		if c.Room != "7001" || c.Participants[0].Role != "member" {
			st.Errorf("room %q, role %s", c.Room, c.Participants[0].Role)
		}
		st.hears(st.alice, "music")
		st.carla.dials("7001")
		st.carla.talks()
		st.wants("A live, M live")
		st.hears(st.alice, "C", st.carla, "A")
		st.bob.dials("7001")
		st.bob.talks()
		st.hears(st.alice, "BC", st.bob, "AC", st.carla, "AB")
		st.presence("bob", "busy")

		st.do(verb{do: transfer.DoMute, on: "B"})
		st.wants("A live, M live, B live muted")
		st.hears(st.alice, "C", st.bob, "AC", st.carla, "A")
		st.refused("not_allowed", verb{do: transfer.DoUnmute, by: "alice", on: "B"})
		st.do(verb{do: transfer.DoUnmute, by: "bob", on: "B"})
		st.do(verb{do: transfer.DoHold, on: "M"})
		st.wants("A live, M held explicit, B live")
		st.hears(st.alice, "B", st.bob, "A", st.carla, "music")
		st.do(verb{do: transfer.DoUnhold, on: "M"})
		st.refused("not_allowed", verb{do: transfer.DoRemove, by: "alice", on: "M"})
		st.refused("not_allowed", verb{do: transfer.DoConsult, by: "alice", target: "agent:dave"})
		st.do(verb{do: transfer.DoRemove, on: "M"})
		st.carla.gone(time.Second)
		st.wants("A live, M left removed, B live")
		st.do(verb{do: transfer.DoLeave, by: "bob"})
		st.bob.gone(time.Second)
		st.hears(st.alice, "music")
		st.alice.hangsUp()
		first := st.conf().ID
		time.Sleep(30 * time.Millisecond)
		st.dave.dials("7001")
		st.dave.talks()
		st.over1("A left hangup, M left removed, B left hangup")
		st.id = ""
		if c := st.wants("D live"); c.ID == first {
			st.Error("the room is the old one")
		}
	})
}

// over1 wants the conference looked at ended, whatever else there is.
func (st *stage) over1(want string) {
	st.Helper()
	if c := st.wants(want); c.State != "ended" {
		st.Errorf("the conference is %s", c.State)
	}
}

// A member whose phone holds is out of the talk and keeps its own music to
// itself.
func TestRoomHoldKey(t *testing.T) {
	play(t, options{}, func(st *stage) {
		for _, p := range []*person{st.alice, st.bob, st.dave} {
			p.dials("7123")
			p.talks()
		}
		if err := st.bob.call.Hold(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("A live, B held remote, D live")
		st.hears(st.alice, "D", st.dave, "A")
		if err := st.bob.call.Resume(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("A live, B live, D live")
		st.hears(st.alice, "BD", st.bob, "AD", st.dave, "AB")
		st.do(verb{do: transfer.DoEnd})
		for _, p := range []*person{st.alice, st.bob, st.dave} {
			p.gone(time.Second)
		}
		st.over("A left finished, B left finished, D left finished")
	})
}

// A member who falls silent is sent away.
func TestRoomMemberLost(t *testing.T) {
	play(t, options{}, func(st *stage) {
		for _, p := range []*person{st.alice, st.bob} {
			p.dials("7123")
			p.talks()
		}
		time.Sleep(time.Second)
		st.bob.cutAudio(true)
		st.bob.gone(21 * time.Second)
		st.wants("A live, B left lost")
		st.hears(st.alice, "music")
		st.presence("bob", "available")
	})
}

// Two rooms are two.
func TestRoomsApart(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.alice.dials("7001")
		st.alice.talks()
		st.bob.dials("7002")
		st.bob.talks()
		st.hears(st.alice, "music", st.bob, "music")
		var numbers []string
		for _, c := range st.srv.Manager().List() {
			numbers = append(numbers, c.Room)
			if c.State != "active" || len(c.Participants) != 1 {
				st.Errorf("room %+v", c)
			}
		}
		if len(numbers) != 2 || numbers[0] == numbers[1] {
			st.Errorf("rooms %v", numbers)
		}
	})
}
