package server_test

import (
	"testing"
	"time"

	"warmline/transfer"
)

// serve brings Carla to Alice, whom she dialled.
func (st *stage) serve() {
	st.Helper()
	st.carla.dials("101")
	st.alice.answers()
	st.carla.talks()
	st.wants("C live, A live")
}

// consult has Alice consult Bob, who answers.
func (st *stage) consult() {
	st.Helper()
	st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
	st.bob.answers()
	st.wants("C held consult, A live, B live")
}

func TestTalking(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.carla.dials("101")
		st.alice.rings()
		st.wants("C ringing, A ringing")
		<-st.carla.call.Ringing()
		st.presence("alice", "ringing")
		st.alice.takes()
		st.carla.talks()
		st.wants("C live, A live")
		st.presence("alice", "busy")
		st.hears(st.carla, "A", st.alice, "C")
		st.carla.hangsUp()
		st.alice.gone(time.Second)
		st.over("C left hangup, A left finished")
		st.segments("alice direct")
		st.presence("alice", "wrap_up")
		time.Sleep(10 * time.Second)
		st.presence("alice", "available")
	})
}

// TestWarmTransfer is the whole story, each step with what everybody hears.
func TestWarmTransfer(t *testing.T) {
	play(t, options{record: "warm_transfer"}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.wants("C held consult, A live, B ringing")
		if st.bob.call.Number != "carla" {
			st.Errorf("Bob is shown %q", st.bob.call.Number)
		}
		st.hears(st.carla, "music", st.alice, "ringback")
		st.bob.takes()
		st.wants("C held consult, A live, B live")
		st.hears(st.carla, "music", st.alice, "B", st.bob, "A")
		st.do(verb{do: transfer.DoSwap, by: "alice"})
		st.wants("C live, A live, B held consult")
		st.hears(st.carla, "A", st.alice, "C", st.bob, "hold")
		st.do(verb{do: transfer.DoSwap, by: "alice"})
		st.hears(st.carla, "music", st.alice, "B", st.bob, "A")
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.wants("C live, A live, B live")
		st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.alice.gone(time.Second)
		st.wants("C live, A left hangup, B live")
		st.hears(st.carla, "B", st.bob, "C")
		st.segments("alice direct, bob consult")
		st.metric(`warmline_consults_total{outcome="merged"}`, 1)
		st.metric(`warmline_customer_alone_seconds_total{sound="no"}`, 0)
		st.bob.hangsUp()
		st.carla.gone(time.Second)
		st.over("C left finished, A left hangup, B left hangup")
		if got := st.wire.rung(st.bob); got != "200 bye" {
			st.Errorf("INVITEs to Bob: %s", got)
		}
	})
}

func TestBothHeld(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoHold, by: "alice", on: "B"})
		st.wants("C held consult, A live, B held explicit")
		st.hears(st.carla, "music", st.alice, "alone", st.bob, "hold")
		time.Sleep(2 * time.Second)
		st.hears(st.carla, "music", st.alice, "noise", st.bob, "noise")
	})
}

// Alice leaves while Bob is held: Carla is never in silence, and Bob comes to
// her by himself.
func TestLeftWithColleagueHeld(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoSwap, by: "alice"})
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.wants("C live, A left hangup, B held consult")
		st.hears(st.carla, "noise", st.bob, "hold") // the bell of the swap dies away
		time.Sleep(1500 * time.Millisecond)
		st.hears(st.carla, "music", st.bob, "noise")
		st.do(verb{do: transfer.DoUnhold, by: "bob", on: "B"})
		st.wants("C live, A left hangup, B live")
		st.hears(st.carla, "B", st.bob, "C")
		st.metric(`warmline_consults_total{outcome="completed"}`, 1)
	})
}

// Both are held when Alice leaves: Bob's unhold brings Carla back, whose holder
// has gone.
func TestLeftWithBothHeld(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoHold, by: "alice", on: "B"})
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.wants("C held consult, A left hangup, B held explicit")
		st.hears(st.carla, "music", st.bob, "hold")
		st.bob.keys("*5")
		st.wants("C live, A left hangup, B live")
		st.hears(st.carla, "B", st.bob, "C")
	})
}

func TestConsultFails(t *testing.T) {
	for _, c := range []struct {
		name, status, outcome string
		end                   func(st *stage)
		rung                  string
	}{
		{"refused", "declined", "declined", func(st *stage) { st.bob.call.Reject(603) }, "603"},
		{"busy", "busy", "busy", func(st *stage) { st.bob.call.Reject(486) }, "486"},
		{"failed", "rejected_500", "failed", func(st *stage) { st.bob.call.Reject(500) }, "500"},
		{"no answer", "no_answer", "no_answer", func(*stage) { time.Sleep(25*time.Second - 20*time.Millisecond) }, "487 cancelled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			play(t, options{}, func(st *stage) {
				st.serve()
				st.do(verb{do: transfer.DoConsult, by: "alice", target: "1002"})
				st.bob.rings()
				st.wants("C held consult, A live, B ringing")
				began := time.Now()
				c.end(st)
				st.wants("C live, A live, B failed " + c.status)
				if took := time.Since(began); took > 25100*time.Millisecond {
					st.Errorf("took %v", took)
				}
				st.bob.gone(time.Second)
				st.tone(st.alice, errorTone)
				st.hears(st.carla, "A", st.alice, "C")
				st.metric(`warmline_consults_total{outcome="`+c.outcome+`"}`, 1)
				if got := st.wire.rung(st.bob); got != c.rung {
					st.Errorf("INVITEs to Bob: %s, want %s", got, c.rung)
				}
				st.presence("bob", "available")
			})
		})
	}
}

func TestCustomerGoneInConsult(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.carla.hangsUp()
		st.wants("C left hangup, A live, B live")
		st.tone(st.alice, customerGoneTone)
		st.hears(st.alice, "B", st.bob, "A")
		st.metric(`warmline_consults_total{outcome="customer_left"}`, 1)
		st.alice.hangsUp()
		st.bob.gone(time.Second)
		st.over("C left hangup, A left hangup, B left finished")
	})
}

// While Bob's phone rings it is told at once; or goes on, where so configured.
func TestCustomerGoneWhileRinging(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.carla.hangsUp()
		st.bob.gone(100 * time.Millisecond)
		st.alice.gone(time.Second)
		st.over("C left hangup, A left finished, B failed cancelled")
		st.metric(`warmline_consults_total{outcome="customer_left"}`, 1)
	})
	keep := options{config: "transfer: {keep_consult_without_customer: true}"}
	play(t, keep, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.carla.hangsUp()
		st.wants("C left hangup, A live, B ringing")
		st.bob.takes()
		st.wants("C left hangup, A live, B live")
		time.Sleep(time.Second) // Alice was told by a tone
		st.hears(st.alice, "B", st.bob, "A")
	})
}
