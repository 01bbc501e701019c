package server_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"warmline/conference"
	"warmline/internal/softphone"
	"warmline/transfer"
)

// calls wants an agent to be on so many calls.
func (st *stage) calls(agent string, want int) {
	st.Helper()
	if s, ok := st.srv.Directory().State(agent, time.Now()); !ok || s.Calls != want {
		st.Errorf("%s is on %d calls, want %d", agent, s.Calls, want)
	}
}

// ends wants nothing left within the time.
func (st *stage) ends(within time.Duration) {
	st.Helper()
	time.Sleep(within)
	for _, c := range st.srv.Manager().List() {
		st.Errorf("after %v there is %s: %s", within, c.State, words(c))
	}
}

// waiting wants so many contacts in a queue.
func (st *stage) waiting(queue string, want int) {
	st.Helper()
	for _, q := range st.srv.Manager().Queues() {
		if q.ID == queue && q.Waiting != want {
			st.Errorf("%d wait in %s, want %d", q.Waiting, queue, want)
		}
	}
}

// A queue rings a dead phone and withdraws. The INVITE has no end yet when the
// caller hangs up; the conference and the agent's leg end with it all the same.
func TestCallerLeavesDuringWithdrawal(t *testing.T) {
	play(t, options{agents: []string{"alice"}}, func(st *stage) {
		st.alice.vanish(true)
		st.carla.dials("100")
		st.carla.talks()
		time.Sleep(21 * time.Second)
		st.calls("alice", 1) // the CANCEL waits for a provisional response
		st.carla.hangsUp()
		st.ends(time.Minute)
		st.calls("alice", 0)
		st.presence("alice", "away no_answer")
		st.alice.vanish(false)
		st.wire.forget(st.alice) // no INVITE to a dead phone has an end on the wire
	})
}

// A lost agent's BYE is answered by nobody, and the seat is another's before
// it has run out: the conference ends with its last leg, not before or never.
func TestSeatClosesBeforeBye(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		st.logsOut(st.alice)
		st.alice.vanish(true)
		time.Sleep(45 * time.Second) // 20 s missed, 20 s the seat is kept
		st.bob.rings()
		st.bob.takes()
		st.wants("C live, A left lost, B live")
		st.calls("alice", 1)
		st.carla.hangsUp()
		st.wants("C left hangup, A left lost, B left finished")
		if c := st.conf(); c.State != "active" {
			st.Errorf("the conference is %s with a leg open", c.State)
		}
		st.ends(30 * time.Second)
		st.calls("alice", 0)
		st.alice.vanish(false)
	})
}

// An answer that arrives in the instant in which the queue withdraws the offer
// leaves no ghost in the line, whichever comes first.
func TestAnswerCrossesRingTimer(t *testing.T) {
	for range 12 {
		play(t, options{agents: []string{"alice", "bob"}}, func(st *stage) {
			st.carla.dials("100")
			st.alice.rings() // 5 ms after the offer
			st.carla.talks()
			rung := time.Now().Add(-st.sinceOffer())
			time.Sleep(time.Until(rung.Add(20*time.Second - 5*time.Millisecond)))
			st.alice.takes() // heard of in 5 ms
			time.Sleep(time.Second)
			if strings.HasPrefix(words(st.conf()), "C live, B ringing") {
				st.alice.gone(time.Second)
				st.bob.answers()
				st.wants("C live, B live")
			}
			st.waiting("support", 0)
			st.carla.hangsUp()
			st.ends(15 * time.Second) // also the wrap-up
			for _, a := range []*person{st.alice, st.bob} {
				st.calls(a.name, 0)
				if _, err := st.srv.Manager().SetPresence(a.name, false, ""); err != nil {
					st.Error(err)
				}
			}
			for len(st.bob.phone.Incoming()) > 0 {
				<-st.bob.phone.Incoming()
			}
			st.carla.dials("100")
			st.carla.talks()
			select {
			case <-st.alice.phone.Incoming():
			case <-st.bob.phone.Incoming():
			case <-time.After(time.Second):
				st.Error("the next caller is offered to nobody")
			}
		})
	}
}

