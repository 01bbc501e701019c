// Package media is the RTP half of a leg: SDP offer/answer, codecs, encryption,
// DTMF and RTCP, between a socket and the mixer.
//
// An [Engine] owns the ports and one goroutine, the pump, that reports key
// presses. It makes one [Session] per leg, which owns a pair of sockets and is
// shared by two parties that never wait for each other:
//
//   - The conference's goroutine negotiates. [Session.Offer], [Session.Answer]
//     and [Session.Accept] prepare an agreement, an immutable value; Commit
//     publishes it through an atomic pointer, Rollback forgets it. Nothing of a
//     pending exchange can be seen on the media side.
//   - The worker, a thread that mixes many rooms, calls Next, Samples, and Push
//     or Relay once per 20 ms. It owns everything of the running stream: sequence
//     numbers, clocks, the peer's address, the jitter buffer, RTCP. These calls
//     take no lock, allocate nothing and never block.
//
// Digits travel between the two (and to the pump) in rings with one producer
// and one consumer, statistics as atomic counters.
//
// # The way in
//
//	socket ─ openAudio ─ parseRTP ─ latch ─ payload type ─ streamStats ─ jitter.Playout ─ Samples
//
// Next reads what has come, and moves the playout on by a frame. A packet is
// decrypted where it was read to; the latch asks whether it is the peer's, its
// payload type what it carries (any format of the agreement may come at any
// time; ours to an offer allows one codec), streamStats keeps order and loss. Nothing is decoded before somebody
// asks for the frame. Samples gives it at 8 or at 16 kHz: the other rate than the
// codec's is made once, of a memory that sessions have only since there has been
// a leg with a wideband codec.
//
// Arrival times are the kernel's, put on each packet as it came. So the playout
// knows how long packets waited for the worker, and Slack tells the mixer when to
// look. Where a network has no such times, a packet came when it was read.
//
// # The way out
//
//	Push ─ encode or share ─ packets of the peer's ptime ─ seal ─ socket
//	Relay ─────────────────────────────────────────────┘
//
// There is one outgoing stream per session, whatever is behind it: mix, packets
// handed on, digits. Its sequence numbers have no gap but for packets that were
// lost before they could be handed on; its clock, in units of the codec's, goes on
// while nothing is sent, because gateways drop streams whose timestamps jump.
//
// If the peer uses our SSRC, ours changes, and the stream begins anew under another
// one (RFC 3550 §8.2); but not for ever for a peer that sends back what it gets. So
// it does under each new key of ours.
//
// A frame that several ports hear alike (mixer.Frame.Shared) is encoded once, by
// an encoder that belongs to what they hear. The engine keeps some ready; who
// first needs one gives it away, and the pump or the next agreement makes new ones.
// G.711 is the same from whatever encoder. The others have state: a session's own
// encoder is fed along until both make the same packets, or for so long (G.722 two
// seconds, Opus 0.2) that they do not become more alike, before it hops over; it
// takes over the shared one's state when it hops back. A session whose peer has
// had nothing yet needs no such care.
//
// A frame of Opus takes 0.16 ms to encode, and a worker has 20 for all. So a few of
// its sessions may do that at a time, whatever happens to hundreds of them at once
// (manner): the others go over in one step, together, by a packet with the fade in
// it that is made once, and then one that does not predict from what was before.
// The ear gets no more of that than of the change itself.
//
// Relay hands a packet of G.722 or Opus on to a peer with the same codec and
// packets of 20 ms, undecoded. What the network lost is a gap in the sequence
// numbers, as it was in the talker's; what the talker left out, by discontinuous
// transmission, is one in the timestamps alone, and which it was is known when the
// next packet comes. One that comes within a frame after its own had gone without it
// is sent late: the peer may have waited longer than we did. As soon
// as anything else is to be heard (a third party, a clip, a hold) the session's own
// encoder goes on, from the state that the last packets have led the peer's decoder
// to: that of G.722 exactly, that of Opus by being fed the last frames. It goes
// back to handing on where the talker is quiet, and with Opus breaks it off again if
// a voice begins before the peer's decoder can have forgotten our encoder. Opus is handed on only while it is
// what the peer's fmtp asks for: not more bits, one channel, one size.
//
// # Sockets
//
// A worker does one read and one write for each leg and frame, and to enter the
// kernel for each costs more than the work there. So a worker's sessions go by a
// [Batch]: before the inputs of a slot their packets are read together, and what a
// slot's outputs send waits in the batch until the slot ends ([NewCarrier]). To a
// session its socket looks the same: TryRead has what was read, TryWrite returns the
// error of the write before. Where the system has no such thing, each read and
// write is a call.
//
// A batch of the [Kernel] does it in one of two ways. Where it may, it steers: the
// packets of all its legs come by one socket, and go by one (package steer), so that the
// kernel need not look at a file and a socket of each. A leg's own socket then holds the port, and has
// what came before the leg was aboard. Else, and for IPv6, each socket is read and
// written by io_uring, many with one call, once it is connected.
//
// # Memory
//
// What only some codecs need is equipment of the agreement, made by the
// conference's goroutine and kept by the next agreement where the codecs are the
// same: decoders and their packets, an encoder, room for packets that are not one
// frame. Packets themselves are in a scratch, with room for SRTP's tag, which
// whoever moves a session on borrows from the engine: a leg at rest has no buffer
// of its own.
//
// # RTCP
//
// It tells both ways how that went (control, report, xr): streamStats keeps what
// a report says of the peer's stream, farCounters what the peer's reports say of
// ours. Package quality makes scores of it.
//
// # Done on purpose
//
//   - The peer's address is SDP's. Where that cannot be right it is learned,
//     once per agreement and from several packets in a row (latch), so that
//     nobody steals a call by spraying ports. Once it is settled the kernel
//     filters strangers.
//   - The files of SDP know nothing of sockets, those of RTP nothing of SDP;
//     agreement is the only type both use.
//   - SRTP's keys and transforms are part of the agreement. The same key in the
//     next one is the same transform, because that counts the packets; it is ours
//     that changes when the peer's key or address does (keyring). What is under
//     way with the key before is still heard. RTCP goes under the same keys: no
//     plain RTCP leaves an encrypted leg, or is taken by one.
//   - Where SRTP is optional, a re-INVITE without keys has an encrypted leg go on in
//     the clear, and a warning is logged. It is what comes of a transfer to a phone
//     that has no SRTP, and whoever may change the call's SDP reads the keys as well.
//     To refuse it would drop the call; those who want that require SRTP.
//   - Opus is sent without redundancy, for which the library would allocate. It
//     does so too for each frame that it conceals, and only then.
//
// # Left out
//
// DTLS-SRTP and ICE, comfort noise of our own, DTMF in the audio itself, Opus in
// stereo or packets of more than 20 ms. A digit sent to one of several who hear the
// same leaves a gap in what its peer's decoder gets of the shared stream, as a loss
// does. The kernel's sockets are written for Linux.
package media
