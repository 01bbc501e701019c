package transfer_test

import (
	"testing"

	"warmline/transfer"
)

// The rules of who hears what: a customer, the agent on the call, the agent
// she consults.

// In a queue with nobody free the customer hears music; once a phone rings for
// it, ringback.
func TestRuleHearsQueue(t *testing.T) {
	talk(t).then(customerCalls(aQueue)).did("answer customer", "search target alice as agent").hears("customer<music").
		then(rings(alice)).hears("customer<ringback").
		then(notTaken(alice)).hears("customer<music").
		then(rings(alice), answers(alice)).hears("customer<alice alice<customer")
}

// In a consult the customer hears music: the agent ringback, or the queue tone
// while nobody is free, which is not the customer's music.
func TestRuleHearsConsultRinging(t *testing.T) {
	talking(t).then(consult(alice, anAgent)).hears("customer<music alice<ringback")
	talking(t).then(consult(alice, aQueue)).hears("customer<music alice<queue_tone").
		then(rings(bob)).hears("customer<music alice<ringback").
		then(notTaken(bob)).hears("customer<music alice<queue_tone")
}

// Answered: the two agents hear each other, the customer music; then swap, both
// held, merge.
func TestRuleHearsConsult(t *testing.T) {
	consulting(t).hears("customer<music alice<bob bob<alice").
		then(swap(alice)).hears("customer<alice alice<customer bob<hold_tone").
		then(hold(alice, customer)).hears("customer<music alice<alone_tone bob<hold_tone").
		then(merge(alice)).hears("customer<alice+bob alice<customer+bob bob<customer+alice").
		then(leave(alice)).hears("customer<bob bob<customer")
}

// The agent left and the consulted one is held still: the customer hears music
// after two seconds, comfort noise till then, until that agent unholds itself.
func TestRuleHearsLeftHeld(t *testing.T) {
	consulting(t).then(swap(alice), leave(alice)).hears("customer<comfort_noise bob<hold_tone").did("arm alone").
		then(fires(transfer.TimerAlone, operator)).hears("customer<music bob<hold_tone").
		then(unhold(bob, bob)).hears("customer<bob bob<customer")
}

// The two seconds are over when somebody talks to the customer before.
func TestRuleHearsNotAloneAnyMore(t *testing.T) {
	consulting(t).then(swap(alice), leave(alice)).then(unhold(bob, bob)).did("disarm alone").
		then(fires(transfer.TimerAlone, operator)).onlyDid().hears("customer<bob bob<customer")
}

// Refused, busy, not answered: an error tone, then the customer again, if the
// consult held it.
func TestRuleHearsConsultFails(t *testing.T) {
	for _, c := range []struct {
		in      input
		outcome string
	}{
		{fails(bob, transfer.Busy), "busy"}, {fails(bob, transfer.Declined), "declined"},
		{fails(bob, transfer.NoAnswer), "no_answer"}, {fires(transfer.TimerRing, bob), "no_answer"},
		{fails(bob, transfer.Rejected), "failed"}, {fails(bob, transfer.QueueGaveUp), "no_answer"},
	} {
		talking(t).then(consult(alice, anAgent), c.in).hears("customer<alice alice<customer").
			did("note consult_ended bob by alice "+c.outcome, "play alice error_tone")
		talking(t).then(hold(alice, customer), consult(alice, anAgent), c.in).hears("customer<music alice<alone_tone")
	}
}

// An agent that is held hears its treatment and no error tone.
func TestRuleHeldHearsNoTones(t *testing.T) {
	talking(t).then(consult(alice, anAgent), hold(operator, alice)).then(fails(bob, transfer.Busy)).didNot("play").
		hears("customer<comfort_noise alice<hold_tone")
}

// The customer hung up in the consult: a tone for the initiator, then the two
// agents go on.
func TestRuleHearsCustomerGone(t *testing.T) {
	consulting(t).then(hangsUp(customer)).hears("alice<bob bob<alice").
		did("note consult_ended bob by alice customer_left", "play alice customer_gone")
}

// A party whose own phone holds hears nothing from us; who is left hears music
// (a customer) or comfort noise (an agent).
func TestRuleHearsPhoneHold(t *testing.T) {
	talking(t).then(phoneHold(alice, true)).hears("customer<music")
	talking(t).then(phoneHold(customer, true)).hears("alice<comfort_noise")
}

// Who is muted leaves no silence: the others hear comfort noise, and no music.
func TestRuleHearsMuted(t *testing.T) {
	talking(t).then(mute(alice, alice)).hears("customer<comfort_noise alice<customer")
	talking(t).then(mute(operator, customer)).hears("customer<alice alice<comfort_noise")
}

// A tone is played once the call is heard again, and everything said of who
// hears whom is said once in a step.
func TestRuleAudibleOnceAStep(t *testing.T) {
	talking(t).then(consult(alice, anAgent)).
		then(fails(bob, transfer.Declined)).onlyDid(
		"audible customer<alice alice<customer",
		"note party_failed bob declined", "note consult_ended bob by alice declined",
		"note hold_cleared customer by alice", "play alice error_tone", "disarm ring bob")
	talking(t).then(phoneHold(alice, false)).onlyDid()
}
