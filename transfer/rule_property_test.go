package transfer_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"warmline/transfer"
)

// A property is tried on rapid's number of histories, and on as many again
// until it has been tried often enough: hardly ever proves nothing.
const (
	enough = 50
	rounds = 20 // at most
)

// property tries f at every step of random conferences; f reports whether there
// was something to try.
func property(t *testing.T, f func(t *rapid.T, w *watched) bool) {
	t.Helper()
	tried := 0
	for round := 0; round < rounds && tried < enough; round++ {
		rapid.Check(t, func(t *rapid.T) {
			history(t, func(w *watched) {
				if f(t, w) {
					tried++
				}
			})
		})
	}
	if tried < enough {
		t.Errorf("tried %d times: the histories are not what they were", tried)
	}
}

// forActors and forParties try f for each who may command, or is there.
func forActors(t *testing.T, f func(t *rapid.T, w *watched, by transfer.Party) bool) {
	t.Helper()
	property(t, func(t *rapid.T, w *watched) (tried bool) {
		for _, by := range w.actors() {
			tried = f(t, w, by) || tried
		}
		return tried
	})
}

func forParties(t *testing.T, f func(t *rapid.T, w *watched, p transfer.View) bool) {
	t.Helper()
	property(t, func(t *rapid.T, w *watched) (tried bool) {
		for _, p := range w.s.Parties() {
			tried = f(t, w, p) || tried
		}
		return tried
	})
}

// holds are the server holds of all slots, and why.
func holds(s transfer.State) (h [transfer.MaxParties]transfer.HoldCause) {
	for p := range h {
		h[p] = s.ServerHold(transfer.Party(p))
	}
	return h
}

// rested is what is heard once the 2 s of a lone customer have passed.
func rested(s transfer.State) transfer.Audibility {
	s, _ = transfer.Step(s, fires(transfer.TimerAlone, transfer.Nobody))
	return s.Audibility()
}

// granted steps a command and says whether it was.
func granted(s transfer.State, in input) (transfer.State, bool) {
	next, effects := transfer.Step(s, in)
	return next, len(effects) > 0 && effects[len(effects)-1].Act == transfer.Reply &&
		effects[len(effects)-1].Reason == transfer.OK
}

func departedHolds(s transfer.State) bool {
	return slices.ContainsFunc(s.Parties(), func(v transfer.View) bool { return v.HoldBy == transfer.Departed })
}

// Hold and unhold of somebody who was not held leave everything as it was. (An
// unhold can do more where an agent has left holds behind.)
func TestHoldAndUnhold(t *testing.T) {
	forParties(t, func(t *rapid.T, w *watched, p transfer.View) bool {
		by := rapid.SampledFrom(w.actors()).Draw(t, "by")
		if p.Hold != transfer.NotHeld || by == p.Party || departedHolds(w.s) {
			return false
		}
		held, ok := granted(w.s, hold(by, p.Party))
		if !ok {
			return false
		}
		if held.ServerHold(p.Party) != transfer.Explicit || held.Audibility()[p.Party].Hears != 0 {
			t.Fatalf("%v is not held in %v", p.Party, held)
		}
		back, ok := granted(held, unhold(by, p.Party))
		if !ok || rested(back) != rested(w.s) || holds(back) != holds(w.s) {
			t.Fatalf("from %v\nback to %v", w.s, back)
		}
		return true
	})
}

// To swap twice is to have done nothing: the same people are held, for the same
// causes. While a consult still rings there is no second hold to exchange, and
// the way back to it makes a hold of the consult.
func TestSwapTwice(t *testing.T) {
	forActors(t, func(t *rapid.T, w *watched, by transfer.Party) bool {
		once, ok := granted(w.s, swap(by))
		if !ok {
			return false
		}
		twice, ok := granted(once, swap(by))
		if !ok || rested(twice) != rested(w.s) {
			t.Fatalf("from %v\nto %v\nback to %v", w.s, once, twice)
		}
		b, pending := w.s.Pending()
		if ringing := pending && w.s.Leg(b) != transfer.Up; !ringing && holds(twice) != holds(w.s) {
			t.Fatalf("holds from %v\nto %v", w.s, twice)
		}
		return true
	})
}

