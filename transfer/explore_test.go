package transfer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// world bounds an exploration: who may be there and what may happen. The
// environment may answer, fail, cross or delay every operation: each fact that
// could arrive in a State is tried in it, so every order is covered.
type world struct {
	name      string
	policy    Policy
	first     []Input // the first inputs
	slots     int     // parties at one time
	targets   []Target
	remote    Party // the party whose phone has a hold key; Nobody: none
	mute      Party // the party that may be muted
	lost      Party // whose leg and media may be lost, and come back; Nobody: nobody's
	operators bool  // operators hold and unhold, too
	ends      int   // legs whose end may be unconfirmed while anything else happens; 0: any number
	lean      bool  // without add and consults that keep the customer
	depth     int32 // how many steps to walk; 0: to the end
	cutoff    int   // test fails beyond this many states
}

// node is how a State was first reached.
type node struct {
	from  int32
	depth int32
	in    Input
}

type explorer struct {
	t      *testing.T
	w      world
	index  map[State]int32
	states []State
	nodes  []node
	edges  int
	// back holds the edges turned round, as (to, from) pairs, to find the
	// states from which no end is reachable.
	back [][]int32
}

func (x *explorer) path(i int32) string {
	var lines []string
	for ; i > 0; i = x.nodes[i].from {
		lines = append(lines, fmt.Sprintf("  %-28v → %v", x.nodes[i].in, x.states[i]))
	}
	for l, r := 0, len(lines)-1; l < r; l, r = l+1, r-1 {
		lines[l], lines[r] = lines[r], lines[l]
	}
	return strings.Join(lines, "\n")
}

func (x *explorer) run() {
	x.t.Helper()
	start := time.Now()
	x.index = map[State]int32{}
	x.visit(-1, Input{}, New(x.w.policy), nil)
	for i := 0; i < len(x.states); i++ {
		if len(x.states) > x.w.cutoff {
			x.t.Fatalf("%s: more than %d states", x.w.name, x.w.cutoff)
		}
		s := x.states[i]
		if x.w.depth > 0 && x.nodes[i].depth >= x.w.depth {
			x.conclude(int32(i))
			continue
		}
		for _, in := range x.w.inputs(&s) {
			next, effects := Step(s, in)
			if err := checkStep(s, in, next, effects); err != nil {
				x.t.Fatalf("%s: %v\nafter\n%s\n  %v\n  effects %v\n  state %v", x.w.name, err, x.path(int32(i)), in, effects, next)
			}
			x.edges++
			x.visit(int32(i), in, next, effects)
		}
	}
	x.ends()
	depth := int32(0)
	for _, n := range x.nodes {
		depth = max(depth, n.depth)
	}
	x.t.Logf("%s: %d parties, %d states, %d transitions, depth %d, %d invariants, %v",
		x.w.name, x.w.slots, len(x.states), x.edges, depth, invariants, time.Since(start).Round(time.Millisecond))
}

func (x *explorer) visit(from int32, in Input, s State, effects []Effect) {
	i, known := x.index[s]
	if !known {
		i = int32(len(x.states))
		depth := int32(0)
		if from >= 0 {
			depth = x.nodes[from].depth + 1
		}
		x.index[s] = i
		x.states = append(x.states, s)
		x.nodes = append(x.nodes, node{from, depth, in})
		x.back = append(x.back, nil)
		if err := Check(s); err != nil {
			x.t.Fatalf("%s: %v\nafter\n%s\n  effects %v", x.w.name, err, x.path(i), effects)
		}
		if err := expect(s); err != nil {
			x.t.Fatalf("%s: %v\nin %v\nafter\n%s\n  effects %v", x.w.name, err, s, x.path(i), effects)
		}
	}
	if from >= 0 && from != i {
		x.back[i] = append(x.back[i], from)
	}
}

// conclude walks from a state at the edge of a bounded exploration to its end:
// the operator ends it, and every leg confirms.
func (x *explorer) conclude(i int32) {
	s := x.states[i]
	in := Input{Kind: Command, By: Nobody, Party: Nobody, Verb: DoEnd}
	for !s.Over() {
		next, effects := Step(s, in)
		if err := checkStep(s, in, next, effects); err != nil {
			x.t.Fatalf("%s: %v\nafter\n%s\n  %v\n  state %v", x.w.name, err, x.path(i), in, next)
		}
		x.edges++
		x.visit(i, in, next, effects)
		i, s = x.index[next], next
		if facts := x.w.facts(&s); len(facts) > 0 {
			in = facts[0]
		}
	}
}

// ends walks the edges backward from the states that are over: every state
// must be met.
func (x *explorer) ends() {
	x.t.Helper()
	seen := make([]bool, len(x.states))
	var todo []int32
	for i := range x.states {
		if x.states[i].Over() {
			seen[i] = true
			todo = append(todo, int32(i))
		}
	}
	if len(todo) == 0 {
		x.t.Fatalf("%s: no conference ends", x.w.name)
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range x.back[i] {
			if !seen[from] {
				seen[from] = true
				todo = append(todo, from)
			}
		}
	}
	for i, ok := range seen {
		if !ok {
			x.t.Fatalf("%s: no end can be reached from %v\nafter\n%s", x.w.name, x.states[i], x.path(int32(i)))
		}
	}
}

