package transfer_test

import (
	"testing"

	"warmline/transfer"
)

// The rules of parties, statuses and holds, each with the shortest history that
// shows it.

// Every call is a conference from its first second: two parties, before anybody
// has answered. A party goes from dialing by ringing to live.
func TestRuleCallIsAConference(t *testing.T) {
	talk(t).then(customerCalls(anAgent)).are("customer dialing, alice dialing").did("dial target alice as agent").
		then(rings(alice)).are("customer ringing, alice ringing").did("progress customer").
		then(answers(alice)).are("customer live, alice live").did("answer customer", "note party_joined alice").
		hears("customer<alice alice<customer")
}

// Live changes with held, and ends with left; whoever was never on the call has
// failed.
func TestRuleStatusWords(t *testing.T) {
	talking(t).then(hold(alice, customer)).are("customer held, alice live").
		then(unhold(alice, customer)).are("customer live, alice live").
		then(phoneHold(customer, true)).are("customer held, alice live").
		then(consult(alice, anAgent), fires(transfer.TimerRing, bob)).are("customer held, alice live, bob failed").
		then(confirmed(bob), end(operator)).are("customer left, alice left")
}

// A failed party is told with its reason.
func TestRuleFailureReasons(t *testing.T) {
	for _, c := range []struct {
		how    transfer.Cause
		reason string
	}{
		{transfer.Busy, "busy"}, {transfer.Declined, "declined"}, {transfer.NoAnswer, "no_answer"},
		{transfer.Unregistered, "unregistered"}, {transfer.Unreachable, "unreachable"},
		{transfer.Cancelled, "cancelled"}, {transfer.Rejected, "rejected"},
	} {
		talking(t).then(add(alice, anAgent), fails(bob, c.how)).did("note party_failed bob " + c.reason)
	}
}

// Roles come of how a party is reached: agents and those a queue finds are
// agents, a number is an external, whom an agent calls is that call's customer.
func TestRuleRoles(t *testing.T) {
	talking(t).then(consult(alice, anAgent)).did("dial target bob as agent")
	talking(t).then(consult(alice, aQueue)).did("search target bob as agent")
	talking(t).then(consult(alice, aNumber)).did("dial target bob as external")
	talk(t).then(agentCalls(aNumber)).did("dial target alice as customer")
	talk(t).then(clicksToCall(aNumber)).did("dial click customer as agent").
		then(answers(customer)).did("dial target alice as customer")
}

// There are two hold bits: a leg is mixed only while both are clear, and to
// clear one never clears the other.
func TestRuleTwoHoldBits(t *testing.T) {
	both := talking(t).then(phoneHold(customer, true), hold(alice, customer)).
		are("customer held, alice live").heldBy(customer, "explicit by alice")
	both.then(unhold(alice, customer)).are("customer held, alice live").hears("alice<comfort_noise")
	both.then(hold(alice, customer), phoneHold(customer, false)).are("customer held, alice live").
		hears("customer<music alice<alone_tone")
	both.then(unhold(alice, customer)).are("customer live, alice live").hears("customer<alice alice<customer")
}

// What a remotely held peer sends never enters the mix.
func TestRuleRemoteHoldIsNotHeard(t *testing.T) {
	conferring(t).then(phoneHold(bob, true)).hears("customer<alice alice<customer").
		then(phoneHold(alice, true)).hears("customer<music").
		then(phoneHold(alice, false)).hears("customer<alice alice<customer")
}

// A server hold carries its cause and who set it; pressing hold makes one of a
// consult explicit.
func TestRuleHoldCause(t *testing.T) {
	consulting(t).heldBy(customer, "consult by alice").
		then(hold(bob, customer)).heldBy(customer, "explicit by bob").did("note hold_set customer by bob").
		then(hold(alice, customer)).heldBy(customer, "explicit by bob").onlyDid("reply ok").
		then(unhold(alice, customer)).heldBy(customer, "").did("note hold_cleared customer by alice")
	talking(t).then(hold(operator, alice)).heldBy(alice, "explicit by -")
}

// Hold is a property of a party: customer, agent, both or nobody may be held,
// and two held parties never hear each other.
func TestRuleAllCombinationsOfHolds(t *testing.T) {
	conferring(t).hears("customer<alice+bob alice<customer+bob bob<customer+alice").
		then(hold(alice, customer)).hears("customer<music alice<bob bob<alice").
		then(hold(alice, bob)).hears("customer<music alice<alone_tone bob<hold_tone").
		then(unhold(alice, customer)).hears("customer<alice alice<customer bob<hold_tone").
		then(hold(operator, alice), hold(operator, customer)).hears("customer<music alice<hold_tone bob<hold_tone")
}

// The hold treatment of customers and externals is music, that of agents a soft
// tone.
func TestRuleHoldTreatments(t *testing.T) {
	talking(t).then(add(alice, aNumber), answers(bob), hold(alice, bob), hold(alice, customer), hold(operator, alice)).
		hears("customer<music alice<hold_tone bob<music")
}

// Hold is never signalled to a leg: nothing is done but to say who hears whom.
func TestRuleHoldIsNotSignalled(t *testing.T) {
	talking(t).then(hold(alice, customer)).onlyDid(
		"audible customer<music alice<alone_tone", "note hold_set customer by alice", "reply ok")
	talking(t).then(hold(operator, alice)).onlyDid(
		"audible customer<comfort_noise alice<hold_tone", "note hold_set alice", "arm alone", "reply ok")
}

// A party that has left is listed until its leg is confirmed gone; its slot is
// then free for another.
func TestRuleSlotIsKeptUntilConfirmed(t *testing.T) {
	conferring(t).then(remove(alice, bob)).are("customer live, alice live, bob left").
		then(consult(alice, anAgent)).are("customer held, alice live, bob left, carol dialing").
		then(cancel(alice), confirmed(bob), add(alice, anAgent)).
		are("customer live, alice live, bob dialing, carol failed")
}

// Nobody ever hears their own voice, nor anything after they have left.
func TestRuleNoOwnVoice(t *testing.T) {
	r := conferring(t).then(add(alice, aNumber), answers(carol)).
		hears("customer<alice+bob+carol alice<customer+bob+carol bob<customer+alice+carol carol<customer+alice+bob")
	r.then(leave(bob)).hears("customer<alice+carol alice<customer+carol carol<customer+alice")
}

// Feature keys of customers and externals control nothing.
func TestRuleOutsidersCommandNothing(t *testing.T) {
	r := talking(t).then(add(alice, aNumber), answers(bob))
	for _, by := range []transfer.Party{customer, bob} {
		for _, in := range []input{
			hold(by, alice), unhold(by, by), mute(by, by), leave(by), merge(by), swap(by), cancel(by), end(by),
			remove(by, alice), consult(by, anAgent), add(by, anAgent), cold(by, anAgent),
		} {
			r.refuses("not_allowed", in).onlyDid("reply not_allowed")
		}
	}
}