// At no instant of a swap are both live: there is one Audible, in which one of
// them is held.
func TestSwapIsOneStep(t *testing.T) {
	forActors(t, func(t *rapid.T, w *watched, by transfer.Party) bool {
		if _, ok := granted(w.s, swap(by)); !ok {
			return false
		}
		was := w.s
		next, effects := transfer.Step(was, swap(by))
		audible := 0
		for _, e := range effects {
			if e.Act == transfer.Audible {
				audible++
			}
		}
		if audible > 1 {
			t.Fatalf("%d instants of a swap in %v", audible, was)
		}
		for p, h := range holds(next) {
			if before := was.ServerHold(transfer.Party(p)); before != h && before != transfer.NotHeld && h != transfer.NotHeld {
				t.Fatalf("%v is held all the time, for another cause", transfer.Party(p))
			}
		}
		return true
	})
}

// Mute said twice is mute; it changes nothing of what the muted one hears, nor
// who else hears whom; unmute undoes it.
func TestMuteTwice(t *testing.T) {
	forParties(t, func(t *rapid.T, w *watched, p transfer.View) bool {
		if p.Muted {
			return false
		}
		muted, ok := granted(w.s, mute(operator, p.Party))
		if !ok {
			return false
		}
		again, effects := transfer.Step(muted, mute(operator, p.Party))
		if again != muted || len(effects) != 1 || effects[0].Reason != transfer.OK {
			t.Fatalf("muted twice: %v\n%v, %v", muted, again, effects)
		}
		before, after := w.s.Audibility(), muted.Audibility()
		for o := range before {
			if after[o].Hears != before[o].Hears&^(1<<p.Party) {
				t.Fatalf("%v muted: from %v\nto %v", p.Party, before, after)
			}
		}
		if back, _ := granted(muted, unmute(operator, p.Party)); back != w.s {
			t.Fatalf("from %v\nback to %v", w.s, back)
		}
		return true
	})
}

// Merge clears every server hold and no phone's own.
func TestMergeClearsServerHolds(t *testing.T) {
	forActors(t, func(t *rapid.T, w *watched, by transfer.Party) bool {
		merged, ok := granted(w.s, merge(by))
		if !ok {
			return false
		}
		for _, v := range merged.Parties() {
			was, _ := w.s.Party(v.Party)
			if v.Hold != transfer.NotHeld || v.RemoteHold != was.RemoteHold || v.Muted != was.Muted {
				t.Fatalf("merged %v\nto %v", w.s, merged)
			}
		}
		return true
	})
}

// A held agent gets itself back, whoever held it; its phone's own hold stays.
func TestUnholdSelf(t *testing.T) {
	forParties(t, func(t *rapid.T, w *watched, p transfer.View) bool {
		if p.Role != transfer.Agent || p.Leg != transfer.Up || p.Hold == transfer.NotHeld {
			return false
		}
		back, ok := granted(w.s, unhold(p.Party, p.Party))
		if v, _ := back.Party(p.Party); !ok || v.Hold != transfer.NotHeld || v.RemoteHold != p.RemoteHold {
			t.Fatalf("%v of %v\nto %v", p.Party, w.s, back)
		}
		return true
	})
}

// Neither hold clears the other.
func TestHoldsAreIndependent(t *testing.T) {
	forParties(t, func(t *rapid.T, w *watched, p transfer.View) bool {
		if p.Leg != transfer.Up {
			return false
		}
		next, _ := transfer.Step(w.s, phoneHold(p.Party, !p.RemoteHold))
		if v, _ := next.Party(p.Party); v.Hold != p.Hold || v.RemoteHold == p.RemoteHold {
			t.Fatalf("the phone of %v: from %v\nto %v", p.Party, w.s, next)
		}
		for _, in := range []input{hold(operator, p.Party), unhold(operator, p.Party)} {
			next, _ := granted(w.s, in)
			if v, _ := next.Party(p.Party); v.RemoteHold != p.RemoteHold {
				t.Fatalf("%v: from %v\nto %v", in, w.s, next)
			}
		}
		return true
	})
}

