package transfer_test

import (
	"testing"

	"warmline/transfer"
)

// The rules of races: what crosses on the wire, in both orders.

// Cancel crosses the answer: the answered leg is hung up on, the customer is
// back already, and nobody hears the late one.
func TestRaceCancelCrossesAnswer(t *testing.T) {
	talking(t).then(consult(alice, anAgent), cancel(alice)).hears("customer<alice alice<customer").
		then(answers(bob)).onlyDid("hangup bob cancelled").hears("customer<alice alice<customer").
		then(confirmed(bob)).onlyDid().are("customer live, alice live")
	talking(t).then(consult(alice, anAgent), answers(bob)).then(cancel(alice)).did("hangup bob cancelled").didNot("stop")
}

// Leave crosses the answer: either order completes the transfer.
func TestRaceLeaveCrossesAnswer(t *testing.T) {
	for _, order := range [][]input{{answers(bob), leave(alice)}, {leaveRinging(alice), answers(bob)}} {
		talking(t).then(consult(alice, anAgent)).then(order...).hears("customer<bob bob<customer").
			did("hangup alice hangup", "note transfer_done bob by "+doer(order))
	}
}

// doer is alice while she is there, and has departed once the answer comes.
func doer(order []input) string {
	if order[0].Kind == transfer.LegUp {
		return "alice"
	}
	return "departed"
}

// The customer's hang-up crosses merge: the agents talk on, whichever is first.
func TestRaceHangUpCrossesMerge(t *testing.T) {
	consulting(t).then(merge(alice), hangsUp(customer)).hears("alice<bob bob<alice").pending(false)
	consulting(t).then(hangsUp(customer)).refuses("nothing_held", merge(alice)).hears("alice<bob bob<alice").pending(false)
}

// A kick crosses leave: one of them ends the leg, the other finds it gone.
func TestRaceKickCrossesLeave(t *testing.T) {
	conferring(t).then(remove(operator, bob)).refuses("not_live", leave(bob)).then(hangsUp(bob)).onlyDid()
	conferring(t).then(leave(bob)).refuses("not_present", remove(operator, bob)).hears("customer<alice alice<customer")
}

// Two agents press unhold: both are granted, the second finds it done.
func TestRaceTwoUnholds(t *testing.T) {
	conferring(t).then(hold(alice, customer)).then(unhold(alice, customer)).did("note hold_cleared customer by alice").
		then(unhold(bob, customer)).onlyDid("reply ok").hears("customer<alice+bob alice<customer+bob bob<customer+alice")
}

// Hold crosses a hold key: both bits are set, each is cleared by its own.
func TestRaceHoldCrossesHoldKey(t *testing.T) {
	for _, order := range [][]input{
		{hold(alice, customer), phoneHold(customer, true)}, {phoneHold(customer, true), hold(alice, customer)},
	} {
		talking(t).then(order...).then(unhold(alice, customer)).are("customer held, alice live").
			then(phoneHold(customer, false)).are("customer live, alice live")
	}
}

// Who refers and sends BYE at once has left; the survivor stays.
func TestRaceReferThenBye(t *testing.T) {
	talking(t).then(cold(alice, anAgent)).then(hangsUp(alice)).onlyDid().hears("customer<ringback").
		then(answers(bob)).hears("customer<bob bob<customer")
}

// The target answers while the customer hangs up.
func TestRaceAnswerCrossesHangUp(t *testing.T) {
	talking(t).then(consult(alice, anAgent), answers(bob), hangsUp(customer)).hears("alice<bob bob<alice")
	talking(t).then(consult(alice, anAgent), hangsUp(customer)).then(answers(bob)).onlyDid("hangup bob cancelled").
		phase(transfer.Closing)
	talking(t).then(cold(alice, anAgent), hangsUp(customer)).then(answers(bob)).onlyDid("hangup bob cancelled")
}

// A hang-up that is lost is found by the silence: a customer so gone has left.
func TestRaceLostBye(t *testing.T) {
	talking(t).then(fallsMute(customer)).did("hangup customer lost", "hangup alice finished").
		then(confirmed(customer), confirmed(alice)).onlyDid("end")
}

// An end that both sides begin is confirmed once; what is said twice is not
// heard twice.
func TestRaceBothHangUp(t *testing.T) {
	conferring(t).then(leave(bob)).then(hangsUp(bob)).onlyDid().then(hangsUp(bob)).onlyDid().
		are("customer live, alice live")
}

// The answer crosses a ring timer that fires: the timer is late and does
// nothing, or the answer is and is hung up on.
func TestRaceAnswerCrossesTimer(t *testing.T) {
	talking(t).then(consult(alice, anAgent), answers(bob)).then(fires(transfer.TimerRing, bob)).onlyDid().
		hears("customer<music alice<bob bob<alice")
	talking(t).then(consult(alice, anAgent), fires(transfer.TimerRing, bob)).then(answers(bob)).onlyDid("hangup bob cancelled").
		hears("customer<alice alice<customer")
}

// A seat's timer crosses the agent's return.
func TestRaceSeatTimerCrossesReturn(t *testing.T) {
	talking(t).then(vanishes(alice), answers(alice)).then(fires(transfer.TimerRejoin, alice)).onlyDid().
		hears("customer<alice alice<customer")
	talking(t).then(vanishes(alice), fires(transfer.TimerRejoin, alice)).then(answers(alice)).onlyDid("hangup alice cancelled").
		hears("customer<music")
}

// The announcement's end crosses an agent's going: a message that is not being
// played ends nothing.
func TestRaceMessageWithoutPolicy(t *testing.T) {
	talking(t).then(messagePlayed).onlyDid().phase(transfer.Serving)
}

// Two leave in the same instant: with the second the customer is hung up on,
// as by any last agent.
func TestRaceBothAgentsLeave(t *testing.T) {
	conferring(t).then(leave(alice)).then(leave(bob)).did("hangup bob hangup", "hangup customer finished").phase(transfer.Closing)
}

// Eight parties at most: a ninth is refused, and a slot whose leg is not
// confirmed gone is not free.
func TestRuleFull(t *testing.T) {
	r := talking(t)
	for range transfer.MaxParties - 2 {
		r.then(add(alice, anAgent))
	}
	r.refuses("full", add(alice, anAgent)).refuses("full", consult(alice, anAgent)).refuses("full", cold(alice, anAgent)).
		then(remove(alice, bob)).refuses("full", add(alice, anAgent)).
		then(confirmed(bob), add(alice, anAgent)).did("dial target bob as agent")
}
