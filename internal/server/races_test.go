package server_test

import (
	"net/netip"
	"testing"
	"time"

	"warmline/transfer"
)

// In the races something happens while word of something else is still on the
// wire, which takes 5 ms.

func TestCancelCrossesAnswer(t *testing.T) {
	play(t, options{record: "cancel_crosses_answer"}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.wants("C held consult, A live, B ringing")
		st.bob.takes()
		st.do(verb{do: transfer.DoCancel, by: "alice"})
		st.bob.gone(time.Second)
		st.wants("C live, A live, B failed cancelled")
		st.hears(st.carla, "A", st.alice, "C")
		if got := st.wire.rung(st.bob); got != "200 cancelled bye" {
			st.Errorf("INVITEs to Bob: %s", got)
		}
		st.metric(`warmline_consults_total{outcome="cancelled"}`, 1)
		st.presence("bob", "available")
		st.segments("alice direct")
	})
}

func TestLeaveCrossesAnswer(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.bob.takes()
		st.do(verb{do: transfer.DoLeave, by: "alice", ringing: true})
		st.wants("C live, A left hangup, B live")
		st.hears(st.carla, "B", st.bob, "C")
		st.metric(`warmline_consults_total{outcome="completed"}`, 1)
		if got := st.wire.rung(st.bob); got != "200" {
			st.Errorf("INVITEs to Bob: %s", got)
		}
	})
}

func TestCustomerLeavesAtMerge(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.carla.hangsUp()
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.wants("C left hangup, A live, B live")
		time.Sleep(time.Second)
		st.hears(st.alice, "B", st.bob, "A")
		st.metric(`warmline_consults_total{outcome="merged"}`, 1)
	})
}

func TestKickCrossesLeave(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.bob.hangsUp()
		st.do(verb{do: transfer.DoRemove, by: "alice", on: "B"})
		st.bob.gone(time.Second)
		st.wants("C live, A live, B left removed")
		st.hears(st.carla, "A", st.alice, "C")
		st.presence("bob", "wrap_up")
	})
}

// Both agents press unhold: done twice is done.
func TestTwoUnholds(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		before := st.conf().Version
		done := make(chan error, 2)
		for _, by := range []string{"alice", "bob"} {
			v := verb{do: transfer.DoUnhold, by: by, on: "C"}
			go func() { _, err := st.try(v); done <- err }()
		}
		if a, b := <-done, <-done; a != nil || b != nil {
			st.Errorf("unhold: %v, %v", a, b)
		}
		c := st.wants("C live, A live, B live")
		if c.Version <= before {
			st.Errorf("version %d after %d", c.Version, before)
		}
		// With if_version only the first one gets through.
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C", version: c.Version})
		st.refused("stale", verb{do: transfer.DoHold, by: "bob", on: "C", version: c.Version})
	})
}

// The verb hold crosses the hold key of the very phone: both holds are set, and
// each has to be cleared by itself.
func TestHoldCrossesHoldKey(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		held := make(chan error, 1)
		go func() { held <- st.bob.call.Hold(st.Context()) }()
		time.Sleep(2 * time.Millisecond)
		st.do(verb{do: transfer.DoHold, by: "alice", on: "B"})
		if err := <-held; err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A live, B held explicit remote")
		st.hears(st.carla, "A", st.alice, "C")
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "B"})
		st.wants("C live, A live, B held remote")
		st.hears(st.carla, "A", st.alice, "C")
		if err := st.bob.call.Resume(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A live, B live")
		st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
		st.metric(`warmline_hold_seconds_count{cause="remote",role="agent"}`, 1)
		st.metric(`warmline_hold_seconds_count{cause="explicit",role="agent"}`, 1)
	})
}

// inTurn does one thing a moment before the other, which is on its way then.
func inTurn(first, second func()) {
	first()
	time.Sleep(time.Millisecond)
	second()
}

