package queue

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// desk drives a Machine and keeps what it has said.
type desk struct {
	t *testing.T
	m *Machine
}

// support is the queue of most tests: two agents, all defaults.
var support = Config{ID: "support", Members: []AgentID{"alice", "bob"}, AutoAway: true}

func newDesk(t *testing.T, queues ...Config) *desk {
	t.Helper()
	d := &desk{t: t, m: New()}
	d.wants(Configure{Queues: queues})
	return d
}

// wants steps the machine and compares all effects, in order.
func (d *desk) wants(in Input, effects ...string) {
	d.t.Helper()
	var got []string
	for _, e := range d.m.Step(in) {
		got = append(got, e.String())
	}
	if !slices.Equal(got, effects) {
		d.t.Errorf("%T%+v:\ngot\n\t%s\nwant\n\t%s", in, in, strings.Join(got, "\n\t"), strings.Join(effects, "\n\t"))
	}
	if err := d.m.Check(); err != nil {
		d.t.Fatalf("%T%+v: %v", in, in, err)
	}
}

// does steps the machine where a test looks at something else.
func (d *desk) does(ins ...Input) {
	d.t.Helper()
	for _, in := range ins {
		d.m.Step(in)
		if err := d.m.Check(); err != nil {
			d.t.Fatalf("%T%+v: %v", in, in, err)
		}
	}
}

func free(id AgentID, since time.Duration) Agent {
	return Agent{ID: id, LoggedIn: true, Free: true, IdleSince: since}
}

func busy(id AgentID) Agent { return Agent{ID: id, LoggedIn: true} }

func TestOfferToTheLongestIdle(t *testing.T) {
	d := newDesk(t, support)
	d.wants(free("alice", 20*time.Second))
	d.wants(free("bob", 10*time.Second))
	d.wants(Join{Contact: "c1", Queue: "support"},
		"offer c1 to bob for 20s", "arm ring of c1 for 20s", "position of c1 is 1")
	d.wants(Join{Contact: "c2", Queue: "support"},
		"offer c2 to alice for 20s", "arm ring of c2 for 20s", "position of c2 is 2")
	d.wants(Join{Contact: "c3", Queue: "support"}, "position of c3 is 3")
	d.wants(Accepted{Contact: "c1", Agent: "bob"},
		"disarm ring of c1", "position of c2 is 1", "position of c3 is 2")
	d.wants(free("bob", 30*time.Second), "offer c3 to bob for 20s", "arm ring of c3 for 20s")
}

func TestIdleForAsLongGoesByTheListOfMembers(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("bob", 0), free("alice", 0))
	d.wants(Join{Contact: "c1", Queue: "support"},
		"offer c1 to alice for 20s", "arm ring of c1 for 20s", "position of c1 is 1")
}

func TestRefusalGoesToTheNextAndAfterAPauseRound(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), free("bob", 1), Join{Contact: "c1", Queue: "support"})
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Declined},
		"disarm ring of c1", "offer c1 to bob for 20s", "arm ring of c1 for 20s")
	d.wants(Refused{Contact: "c1", Agent: "bob", Why: Failed},
		"disarm ring of c1", "arm pause of c1 for 5s")
	d.wants(TimerFired{Contact: "c1", Timer: TimerPause},
		"offer c1 to alice for 20s", "arm ring of c1 for 20s")
}

func TestOneWhoWasBusyIsAskedBeforeThePauseEnds(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), busy("bob"), Join{Contact: "c1", Queue: "support"})
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Declined},
		"disarm ring of c1", "arm pause of c1 for 5s")
	d.wants(free("bob", 5),
		"disarm pause of c1", "offer c1 to bob for 20s", "arm ring of c1 for 20s")
}

func TestRefusalOfOneContactDoesNotCountForTheNext(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"}, Join{Contact: "c2", Queue: "support"})
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Declined},
		"disarm ring of c1", "arm pause of c1 for 5s",
		"offer c2 to alice for 20s", "arm ring of c2 for 20s")
}

func TestPhoneThatRingsOutSetsItsAgentAway(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"})
	d.wants(TimerFired{Contact: "c1", Timer: TimerRing},
		"withdraw c1 from alice", "set alice away")
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Stopped})
	d.wants(free("alice", 9), "arm pause of c1 for 5s")
}

func TestPhoneThatRingsOutOnItsOwn(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"})
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: NoAnswer}, "disarm ring of c1", "set alice away")
}

func TestWithoutAutoAwayARingOutIsARefusal(t *testing.T) {
	q := support
	q.AutoAway = false
	d := newDesk(t, q)
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"})
	d.wants(TimerFired{Contact: "c1", Timer: TimerRing}, "withdraw c1 from alice")
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Stopped}, "arm pause of c1 for 5s")
}

