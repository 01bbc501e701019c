package transfer_test

import (
	"testing"

	"warmline/transfer"
)

// The rules of endings: roles decide them, never flags of a leg.

// A conference ends when no customer or external is left and at most one agent.
func TestRuleEndsWithOneAgent(t *testing.T) {
	talking(t).then(hangsUp(customer)).did("hangup alice finished").phase(transfer.Closing).
		then(confirmed(alice)).did("end").phase(transfer.Over)
	conferring(t).then(hangsUp(customer)).phase(transfer.Serving).hears("alice<bob bob<alice").
		then(hangsUp(bob)).did("hangup alice finished").phase(transfer.Closing)
}

// It ends when an operator ends it, wherever it stands; no agent may.
func TestRuleOperatorEnds(t *testing.T) {
	talk(t).then(customerCalls(anAgent), end(operator)).did("reject customer finished", "stop alice cancelled").phase(transfer.Closing)
	consulting(t).refuses("not_allowed", end(alice)).then(end(operator)).
		did("hangup customer finished", "hangup alice finished", "hangup bob finished").
		refuses("ended", end(operator)).refuses("ended", hold(alice, customer)).
		then(confirmed(customer), confirmed(alice)).didNot("end").then(confirmed(bob)).onlyDid("end").
		refuses("ended", leave(alice))
}

// A lone agent who hangs up on the customer ends the call.
func TestRuleAgentHangsUp(t *testing.T) {
	talking(t).then(hangsUp(alice)).did("hangup customer finished").didNot("note strand")
}

// Externals and customers without an agent talk on: a transfer to an external
// is complete when the agent leaves.
func TestRuleExternalTalksOn(t *testing.T) {
	talking(t).then(consult(alice, aNumber), answers(bob), leave(alice)).
		hears("customer<bob bob<customer").phase(transfer.Serving).did("note transfer_done bob by alice").
		then(hangsUp(bob)).did("hangup customer finished").phase(transfer.Closing)
}

// With no agent left nobody stays held: there is none who could undo it.
func TestRuleNoHoldsWithoutAgents(t *testing.T) {
	talking(t).then(consult(alice, aNumber), answers(bob), swap(alice), hold(alice, customer), leave(alice)).
		heldBy(customer, "").heldBy(bob, "").hears("customer<bob bob<customer")
}

// The customer hangs up in a consult or three-way: the agents stay connected.
func TestRuleCustomerHangsUp(t *testing.T) {
	consulting(t).then(hangsUp(customer)).hears("alice<bob bob<alice").pending(false)
	conferring(t).then(hangsUp(customer)).hears("alice<bob bob<alice")
	consulting(t).then(swap(alice), hangsUp(customer)).heldBy(bob, "").hears("alice<bob bob<alice")
}

// The customer hangs up while the target rings: the ringing stops; or goes on
// where the policy says so.
func TestRuleCustomerHangsUpWhileRinging(t *testing.T) {
	talking(t).then(consult(alice, anAgent), hangsUp(customer)).
		did("stop bob cancelled", "note consult_ended bob by alice customer_left").phase(transfer.Closing)
	keep := transfer.Policy{HasQueue: true, KeepConsultWithoutCustomer: true}
	talking(t, keep).then(consult(alice, anAgent)).then(hangsUp(customer)).didNot("stop").hears("alice<ringback").
		did("play alice customer_gone").then(answers(bob)).hears("alice<bob bob<alice").
		then(leave(alice)).did("hangup bob finished")
}

// If exactly one agent remains and is live, holds on the customer set by others
// are cleared: by leave, remove, a lost leg.
func TestRuleRemainingAgentGetsCustomer(t *testing.T) {
	for _, in := range []input{leave(alice), remove(bob, alice), hangsUp(alice)} {
		consulting(t).then(hold(alice, customer), in).heldBy(customer, "").hears("customer<bob bob<customer")
	}
	consulting(t).then(vanishes(alice)).hears("customer<music bob<alone_tone").
		then(fires(transfer.TimerRejoin, alice)).hears("customer<bob bob<customer")
}

// A hold the remaining agent set itself stays.
func TestRuleRemainingAgentKeepsOwnHold(t *testing.T) {
	conferring(t).then(hold(bob, customer), leave(alice)).heldBy(customer, "explicit by bob")
}

// An agent who is held stays held when the other leaves; it unholds itself, and
// with it what departed agents held.
func TestRuleRemainingAgentStaysHeld(t *testing.T) {
	conferring(t).then(hold(alice, bob), hold(alice, customer), leave(alice)).
		heldBy(bob, "explicit by departed").heldBy(customer, "explicit by departed").
		hears("customer<music bob<hold_tone").
		then(unhold(bob, bob)).heldBy(customer, "").hears("customer<bob bob<customer")
}

