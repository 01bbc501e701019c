package transfer_test

import (
	"testing"

	"warmline/transfer"
)

// The rules of the verbs.

// Consult holds the customer for the consult, rings the target, and the actor
// hears ringback.
func TestRuleConsult(t *testing.T) {
	talking(t).then(consult(alice, anAgent)).onlyDid(
		"dial target bob as agent", "audible customer<music alice<ringback",
		"note consult_started bob by alice", "note hold_set customer by alice",
		"arm ring bob", "reply ok").
		heldBy(customer, "consult by alice").pending(true)
}

// With hold_customer=false nobody is held; all talk once the target answers,
// and the consult is merged by that.
func TestRuleConsultKeepingTheCustomer(t *testing.T) {
	talking(t).then(consultKeeping(alice, anAgent)).hears("customer<alice alice<customer").heldBy(customer, "").
		then(answers(bob)).hears("customer<alice+bob alice<customer+bob bob<customer+alice").
		did("note consult_ended bob by alice merged").pending(false)
}

// A customer who was held before keeps that hold: a consult is no second one.
func TestRuleConsultLeavesExplicitHold(t *testing.T) {
	talking(t).then(hold(alice, customer), consult(alice, anAgent)).heldBy(customer, "explicit by alice").
		then(cancel(alice)).heldBy(customer, "explicit by alice").hears("customer<music alice<alone_tone")
}

// One consult is pending at most, until it is merged, cancelled or left.
func TestRuleOneConsult(t *testing.T) {
	talking(t).then(consult(alice, anAgent)).refuses("consult_pending", consult(alice, aNumber)).
		then(answers(bob)).refuses("consult_pending", consult(bob, aNumber)).
		then(merge(alice)).then(consult(bob, aNumber)).pending(true)
}

// The target must not be there already, and must be in reach; a queue must
// have somebody logged in.
func TestRuleTargets(t *testing.T) {
	for _, verb := range []func(transfer.Party, transfer.Target) input{consult, add, cold} {
		talking(t).refuses("already_present", verb(alice, present)).refuses("unreachable", verb(alice, offline)).
			refuses("queue_empty", verb(alice, emptyQueue)).are("customer live, alice live")
	}
}

// A phone has a ring timer, a queue one for all its search, whoever's phone
// rings meanwhile; the answer stops either.
func TestRuleReachTimers(t *testing.T) {
	talking(t).then(consult(alice, anAgent)).did("arm ring bob").didNot("arm search").
		then(rings(bob)).onlyDid().then(answers(bob)).did("disarm ring bob")
	talking(t).then(consult(alice, aQueue)).did("arm search bob").didNot("arm ring").
		then(rings(bob)).onlyDid("audible customer<music alice<ringback").
		then(notTaken(bob)).onlyDid("audible customer<music alice<queue_tone").
		then(rings(bob), answers(bob)).did("disarm search bob")
}

// Cancel stops the ringing and goes back to the customer.
func TestRuleCancelWhileRinging(t *testing.T) {
	talking(t).then(consult(alice, anAgent), rings(bob)).then(cancel(alice)).onlyDid(
		"stop bob cancelled", "audible customer<alice alice<customer",
		"note party_failed bob cancelled", "note consult_ended bob by alice cancelled", "note hold_cleared customer by alice",
		"disarm ring bob", "reply ok")
}

// Cancel after the answer hangs up on the consulted party. Only who started the
// consult may cancel it, or a supervisor.
func TestRuleCancelAfterAnswer(t *testing.T) {
	consulting(t).refuses("not_allowed", cancel(bob)).then(cancel(alice)).
		did("hangup bob cancelled").hears("customer<alice alice<customer")
	consulting(t).then(cancel(operator)).did("hangup bob cancelled").hears("customer<alice alice<customer")
	talking(t).refuses("nothing_pending", cancel(alice))
}

// To remove the consulted party before a merge, or its hanging up, does the
// same as cancel.
func TestRuleConsultedPartyOut(t *testing.T) {
	for _, in := range []input{remove(alice, bob), hangsUp(bob), leave(bob)} {
		consulting(t).then(in).heldBy(customer, "").hears("customer<alice alice<customer").
			did("note consult_ended bob by alice cancelled").pending(false)
	}
}

// A cancel undoes the holds of the consult and no other.
func TestRuleCancelLeavesExplicitHold(t *testing.T) {
	consulting(t).then(hold(alice, customer)).then(cancel(alice)).didNot("note hold_cleared").
		heldBy(customer, "explicit by alice").hears("customer<music alice<alone_tone")
}

