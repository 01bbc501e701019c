package server_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"warmline/conference"
	"warmline/transfer"
)

// Each verb is refused with each of its reasons, and a refused verb changes
// nothing.
func TestRefusals(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.carla.dials("101")
		st.alice.rings()
		st.wants("C ringing, A ringing")
		st.refused("not_live", verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.refused("not_answered", verb{do: transfer.DoHold, on: "C"})
		st.alice.takes()
		st.carla.talks()
		st.wants("C live, A live")

		// Nothing is pending, nobody is held.
		st.refused("nothing_pending", verb{do: transfer.DoCancel, by: "alice"})
		st.refused("nothing_held", verb{do: transfer.DoMerge, by: "alice"})
		st.refused("not_swappable", verb{do: transfer.DoSwap, by: "alice"})
		for _, v := range []transfer.Verb{transfer.DoConsult, transfer.DoAdd, transfer.DoTransfer} {
			st.refused("unreachable", verb{do: v, by: "alice", target: "agent:eve"})
			st.refused("queue_empty", verb{do: v, by: "alice", target: "queue:night"})
			st.refused("already_present", verb{do: v, by: "alice", target: "agent:alice"})
			st.refused("not_live", verb{do: v, by: "dave", target: "agent:bob"})
			st.refused("not_allowed", verb{do: v, target: "agent:bob"})
		}
		// Rights.
		st.refused("not_allowed", verb{do: transfer.DoRemove, by: "alice", on: "C"})
		st.refused("not_allowed", verb{do: transfer.DoMute, by: "alice", on: "C"})
		st.refused("not_allowed", verb{do: transfer.DoEnd, by: "alice"})
		st.refused("not_allowed", verb{do: transfer.DoLeave})
		st.refused("not_allowed", verb{do: transfer.DoSwap})
		st.refused("stale", verb{do: transfer.DoHold, by: "alice", on: "C", version: st.conf().Version - 1})
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C", version: st.conf().Version})

		// A consult is pending.
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.wants("C held explicit, A live, B ringing")
		st.refused("consult_pending", verb{do: transfer.DoConsult, by: "alice", target: "agent:dave"})
		st.refused("consult_pending", verb{do: transfer.DoAdd, by: "alice", target: "agent:dave"})
		st.refused("consult_ringing", verb{do: transfer.DoLeave, by: "alice"})
		st.refused("not_answered", verb{do: transfer.DoHold, by: "alice", on: "B"})
		st.refused("not_answered", verb{do: transfer.DoUnhold, by: "alice", on: "B"})
		st.refused("not_answered", verb{do: transfer.DoMute, on: "B"})
		st.refused("not_live", verb{do: transfer.DoCancel, by: "bob"})
		st.bob.takes()
		st.wants("C held explicit, A live, B live")
		st.refused("not_allowed", verb{do: transfer.DoCancel, by: "bob"})

		// The actor is held.
		st.do(verb{do: transfer.DoHold, by: "bob", on: "A"})
		for _, v := range []verb{
			{do: transfer.DoConsult, target: "agent:dave"}, {do: transfer.DoAdd, target: "agent:dave"},
			{do: transfer.DoTransfer, target: "agent:dave"}, {do: transfer.DoSwap}, {do: transfer.DoMerge},
			{do: transfer.DoHold, on: "B"}, {do: transfer.DoUnhold, on: "C"},
		} {
			v.by = "alice"
			st.refused("actor_held", v)
		}
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "A"})

		// Somebody has gone.
		st.do(verb{do: transfer.DoRemove, by: "alice", on: "B"})
		st.wants("C held explicit, A live, B left removed")
		st.refused("not_present", verb{do: transfer.DoHold, by: "alice", on: "B"})
		st.refused("not_live", verb{do: transfer.DoSwap, by: "bob"})
		st.metric(`warmline_consults_total{outcome="cancelled"}`, 1)
		st.metric(`warmline_verbs_total{result="actor_held",surface="http",verb="consult"}`, 1)
		st.metric(`warmline_verbs_total{result="stale",surface="http",verb="hold"}`, 1)

		st.do(verb{do: transfer.DoEnd})
		st.over("C left finished, A left finished, B left removed")
		st.refused("ended", verb{do: transfer.DoHold, by: "alice", on: "C"})
	})
}

// What is no refusal but a mistake.
func TestMistakes(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		do := func(cmd conference.Command) error {
			_, err := st.srv.Manager().Do(st.Context(), cmd)
			return err
		}
		id := st.conf().ID
		for _, target := range []string{"", "9999", "agent:nobody", "queue:none", "tel:5550100", "room:7001", "7001", "x:y"} {
			if err := do(conference.Command{Conference: id, Verb: transfer.DoConsult, By: "alice", Target: target}); !errors.Is(err, conference.ErrTarget) {
				st.Errorf("consult of %q: %v", target, err)
			}
		}
		if err := do(conference.Command{Conference: "nowhere", Verb: transfer.DoMerge}); !errors.Is(err, conference.ErrNotFound) {
			st.Errorf("unknown conference: %v", err)
		}
		if err := do(conference.Command{Conference: id, Verb: transfer.DoHold, Participant: "p9"}); !errors.Is(err, conference.ErrNotFound) {
			st.Errorf("unknown participant: %v", err)
		}
		ctx, cancel := context.WithCancel(st.Context())
		cancel()
		if _, err := st.srv.Manager().Do(ctx, conference.Command{Conference: id, Verb: transfer.DoMerge}); err == nil {
			st.Error("done, or refused, without a caller to tell")
		}
		st.wants("C live, A live")
	})
}