func TestCallerLeavesWhileAPhoneRings(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"}, Join{Contact: "c2", Queue: "support"})
	d.wants(Leave{Contact: "c1"},
		"withdraw c1 from alice", "disarm ring of c1", "position of c2 is 1")
	// The phone may ring on for a moment: c2 is offered when it has stopped.
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Stopped},
		"offer c2 to alice for 20s", "arm ring of c2 for 20s")
}

func TestAFreeAgentHasNoPhoneThatRings(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"}, busy("alice"),
		Leave{Contact: "c1"}, Join{Contact: "c2", Queue: "support"})
	d.wants(free("alice", 7), "offer c2 to alice for 20s", "arm ring of c2 for 20s")
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Stopped})
}

func TestAnswerCrossesTheWithdrawal(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"}, Leave{Contact: "c1"})
	d.wants(Accepted{Contact: "c1", Agent: "alice"}, "withdraw c1 from alice")
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Stopped})
	if n := d.m.Free("support"); n != 1 {
		t.Errorf("%d agents free after the crossing, want 1", n)
	}
}

func TestLateEndOfAnOldOfferDoesNotEndTheNew(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"}, Leave{Contact: "c1"}, free("alice", 0))
	d.wants(Join{Contact: "c1", Queue: "support", Front: true},
		"offer c1 to alice for 20s", "arm ring of c1 for 20s", "position of c1 is 1")
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Stopped})
	d.wants(Accepted{Contact: "c1", Agent: "alice"}, "disarm ring of c1")
}

func TestOneOfferPerAgentOverAllQueues(t *testing.T) {
	d := newDesk(t, support, Config{ID: "sales", Members: []AgentID{"alice"}})
	d.does(Join{Contact: "c1", Queue: "sales"}, Join{Contact: "c2", Queue: "support"})
	d.wants(free("alice", 0), "offer c1 to alice for 20s", "arm ring of c1 for 20s")
	d.wants(free("alice", 0))
	d.wants(Refused{Contact: "c1", Agent: "alice", Why: Declined},
		"disarm ring of c1", "arm pause of c1 for 5s",
		"offer c2 to alice for 20s", "arm ring of c2 for 20s")
}

func TestFrontOfTheQueue(t *testing.T) {
	d := newDesk(t, support)
	d.does(Join{Contact: "c1", Queue: "support"}, Join{Contact: "c2", Queue: "support"})
	d.wants(Join{Contact: "f1", Queue: "support", Front: true},
		"position of f1 is 1", "position of c1 is 2", "position of c2 is 3")
	d.wants(Join{Contact: "f2", Queue: "support", Front: true},
		"position of f2 is 2", "position of c1 is 3", "position of c2 is 4")
	want := []ContactID{"f1", "f2", "c1", "c2"}
	if got := d.m.Waiting("support"); !slices.Equal(got, want) {
		t.Errorf("line %v, want %v", got, want)
	}
}

func TestConsultOfAQueue(t *testing.T) {
	d := newDesk(t, support)
	d.does(busy("alice"))
	d.wants(Join{Contact: "k", Queue: "support", Limited: true, Exclude: []AgentID{"alice"}},
		"gave up k: queue_empty")
	d.does(busy("bob"))
	d.wants(Join{Contact: "k", Queue: "support", Limited: true, Exclude: []AgentID{"alice"}},
		"arm limit of k for 2m0s", "position of k is 1")
	d.wants(free("alice", 0)) // excluded: she is the one who asks
	d.wants(free("bob", 0), "offer k to bob for 20s", "arm ring of k for 20s")
	d.wants(TimerFired{Contact: "k", Timer: TimerLimit},
		"withdraw k from bob", "disarm ring of k", "gave up k: too_long")
}

func TestCallersLimit(t *testing.T) {
	q := support
	q.MaxWait = time.Minute
	d := newDesk(t, q)
	d.wants(Join{Contact: "c1", Queue: "support"}, "arm limit of c1 for 1m0s", "position of c1 is 1")
	d.wants(Leave{Contact: "c1"}, "disarm limit of c1")
	d.wants(TimerFired{Contact: "c1", Timer: TimerLimit})
}

func TestRoundRobin(t *testing.T) {
	d := newDesk(t, Config{ID: "q", Members: []AgentID{"a", "b", "c"}, Strategy: RoundRobin})
	d.does(free("a", 3), free("b", 2), free("c", 1))
	for i, want := range []AgentID{"a", "b", "c", "a", "b"} {
		c := ContactID(fmt.Sprint(i))
		got := d.m.Step(Join{Contact: c, Queue: "q"})
		if got[0].Act != Offer || got[0].Agent != want {
			t.Fatalf("contact %d: %v, want an offer to %s", i, got[0], want)
		}
		d.does(Accepted{Contact: c, Agent: want}, free(want, 0))
	}
}

