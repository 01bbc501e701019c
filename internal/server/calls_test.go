package server_test

import (
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"warmline/conference"
	"warmline/transfer"
)

// Agents call each other; the call ends when one hangs up.
func TestAgentsCall(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.alice.dials("1002")
		st.bob.rings()
		if st.bob.call.Number != "1001" || st.bob.call.Name != "Alice Adams" {
			st.Errorf("Bob is shown %q %q", st.bob.call.Name, st.bob.call.Number)
		}
		<-st.alice.call.Ringing()
		st.wants("A ringing, B ringing")
		st.bob.takes()
		st.alice.talks()
		st.wants("A live, B live")
		st.hears(st.alice, "B", st.bob, "A")
		st.segments("bob direct, alice direct") // the call is answered by Bob's answer
		st.bob.hangsUp()
		st.alice.gone(time.Second)
		st.over("A left finished, B left hangup")
		st.presence("bob", "available") // no customer, no wrap-up
	})
}

// An agent calls out: whom it calls is the customer of that call.
func TestOutboundCall(t *testing.T) {
	play(t, options{}, func(st *stage) {
		mona := st.newPerson("mona", carrierHost, carlaHz, "")
		st.alice.dials("+15550123")
		mona.rings()
		if mona.call.Dialled != "+15550123" || mona.call.Number != "1001" {
			st.Errorf("%q calls %q", mona.call.Number, mona.call.Dialled)
		}
		mona.takes()
		st.alice.talks()
		st.wants("A live, C live")
		st.hears(st.alice, "C", mona, "A")
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.answers()
		st.wants("A live, C held consult, B live")
		st.hears(st.alice, "B", mona, "music", st.bob, "A")
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		st.wants("A left hangup, C live, B live")
		st.hears(mona, "B", st.bob, "C")
	})
}

// A call out that fails is refused with what the other side said, or the like.
func TestOutboundFails(t *testing.T) {
	play(t, options{}, func(st *stage) {
		mona := st.newPerson("mona", carrierHost, carlaHz, "")
		for _, c := range []struct{ theirs, ours int }{{486, 486}, {603, 603}, {404, 404}, {500, 480}} {
			st.alice.dials("+15550123")
			mona.rings()
			mona.call.Reject(c.theirs)
			st.alice.refused(c.ours)
		}
		st.alice.dials("+15550123")
		mona.rings()
		st.alice.hangsUp()
		mona.refused(487)
		st.presence("alice", "available")
	})
}

// Who may call what, and what the others are told.
func TestRefusedCalls(t *testing.T) {
	play(t, options{}, func(st *stage) {
		for _, c := range []struct {
			who    *person
			number string
			status int
		}{
			{st.alice, "9999", 404},      // no such number
			{st.alice, "1004", 480},      // Eve is not logged in
			{st.carla, "555", 404},       // no route
			{st.carla, "1002", 404},      // an extension is no route
			{st.carla, "+15550123", 404}, // the trunk is not for trunks
			{st.carla, "103", 480},       // a route to Eve
		} {
			c.who.dials(c.number)
			c.who.refused(c.status)
		}
		// Strangers: no trunk, and no agent who can prove it.
		stranger := st.newPerson("mallory", netip.MustParseAddr("10.66.6.6"), carlaHz, "")
		stranger.dials("1002")
		stranger.gone(time.Second)
		if status := statusOf(stranger.call.Err()); status != 401 && status != 403 {
			st.Errorf("a stranger is told %d", status)
		}
		liar := st.newPerson("alice", netip.MustParseAddr("10.66.6.7"), aliceHz, "wrong")
		liar.dials("1002")
		liar.gone(time.Second)
		if status := statusOf(liar.call.Err()); status != 401 && status != 403 {
			st.Errorf("a liar is told %d", status)
		}
		if err := liar.phone.Register(st.Context()); err == nil {
			st.Error("a liar is registered")
		}
		st.metric("warmline_conferences", 0)
		if len(st.traces) != 0 {
			st.Errorf("%d conferences were begun for them", len(st.traces))
		}
		st.bob.quiet()
	})
}

// One who is on the phone is busy to others, unless the phone takes a second
// call.
func TestBusy(t *testing.T) {
	waiting := options{change: func(c *configType) { c.Agents[1].CallWaiting = true }}
	play(t, waiting, func(st *stage) {
		st.serve()
		st.dave.dials("1001")
		st.dave.refused(486)
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.answers()
		first := st.bob.call
		st.dave.dials("1002")
		st.bob.answers()
		st.dave.talks()
		st.wants("C held consult, A live, B live")
		st.hears(st.bob, "D", st.dave, "B")
		first.Hangup()
		st.wants("C live, A live, B left hangup")
	})
}

// Over a limit callers are told to come back.
func TestLimits(t *testing.T) {
	legs := options{change: func(c *configType) { c.Limits.Legs = 3 }}
	play(t, legs, func(st *stage) {
		st.serve()
		st.bob.dials("1003")
		st.bob.gone(time.Second)
		if status := statusOf(st.bob.call.Err()); status != 503 {
			st.Errorf("Bob is told %d", status)
		}
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings() // the third leg
		st.bob.takes()
		st.wants("C held consult, A live, B live")
		otto := st.newPerson("otto", otherTrunk, daveHz, "")
		otto.dials("100")
		otto.refused(503)
		st.metric(`warmline_calls_refused_total{reason="limit"}`, 2)
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.do(verb{do: transfer.DoAdd, by: "alice", target: "agent:dave"})
		st.wants("C live, A live, B live, D failed rejected_503")
		st.hears(st.carla, "AB")
	})
	one := options{change: func(c *configType) { c.Limits.Conferences = 1 }}
	play(t, one, func(st *stage) {
		st.serve()
		st.bob.dials("7001")
		st.bob.refused(503)
		st.bob.dials("1003")
		st.bob.refused(503)
		st.metric(`warmline_calls_refused_total{reason="limit"}`, 2)
		st.dave.quiet()
	})
}

