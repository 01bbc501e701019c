package conference

import (
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"warmline/directory"
	"warmline/queue"
)

// The ring timer fires while the phone's answer waits in the conference's
// inbox: the queue has withdrawn and offers another agent, and then the
// conference has the answer. The contact is out of the line for good, and both
// agents can be offered the next one.
func TestAnswerOvertakenByRingTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, err := directory.New(directory.Config{
			Agents: []directory.Agent{
				{ID: "alice", Name: "Alice", Extension: "1001", Queues: []string{"support"}},
				{ID: "bob", Name: "Bob", Extension: "1002", Queues: []string{"support"}},
			},
			Queues: []directory.Queue{{ID: "support", Name: "Support", Extension: "600", Ring: 20 * time.Second}},
		})
		if err != nil {
			t.Fatal(err)
		}
		m := &Manager{cfg: Config{Directory: dir}, log: slog.New(slog.DiscardHandler)}
		m.queues = newQueues(m)
		q := m.queues
		q.configure(dir)
		defer q.close()
		free := func(agents ...queue.AgentID) {
			for i, a := range agents {
				q.step(queue.Agent{ID: a, LoggedIn: true, Free: true, IdleSince: time.Duration(i)})
			}
		}
		var got []string
		want := func(what string, events ...string) {
			t.Helper()
			if !slices.Equal(got, events) {
				t.Errorf("%s: %q, want %q", what, got, events)
			}
			got = nil
		}
		join := func() *ticket {
			return q.join(ticketRequest{
				queue:    "support",
				offer:    func(a string) { got = append(got, "offer "+a) },
				withdraw: func(a string) { got = append(got, "withdraw "+a) },
				gaveUp:   func() { got = append(got, "gave up") },
				position: func(int) {},
			})
		}
		free("alice", "bob")
		first := join()
		q.step(queue.TimerFired{Contact: first.id, Timer: queue.TimerRing})
		want("rung out", "offer alice", "withdraw alice", "offer bob")
		q.accepted(first, "alice")
		q.refused(first, "bob", offerFailed) // the search is over
		if n := q.machine.Waiting("support"); len(n) != 0 {
			t.Errorf("%v wait after the answer", n)
		}
		got = nil // a withdrawal the conference has no use for
		time.Sleep(time.Minute)
		want("no timer goes on")
		free("bob", "alice")
		next := join()
		want("the next caller", "offer bob")
		q.refused(next, "bob", offerDeclined)
		want("and on", "offer alice")
		if err := q.machine.Check(); err != nil {
			t.Error(err)
		}
	})
}
