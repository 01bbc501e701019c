// Package media is the RTP half of a leg: SDP offer/answer, codecs, the jitter
// buffer, DTMF and RTCP.
//
// An [Engine] owns the ports and one goroutine, the pump, that reports key
// presses. It makes one [Session] per leg, which owns a pair of sockets and is
// shared by two parties that never wait for each other:
//
//   - The conference's goroutine negotiates. [Session.Offer], [Session.Answer]
//     and [Session.Accept] prepare an agreement, an immutable value; Commit
//     publishes it through an atomic pointer, Rollback forgets it. Nothing of a
//     pending exchange can be seen on the media side.
//   - The worker, a thread that mixes many rooms, calls Receive, Pull and Push
//     once per 20 ms. It owns everything of the running stream: sequence
//     numbers, clocks, the peer's address, the jitter buffer, RTCP. These calls
//     take no lock, allocate nothing and never block.
//
// Digits travel between the two (and to the pump) in rings with one producer
// and one consumer, statistics as atomic counters.
//
// A packet's way in: socket → parseRTP → latch (is it the peer's?) → payload
// type → streamStats (order, loss) → playout, which decodes it to the place its
// timestamp gives it; Pull takes the next 160 samples from there. The way out:
// Push → encode into the sender's buffer → packets of the peer's ptime → socket.
//
// RTCP tells both ways how that went (control, report, xr): streamStats keeps what
// a report says of the peer's stream, farCounters what the peer's reports say of
// ours. Package quality makes scores of it.
//
// Things that are done on purpose:
//
//   - The peer's address is SDP's. Where that cannot be right it is learned,
//     once per agreement and from several packets in a row (latch), so that
//     nobody steals a call by spraying ports.
//   - There is one outgoing stream per session, whose clock goes on while
//     nothing is sent: gateways drop streams whose timestamps jump.
//   - The files of SDP know nothing of sockets, those of RTP nothing of SDP;
//     agreement is the only type both use.
//   - SRTP's keys and transforms are part of the agreement. The same key in the
//     next one is the same transform, because that counts the packets; it is ours
//     that changes when the peer's key or address does (keyring). RTCP goes under
//     the same keys: no plain RTCP leaves an encrypted leg, or is taken by one.
//
// Left out: DTLS-SRTP and ICE, comfort noise of our own, and DTMF in the audio
// itself. Arrival times are those of the worker's ticks: interarrival jitter is
// known to 20 ms, the round trip to 80 ms. The kernel's sockets are written for
// Linux.
package media