// Click-to-dial: the agent's phone rings first, then the target's.
func TestOriginate(t *testing.T) {
	play(t, options{}, func(st *stage) {
		mona := st.newPerson("mona", carrierHost, carlaHz, "")
		originate := func(agent, target string) error {
			st.id = ""
			c, err := st.srv.Manager().Originate(st.Context(), agent, target)
			if err == nil {
				st.id = c.ID
			}
			return err
		}
		if err := originate("alice", "+15550123"); err != nil {
			st.Fatal(err)
		}
		st.alice.rings()
		st.wants("A ringing")
		mona.quiet()
		st.alice.takes()
		mona.rings()
		st.wants("A live, C ringing")
		st.hears(st.alice, "ringback")
		mona.takes()
		st.wants("A live, C live")
		st.hears(st.alice, "C", mona, "A")
		mona.hangsUp()
		st.alice.gone(time.Second)
		st.over("A left finished, C left hangup")
		time.Sleep(10 * time.Second)

		// The agent does not pick up, or the target does not.
		if err := originate("alice", "agent:bob"); err != nil {
			st.Fatal(err)
		}
		st.alice.rings()
		st.alice.call.Reject(486)
		st.over("A failed busy")
		if err := originate("alice", "agent:bob"); err != nil {
			st.Fatal(err)
		}
		st.alice.answers()
		st.bob.rings()
		st.bob.call.Reject(603)
		st.alice.gone(time.Second)
		st.over("A left declined, B failed declined")

		// What cannot be.
		var r *conference.Refusal
		if err := originate("eve", "agent:bob"); !errors.As(err, &r) || r.Reason != "unreachable" {
			st.Errorf("for an agent without a phone: %v", err)
		}
		if err := originate("nobody", "agent:bob"); !errors.Is(err, conference.ErrNotFound) {
			st.Errorf("for nobody: %v", err)
		}
		if err := originate("alice", "9999"); !errors.Is(err, conference.ErrTarget) {
			st.Errorf("to nowhere: %v", err)
		}
		st.alice.quiet()
	})
}

// While draining, new calls are refused and live ones go on.
func TestDrain(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		ended := make(chan error, 1)
		go func() { ended <- st.srv.Drain(context.Background()) }()
		time.Sleep(time.Millisecond)
		st.bob.dials("1003")
		st.bob.refused(503)
		st.metric(`warmline_calls_refused_total{reason="draining"}`, 1)
		if _, err := st.srv.Manager().Originate(st.Context(), "bob", "agent:dave"); !errors.Is(err, conference.ErrDraining) {
			st.Errorf("click-to-dial while draining: %v", err)
		}
		st.consult()
		st.hears(st.carla, "music", st.alice, "B", st.bob, "A")
		select {
		case <-ended:
			st.Error("drained with a call on")
		default:
		}
		st.do(verb{do: transfer.DoEnd})
		if err := <-ended; err != nil {
			st.Error(err)
		}
	})
}

// A server that stops ends what is left with a BYE for each leg.
func TestStopEndsCalls(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.rings()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		began := time.Now()
		st.srv.Stop(ctx)
		for _, p := range []*person{st.carla, st.alice, st.bob} {
			p.gone(100 * time.Millisecond)
		}
		if took := time.Since(began); took > time.Second {
			st.Errorf("took %v", took)
		}
	})
}

// A reload adds and removes agents; calls that are on stay as they are.
func TestReload(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		without := st.config(options{change: func(c *configType) {
			c.Agents = append(c.Agents[1:3:3], c.Agents[3]) // without Alice
			c.Routes[1].Target = "agent:bob"
			c.Agents[2].Password = "eve-secret-2"
			c.Agents[2].Queues = []string{"support"}
			c.Features.Merge = "*0"
			c.Queues = c.Queues[:2] // without night
		}})
		restart, err := st.srv.Reload(without)
		if err != nil || len(restart) != 0 {
			st.Fatalf("%v, restart for %v", err, restart)
		}
		st.hears(st.carla, "A", st.alice, "C")
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.answers()
		st.wants("C held consult, A live, B live")
		st.alice.keys("*3") // the codes are those the call began with
		st.wants("C live, A live, B live")
		st.alice.hangsUp()
		st.wants("C live, A left hangup, B live")
		st.alice.dials("1002")
		st.alice.gone(time.Second)
		if status := statusOf(st.alice.call.Err()); status != 401 && status != 403 {
			st.Errorf("one who is no agent any more is told %d", status)
		}
		eve := st.newPerson("eve", netip.MustParseAddr("10.0.1.4"), daveHz, "eve-secret-2")
		eve.logsIn()
		st.bob.hangsUp()
		st.carla.gone(time.Second)
		time.Sleep(11 * time.Second)
		st.id = ""
		if err := st.srv.Directory().SetAway("dave", true, "", time.Now()); err != nil {
			st.Fatal(err)
		}
		st.srv.Directory().SetAway("bob", true, "", time.Now())
		st.carla.dials("100")
		eve.answers()
		st.carla.talks()
		st.wants("C live, E live")
		moved := st.config(options{change: func(c *configType) { c.Media.Ports.Max++ }})
		if restart, err := st.srv.Reload(moved); err != nil || len(restart) != 1 || restart[0] != "media" {
			st.Errorf("%v, restart for %v", err, restart)
		}
	})
}
