package transfer_test

import "warmline/transfer"

// Orders that are often answered alike.
const (
	reaching = "consult consult_present consult_offline consult_empty add transfer "
	itself   = "hold_self unhold_self mute_self unmute_self "
	going    = "leave leave_ringing "
)

// situations: who is no agent on the call is answered all alike. The first
// reason that holds is told: who one is, before where one stands, before what
// is asked for.
var situations = []situation{
	{
		name: "nothing has happened", by: operator,
		answers: map[string]string{"not_live": everyOrder()},
	},
	{
		name: "the customer calls, as the agent who is rung", by: alice, after: []input{customerCalls(anAgent), rings(alice)},
		answers: map[string]string{"not_live": everyOrder()},
	},
	{
		name: "an agent calls out, the target rings", by: customer, after: []input{agentCalls(aNumber), rings(alice)},
		answers: map[string]string{"not_live": everyOrder()},
	},
	{
		name: "an agent calls a queue", by: customer, after: []input{agentCalls(aQueue)},
		answers: map[string]string{
			"ok":              itself + going + "hold_customer unhold_customer mute_customer remove_customer remove_customer_by_right",
			"not_allowed":     "end",
			"not_answered":    reaching,
			"not_present":     "hold_bob remove_bob",
			"not_swappable":   "swap",
			"nothing_held":    "merge",
			"nothing_pending": "cancel",
		},
	},
	{
		name: "in a talk", by: alice, after: intoTalk,
		answers: map[string]string{
			"ok":              itself + going + "consult add transfer hold_customer unhold_customer remove_customer_by_right",
			"already_present": "consult_present",
			"not_allowed":     "end mute_customer remove_customer",
			"not_present":     "hold_bob remove_bob",
			"not_swappable":   "swap",
			"nothing_held":    "merge",
			"nothing_pending": "cancel",
			"queue_empty":     "consult_empty",
			"unreachable":     "consult_offline",
		},
	},
	{
		name: "in a talk, a supervisor", by: operator, after: intoTalk,
		answers: map[string]string{
			"ok":              "end hold_customer unhold_customer mute_customer remove_customer remove_customer_by_right",
			"not_allowed":     reaching + going + "swap",
			"not_present":     itself + "hold_bob remove_bob",
			"nothing_held":    "merge",
			"nothing_pending": "cancel",
		},
	},
	{
		name: "in a talk, nobody who is there", by: carol, after: intoTalk,
		answers: map[string]string{"not_present": everyOrder()},
	},
	{
		name: "in a talk, the customer", by: customer, after: intoTalk,
		answers: map[string]string{"not_allowed": everyOrder()},
	},
	{
		name: "customer held", by: alice, after: after(intoTalk, hold(alice, customer)),
		answers: map[string]string{
			"ok":              itself + going + "consult add transfer merge hold_customer unhold_customer remove_customer_by_right",
			"already_present": "consult_present",
			"not_allowed":     "end mute_customer remove_customer",
			"not_present":     "hold_bob remove_bob",
			"not_swappable":   "swap",
			"nothing_pending": "cancel",
			"queue_empty":     "consult_empty",
			"unreachable":     "consult_offline",
		},
	},
	{
		name: "actor held in a talk", by: alice, after: after(intoTalk, hold(operator, alice)),
		answers: map[string]string{
			"ok":              going + "unhold_self mute_self unmute_self remove_customer_by_right",
			"actor_held":      reaching + "swap merge hold_customer unhold_customer hold_self hold_bob",
			"not_allowed":     "end mute_customer remove_customer",
			"not_present":     "remove_bob",
			"nothing_pending": "cancel",
		},
	},
	{
		name: "actor's phone holds", by: alice, after: after(intoTalk, phoneHold(alice, true)),
		answers: map[string]string{
			"ok":              going + "unhold_self mute_self unmute_self remove_customer_by_right",
			"actor_held":      reaching + "swap merge hold_customer unhold_customer hold_self hold_bob",
			"not_allowed":     "end mute_customer remove_customer",
			"not_present":     "remove_bob",
			"nothing_pending": "cancel",
		},
	},
	{
		name: "consult rings, its initiator", by: alice, after: intoRinging,
		answers: map[string]string{
			"ok":              itself + "cancel swap merge hold_customer unhold_customer remove_bob remove_customer_by_right leave_ringing",
			"consult_pending": reaching,
			"consult_ringing": "leave",
			"not_allowed":     "end mute_customer remove_customer",
			"not_answered":    "hold_bob",
		},
	},
	{
		name: "consult rings, who is rung", by: bob, after: intoRinging,
		answers: map[string]string{"not_live": everyOrder()},
	},
	{
		name: "consult rings, a supervisor", by: operator, after: intoRinging,
		answers: map[string]string{
			"ok":           "cancel merge end hold_customer unhold_customer mute_customer remove_bob remove_customer remove_customer_by_right",
			"not_allowed":  reaching + going + "swap",
			"not_answered": "hold_bob",
			"not_present":  itself,
		},
	},
	{
		name: "consult of a queue, back at the customer", by: alice, after: after(intoTalk, consult(alice, aQueue), swap(alice)),
		answers: map[string]string{
			"ok":              itself + "cancel swap hold_customer unhold_customer remove_bob remove_customer_by_right leave_ringing",
			"consult_pending": reaching,
			"consult_ringing": "leave",
			"not_allowed":     "end mute_customer remove_customer",
			"not_answered":    "hold_bob",
			"nothing_held":    "merge",
		},
	},
	{
		name: "consult answered, its initiator", by: alice, after: intoConsult,
		answers: map[string]string{
			"ok":              itself + going + "cancel swap merge hold_customer unhold_customer hold_bob remove_bob remove_customer_by_right",
			"consult_pending": reaching,
			"not_allowed":     "end mute_customer remove_customer",
		},
	},
	{
		name: "consult answered, the consulted", by: bob, after: intoConsult,
		answers: map[string]string{
			"ok":              itself + going + "swap merge hold_customer unhold_customer hold_bob remove_bob remove_customer_by_right",
			"consult_pending": reaching,
			"not_allowed":     "cancel end mute_customer remove_customer",
		},
	},
	{
		name: "consult answered, a supervisor", by: operator, after: intoConsult,
		answers: map[string]string{
			"ok":          "cancel merge end hold_customer unhold_customer hold_bob mute_customer remove_bob remove_customer remove_customer_by_right",
			"not_allowed": reaching + going + "swap",
			"not_present": itself,
		},
	},
	{
		name: "swapped, the held consulted", by: bob, after: intoSwapped,
		answers: map[string]string{
			"ok":          going + "unhold_self mute_self unmute_self remove_bob remove_customer_by_right",
			"actor_held":  reaching + "swap merge hold_customer unhold_customer hold_self hold_bob",
			"not_allowed": "cancel end mute_customer remove_customer",
		},
	},
	{
		name: "swapped, the initiator", by: alice, after: intoSwapped,
		answers: map[string]string{
			"ok":              itself + going + "cancel swap merge hold_customer unhold_customer hold_bob remove_bob remove_customer_by_right",
			"consult_pending": reaching,
			"not_allowed":     "end mute_customer remove_customer",
		},
	},
	{
		name: "three together", by: alice, after: intoThree,
		answers: map[string]string{
			"ok":              itself + going + "consult add transfer hold_customer unhold_customer hold_bob remove_bob remove_customer_by_right",
			"already_present": "consult_present",
			"not_allowed":     "end mute_customer remove_customer",
			"not_swappable":   "swap",
			"nothing_held":    "merge",
			"nothing_pending": "cancel",
			"queue_empty":     "consult_empty",
			"unreachable":     "consult_offline",
		},
	},
	{
		name: "three together, one held", by: alice, after: after(intoThree, hold(alice, bob)),
		answers: map[string]string{
			"ok":              itself + going + "consult add transfer swap merge hold_customer unhold_customer hold_bob remove_bob remove_customer_by_right",
			"already_present": "consult_present",
			"not_allowed":     "end mute_customer remove_customer",
			"nothing_pending": "cancel",
			"queue_empty":     "consult_empty",
			"unreachable":     "consult_offline",
		},
	},
	{
		name: "both others held", by: alice, after: after(intoThree, hold(alice, bob), hold(alice, customer)),
		answers: map[string]string{
			"ok":              itself + going + "consult add transfer merge hold_customer unhold_customer hold_bob remove_bob remove_customer_by_right",
			"already_present": "consult_present",
			"not_allowed":     "end mute_customer remove_customer",
			"not_swappable":   "swap",
			"nothing_pending": "cancel",
			"queue_empty":     "consult_empty",
			"unreachable":     "consult_offline",
		},
	},
	{
		name: "customer gone, two agents", by: alice, after: after(intoThree, hangsUp(customer)),
		answers: map[string]string{
			"ok":              itself + going + "consult add transfer hold_bob remove_bob",
			"already_present": "consult_present",
			"not_allowed":     "end",
			"not_present":     "hold_customer unhold_customer mute_customer remove_customer remove_customer_by_right",
			"not_swappable":   "swap",
			"nothing_held":    "merge",
			"nothing_pending": "cancel",
			"queue_empty":     "consult_empty",
			"unreachable":     "consult_offline",
		},
	},
	{
		name: "cancelled, the end unconfirmed", by: alice, after: after(intoConsult, cancel(alice)),
		answers: map[string]string{
			"ok":              itself + going + "consult add transfer hold_customer unhold_customer remove_customer_by_right",
			"already_present": "consult_present",
			"not_allowed":     "end mute_customer remove_customer",
			"not_present":     "hold_bob remove_bob",
			"not_swappable":   "swap",
			"nothing_held":    "merge",
			"nothing_pending": "cancel",
			"queue_empty":     "consult_empty",
			"unreachable":     "consult_offline",
		},
	},
	{
		name: "cold transfer rings, who left", by: alice, after: after(intoTalk, cold(alice, anAgent)),
		answers: map[string]string{"not_live": everyOrder()},
	},
	{
		name: "actor lost, its seat kept", by: alice, after: after(intoTalk, vanishes(alice)),
		answers: map[string]string{"not_live": everyOrder()},
	},
	{
		name: "colleague lost in a consult", by: alice, after: after(intoConsult, vanishes(bob)),
		answers: map[string]string{
			"ok":              itself + going + "cancel merge hold_customer unhold_customer remove_bob remove_customer_by_right",
			"consult_pending": reaching,
			"not_allowed":     "end mute_customer remove_customer",
			"not_answered":    "hold_bob",
			"not_swappable":   "swap",
		},
	},
	{
		name: "customer in the stranded policy", by: operator, after: after(intoTalk, vanishes(alice), fails(alice, transfer.Declined)),
		answers: map[string]string{
			"ok":              "end hold_customer unhold_customer mute_customer remove_bob remove_customer remove_customer_by_right",
			"not_allowed":     reaching + going + "swap",
			"not_answered":    "hold_bob",
			"not_present":     itself,
			"nothing_held":    "merge",
			"nothing_pending": "cancel",
		},
	},
	{
		name: "the call ends", by: alice, after: after(intoTalk, end(operator)),
		answers: map[string]string{"ended": everyOrder()},
	},
	{
		name: "the call is over", by: operator, after: after(intoTalk, hangsUp(alice), confirmed(customer)),
		answers: map[string]string{"ended": everyOrder()},
	},
}
