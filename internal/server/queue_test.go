package server_test

import (
	"testing"
	"time"

	"warmline/conference"
	"warmline/transfer"
)

// Carla calls a queue: the agent idle longest is rung first; who lets it ring
// goes away, who refuses does not; a free one is found in the end.
func TestQueueOffers(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.carla.dials("100")
		st.alice.rings()
		st.carla.talks() // a queue answers at once
		st.wants("C live, A ringing")
		st.hears(st.carla, "ringback")
		st.presence("alice", "ringing")
		time.Sleep(19 * time.Second)
		st.wants("C live, A ringing")
		time.Sleep(time.Second)
		st.alice.refused(487)
		st.presence("alice", "away no_answer")
		st.bob.rings()
		st.wants("C live, B ringing")
		st.bob.call.Reject(486)
		st.dave.rings()
		st.presence("bob", "available")
		st.wants("C live, D ringing")
		st.dave.takes()
		st.wants("C live, D live")
		st.hears(st.carla, "D", st.dave, "C")
		st.segments("dave queue")
		st.metric(`warmline_queue_waiting{queue="support"}`, 0)
		st.metric(`warmline_queue_wait_seconds_count{queue="support"}`, 1)
		st.dave.hangsUp()
		st.over("C left finished, D left hangup")
		st.presence("dave", "wrap_up")
		if got := st.wire.rung(st.alice) + "; " + st.wire.rung(st.bob); got != "487 cancelled; 486" {
			st.Errorf("INVITEs to those who did not take it: %s", got)
		}
	})
}

// A caller who hangs up while a phone rings stops it at once, and the agent is
// free again, without wrap-up and without losing the turn.
func TestQueueCallerGivesUp(t *testing.T) {
	play(t, options{}, func(st *stage) {
		for range 2 {
			st.id = ""
			st.carla.dials("100")
			st.alice.rings()
			st.carla.talks()
			time.Sleep(3 * time.Second)
			st.wants("C live, A ringing")
			st.carla.hangsUp()
			st.alice.gone(30 * time.Millisecond)
			st.over("C left hangup, A failed cancelled")
			st.presence("alice", "available")
		}
		st.metric(`warmline_queue_abandoned_total{queue="support"}`, 2)
		st.bob.quiet()
	})
}

