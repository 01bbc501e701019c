package transfer_test

import (
	"testing"

	"warmline/transfer"
)

// The rules of a call's beginning, before anybody talks.

// A caller whose target cannot be reached is refused with the reason, and
// nobody is rung.
func TestRuleCallerRefused(t *testing.T) {
	for _, c := range []struct {
		to    transfer.Target
		cause string
	}{
		{present, "busy"}, {offline, "unregistered"}, {transfer.Target{}, "unreachable"},
		{transfer.Target{Kind: transfer.ToNumber, Reach: transfer.NotReachable}, "unreachable"},
		{transfer.Target{Kind: transfer.ToQueue, Reach: transfer.NotReachable}, "unreachable"},
	} {
		talk(t).then(customerCalls(c.to)).did("reject customer "+c.cause).didNot("dial", "search", "answer").
			phase(transfer.Closing).then(confirmed(customer)).onlyDid("end")
	}
}

// A customer waits in a queue where nobody is logged in: somebody may come. An
// agent who calls it is told at once.
func TestRuleEmptyQueue(t *testing.T) {
	talk(t).then(customerCalls(emptyQueue)).did("answer customer", "search target alice as agent").hears("customer<music")
	talk(t).then(agentCalls(emptyQueue)).did("reject customer unreachable")
}

// The caller is answered when its target answers, and told meanwhile that it
// rings; what the target refuses with is what the caller is refused with.
func TestRuleCallerIsAnsweredLate(t *testing.T) {
	talk(t).then(customerCalls(anAgent)).didNot("answer").hears("nobody hears anything").
		then(rings(alice)).onlyDid("progress customer").then(rings(alice)).onlyDid().
		then(answers(alice)).did("answer customer")
	for _, how := range []transfer.Cause{transfer.Busy, transfer.Declined, transfer.Unregistered, transfer.Rejected} {
		talk(t).then(customerCalls(anAgent), fails(alice, how)).did("reject customer " + how.String())
	}
	talk(t).then(customerCalls(anAgent), fires(transfer.TimerRing, alice)).did("stop alice no_answer", "reject customer no_answer")
}

// A caller who gives up while the phone rings stops that ringing at once.
func TestRuleCallerGivesUp(t *testing.T) {
	talk(t).then(customerCalls(anAgent), rings(alice), fact(transfer.LegGone, customer, transfer.Cancelled)).
		did("stop alice cancelled").phase(transfer.Closing).then(fails(alice, transfer.Cancelled)).onlyDid("end")
	talk(t).then(customerCalls(aQueue), rings(alice), hangsUp(customer)).did("stop alice cancelled", "disarm search alice")
}

// The answer to the caller may fail, as it gave up in that moment: it was there
// and has gone.
func TestRuleAnswerFails(t *testing.T) {
	talking(t).then(fails(customer, transfer.Cancelled)).did("hangup alice finished", "note party_left customer cancelled")
}

// By a click the agent's own phone rings first, then the target, and the agent
// hears that.
func TestRuleClick(t *testing.T) {
	const clicker, called = customer, alice
	talk(t).then(clicksToCall(anAgent)).onlyDid("dial click customer as agent", "arm ring customer").
		then(answers(clicker)).did("dial target alice as agent", "audible customer<ringback").
		then(answers(called)).hears("customer<alice alice<customer").phase(transfer.Serving)
	talk(t).then(clicksToCall(aQueue), answers(clicker)).hears("customer<queue_tone")
	talk(t).then(clicksToCall(offline)).onlyDid("note party_failed customer unregistered", "end").phase(transfer.Over)
	talk(t).then(clicksToCall(anAgent), fails(clicker, transfer.Declined)).did("note party_failed customer declined", "end")
}

// A conference begins with a caller who may call, once.
func TestRuleFirstInput(t *testing.T) {
	for _, in := range []input{
		arrives(transfer.External, anAgent), arrives(transfer.Supervisor, anAgent), answers(customer), hangsUp(alice), messagePlayed,
	} {
		talk(t).then(in).onlyDid().phase(transfer.Fresh)
	}
	talking(t).then(customerCalls(anAgent), clicksToCall(aNumber)).onlyDid().are("customer live, alice live")
}
