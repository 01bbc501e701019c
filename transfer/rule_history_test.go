package transfer_test

import (
	"testing"

	"pgregory.net/rapid"

	"warmline/transfer"
)

var firsts = []input{
	customerCalls(anAgent), customerCalls(aQueue), customerCalls(aNumber), customerCalls(emptyQueue),
	agentCalls(aNumber), agentCalls(anAgent), agentCalls(aQueue), clicksToCall(aNumber), clicksToCall(anAgent),
}

var policies = rapid.Custom(func(t *rapid.T) transfer.Policy {
	return transfer.Policy{
		Stranded: rapid.SampledFrom([]transfer.StrandedPolicy{transfer.Requeue, transfer.Recall, transfer.AnnounceOnly}).Draw(t, "stranded"),
		HasQueue: rapid.Bool().Draw(t, "queue"), KeepConsultWithoutCustomer: rapid.Bool().Draw(t, "keep"),
		NoAutoUnhold: rapid.Bool().Draw(t, "noAutoUnhold"),
	}
})

// choices are what may happen to a conference, as its people and phones would
// have it: what moves it on, what harms somebody, and any command.
type choices struct{ moves, harms, commands []input }

func (w *watched) choices() (c choices) {
	for _, v := range w.s.Parties() {
		c.ofLeg(v)
		c.commandsAbout(w, v.Party)
	}
	for p := range transfer.Party(transfer.MaxParties) {
		if w.s.Leg(p) != transfer.NoLeg {
			c.harms = append(c.harms, oldLegGone(p))
		}
		for t := transfer.TimerRing; t <= transfer.TimerAlone; t++ {
			if w.armed[deadline{t, p}] {
				c.harms = append(c.harms, fires(t, p))
			}
		}
	}
	for _, t := range []transfer.Timer{transfer.TimerRecall, transfer.TimerAlone} {
		if w.armed[deadline{t, transfer.Nobody}] {
			c.moves = append(c.moves, fires(t, transfer.Nobody))
		}
	}
	if w.announcing {
		c.harms = append(c.harms, messagePlayed)
	}
	return c
}

func (c *choices) ofLeg(v transfer.View) {
	p := v.Party
	switch v.Leg {
	case transfer.Incoming:
		c.harms = append(c.harms, fact(transfer.LegGone, p, transfer.Cancelled))
	case transfer.Searching, transfer.Dialing, transfer.Ringing, transfer.Seat:
		c.moves = append(c.moves, rings(p), answers(p), answers(p), isBack(p))
		c.harms = append(c.harms, fails(p, transfer.Busy), fails(p, transfer.Declined), fails(p, transfer.Unregistered), notTaken(p))
	case transfer.Up:
		c.harms = append(c.harms, hangsUp(p), vanishes(p), fallsMute(p))
		c.moves = append(c.moves, phoneHold(p, !v.RemoteHold))
	case transfer.Ending:
		c.moves = append(c.moves, confirmed(p), answers(p))
	}
}

func (c *choices) commandsAbout(w *watched, p transfer.Party) {
	for _, by := range w.actors() {
		c.commands = append(c.commands, hold(by, p), unhold(by, p), mute(by, p), unmute(by, p))
		c.harms = append(c.harms, remove(by, p), removeByRight(by, p))
	}
	v, _ := w.s.Party(p)
	if v.Role != transfer.Agent {
		return
	}
	for _, t := range []transfer.Target{anAgent, aQueue, aNumber} {
		c.commands = append(c.commands, consult(p, t), consultKeeping(p, t), add(p, t))
		c.harms = append(c.harms, cold(p, t))
	}
	c.commands = append(c.commands, swap(p), swap(p), merge(p), cancel(p))
	c.harms = append(c.harms, leave(p), leaveRinging(p))
}

func (w *watched) actors() []transfer.Party {
	by := []transfer.Party{operator}
	for _, v := range w.s.Parties() {
		if v.Role == transfer.Agent {
			by = append(by, v.Party)
		}
	}
	return by
}

var nonsense = rapid.Custom(func(t *rapid.T) input {
	small := func(name string) uint8 { return rapid.Uint8Range(0, 20).Draw(t, name) }
	party := func(name string) transfer.Party { return transfer.Party(rapid.Int8Range(-3, 9).Draw(t, name)) }
	return input{
		Kind: transfer.Kind(small("kind")), By: party("by"), Verb: transfer.Verb(small("verb")), Party: party("party"),
		Role: transfer.Role(small("role")), Cause: transfer.Cause(small("cause")), Timer: transfer.Timer(small("timer")),
		Target: transfer.Target{Kind: transfer.TargetKind(small("target")), Reach: transfer.Reach(small("reach"))},
		On:     rapid.Bool().Draw(t, "on"), AllowRinging: rapid.Bool().Draw(t, "allow"),
	}
})

// next draws an input: mostly one that makes sense, seldom a harm, so that
// conferences grow old.
func (w *watched) next(t *rapid.T) input {
	c := w.choices()
	dice := rapid.IntRange(0, 19).Draw(t, "dice")
	list := c.moves
	switch {
	case dice == 0:
		return nonsense.Draw(t, "nonsense")
	case dice <= 2:
		list = c.harms
	case dice <= 11:
		list = c.commands
	}
	if len(list) == 0 {
		return nonsense.Draw(t, "nonsense")
	}
	return rapid.SampledFrom(list).Draw(t, "input")
}

// beginning is how a random conference starts: with nothing but its first
// input, or in the midst of a transfer, where most verbs have something to do.
func beginning(t *rapid.T) []input {
	begun := [][]input{intoTalk, intoRinging, intoConsult, intoSwapped, intoThree}
	if i := rapid.IntRange(0, 2*len(begun)-1).Draw(t, "begun"); i < len(begun) {
		return begun[i]
	}
	return []input{rapid.SampledFrom(firsts).Draw(t, "first")}
}

// history plays a random conference until it closes at the latest, and calls
// each after every random input. Each step is held to the rules of watched.step.
func history(t *rapid.T, each func(w *watched)) *watched {
	w := watch(policies.Draw(t, "policy"))
	for _, in := range beginning(t) {
		w.must(t, in)
	}
	for range rapid.IntRange(2, 40).Draw(t, "steps") {
		if phase := w.s.Phase(); phase == transfer.Closing || phase == transfer.Over {
			break
		}
		w.must(t, w.next(t))
		each(w)
	}
	return w
}

func (w *watched) must(t *rapid.T, in input) {
	t.Helper()
	was := w.s
	if _, err := w.step(in); err != nil {
		t.Fatalf("%v in %v: %v", in, was, err)
	}
}

// finish ends the conference and confirms every leg.
func (w *watched) finish(t *rapid.T) {
	t.Helper()
	w.must(t, end(operator))
	for p := range transfer.Party(transfer.MaxParties) {
		w.must(t, oldLegGone(p))
		if w.s.Leg(p) == transfer.Ending {
			w.must(t, confirmed(p))
		}
	}
}

// TestModel compares random conferences, from the first input to the last
// leg's end, with the naive model: who hears whom, one reply to each command,
// timers armed and disarmed in turn, one end, nothing left.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := history(t, func(*watched) {})
		w.finish(t)
		if !w.s.Over() || w.ends != 1 {
			t.Fatalf("%d ends, and then %v", w.ends, w.s)
		}
	})
}
