package transfer_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"warmline/transfer"
)

// The people of the rules. Slots are given in the order of arrival, so these
// are theirs in every history that begins with the customer's call.
const (
	customer = transfer.Party(iota)
	alice    // the agent on the call
	bob      // whom she consults
	carol    // and a fourth

	operator = transfer.Nobody // a key of no agent's
)

var names = strings.NewReplacer("p0", "customer", "p1", "alice", "p2", "bob", "p3", "carol")

type input = transfer.Input

// Where a call may go.
var (
	anAgent    = transfer.Target{Kind: transfer.ToAgent}
	aQueue     = transfer.Target{Kind: transfer.ToQueue}
	aNumber    = transfer.Target{Kind: transfer.ToNumber}
	present    = transfer.Target{Kind: transfer.ToAgent, Present: true}
	offline    = transfer.Target{Kind: transfer.ToAgent, Reach: transfer.NotReachable}
	emptyQueue = transfer.Target{Kind: transfer.ToQueue, Reach: transfer.NobodyLoggedIn}
)

// Facts.

func fact(k transfer.Kind, p transfer.Party, c transfer.Cause) input {
	return input{Kind: k, By: transfer.Nobody, Party: p, Cause: c}
}

func arrives(r transfer.Role, t transfer.Target) input {
	return input{Kind: transfer.Arrive, By: transfer.Nobody, Party: transfer.Nobody, Role: r, Target: t}
}

func customerCalls(t transfer.Target) input { return arrives(transfer.Customer, t) }
func agentCalls(t transfer.Target) input    { return arrives(transfer.Agent, t) }

func clicksToCall(t transfer.Target) input {
	return input{Kind: transfer.ClickDial, By: transfer.Nobody, Party: transfer.Nobody, Target: t}
}

func rings(p transfer.Party) input     { return fact(transfer.LegRinging, p, transfer.NoCause) }
func answers(p transfer.Party) input   { return fact(transfer.LegUp, p, transfer.NoCause) }
func notTaken(p transfer.Party) input  { return fact(transfer.OfferEnded, p, transfer.NoCause) }
func hangsUp(p transfer.Party) input   { return fact(transfer.LegGone, p, transfer.Hangup) }
func vanishes(p transfer.Party) input  { return fact(transfer.LegGone, p, transfer.Lost) }
func fallsMute(p transfer.Party) input { return fact(transfer.MediaLost, p, transfer.Lost) }
func isBack(p transfer.Party) input    { return fact(transfer.Registered, p, transfer.NoCause) }
func confirmed(p transfer.Party) input { return fact(transfer.LegGone, p, transfer.Finished) }
func oldLegGone(p transfer.Party) input {
	return fact(transfer.LostGone, p, transfer.NoCause)
}

func fails(p transfer.Party, c transfer.Cause) input { return fact(transfer.LegFailed, p, c) }

func phoneHold(p transfer.Party, on bool) input {
	in := fact(transfer.RemoteHold, p, transfer.NoCause)
	in.On = on
	return in
}

func fires(t transfer.Timer, p transfer.Party) input {
	in := fact(transfer.TimerFired, p, transfer.NoCause)
	in.Timer = t
	return in
}

var messagePlayed = fact(transfer.AnnounceDone, transfer.Nobody, transfer.NoCause)

// Commands.

func command(by transfer.Party, v transfer.Verb, p transfer.Party) input {
	return input{Kind: transfer.Command, By: by, Verb: v, Party: p}
}

func reach(by transfer.Party, v transfer.Verb, t transfer.Target) input {
	in := command(by, v, transfer.Nobody)
	in.Target = t
	return in
}

func consult(by transfer.Party, t transfer.Target) input { return reach(by, transfer.DoConsult, t) }
func add(by transfer.Party, t transfer.Target) input     { return reach(by, transfer.DoAdd, t) }
func cold(by transfer.Party, t transfer.Target) input    { return reach(by, transfer.DoTransfer, t) }

func consultKeeping(by transfer.Party, t transfer.Target) input {
	in := consult(by, t)
	in.KeepCustomer = true
	return in
}

func hold(by, p transfer.Party) input   { return command(by, transfer.DoHold, p) }
func unhold(by, p transfer.Party) input { return command(by, transfer.DoUnhold, p) }
func mute(by, p transfer.Party) input   { return command(by, transfer.DoMute, p) }
func unmute(by, p transfer.Party) input { return command(by, transfer.DoUnmute, p) }
func remove(by, p transfer.Party) input { return command(by, transfer.DoRemove, p) }

func removeByRight(by, p transfer.Party) input {
	in := remove(by, p)
	in.RemoveCustomer = true
	return in
}

func cancel(by transfer.Party) input { return command(by, transfer.DoCancel, transfer.Nobody) }
func swap(by transfer.Party) input   { return command(by, transfer.DoSwap, transfer.Nobody) }
func merge(by transfer.Party) input  { return command(by, transfer.DoMerge, transfer.Nobody) }
func leave(by transfer.Party) input  { return command(by, transfer.DoLeave, transfer.Nobody) }
func end(by transfer.Party) input    { return command(by, transfer.DoEnd, transfer.Nobody) }