// sinceOffer is how long ago the conference's phone was rung.
func (st *stage) sinceOffer() time.Duration {
	st.Helper()
	for _, p := range st.conf().Participants {
		if p.Role == "agent" {
			return time.Since(p.Since)
		}
	}
	st.Fatalf("no agent in %s", words(st.conf()))
	return 0
}

// The last member leaves a room in the instant in which another comes: the
// newcomer is in a room, the old or a new one.
func TestRoomLeftAndEntered(t *testing.T) {
	play(t, options{}, func(st *stage) {
		xena := st.newPerson("xena", otherTrunk, daveHz, "")
		for i := range 30 {
			st.carla.dials("7001")
			st.carla.talks()
			time.Sleep(100 * time.Millisecond)
			st.carla.hangsUp()
			xena.dials("7001")
			xena.talks()
			time.Sleep(300 * time.Millisecond)
			all := st.srv.Manager().List()
			if len(all) != 1 || !strings.HasSuffix(words(all[0]), "M live") {
				st.Fatalf("round %d: the rooms are %v", i, all)
			}
			if i == 0 {
				st.hears(xena, "music")
			}
			xena.hangsUp()
			st.ends(300 * time.Millisecond)
		}
	})
}

// follower is a client of the event stream.
type follower struct {
	httptest.ResponseRecorder
	text pages
}

func (f *follower) Write(b []byte) (int, error) { return f.text.Write(b) }

func (f *follower) WriteString(s string) (int, error) { return f.Write([]byte(s)) }

func (f *follower) Flush() {}

// news is what came since it was last asked for.
func (f *follower) news() string {
	synctest.Wait()
	return f.text.take()
}

// follow opens the event stream, until the end.
func (st *stage) follow() *follower {
	ctx, cancel := context.WithCancel(context.Background())
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/v1/events", nil)
	r.Header.Set("Authorization", "Bearer stage-key")
	f := &follower{ResponseRecorder: *httptest.NewRecorder()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		st.srv.Handler().ServeHTTP(f, r)
	}()
	st.closers = append(st.closers, func() { cancel(); <-done })
	return f
}

// What a verb changed is published at once, under the version of its reply,
// and so is a phone that begins to ring: not with whatever happens next.
func TestVerbsAndRingingPublish(t *testing.T) {
	play(t, options{change: func(c *configType) { c.HTTP.APIKeys = operatorKey }}, func(st *stage) {
		st.serve()
		time.Sleep(time.Second)
		f := st.follow()
		f.news()
		for _, v := range []verb{
			{do: transfer.DoMute, on: "A"},
			{do: transfer.DoUnmute, on: "A"},
			{do: transfer.DoConsult, by: "alice", target: "agent:bob"},
		} {
			c := st.do(v)
			if news := f.news(); !strings.Contains(news, fmt.Sprintf(`"version":%d,"state"`, c.Version)) {
				st.Errorf("after %v the reply is version %d, the events are\n%s", v.do, c.Version, news)
			}
		}
		st.bob.rings()
		time.Sleep(20 * time.Millisecond)
		if news := f.news(); !strings.Contains(news, `"status":"ringing"`) {
			st.Errorf("a phone rings, the events are\n%s", news)
		}
	})
}

// A call whose offer cannot be taken never was one: its agent, on another call,
// stays busy with that one.
func TestBadOfferKeepsAgentBusy(t *testing.T) {
	play(t, options{change: func(c *configType) { c.Media.Codecs = []string{"pcma"} }}, func(st *stage) {
		desk := &person{st: st, name: "alice", hz: aliceHz, addr: netip.MustParseAddr("10.0.1.12")}
		desk.open(softphone.Config{User: "alice", Password: "alice-secret", Codecs: []string{"pcmu"}})
		st.people = append(st.people, desk)
		desk.logsIn()
		st.serve()
		for _, number := range []string{"1002", "7001"} {
			desk.dials(number)
			desk.refused(488)
			st.calls("alice", 1)
			st.presence("alice", "busy")
		}
		st.bob.quiet()
		st.wants("C live, A live")
	})
}