// Nobody is free: music and a position, told when it changes; the first who is
// free gets the first who waits, after the wrap-up.
func TestQueueWaits(t *testing.T) {
	play(t, options{agents: []string{"alice"}}, func(st *stage) {
		otto := st.newPerson("otto", otherTrunk, daveHz, "")
		st.alice.dials("1001") // herself
		st.alice.refused(486)
		st.carla.dials("100")
		st.alice.answers()
		st.carla.talks()
		first := st.conf().ID
		otto.dials("100")
		otto.talks()
		second := st.other(first)
		vera := st.newPerson("vera", carrierHost, bobHz, "")
		vera.dials("100")
		vera.talks()
		third := st.other(first, second)
		st.id = second
		if c := st.wants("C live, Q dialing"); c.Position != 1 {
			st.Errorf("position %d", c.Position)
		}
		st.hears(otto, "music", vera, "music")
		st.id = third
		if c := st.wants("C live, Q dialing"); c.Position != 2 {
			st.Errorf("position %d", c.Position)
		}
		for _, q := range st.srv.Manager().Queues() {
			if q.ID == "support" && (q.Waiting != 2 || q.LoggedIn != 1 || q.Free != 0 || q.LongestWait < 0.5) {
				st.Errorf("queue: %+v", q)
			}
		}
		st.metric(`warmline_queue_waiting{queue="support"}`, 2)
		otto.hangsUp()
		st.id = third
		for range 20 {
			if st.conf().Position == 1 {
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		if c := st.conf(); c.Position != 1 {
			st.Errorf("position %d after the first one left", c.Position)
		}
		st.carla.hangsUp()
		st.alice.gone(time.Second)
		time.Sleep(9 * time.Second)
		st.alice.quiet()
		time.Sleep(time.Second)
		st.alice.answers()
		if c := st.wants("C live, A live"); c.Position != 0 {
			st.Errorf("position %d when served", c.Position)
		}
		st.hears(vera, "A", st.alice, "B")
	})
}

// other is the conference that is none of these.
func (st *stage) other(known ...string) string {
	st.Helper()
	var found []conference.Snapshot
next:
	for _, c := range st.srv.Manager().List() {
		for _, id := range known {
			if c.ID == id {
				continue next
			}
		}
		found = append(found, c)
	}
	if len(found) != 1 {
		st.Fatalf("%d further conferences, want 1", len(found))
	}
	return found[0].ID
}

// A queue consulted: Carla has music, Alice the queue's tone until a phone
// rings; with all busy she may go back to Carla meanwhile.
func TestConsultQueue(t *testing.T) {
	play(t, options{agents: []string{"alice", "dave"}, record: "consult_queue"}, func(st *stage) {
		st.serve()
		st.srv.Directory().SetAway("dave", true, "lunch", time.Now())
		c := st.do(verb{do: transfer.DoConsult, by: "alice", target: "queue:support"})
		if w := words(c); w != "C held consult, A live, Q dialing" {
			st.Errorf("the answer is %s", w)
		}
		st.hears(st.carla, "music", st.alice, "queue")
		if c := st.conf(); c.Position != 1 {
			st.Errorf("position %d", c.Position)
		}
		st.do(verb{do: transfer.DoSwap, by: "alice"})
		st.wants("C live, A live, Q dialing")
		st.hears(st.carla, "A", st.alice, "C")
		st.do(verb{do: transfer.DoSwap, by: "alice"})
		st.hears(st.carla, "music", st.alice, "queue")
		st.srv.Manager().SetPresence("dave", false, "")
		st.dave.rings()
		st.wants("C held consult, A live, D ringing")
		st.hears(st.carla, "music", st.alice, "ringback")
		st.dave.call.Reject(603)
		st.wants("C held consult, A live, Q dialing")
		st.hears(st.carla, "music", st.alice, "queue")
		time.Sleep(5 * time.Second)
		st.dave.answers()
		st.wants("C held consult, A live, D live")
		st.hears(st.carla, "music", st.alice, "D", st.dave, "A")
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.wants("C live, A left hangup, D live")
		st.segments("alice direct, dave consult")
		st.metric(`warmline_consults_total{outcome="completed"}`, 1)
	})
}

// A consult of a queue gives up after two minutes: back to Carla.
func TestConsultQueueGivesUp(t *testing.T) {
	play(t, options{agents: []string{"alice", "dave"}}, func(st *stage) {
		st.serve()
		st.srv.Directory().SetAway("dave", true, "lunch", time.Now())
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "queue:support"})
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "C"})
		time.Sleep(119 * time.Second)
		st.wants("C live, A live, Q dialing")
		time.Sleep(1100 * time.Millisecond)
		st.wants("C live, A live, Q failed queue_gave_up")
		st.metric(`warmline_consults_total{outcome="no_answer"}`, 1)
	})
}

// A queue with a longest wait gives the caller up to the policy: the queue once
// more, and then the message.
func TestQueueGivesUp(t *testing.T) {
	play(t, options{agents: []string{"alice"}}, func(st *stage) {
		st.carla.dials("102")
		st.carla.talks()
		st.wants("C live, Q dialing")
		st.hears(st.carla, "music")
		time.Sleep(30 * time.Second)
		c := st.wants("C live, Q failed queue_gave_up, Q dialing") // back to the front of it
		if c.Queue != "sales" {
			st.Errorf("queue %q", c.Queue)
		}
		st.hears(st.carla, "music")
		time.Sleep(29 * time.Second)
		st.announced()
		st.over("C left stranded, Q failed queue_gave_up, Q failed queue_gave_up")
	})
}

// The line is kept for those whose queue nobody is logged in to.
func TestQueueNobodyLoggedIn(t *testing.T) {
	play(t, options{agents: []string{"none"}}, func(st *stage) {
		st.carla.dials("100")
		st.carla.talks()
		st.wants("C live, Q dialing")
		st.hears(st.carla, "music")
		st.alice.logsIn()
		st.alice.answers()
		st.wants("C live, A live")
		st.hears(st.carla, "A", st.alice, "C")
	})
}

// An agent who is away is offered nothing, and may be consulted by name.
func TestAwayAndBusy(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.srv.Directory().SetAway("alice", true, "lunch", time.Now())
		st.presence("alice", "away lunch")
		st.carla.dials("100")
		st.bob.answers()
		st.carla.talks()
		st.alice.quiet()
		st.wants("C live, B live")
		st.do(verb{do: transfer.DoConsult, by: "bob", target: "agent:alice"})
		st.alice.answers()
		st.wants("C held consult, B live, A live")
		// One who is on a call takes no other.
		otto := st.newPerson("otto", otherTrunk, daveHz, "")
		otto.dials("101")
		otto.refused(486)
	})
}
