// Package testnet is a network in memory for tests: datagrams and TCP-like
// streams between made-up addresses, with seeded delay, jitter, loss,
// duplication and reordering per link.
//
// Everything it does with time goes through package time, and every wait is on
// a channel made by its caller's goroutine tree, so that a whole server and its
// peers can live in a testing/synctest bubble: an hour of traffic takes
// seconds, and an idle network lets the bubble's clock jump.
//
// A Network owns the bound addresses, the link settings and one schedule of
// what is in flight. An inbox (one per datagram socket, one per direction of a
// stream) owns what has arrived. What happens to a datagram is drawn from a
// generator of its own flow (sender, receiver and the network's seed), so a
// run does not depend on which of two goroutines sent first.
//
// Left out on purpose: routing, fragments, ICMP (a datagram to nobody
// vanishes), congestion control and retransmission (a stream loses nothing; a
// link that is down swallows it, like a cable pulled out).
package testnet