// With auto_unhold false the holds of those who left stay until they are undone.
func TestRuleNoAutoUnhold(t *testing.T) {
	conferring(t, transfer.Policy{NoAutoUnhold: true}).then(hold(alice, customer), leave(alice)).
		heldBy(customer, "explicit by departed").then(unhold(bob, customer)).hears("customer<bob bob<customer")
}

// Two agents who remain keep what the third held: either may undo it.
func TestRuleTwoAgentsRemain(t *testing.T) {
	conferring(t).then(add(alice, anAgent), answers(carol), hold(alice, customer), leave(alice)).
		heldBy(customer, "explicit by departed").then(unhold(carol, customer)).heldBy(customer, "")
}

// An agent hanging up the phone is leave; while the target rings it cannot be
// refused. The customer hears ringback, the answer completes the transfer.
func TestRuleHangUpWhileRinging(t *testing.T) {
	for _, in := range []input{hangsUp(alice), leaveRinging(alice)} {
		r := talking(t).then(consult(alice, anAgent), in).hears("customer<ringback").pending(false)
		r.then(answers(bob)).hears("customer<bob bob<customer").did("note consult_ended bob by departed completed")
	}
}

// And the target's failure is a stranded customer.
func TestRuleHangUpAndTargetFails(t *testing.T) {
	talking(t).then(consult(alice, anAgent), hangsUp(alice), fails(bob, transfer.Busy)).
		did("note consult_ended bob by departed busy", "note strand customer").hears("customer<music")
}

// A lost agent is not a leaving agent: its seat is kept for a time, its phones
// are rung, the customer hears music; it comes back as it was.
func TestRuleLostAgent(t *testing.T) {
	talking(t).then(mute(alice, alice)).then(vanishes(alice)).did("dial self alice as agent", "note seat_opened alice", "arm rejoin alice").
		are("customer live, alice dialing").hears("customer<music").
		then(rings(alice)).hears("customer<ringback").
		then(answers(alice)).did("note seat_taken alice", "disarm rejoin alice").hears("customer<comfort_noise alice<customer")
}

// A seat whose time is over is a leave that nobody wished: the customer is
// stranded.
func TestRuleLostForGood(t *testing.T) {
	talking(t).then(vanishes(alice), fires(transfer.TimerRejoin, alice)).
		did("stop alice lost", "note seat_closed alice", "note strand customer").hears("customer<music")
	talking(t).then(vanishes(alice), fails(alice, transfer.Declined)).did("note seat_closed alice", "note strand customer")
}

// A phone that is not there fails, and the seat waits until it registers again.
func TestRuleSeatWaitsForRegistration(t *testing.T) {
	talking(t).then(vanishes(alice), fails(alice, transfer.Unregistered)).are("customer live, alice dialing").
		then(isBack(alice)).did("dial self alice as agent").then(isBack(alice)).onlyDid().
		then(answers(alice)).hears("customer<alice alice<customer")
}

// Audio that stops is a loss, too: the old leg is hung up on beside the new.
func TestRuleLostAudio(t *testing.T) {
	talking(t).then(fallsMute(alice)).did("hangup alice lost", "dial self alice as agent").
		then(answers(alice), oldLegGone(alice)).hears("customer<alice alice<customer")
}

// A lost customer keeps no seat: it has left.
func TestRuleLostCustomer(t *testing.T) {
	talking(t).then(vanishes(customer)).did("hangup alice finished").didNot("dial", "note seat_opened")
}

// A seat keeps a consult: its initiator comes back to it.
func TestRuleSeatKeepsConsult(t *testing.T) {
	consulting(t).then(vanishes(alice)).pending(true).hears("customer<music bob<alone_tone").
		then(answers(alice)).hears("customer<music alice<bob bob<alice").then(cancel(alice)).hears("customer<alice alice<customer")
}

// A consulted party that comes back while the initiator talks with the customer
// is held, as one that answers then is; if the initiator is lost meanwhile the
// one who comes is there for the customer.
func TestRuleConsultedPartyComesBack(t *testing.T) {
	consulting(t).then(vanishes(bob), unhold(alice, customer)).hears("customer<alice alice<customer").
		then(answers(bob)).hears("customer<alice alice<customer bob<hold_tone").heldBy(bob, "consult by alice")
	consulting(t).then(swap(alice), unhold(bob, bob)).hears("customer<alice+bob alice<customer+bob bob<customer+alice")
	talking(t).then(consult(alice, anAgent), swap(alice), vanishes(alice), answers(bob)).
		hears("customer<bob bob<customer").heldBy(bob, "")
}

// Who comes back alone to a customer whom somebody held who left meanwhile gets
// the customer.
func TestRuleSeatTakenReleasesDeparted(t *testing.T) {
	conferring(t).then(hold(alice, customer), vanishes(bob), hangsUp(alice)).heldBy(customer, "explicit by departed").
		hears("customer<music").then(answers(bob)).heldBy(customer, "").hears("customer<bob bob<customer")
}