// Any live agent holds any party that has answered, itself too; a held agent
// gets itself back, and may do nothing else to others' holds.
func TestRuleHold(t *testing.T) {
	conferring(t).then(hold(bob, alice)).heldBy(alice, "explicit by bob").
		refuses("actor_held", hold(alice, customer)).refuses("actor_held", unhold(alice, customer)).
		then(unhold(alice, alice)).heldBy(alice, "").
		then(hold(alice, alice)).heldBy(alice, "explicit by alice").
		then(unhold(bob, alice)).hears("customer<alice+bob alice<customer+bob bob<customer+alice")
	talking(t).then(consult(alice, anAgent)).refuses("not_answered", hold(alice, bob)).refuses("not_answered", unhold(alice, bob))
	talking(t).refuses("not_present", hold(alice, carol))
}

// To unhold somebody who is not held is granted and does nothing.
func TestRuleUnholdTwice(t *testing.T) {
	talking(t).then(hold(alice, customer), unhold(alice, customer)).then(unhold(alice, customer)).onlyDid("reply ok")
}

// Swap exchanges the one held and the one live, in one step, the hold's cause
// with it; it needs exactly one of each.
func TestRuleSwap(t *testing.T) {
	consulting(t).then(swap(alice)).onlyDid(
		"audible customer<alice alice<customer bob<hold_tone",
		"note hold_cleared customer by alice", "note hold_set bob by alice", "note swapped customer by alice", "reply ok").
		heldBy(bob, "consult by alice").
		then(swap(alice)).hears("customer<music alice<bob bob<alice").heldBy(customer, "consult by alice")
	talking(t).refuses("not_swappable", swap(alice))
	conferring(t).refuses("not_swappable", swap(alice)).then(hold(alice, bob), hold(alice, customer)).
		refuses("not_swappable", swap(alice)).refuses("not_allowed", swap(operator))
	conferring(t).then(add(alice, anAgent), answers(carol), hold(alice, bob)).refuses("not_swappable", swap(alice))
}

// While the target is searched for or rung, swap goes back to the customer and
// away again.
func TestRuleSwapWhileReached(t *testing.T) {
	talking(t).then(consult(alice, aQueue)).hears("customer<music alice<queue_tone").
		then(swap(alice)).hears("customer<alice alice<customer").pending(true).
		then(swap(alice)).hears("customer<music alice<queue_tone").heldBy(customer, "consult by alice")
}

// Only who consults counts the party that is rung; for another agent there is
// nobody to swap with.
func TestRuleSwapOfOthersConsult(t *testing.T) {
	talk(t).then(agentCalls(anAgent), answers(alice), consult(alice, anAgent)).refuses("not_swappable", swap(customer)).
		then(swap(alice)).heldBy(customer, "consult by alice")
}

// Whoever talks with the customer again when the consulted party answers goes
// on talking: the customer hears nothing of the consult's beginning.
func TestRuleAnswerDuringSwap(t *testing.T) {
	talking(t).then(consult(alice, anAgent), swap(alice), answers(bob)).
		hears("customer<alice alice<customer bob<hold_tone").heldBy(bob, "consult by alice").
		then(swap(alice)).hears("customer<music alice<bob bob<alice").
		then(cancel(alice)).hears("customer<alice alice<customer")
}

// Merge needs somebody held, and clears every server hold: all are live.
func TestRuleMerge(t *testing.T) {
	consulting(t).then(merge(alice)).onlyDid(
		"audible customer<alice+bob alice<customer+bob bob<customer+alice",
		"note hold_cleared customer by alice", "note merged by alice", "note consult_ended bob by alice merged", "reply ok").
		pending(false).refuses("nothing_held", merge(alice))
	conferring(t).then(hold(alice, bob), hold(alice, customer)).then(merge(alice)).
		are("customer live, alice live, bob live")
}

// Any live agent of the consult may merge; a held one may not.
func TestRuleWhoMerges(t *testing.T) {
	consulting(t).then(merge(bob)).hears("customer<alice+bob alice<customer+bob bob<customer+alice")
	consulting(t).then(swap(alice)).refuses("actor_held", merge(bob))
}