func TestRoundRobinGoesOnWhenTheLastAskedIsGone(t *testing.T) {
	q := Config{ID: "q", Members: []AgentID{"a", "b", "c"}, Strategy: RoundRobin}
	d := newDesk(t, q)
	d.does(free("a", 0), Join{Contact: "1", Queue: "q"}, Accepted{Contact: "1", Agent: "a"})
	q.Members = []AgentID{"b", "c"}
	d.does(Configure{Queues: []Config{q}}, free("c", 0), free("b", 0))
	d.wants(Join{Contact: "2", Queue: "q"},
		"offer 2 to b for 20s", "arm ring of 2 for 20s", "position of 2 is 1")
}

func TestReconfigure(t *testing.T) {
	d := newDesk(t, support, Config{ID: "sales", Members: []AgentID{"bob"}})
	d.does(free("alice", 0), free("bob", 0),
		Join{Contact: "c1", Queue: "support"}, Join{Contact: "c2", Queue: "sales"}, Join{Contact: "c3", Queue: "sales"})
	d.wants(Configure{Queues: []Config{support}},
		"withdraw c2 from bob", "disarm ring of c2", "gave up c2: no_queue", "gave up c3: no_queue")
	if got := d.m.Waiting("support"); !slices.Equal(got, []ContactID{"c1"}) {
		t.Errorf("support has %v in line, want c1", got)
	}
	d.wants(Accepted{Contact: "c1", Agent: "alice"}, "disarm ring of c1")
}

func TestReconfigureNewMembers(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("carol", 0), Join{Contact: "c1", Queue: "support"})
	q := support
	q.Members = []AgentID{"carol"}
	d.wants(Configure{Queues: []Config{q}}, "offer c1 to carol for 20s", "arm ring of c1 for 20s")
}

func TestWhatMakesNoSenseChangesNothing(t *testing.T) {
	d := newDesk(t, support)
	d.wants(Join{Contact: "c9", Queue: "nowhere"}, "gave up c9: no_queue")
	d.wants(Join{Queue: "support"})
	d.wants(Leave{Contact: "nobody"})
	d.wants(Agent{})
	d.does(free("alice", 0), Join{Contact: "c1", Queue: "support"})
	for _, in := range []Input{
		Join{Contact: "c1", Queue: "support"},
		Accepted{Contact: "c1", Agent: "bob"},
		Accepted{Contact: "c2", Agent: "alice"},
		Refused{Contact: "c1", Agent: "bob", Why: Declined},
		Refused{Contact: "c2", Agent: "alice", Why: Declined},
		TimerFired{Contact: "c1", Timer: TimerPause},
		TimerFired{Contact: "c1", Timer: 77},
		TimerFired{Contact: "c2", Timer: TimerRing},
		nil,
	} {
		d.wants(in)
	}
}

func TestCounts(t *testing.T) {
	d := newDesk(t, support)
	d.does(free("alice", 0), busy("bob"), free("carol", 0))
	if got := d.m.LoggedIn("support"); got != 2 {
		t.Errorf("LoggedIn = %d, want 2: carol is no member", got)
	}
	if got := d.m.LoggedIn("support", "bob"); got != 1 {
		t.Errorf("LoggedIn without bob = %d, want 1", got)
	}
	if got := d.m.Free("support"); got != 1 {
		t.Errorf("Free = %d, want 1", got)
	}
	d.does(Join{Contact: "c1", Queue: "support"})
	if got := d.m.Free("support"); got != 0 {
		t.Errorf("Free = %d while alice's phone rings, want 0", got)
	}
	if got := d.m.Position("c1"); got != 1 {
		t.Errorf("Position = %d, want 1", got)
	}
	if d.m.Position("c2") != 0 || d.m.LoggedIn("none") != 0 || d.m.Waiting("none") != nil {
		t.Error("something is counted where there is nothing")
	}
	d.does(Agent{ID: "bob"})
	if got := d.m.LoggedIn("support"); got != 1 {
		t.Errorf("LoggedIn = %d after bob logged out, want 1", got)
	}
}

func TestExpectedWait(t *testing.T) {
	d := newDesk(t, support)
	if _, ok := d.m.ExpectedWait("support"); ok {
		t.Error("a wait is expected where nobody waited yet")
	}
	serve := func(waited time.Duration) {
		d.does(free("alice", 0), Join{Contact: "c", Queue: "support"}, Accepted{Contact: "c", Agent: "alice", Waited: waited})
	}
	serve(10 * time.Second)
	serve(0) // not measured
	serve(20 * time.Second)
	if got, _ := d.m.ExpectedWait("support"); got != 15*time.Second {
		t.Errorf("expected wait %v, want 15s", got)
	}
	for range remembered {
		serve(40 * time.Second)
	}
	if got, _ := d.m.ExpectedWait("support"); got != 40*time.Second {
		t.Errorf("expected wait %v, want that of the last %d: 40s", got, remembered)
	}
}
