package queue

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func describe(in Input) string { return fmt.Sprintf("%T%+v", in, in) }

// bigQueues are what the random histories run over.
var bigQueues = []Config{
	{ID: "q0", Members: []AgentID{"a", "b", "c"}, AutoAway: true},
	{ID: "q1", Members: []AgentID{"c", "d", "e"}, Strategy: RoundRobin, MaxWait: 1},
	{ID: "q2", Members: []AgentID{"a", "e"}},
}

// choice picks one of n; a fuzzer and rapid both can be it.
type choice func(n int) int

// someInput makes up what happens next. Facts that fit the state are likelier
// than those that do not, else nothing would ever be answered.
func someInput(w *world, pick choice) Input {
	agents := []AgentID{"a", "b", "c", "d", "e", "stranger"}
	a := agents[pick(len(agents))]
	c := ContactID(fmt.Sprint("c", pick(8)))
	if rings, ok := w.rings[a]; ok && pick(3) > 0 {
		c = rings
	}
	switch pick(9) {
	case 0, 1:
		in := Join{Contact: c, Queue: fmt.Sprint("q", pick(4)), Front: pick(3) == 0, Limited: pick(3) == 0}
		if pick(2) == 0 {
			in.Exclude = []AgentID{a}
		}
		return in
	case 2:
		return Leave{Contact: c}
	case 3, 4:
		return Agent{ID: a, LoggedIn: pick(4) > 0, Free: pick(3) > 0, IdleSince: idle(a)}
	case 5:
		return Accepted{Contact: c, Agent: a, Waited: 1}
	case 6:
		return Refused{Contact: c, Agent: a, Why: []Why{Declined, NoAnswer, Failed, Stopped}[pick(4)]}
	case 7:
		return TimerFired{Contact: c, Timer: Timer(pick(int(TimerLimit) + 2))}
	}
	queues := slices.Clone(bigQueues[pick(3):])
	for i := range queues {
		queues[i].Members = queues[i].Members[pick(3):]
	}
	return Configure{Queues: queues}
}

// happen steps w and a twin of it, and compares.
func happen(w, twin *world, in Input) error {
	if f, ok := in.(TimerFired); ok {
		delete(w.armed, timerOf{f.Contact, f.Timer})
		delete(twin.armed, timerOf{f.Contact, f.Timer})
	}
	if err := w.step(in); err != nil {
		return err
	}
	if err := twin.step(in); err != nil {
		return fmt.Errorf("the twin: %w", err)
	}
	if a, b := w.key(), twin.key(); a != b {
		return fmt.Errorf("one history, two states:\n%s\nand\n%s", a, b)
	}
	return nil
}

func TestRandomHistories(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, twin := newWorld(bigQueues...), newWorld(bigQueues...)
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			in := someInput(w, pick)
			t.Log(describe(in))
			if err := happen(w, twin, in); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.step(Configure{Queues: bigQueues}); err != nil {
			t.Fatal(err)
		}
		if err := w.drains(); err != nil {
			t.Fatal(err)
		}
	})
}

// TestSameInputsSameEffects compares the effects themselves, in order: a map's
// order must not reach the owner.
func TestSameInputsSameEffects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(bigQueues...)
		other := New()
		other.Step(Configure{Queues: bigQueues})
		pick := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "pick") }
		for range 60 {
			in := someInput(w, pick)
			got, want := w.m.Step(in), other.Step(in)
			if !slices.Equal(got, want) {
				t.Fatalf("%s:\n%v\nand\n%v", describe(in), got, want)
			}
		}
	})
}

func FuzzStep(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0, 0, 3, 1, 1, 1, 1, 0, 0, 1, 0, 0, 0, 5, 0, 0, 7, 1})
	f.Add([]byte("every contact is offered to one agent at a time, and every agent one contact"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, twin := newWorld(bigQueues...), newWorld(bigQueues...)
		pick := func(n int) int {
			if len(data) == 0 {
				return 0
			}
			b := data[0]
			data = data[1:]
			return int(b) % n
		}
		for steps := 0; len(data) > 0 && steps < 400; steps++ {
			in := someInput(w, pick)
			if err := happen(w, twin, in); err != nil {
				t.Fatalf("%s: %v", describe(in), err)
			}
		}
	})
}

// BenchmarkStepWithManyWaiting is the step of a busy day: five thousand wait,
// one agent becomes free, takes the first, and is busy again.
func BenchmarkStepWithManyWaiting(b *testing.B) {
	m := New()
	m.Step(Configure{Queues: []Config{{ID: "q", Members: []AgentID{"a"}}}})
	for i := range 5000 {
		m.Step(Join{Contact: ContactID(fmt.Sprint(i)), Queue: "q"})
	}
	next := 5000
	b.ReportAllocs()
	for b.Loop() {
		first := m.Waiting("q")[0]
		m.Step(Agent{ID: "a", LoggedIn: true, Free: true})
		m.Step(Accepted{Contact: first, Agent: "a"})
		m.Step(Join{Contact: ContactID(fmt.Sprint(next)), Queue: "q"})
		next++
	}
}