// inputs are what may happen in a State: every command of everybody, and every
// fact that the environment could report.
func (w *world) inputs(s *State) []Input {
	switch s.phase {
	case Fresh:
		return w.first
	case Over:
		return nil
	}
	list := w.facts(s)
	if w.ends > 0 && s.count(func(x *slot) bool { return x.leg == Ending }) > w.ends {
		return slices.DeleteFunc(list, func(in Input) bool {
			return !in.Party.valid() || s.parties[in.Party].leg != Ending
		})
	}
	if s.phase == Closing {
		return append(list, Input{Kind: Command, By: Nobody, Verb: DoEnd})
	}
	return w.commands(s, list)
}

func (w *world) facts(s *State) (list []Input) {
	fact := func(k Kind, p Party, causes ...Cause) {
		if len(causes) == 0 {
			causes = []Cause{NoCause}
		}
		for _, c := range causes {
			list = append(list, Input{Kind: k, By: Nobody, Party: p, Cause: c})
		}
	}
	for p := range Party(MaxParties) {
		x := &s.parties[p]
		switch {
		case x.leg == NoLeg:
			continue
		case x.seat:
			fact(LegRinging, p)
			fact(Registered, p)
			if x.out {
				fact(LegUp, p)
				fact(LegFailed, p, Declined, Unregistered)
			}
		case x.leg == Incoming:
			fact(LegGone, p, Cancelled)
		case x.reached():
			fact(LegUp, p)
			fact(LegFailed, p, Busy, Unreachable)
			if x.leg != Ringing {
				fact(LegRinging, p)
			} else if x.search {
				fact(OfferEnded, p)
			}
		case x.leg == Up:
			fact(LegGone, p, Hangup)
			if w.lost == p {
				fact(LegGone, p, Lost)
				fact(MediaLost, p, Lost)
			}
			if w.remote == p {
				list = append(list, Input{Kind: RemoteHold, By: Nobody, Party: p, On: !x.remote})
			}
		case x.leg == Ending:
			fact(LegGone, p, Removed)
			if x.fin == finStop {
				fact(LegUp, p)
				fact(LegFailed, p, Cancelled)
			}
		}
		if x.lost {
			fact(LostGone, p)
		}
		for _, t := range []Timer{TimerRing, TimerSearch, TimerRejoin} {
			if s.runs(t, p) {
				list = append(list, Input{Kind: TimerFired, By: Nobody, Party: p, Timer: t})
			}
		}
	}
	for _, t := range []Timer{TimerRecall, TimerAlone} {
		if s.runs(t, Nobody) {
			list = append(list, Input{Kind: TimerFired, By: Nobody, Party: Nobody, Timer: t})
		}
	}
	if s.strand.stage == announcing {
		fact(AnnounceDone, s.strand.party)
		fact(AnnounceFailed, s.strand.party)
	}
	return list
}

func (w *world) commands(s *State, list []Input) []Input {
	actors := []Party{Nobody}
	used := 0
	for p := range Party(MaxParties) {
		if s.parties[p].leg != NoLeg {
			used++
		}
		if s.parties[p].role == Agent && s.parties[p].leg == Up {
			actors = append(actors, p)
		}
	}
	for _, by := range actors {
		cmd := func(v Verb, change func(*Input)) {
			in := Input{Kind: Command, By: by, Party: Nobody, Verb: v}
			if change != nil {
				change(&in)
			}
			list = append(list, in)
		}
		for _, v := range []Verb{DoCancel, DoSwap, DoMerge, DoEnd} {
			cmd(v, nil)
		}
		cmd(DoLeave, nil)
		cmd(DoLeave, func(in *Input) { in.AllowRinging = true })
		for p := range Party(MaxParties) {
			if s.parties[p].leg == NoLeg {
				continue
			}
			if by != Nobody || w.operators {
				cmd(DoHold, func(in *Input) { in.Party = p })
				cmd(DoUnhold, func(in *Input) { in.Party = p })
			}
			cmd(DoRemove, func(in *Input) { in.Party = p; in.RemoveCustomer = true })
			if p == w.mute {
				cmd(DoMute, func(in *Input) { in.Party = p })
				cmd(DoUnmute, func(in *Input) { in.Party = p })
			}
		}
		if by == Nobody || used >= w.slots {
			continue
		}
		for _, target := range w.targets {
			set := func(in *Input) { in.Target = target }
			cmd(DoConsult, set)
			cmd(DoTransfer, set)
			if !w.lean {
				cmd(DoConsult, func(in *Input) { set(in); in.KeepCustomer = true })
				cmd(DoAdd, set)
			}
		}
	}
	return list
}
