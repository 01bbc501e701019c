// Package directory knows who and what can be reached: agents, queues, rooms,
// trunks, routes and numbers, the bindings phones registered and each agent's
// presence.
//
// # Two halves
//
// What the operator wrote (Config) is checked once, indexed, and then never
// changed: an index is immutable and replaced as a whole by Update, so lookups
// that run for every packet of a stranger (TrunkOf) or every dialled number
// (Resolve, RouteTrunk) take no lock.
//
// What phones and calls do to an agent (bindings, legs, the wish to be away,
// wrap-up) is a record per agent under one mutex. Presence is derived from
// that record and never stored as a fact of its own:
//
//	a leg up                          busy
//	a leg ringing                     ringing
//	no live binding                   offline
//	the agent's wish                  away
//	wrap-up not over                  wrap_up
//	otherwise                         available
//
// The first line that holds decides. Only available agents may be offered
// calls of a queue.
//
// # Time
//
// The package reads no clock and starts no timer: each method that depends on
// time takes now. Bindings and wrap-up end on read, at the instant they were
// due, so that Since is right however late the read. NextChange says when a
// presence next changes by itself and Settle makes those changes known.
//
// # Numbers
//
// Dialled digits are looked up as the extension of an agent, the extension of
// a queue, an agent's id (its address of record), a room's number, and at last
// a number for a trunk. A trunk's call reaches only what a route names; the
// target "dialled" stands for the agent, queue or room with that number and
// never for another trunk, so a carrier's call cannot be sent out again.
//
// Left out: digest verification and Contact syntax (the SIP layer's), the
// choice of the next agent (package queue), and persistence: phones register
// again after a restart.
package directory