// Done while the target rings, merge has everybody talk once it answers; a swap
// in between takes that back.
func TestRuleMergeWhileRinging(t *testing.T) {
	talking(t).then(consult(alice, anAgent), merge(alice)).hears("customer<alice alice<customer").pending(true).
		then(answers(bob)).hears("customer<alice+bob alice<customer+bob bob<customer+alice").pending(false)
	talking(t).then(consult(alice, anAgent), merge(alice), swap(alice), swap(alice), answers(bob)).
		hears("customer<alice alice<customer bob<hold_tone")
}

// Add rings a target without holding anybody; it is live when it answers.
func TestRuleAdd(t *testing.T) {
	talking(t).then(add(alice, aNumber)).hears("customer<alice alice<customer").pending(false).
		then(answers(bob)).hears("customer<alice+bob alice<customer+bob bob<customer+alice")
	talking(t).then(hold(alice, customer), add(alice, aNumber), answers(bob)).
		hears("customer<music alice<bob bob<alice").heldBy(customer, "explicit by alice")
}

// An agent removes agents and externals, a customer only by right; a
// supervisor anyone. The removed leg ends, the call goes on.
func TestRuleRemove(t *testing.T) {
	conferring(t).refuses("not_allowed", remove(alice, customer)).
		then(remove(alice, bob)).did("hangup bob removed").hears("customer<alice alice<customer")
	conferring(t).then(removeByRight(alice, customer)).did("hangup customer removed").hears("alice<bob bob<alice")
	conferring(t).then(remove(operator, customer)).did("hangup customer removed").hears("alice<bob bob<alice")
	talking(t).refuses("not_present", remove(alice, bob))
	talking(t).then(add(alice, anAgent), remove(alice, bob)).did("stop bob removed")
}

// An agent who removes itself leaves: while its consult rings that is refused,
// and the customer who is left with nobody is hung up on, not stranded.
func TestRuleRemoveSelf(t *testing.T) {
	talking(t).then(remove(alice, alice)).did("hangup alice hangup", "hangup customer finished").didNot("note strand")
	talking(t).then(consult(alice, anAgent)).refuses("consult_ringing", remove(alice, alice))
}

// Leave ends the actor's leg and completes the transfer. While its consult
// rings it is refused, unless that is meant.
func TestRuleLeave(t *testing.T) {
	consulting(t).then(merge(alice), leave(alice)).did("hangup alice hangup").hears("customer<bob bob<customer")
	consulting(t).then(leave(alice)).hears("customer<bob bob<customer").
		did("hangup alice hangup", "note consult_ended bob by alice completed", "note transfer_done bob by alice")
	talking(t).then(consult(alice, anAgent)).refuses("consult_ringing", leave(alice)).
		then(leaveRinging(alice)).did("hangup alice hangup")
	conferring(t).then(consult(alice, anAgent)).then(leave(bob)).did("hangup bob hangup").pending(true)
	talking(t).refuses("not_allowed", leave(operator))
}

// With only the customer there leave is a hang-up: the call ends.
func TestRuleLeaveIsHangUp(t *testing.T) {
	talking(t).then(leave(alice)).did("hangup alice hangup", "hangup customer finished").phase(transfer.Closing).
		then(confirmed(alice), confirmed(customer)).did("end").phase(transfer.Over)
}

// A cold transfer rings the target, the actor leaves at once, the customer
// hears ringback and then the target.
func TestRuleColdTransfer(t *testing.T) {
	talking(t).then(cold(alice, anAgent)).did("dial target bob as agent", "hangup alice hangup").hears("customer<ringback").
		then(answers(bob)).hears("customer<bob bob<customer").did("note transfer_done bob by departed")
}

// To be muted is to be heard by nobody and still to hear. An agent mutes
// itself; a supervisor anyone.
func TestRuleMute(t *testing.T) {
	conferring(t).then(mute(alice, alice)).hears("customer<bob alice<customer+bob bob<customer").
		refuses("not_allowed", mute(alice, bob)).refuses("not_allowed", unmute(bob, alice)).
		then(mute(operator, customer)).hears("customer<bob alice<bob bob<comfort_noise").
		then(unmute(operator, customer), unmute(alice, alice)).
		hears("customer<alice+bob alice<customer+bob bob<customer+alice")
}

// Each verb is done whole or not at all: a refusal is its reply and no more.
func TestRuleRefusalIsAReply(t *testing.T) {
	consulting(t).refuses("consult_pending", cold(alice, aNumber)).onlyDid("reply consult_pending").
		refuses("consult_pending", consult(alice, present)).onlyDid("reply consult_pending")
}