func TestAnswerWhileCustomerHangsUp(t *testing.T) {
	for _, answerFirst := range []bool{true, false} {
		play(t, options{}, func(st *stage) {
			st.serve()
			st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
			st.bob.rings()
			st.wants("C held consult, A live, B ringing")
			if answerFirst {
				inTurn(st.bob.takes, st.carla.hangsUp)
				st.wants("C left hangup, A live, B live")
				time.Sleep(time.Second)
				st.hears(st.alice, "B", st.bob, "A")
				return
			}
			inTurn(st.carla.hangsUp, st.bob.takes)
			st.bob.gone(time.Second)
			st.over("C left hangup, A left finished, B failed cancelled")
			if got := st.wire.rung(st.bob); got != "200 cancelled bye" {
				st.Errorf("INVITEs to Bob: %s", got)
			}
		})
	}
}

// The same with nobody but the one who is called: the caller's CANCEL crosses
// the answer.
func TestAnswerCrossesCancel(t *testing.T) {
	for _, answerFirst := range []bool{true, false} {
		play(t, options{}, func(st *stage) {
			st.carla.dials("101")
			st.alice.rings()
			st.wants("C ringing, A ringing")
			if answerFirst {
				inTurn(st.alice.takes, st.carla.hangsUp)
				st.alice.gone(time.Second)
				st.over("C left hangup, A left finished")
				return
			}
			inTurn(st.carla.hangsUp, st.alice.takes)
			st.carla.refused(487)
			st.alice.gone(time.Second)
			st.over("C failed cancelled, A failed cancelled")
			if got := st.wire.rung(st.alice); got != "200 cancelled bye" {
				st.Errorf("INVITEs to Alice: %s", got)
			}
			st.presence("alice", "available")
		})
	}
}

// Bob vanishes: the BYE he is sent is never answered, and the leg ends all the
// same.
func TestByeLost(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.bob.vanish(true)
		st.do(verb{do: transfer.DoRemove, by: "alice", on: "B"})
		st.wants("C live, A live, B left removed")
		st.hears(st.carla, "A", st.alice, "C")
		st.do(verb{do: transfer.DoEnd})
		st.carla.gone(time.Second)
		st.wants("C left finished, A left finished, B left removed")
		time.Sleep(33 * time.Second) // 64*T1, RFC 3261 §17.1.2.2
		st.over("C left finished, A left finished, B left removed")
		st.bob.vanish(false)
	})
}

// Carla vanishes: after a minute without audio her call is over.
func TestCustomerVanishes(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		st.carla.vanish(true)
		time.Sleep(60500 * time.Millisecond)
		st.alice.gone(time.Second)
		st.wants("C left lost, A left finished")
		st.carla.vanish(false)
	})
}

// Alice has two phones: both ring, the first to answer has the call; if both
// do at once, the other is hung up on.
func TestTwoPhones(t *testing.T) {
	for name, both := range map[string]bool{"one answers": false, "both answer": true} {
		t.Run(name, func(t *testing.T) {
			play(t, options{}, func(st *stage) {
				desk := st.newAgent("alice", netip.MustParseAddr("10.0.1.11"), daveHz)
				desk.logsIn()
				st.carla.dials("101")
				st.alice.rings()
				desk.rings()
				st.wants("C ringing, A ringing")
				st.alice.takes()
				want := "487 cancelled"
				if both {
					time.Sleep(time.Millisecond)
					desk.takes()
					want = "200 cancelled bye"
				}
				st.carla.talks()
				desk.gone(time.Second)
				st.wants("C live, A live")
				st.hears(st.carla, "A", st.alice, "C")
				if got := st.wire.rung(desk); got != want {
					st.Errorf("the INVITE to the desk: %s, want %s", got, want)
				}
				st.alice.hangsUp()
				st.carla.gone(time.Second)
				st.over("C left finished, A left hangup")
			})
		})
	}
}
