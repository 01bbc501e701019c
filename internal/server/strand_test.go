package server_test

import (
	"testing"
	"time"

	"warmline/transfer"
)

// Leaving while the target rings has to be meant; by hanging up it is. Carla
// hears ringback, and the answer completes the transfer.
func TestLeaveWhileRinging(t *testing.T) {
	for name, leave := range map[string]func(st *stage){
		"hang-up": func(st *stage) { st.alice.hangsUp() },
		"allowed": func(st *stage) { st.do(verb{do: transfer.DoLeave, by: "alice", ringing: true}) },
	} {
		t.Run(name, func(t *testing.T) {
			play(t, options{}, func(st *stage) {
				st.serve()
				st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
				st.bob.rings()
				st.hears(st.carla, "music", st.alice, "ringback")
				leave(st)
				st.alice.gone(time.Second)
				st.wants("C live, A left hangup, B ringing")
				st.hears(st.carla, "ringback")
				st.bob.takes()
				st.wants("C live, A left hangup, B live")
				st.hears(st.carla, "B", st.bob, "C")
				st.metric(`warmline_consults_total{outcome="completed"}`, 1)
			})
		})
	}
}

// The target fails after the agent has left: policy requeue finds another one
// at the front of the queue.
func TestStrandedRequeue(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.alice.hangsUp()
		st.wants("C live, A left hangup, B ringing")
		st.bob.call.Reject(603)
		st.bob.rings() // he has been idle longest, still
		st.wants("C live, A left hangup, B failed declined, B ringing")
		st.hears(st.carla, "ringback")
		st.bob.call.Reject(603)
		st.dave.rings()
		st.wants("C live, A left hangup, B failed declined, D ringing")
		st.hears(st.carla, "ringback")
		st.dave.takes()
		st.hears(st.carla, "D", st.dave, "C")
		st.segments("alice direct, dave queue")
		if c := st.conf(); c.Queue != "support" {
			st.Errorf("queue %q", c.Queue)
		}
		st.metric(`warmline_consults_total{outcome="declined"}`, 1)
	})
}

// The one agent there is refused: it is asked again, once it has had a pause.
func TestStrandedAsksAgain(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		for _, away := range []string{"alice", "dave"} {
			if err := st.srv.Directory().SetAway(away, true, "lunch", time.Now()); err != nil {
				st.Fatal(err)
			}
		}
		st.do(verb{do: transfer.DoTransfer, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.bob.call.Reject(603)
		st.bob.rings()
		st.hears(st.carla, "ringback")
		st.bob.call.Reject(603)
		st.wants("C live, A left hangup, B failed declined, Q dialing")
		st.hears(st.carla, "music")
		time.Sleep(5 * time.Second)
		st.bob.answers()
		st.wants("C live, A left hangup, B failed declined, B live")
	})
}

// Nobody is free: music in the queue, in front of those who wait already.
func TestStrandedWaits(t *testing.T) {
	play(t, options{agents: []string{"alice", "bob"}}, func(st *stage) {
		st.serve()
		other := st.newPerson("otto", otherTrunk, daveHz, "")
		if err := st.srv.Directory().SetAway("bob", true, "lunch", time.Now()); err != nil {
			st.Fatal(err)
		}
		other.dials("100")
		other.talks()
		st.do(verb{do: transfer.DoTransfer, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.bob.call.Reject(486)
		c := st.wants("C live, A left hangup, B failed busy, Q dialing")
		if c.Position != 1 || c.Queue != "support" {
			st.Errorf("position %d in %q", c.Position, c.Queue)
		}
		st.hears(st.carla, "music")
		time.Sleep(10 * time.Second) // Alice's wrap-up
		st.alice.answers()
		st.wants("C live, A left hangup, B failed busy, A live")
		st.hears(st.carla, "A", st.alice, "C")
		st.segments("alice direct, alice queue")
	})
}

// The last agent is rung twice, ten seconds apart; then a message, and the end.
func TestStrandedRecall(t *testing.T) {
	play(t, options{config: "transfer: {stranded: recall}", record: "recall"}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoTransfer, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.bob.call.Reject(603)
		st.alice.rings()
		st.wants("C live, A left hangup, B failed declined, A ringing")
		st.hears(st.carla, "ringback")
		time.Sleep(24 * time.Second)
		st.wants("C live, A left hangup, B failed declined, A ringing")
		time.Sleep(time.Second)
		st.alice.refused(487)
		st.hears(st.carla, "music")
		time.Sleep(8 * time.Second)
		st.alice.quiet()
		time.Sleep(time.Second)
		st.alice.rings()
		st.alice.call.Reject(486)
		st.wants("C live, A left hangup, B failed declined, A failed no_answer, A failed busy")
		st.announced()
		st.over("C left stranded, A left hangup, B failed declined, A failed no_answer, A failed busy")
		st.metric(`warmline_customer_alone_seconds_total{sound="no"}`, 0)
	})
}

// Policy announce: the message at once.
func TestStrandedAnnounce(t *testing.T) {
	play(t, options{config: "transfer: {stranded: announce}"}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoTransfer, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.bob.call.Reject(603)
		st.wants("C live, A left hangup, B failed declined")
		st.announced()
		st.over("C left stranded, A left hangup, B failed declined")
	})
}

// announced wants the message spoken to Carla to its end, and her call ended.
func (st *stage) announced() {
	st.Helper()
	time.Sleep(time.Second)
	if got := st.carla.hearing(); got != "something else" {
		st.Errorf("Carla hears %s, want a message", got)
	}
	began := time.Now()
	st.carla.gone(20 * time.Second)
	if took := time.Since(began); took < time.Second {
		st.Errorf("the message took %v", took)
	}
}

// Hanging up on the customer is no accident: the call ends.
func TestLoneAgentHangsUp(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.alice.hangsUp()
		st.carla.gone(100 * time.Millisecond)
		st.over("C left finished, A left hangup")
		st.presence("alice", "wrap_up")
		st.bob.quiet()
	})
}

// An external and the customer talk on when the agent leaves.
func TestExternalStays(t *testing.T) {
	play(t, options{}, func(st *stage) {
		xavier := st.newPerson("xavier", carrierHost, daveHz, "")
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "tel:+1-555-0199"})
		xavier.rings()
		if xavier.call.Dialled != "+15550199" {
			st.Errorf("dialled %q over the trunk", xavier.call.Dialled)
		}
		st.wants("C held consult, A live, X ringing")
		st.refused("consult_pending", verb{do: transfer.DoAdd, by: "alice", target: "+15550199"})
		xavier.takes()
		st.wants("C held consult, A live, X live")
		st.hears(st.carla, "music", st.alice, "D", xavier, "A")
		st.do(verb{do: transfer.DoSwap, by: "alice"})
		st.hears(st.carla, "A", st.alice, "C", xavier, "music")
		st.alice.keys("7")
		if got := st.carla.call.HeardDigits() + "|" + xavier.call.HeardDigits(); got != "7|" {
			st.Errorf("digits %q, want those of the live one alone", got)
		}
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.wants("C live, A left hangup, X live")
		st.hears(st.carla, "D", xavier, "C")
		xavier.hangsUp()
		st.carla.gone(time.Second)
		st.over("C left finished, A left hangup, X left hangup")
	})
}