// What is said about a free slot changes nothing, and no verb finds anybody
// there.
func TestFreeSlot(t *testing.T) {
	property(t, func(t *rapid.T, w *watched) bool {
		if w.s.Over() {
			return false
		}
		p := rapid.Custom(func(t *rapid.T) transfer.Party {
			return transfer.Party(rapid.Int8Range(-3, transfer.MaxParties+1).Draw(t, "slot"))
		}).Filter(func(p transfer.Party) bool { return w.s.Leg(p) == transfer.NoLeg }).Draw(t, "free")
		for k := transfer.LegRinging; k <= transfer.Registered; k++ {
			for c := transfer.NoCause; c <= transfer.Stranded; c++ {
				if next, effects := transfer.Step(w.s, fact(k, p, c)); next != w.s || len(effects) > 0 {
					t.Fatalf("%v %v %v in %v\ndid %v", k, p, c, w.s, effects)
				}
			}
		}
		for _, v := range []transfer.Verb{transfer.DoHold, transfer.DoUnhold, transfer.DoRemove, transfer.DoMute, transfer.DoUnmute} {
			next, effects := transfer.Step(w.s, command(operator, v, p))
			if next != w.s || len(effects) != 1 || effects[0].Reason != transfer.NotPresent && effects[0].Reason != transfer.Ended {
				t.Fatalf("%v %v in %v\ndid %v", v, p, w.s, effects)
			}
		}
		return true
	})
}

// A refused command has no effect but its reply.
func TestRefusedDoesNothing(t *testing.T) {
	property(t, func(t *rapid.T, w *watched) bool {
		refused := 0
		for _, in := range w.choices().commands {
			next, effects := transfer.Step(w.s, in)
			if e := effects[len(effects)-1]; e.Act != transfer.Reply || e.Reason == transfer.OK {
				continue
			}
			refused++
			if next != w.s || len(effects) != 1 {
				t.Fatalf("%v in %v\ndid %v", in, w.s, effects)
			}
		}
		return refused > 0
	})
}

// independent facts: each is of one leg, and neither takes anybody in or out
// of the call.
func (w *watched) independent() (list []input) {
	for _, v := range w.s.Parties() {
		switch v.Leg {
		case transfer.Dialing, transfer.Searching, transfer.Seat:
			list = append(list, rings(v.Party))
		case transfer.Up:
			list = append(list, phoneHold(v.Party, !v.RemoteHold), mute(operator, v.Party))
		case transfer.Ending:
			list = append(list, confirmed(v.Party))
		}
	}
	return list
}

// Two facts about two legs lead to the same state in either order.
func TestOrderOfIndependentFacts(t *testing.T) {
	property(t, func(t *rapid.T, w *watched) bool {
		list := w.independent()
		tried := false
		for i, a := range list {
			for _, b := range list[i+1:] {
				if a.Party == b.Party {
					continue
				}
				tried = true
				ab := stepped(w.s, a, b)
				if ba := stepped(w.s, b, a); ab != ba {
					t.Fatalf("%v, %v in %v\nto %v\nor %v", a, b, w.s, ab, ba)
				}
			}
		}
		return tried
	})
}

func stepped(s transfer.State, ins ...input) transfer.State {
	for _, in := range ins {
		s, _ = transfer.Step(s, in)
	}
	return s
}

// A customer who is held hears nobody, whatever one input does to anybody
// else: the only ways back are an unhold, a swap, a merge, the end of a
// consult, an agent's going or coming back.
func TestNoFactsOfOthersUnhold(t *testing.T) {
	property(t, func(t *rapid.T, w *watched) bool {
		tried := false
		for _, v := range w.s.Parties() {
			if v.Role != transfer.Customer || v.Hold == transfer.NotHeld {
				continue
			}
			tried = true
			for _, o := range w.s.Parties() {
				if o.Leg == transfer.Up || o.Leg == transfer.Seat || o.Party == v.Party || o.Seat {
					continue
				}
				for _, in := range []input{rings(o.Party), answers(o.Party), notTaken(o.Party), confirmed(o.Party)} {
					by, pending := w.s.Pending()
					if in.Kind == transfer.LegGone && pending && by == o.Party {
						continue // the consult failed: back to the customer
					}
					next, _ := transfer.Step(w.s, in)
					if next.Audibility()[v.Party].Hears != 0 {
						t.Fatalf("%v in %v\nlets the held customer hear, in %v", in, w.s, next)
					}
				}
			}
		}
		return tried
	})
}
