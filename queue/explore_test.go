package queue

import (
	"slices"
	"strings"
	"testing"
)

// explored is the smallest world with everything in it: two queues that share
// an agent, both strategies, a caller who may come back to the front, and a
// consult with a limit and an agent it must not reach.
var (
	exploredQueues = []Config{
		{ID: "q1", Members: []AgentID{"a", "b"}, AutoAway: true},
		{ID: "q2", Members: []AgentID{"b", "a"}, Strategy: RoundRobin, MaxWait: 1},
	}
	exploredAgents   = []AgentID{"a", "b"}
	exploredContacts = []ContactID{"x", "y"}
)

// everyInput lists what can happen, in every state: answers that cross a
// withdrawal and doubled reports are among it.
func everyInput() []Input {
	ins := []Input{
		Join{Contact: "x", Queue: "q1"},
		Join{Contact: "x", Queue: "q2", Front: true},
		Join{Contact: "y", Queue: "q1", Limited: true, Exclude: []AgentID{"a"}},
	}
	for _, a := range exploredAgents {
		ins = append(ins,
			Agent{ID: a},
			Agent{ID: a, LoggedIn: true, IdleSince: idle(a)},
			Agent{ID: a, LoggedIn: true, Free: true, IdleSince: idle(a)})
		for _, c := range exploredContacts {
			ins = append(ins, Accepted{Contact: c, Agent: a})
			for _, why := range []Why{Declined, NoAnswer, Stopped} {
				ins = append(ins, Refused{Contact: c, Agent: a, Why: why})
			}
		}
	}
	for _, c := range exploredContacts {
		ins = append(ins, Leave{Contact: c})
		for t := TimerRing; t <= TimerLimit; t++ {
			ins = append(ins, TimerFired{Contact: c, Timer: t})
		}
	}
	return ins
}

// TestEveryReachableState walks all states of the small world, breadth first,
// so that a failure is shown with the shortest way to it.
func TestEveryReachableState(t *testing.T) {
	type node struct {
		w    *world
		from int
		in   Input
	}
	ins := everyInput()
	nodes := []node{{w: newWorld(exploredQueues...), from: -1}}
	seen := map[string]bool{nodes[0].w.key(): true}
	path := func(i int, in Input) string {
		steps := []string{describe(in)}
		for ; nodes[i].from >= 0; i = nodes[i].from {
			steps = append(steps, describe(nodes[i].in))
		}
		slices.Reverse(steps)
		return strings.Join(steps, "\n\t")
	}
	transitions := 0
	for i := 0; i < len(nodes); i++ {
		for _, in := range ins {
			if nodes[i].w.stale(in) {
				continue // changes nothing: tested by name and at random
			}
			w := nodes[i].w.clone()
			if f, ok := in.(TimerFired); ok {
				delete(w.armed, timerOf{f.Contact, f.Timer})
			}
			transitions++
			if err := w.step(in); err != nil {
				t.Fatalf("%v\nafter\n\t%s", err, path(i, in))
			}
			if k := w.key(); !seen[k] {
				seen[k] = true
				if err := w.drains(); err != nil {
					t.Fatalf("%v\nafter\n\t%s", err, path(i, in))
				}
				nodes = append(nodes, node{w, i, in})
			}
		}
		if i > 0 {
			nodes[i].w = nil // only the way back is needed
		}
	}
	t.Logf("%d states, %d transitions", len(nodes), transitions)
	if len(nodes) < 1000 {
		t.Errorf("only %d states: the exploration does not explore", len(nodes))
	}
}

// stale reports whether the input is about a contact, an offer or a timer that
// is not there.
func (w *world) stale(in Input) bool {
	switch in := in.(type) {
	case Join:
		return w.m.contacts[in.Contact] != nil
	case Leave:
		return w.m.contacts[in.Contact] == nil
	case Accepted:
		return w.m.offered(in.Contact, in.Agent) == nil
	case Refused:
		return w.m.offered(in.Contact, in.Agent) == nil
	case TimerFired:
		c := w.m.contacts[in.Contact]
		return c == nil || !c.armed[in.Timer]
	}
	return false
}
