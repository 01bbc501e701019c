package server_test

import (
	"testing"
	"time"

	"warmline/transfer"
)

// The phone's own hold key: what it sends then reaches nobody, and the server's
// hold is another thing.
func TestHoldKey(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		if err := st.alice.call.Hold(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A held remote")
		st.hears(st.carla, "music")
		st.refused("actor_held", verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.do(verb{do: transfer.DoHold, on: "A"})
		st.wants("C live, A held explicit remote")
		if err := st.alice.call.Resume(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A held explicit")
		time.Sleep(2 * time.Second)
		st.hears(st.carla, "music")
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "A"})
		st.wants("C live, A live")
		st.hears(st.carla, "A", st.alice, "C")
	})
}

// A customer's own hold: its music never enters the mix, and a server hold that
// ends does not end it.
func TestCustomerHoldKey(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		if err := st.carla.call.Hold(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C held remote, A live")
		st.hears(st.alice, "noise")
		st.consult1()
		st.wants("C held consult remote, A live, B live")
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.wants("C held remote, A live, B live")
		st.hears(st.alice, "B", st.bob, "A")
		if err := st.carla.call.Resume(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A live, B live")
		st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
	})
}

// consult1 is consult, whatever the customer's state.
func (st *stage) consult1() {
	st.Helper()
	st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
	st.bob.answers()
	time.Sleep(20 * time.Millisecond)
}