// A call that may go no further hop is refused before anybody is rung.
func TestMaxForwardsSpent(t *testing.T) {
	play(t, options{}, func(st *stage) {
		r := st.newRaw("10.9.0.7")
		for hops, status := range []string{"483", "483", "180"} {
			uri := fmt.Sprintf("sip:101@%v", serverAddr)
			ask := func(method string) {
				r.send(method+" "+uri+" SIP/2.0", []string{
					fmt.Sprintf("Via: SIP/2.0/UDP %v;branch=z9hG4bKhops%d", r.addr, hops),
					fmt.Sprintf("From: <sip:raw@%v>;tag=raw", r.addr), "To: <" + uri + ">",
					fmt.Sprintf("Call-ID: hops-%d", hops), "CSeq: 1 " + method,
					fmt.Sprintf("Max-Forwards: %d", hops), fmt.Sprintf("Contact: <sip:raw@%v>", r.addr),
				}, "application/sdp", map[string]string{"INVITE": r.sdp("sendrecv", "10.9.0.7")}[method])
			}
			ask("INVITE")
			r.gets(status)
			if status == "483" {
				ask("ACK")
				st.alice.quiet()
				st.calls("alice", 0)
				continue
			}
			st.alice.rings()
			ask("CANCEL")
			r.gets("487")
			ask("ACK")
		}
	})
}

// A click-to-dial that can reach nobody is refused, and rings nobody.
func TestOriginateUnreachable(t *testing.T) {
	play(t, options{}, func(st *stage) {
		for target, want := range map[string]transfer.Reason{
			"agent:eve": transfer.TargetUnreachable, "queue:night": transfer.QueueEmpty,
			"agent:alice": transfer.AlreadyPresent,
		} {
			_, err := st.srv.Manager().Originate(st.Context(), "alice", target)
			var r *conference.Refusal
			if !errors.As(err, &r) || r.Reason != want.String() || r.Detail == "" {
				st.Errorf("originate to %s: %v, want %v", target, err, want)
			}
		}
		st.ends(time.Second)
		st.alice.quiet()
		st.presence("alice", "available")
	})
}

// A supervisor is in no room and cannot leave one; a member without an agent is
// not taken for that nobody.
func TestRoomLeaveByNobody(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.carla.dials("7001")
		st.carla.talks()
		st.alice.dials("7001")
		st.alice.talks()
		st.wants("M live, A live")
		st.refused("not_allowed", verb{do: transfer.DoLeave})
		time.Sleep(time.Second)
		st.wants("M live, A live")
	})
}

// A cold transfer to a queue makes the customer wait there: with the queue's
// name, a position and the queue's own patience, not a consult's.
func TestColdTransferToQueue(t *testing.T) {
	play(t, options{agents: []string{"alice", "dave"}}, func(st *stage) {
		st.serve()
		if _, err := st.srv.Manager().SetPresence("dave", true, "lunch"); err != nil {
			st.Fatal(err)
		}
		st.do(verb{do: transfer.DoTransfer, by: "alice", target: "queue:sales"})
		time.Sleep(29 * time.Second)
		c := st.wants("C live, A left hangup, Q dialing")
		if c.Queue != "sales" || c.Position != 1 {
			st.Errorf("queue %q, position %d", c.Queue, c.Position)
		}
		st.waiting("sales", 1)
		time.Sleep(time.Second)
		c = st.wants("C live, A left hangup, Q failed queue_gave_up, Q dialing")
		if c.Queue != "sales" || c.Position != 1 {
			st.Errorf("again: queue %q, position %d", c.Queue, c.Position)
		}
		if _, err := st.srv.Manager().SetPresence("dave", false, ""); err != nil {
			st.Fatal(err)
		}
		st.dave.answers()
		st.wants("C live, A left hangup, Q failed queue_gave_up, D live")
		st.waiting("sales", 0)
	})
}
