// Package queue decides which waiting contact is offered to which agent. It is
// pure: no clock, no I/O; inputs in, effects out.
//
// # The machine
//
// A Machine holds all queues, because an agent may serve several and must get
// one offer at a time over all of them. It is one value with one owner, not safe
// for concurrent use. Step takes an Input and returns the Effects that make it
// true, in order; it is total and deterministic: every input is legal at any
// time, one that makes no sense changes nothing, and equal histories give equal
// effects.
//
//	          Join                     Offer                  Accepted
//	(nobody) ──────▶ waiting ◀────────────────────▶ offered ──────────▶ (gone)
//	                    │       Refused, TimerRing      │
//	                    └───────────────┬───────────────┘
//	                    Leave (Withdraw) · TimerLimit (Withdraw, GaveUp)
//
// # The line
//
// A queue's contacts stand in the order they came, those that came back
// (Join.Front) before all others. A contact keeps its place while a phone rings
// for it. Where an agent serves several queues the contact that is first over
// all of them gets it.
//
// # The offer
//
// A contact is offered to one agent at a time. An agent who does not take it is
// not asked again for this contact until every agent who is free has been, and
// then only after a pause (Config.Pause): otherwise a phone that refuses at once
// would be rung without end. The shape (offers are pairs of contact and agent)
// leaves room for a strategy that rings several at once.
//
// Every Offer ends in exactly one Accepted or Refused from outside, also after
// a Withdraw. Until then the agent gets no other offer, so that no second call
// meets a phone that still rings. An Agent input that says it is free also ends
// a withdrawn offer: nothing rings any more then.
//
// # Time
//
// Durations are data: Arm and Disarm name a timer of a contact, and TimerFired
// brings it back. How long an agent has been idle is an ordinal handed in with
// Agent. The expected wait is the mean of the last waits handed in with
// Accepted.
//
// # Left out
//
// What a contact hears, what becomes of one the queue gave up, and everything
// an agent does outside an offer are the caller's.
package queue