func leaveRinging(by transfer.Party) input {
	in := leave(by)
	in.AllowRinging = true
	return in
}

// rig plays a history and is asked what came of it. Every step is held to
// transfer.Check and to the naive model of who must hear whom.
type rig struct {
	t    testing.TB
	w    *watched
	last []string // effects of the last call of then or refuses
}

// talk begins a conference in which nothing has happened. The policy is that
// of a contact centre with queues, unless another is given.
func talk(t testing.TB, p ...transfer.Policy) *rig {
	policy := transfer.Policy{HasQueue: true}
	if len(p) > 0 {
		policy = p[0]
	}
	return &rig{t: t, w: watch(policy)}
}

// talking begins with the customer and alice in a talk.
func talking(t testing.TB, p ...transfer.Policy) *rig {
	t.Helper()
	return talk(t, p...).then(customerCalls(anAgent), answers(alice))
}

// consulting goes on until bob has answered alice's consult.
func consulting(t testing.TB, p ...transfer.Policy) *rig {
	t.Helper()
	return talking(t, p...).then(consult(alice, anAgent), answers(bob))
}

// conferring has brought customer, alice and bob together.
func conferring(t testing.TB, p ...transfer.Policy) *rig {
	t.Helper()
	return consulting(t, p...).then(merge(alice))
}

// then steps the inputs; commands among them must be granted.
func (r *rig) then(ins ...input) *rig {
	r.t.Helper()
	r.last = nil
	for _, in := range ins {
		if got := r.step(in); in.Kind == transfer.Command && got != transfer.OK {
			r.t.Fatalf("%v is refused: %v, in %v", in, got, r.w.s)
		}
	}
	return r
}

// refuses gives a command that must be answered by the reason.
func (r *rig) refuses(want string, in input) *rig {
	r.t.Helper()
	r.last = nil
	if got := r.step(in); got.String() != want {
		r.t.Errorf("%v is answered %v, want %s, in %v", in, got, want, r.w.s)
	}
	return r
}

func (r *rig) step(in input) (reply transfer.Reason) {
	r.t.Helper()
	effects, err := r.w.step(in)
	if err != nil {
		r.t.Errorf("%v: %v", in, err)
	}
	for _, e := range effects {
		if e.Act == transfer.Reply {
			reply = e.Reason
		}
		r.last = append(r.last, names.Replace(e.String()))
	}
	return reply
}

// hears compares the whole matrix: those left out must hear nothing.
func (r *rig) hears(want string) *rig {
	r.t.Helper()
	if got := names.Replace(r.w.s.Audibility().String()); got != want {
		r.t.Errorf("who hears whom: %s\nwant %s", got, want)
	}
	return r
}

// are compares everybody's status, in the order of the slots.
func (r *rig) are(want string) *rig {
	r.t.Helper()
	var words []string
	for _, v := range r.w.s.Parties() {
		words = append(words, names.Replace(fmt.Sprintf("%v %v", v.Party, v.Status)))
	}
	if got := strings.Join(words, ", "); got != want {
		r.t.Errorf("they are: %s\nwant %s", got, want)
	}
	return r
}

// heldBy compares the server hold of a party: "" or "consult by alice".
func (r *rig) heldBy(p transfer.Party, want string) *rig {
	r.t.Helper()
	got := ""
	if v, _ := r.w.s.Party(p); v.Hold != transfer.NotHeld {
		got = names.Replace(fmt.Sprintf("%v by %v", v.Hold, v.HoldBy))
	}
	if got != want {
		r.t.Errorf("%s is held %q, want %q", names.Replace(p.String()), got, want)
	}
	return r
}

// did says that the last inputs had these effects, in this order, among
// others.
func (r *rig) did(want ...string) *rig {
	r.t.Helper()
	rest := r.last
	for _, line := range want {
		i := slices.Index(rest, line)
		if i < 0 {
			r.t.Errorf("no effect %q, in its order, among\n\t%s", line, strings.Join(r.last, "\n\t"))
			return r
		}
		rest = rest[i+1:]
	}
	return r
}

// didNot says that no effect of the last inputs begins so.
func (r *rig) didNot(prefixes ...string) *rig {
	r.t.Helper()
	for _, line := range r.last {
		for _, prefix := range prefixes {
			if strings.HasPrefix(line, prefix) {
				r.t.Errorf("effect %q", line)
			}
		}
	}
	return r
}

// onlyDid gives all effects of the last inputs.
func (r *rig) onlyDid(want ...string) *rig {
	r.t.Helper()
	if !slices.Equal(r.last, want) {
		r.t.Errorf("effects\n\t%s\nwant\n\t%s", strings.Join(r.last, "\n\t"), strings.Join(want, "\n\t"))
	}
	return r
}

func (r *rig) pending(want bool) *rig {
	r.t.Helper()
	if _, got := r.w.s.Pending(); got != want {
		r.t.Errorf("a consult is pending: %v, want %v", got, want)
	}
	return r
}

func (r *rig) phase(want transfer.Phase) *rig {
	r.t.Helper()
	if got := r.w.s.Phase(); got != want {
		r.t.Errorf("the conference is %v, want %v", got, want)
	}
	return r
}
