package transfer_test

import (
	"testing"

	"warmline/transfer"
)

// The rules of the customer whom nobody serves.

var (
	recallPolicy   = transfer.Policy{Stranded: transfer.Recall, HasQueue: true}
	announcePolicy = transfer.Policy{Stranded: transfer.AnnounceOnly, HasQueue: true}
)

// strand leaves the customer alone: alice is lost for good.
func (r *rig) strand() *rig {
	r.t.Helper()
	return r.then(vanishes(alice), fails(alice, transfer.Declined)).did("note strand customer").phase(transfer.Alone)
}

// By requeue the customer goes to the front of the queue it came from, with
// music; an agent found there takes it.
func TestRuleRequeue(t *testing.T) {
	talking(t).strand().did("search origin bob as agent").hears("customer<music").
		then(rings(bob)).hears("customer<ringback").
		then(answers(bob)).hears("customer<bob bob<customer").did("note strand_ended customer").phase(transfer.Serving)
}

// A queue that gives up again leaves the announcement, and then the call ends.
func TestRuleRequeueThenAnnounce(t *testing.T) {
	talking(t).strand().then(fires(transfer.TimerSearch, bob)).did("announce customer").hears("customer<announcement").
		then(messagePlayed).did("hangup customer stranded").phase(transfer.Closing)
}

// Without a queue there is the announcement alone.
func TestRuleNoQueue(t *testing.T) {
	talking(t, transfer.Policy{}).strand().did("announce customer").hears("customer<announcement")
}

// By recall the last agent is rung twice, ten seconds apart; then the
// announcement.
func TestRuleRecall(t *testing.T) {
	talking(t, recallPolicy).strand().did("dial last bob as agent").hears("customer<ringback").
		then(fires(transfer.TimerRing, bob)).did("arm recall").hears("customer<music").
		then(confirmed(bob), fires(transfer.TimerRecall, operator)).did("dial last alice as agent").hears("customer<ringback").
		then(fails(alice, transfer.Declined)).did("announce customer").didNot("arm recall")
}

// Nobody is recalled where no agent has ever been on the call.
func TestRuleRecallNobody(t *testing.T) {
	talk(t, recallPolicy).then(customerCalls(aQueue), fires(transfer.TimerSearch, alice)).
		did("announce customer").didNot("dial")
}

// By announce the message is played, then the call ends; also when it cannot be
// played.
func TestRuleAnnounce(t *testing.T) {
	talking(t, announcePolicy).strand().did("announce customer").hears("customer<announcement").
		then(fact(transfer.AnnounceFailed, operator, transfer.NoCause)).did("hangup customer stranded")
}

// A queue that gave up, and a target that failed after the agent had left,
// strand the customer, too; so does an agent whom a supervisor removes.
func TestRuleWaysToBeStranded(t *testing.T) {
	talk(t).then(customerCalls(aQueue), fires(transfer.TimerSearch, alice)).did("note strand customer")
	talk(t).then(customerCalls(emptyQueue), fails(alice, transfer.QueueGaveUp)).did("note strand customer")
	talking(t).then(cold(alice, anAgent), fails(bob, transfer.Declined)).did("note strand customer")
	talking(t).then(remove(operator, alice)).did("note strand customer")
}

// An agent who simply ends the call strands nobody.
func TestRuleHangUpStrandsNobody(t *testing.T) {
	talking(t).then(hangsUp(alice)).didNot("note strand", "search", "announce").phase(transfer.Closing)
}

// While somebody is reached for the customer, or comes back to it, it is not
// stranded.
func TestRuleNotStrandedWhileReached(t *testing.T) {
	talking(t).then(add(alice, anAgent)).then(hangsUp(alice)).didNot("note strand").hears("customer<ringback")
	talking(t).then(vanishes(alice)).didNot("note strand").phase(transfer.Serving)
	consulting(t).then(vanishes(alice)).didNot("note strand").hears("customer<music bob<alone_tone")
}

// A customer who hangs up in the policy ends what was done for it.
func TestRuleStrandedCustomerLeaves(t *testing.T) {
	talking(t).strand().then(hangsUp(customer)).did("stop bob cancelled", "note strand_ended customer").
		then(confirmed(bob), oldLegGone(alice), confirmed(alice)).phase(transfer.Over)
}

// The policy starts anew each time: a customer who is stranded again has its
// recalls again.
func TestRuleStrandedAgain(t *testing.T) {
	talking(t, recallPolicy).strand().then(answers(bob)).phase(transfer.Serving).
		then(vanishes(bob), fails(bob, transfer.Busy)).did("dial last alice as agent", "note strand customer").
		then(fails(alice, transfer.NoAnswer)).did("arm recall")
}

// A muted or held customer is stranded with sound, and is served when found.
func TestRuleStrandedHeld(t *testing.T) {
	talking(t).then(hold(alice, customer)).strand().heldBy(customer, "").hears("customer<music").
		then(answers(bob)).hears("customer<bob bob<customer")
	talking(t).then(mute(operator, customer)).strand().hears("customer<music").
		then(answers(bob)).hears("customer<bob bob<comfort_noise")
}