func TestCancel(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.do(verb{do: transfer.DoCancel, by: "alice"})
		st.wants("C live, A live, B failed cancelled")
		st.bob.refused(487)
		st.hears(st.carla, "A", st.alice, "C")
		if got := st.wire.rung(st.bob); got != "487 cancelled" {
			st.Errorf("INVITEs to Bob: %s", got)
		}
		// Answered, and then cancelled by a supervisor; an explicit hold stays.
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C"})
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:dave"})
		st.dave.answers()
		st.wants("C held explicit, A live, B failed cancelled, D live")
		st.do(verb{do: transfer.DoCancel})
		st.dave.gone(time.Second)
		st.wants("C held explicit, A live, B failed cancelled, D left cancelled")
		st.metric(`warmline_consults_total{outcome="cancelled"}`, 2)
		st.hears(st.carla, "music", st.alice, "alone")
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "C"})
		st.hears(st.carla, "A", st.alice, "C")
		st.metric(`warmline_hold_seconds_count{cause="consult",role="customer"}`, 1)
		st.metric(`warmline_hold_seconds_count{cause="explicit",role="customer"}`, 1)
	})
}

// The consulted party hangs up before the merge: back to the customer.
func TestConsultedHangsUp(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.bob.hangsUp()
		st.wants("C live, A live, B left hangup")
		st.hears(st.carla, "A", st.alice, "C")
		st.metric(`warmline_consults_total{outcome="cancelled"}`, 1)
	})
}

// A consult that leaves the customer live, and one who is added.
func TestAddWithoutHolding(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob", keep: true})
		st.bob.rings()
		st.wants("C live, A live, B ringing")
		st.hears(st.carla, "A", st.alice, "C")
		st.bob.takes()
		st.wants("C live, A live, B live")
		st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
		st.do(verb{do: transfer.DoAdd, by: "bob", target: "1003"})
		st.dave.rings()
		st.hears(st.carla, "AB")
		st.dave.takes()
		st.wants("C live, A live, B live, D live")
		st.hears(st.carla, "ABD", st.alice, "BCD", st.bob, "ACD", st.dave, "ABC")
	})
}

func TestMuteAndRemove(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.do(verb{do: transfer.DoMute, by: "bob", on: "B"})
		st.wants("C live, A live, B live muted")
		st.hears(st.carla, "A", st.alice, "C", st.bob, "AC")
		st.do(verb{do: transfer.DoMute, on: "A"})
		st.hears(st.carla, "noise", st.alice, "C", st.bob, "C")
		st.do(verb{do: transfer.DoUnmute, on: "A"})
		st.do(verb{do: transfer.DoUnmute, by: "bob", on: "B"})
		st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
		st.do(verb{do: transfer.DoRemove, by: "bob", on: "A"})
		st.alice.gone(time.Second)
		st.wants("C live, A left removed, B live")
		st.hears(st.carla, "B", st.bob, "C")
		st.do(verb{do: transfer.DoRemove, on: "C"})
		st.carla.gone(time.Second)
		st.over("C left removed, A left removed, B left finished")
	})
}

// An agent with the right may remove a customer.
func TestRemoveCustomerByRight(t *testing.T) {
	right := options{change: func(c *configType) { c.Agents[0].RemoveCustomer = true }}
	play(t, right, func(st *stage) {
		st.serve()
		st.consult()
		st.do(verb{do: transfer.DoRemove, by: "alice", on: "C"})
		st.carla.gone(time.Second)
		st.wants("C left removed, A live, B live")
		st.hears(st.alice, "B", st.bob, "A")
	})
}

// A cold transfer: Carla hears ringback, and the music of the queue when it
// fails.
func TestColdTransfer(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoTransfer, by: "alice", target: "agent:bob"})
		st.bob.rings()
		st.alice.gone(time.Second)
		st.wants("C live, A left hangup, B ringing")
		st.hears(st.carla, "ringback")
		st.bob.takes()
		st.wants("C live, A left hangup, B live")
		st.hears(st.carla, "B", st.bob, "C")
		st.segments("alice direct, bob cold")
	})
}

// The verbs by HTTP, with the status and code of each kind of answer.
func TestVerbsByHTTP(t *testing.T) {
	key := options{change: func(c *configType) { c.HTTP.APIKeys = operatorKey }}
	play(t, key, func(st *stage) {
		st.serve()
		path := "/api/v1/conferences/" + st.conf().ID
		for _, c := range []struct {
			path, body string
			status     int
			code       string
		}{
			{"/consult", `{"by":"alice","target":"agent:eve"}`, 409, "unreachable"},
			{"/merge", `{"by":"alice"}`, 409, "nothing_held"},
			{"/merge", `{"by":"alice","if_version":1}`, 409, "stale"},
			{"/consult", `{"by":"alice","target":"agent:nobody"}`, 422, "unknown_target"},
			{"/participants/p1/remove", `{"by":"alice"}`, 403, "not_allowed"},
			{"/participants/p9/hold", `{"by":"alice"}`, 404, "not_found"},
			{"/consult", `{"by":"alice","target":"agent:bob"}`, 200, ""},
		} {
			status, answer := st.post(path+c.path, c.body)
			if code, _ := answer["code"].(string); status != c.status || code != c.code {
				st.Errorf("%s %s: %d %v, want %d %s", c.path, c.body, status, answer, c.status, c.code)
			}
		}
		st.bob.answers()
		st.wants("C held consult, A live, B live")
		status, answer := st.post(path+"/leave", `{"by":"alice"}`)
		if status != 200 || fmt.Sprint(answer["id"]) != st.conf().ID {
			st.Errorf("leave: %d %v", status, answer)
		}
		st.wants("C live, A left hangup, B live")
		st.metric(`warmline_consults_total{outcome="completed"}`, 1)
	})
}
