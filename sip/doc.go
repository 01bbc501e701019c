// Package sip is the SIP user-agent core: transports, validation, digest,
// dialogs and INVITE usages over sipgo's parser and transactions. A message
// body is bytes here, and no sipgo type leaves the package.
//
// # What is ours and what is sipgo's
//
// sipgo parses, frames and pools connections, and runs the transactions of RFC
// 3261 §17 and RFC 6026. Its dialogs are not used. The guard stands before it:
// it decides what a stranger may cost, and refuses what is not SIP before
// anything is allocated for it. validate, the authenticator and the registrar's
// two functions are plain functions over messages.
//
// # State and who owns it
//
//   - Endpoint owns the sockets, the transactions and the tables that lead a
//     message to its call; its mutex guards the tables and nothing else.
//   - Call is one INVITE usage and a queue: functions posted to it run one after
//     the other and are the only ones to touch the call, its dialog, its
//     branches and its invites. So there is no lock to hold while sending or
//     while the sink is called, and the sink may call the call.
//   - dialog is the state of RFC 3261 §12: tags, sequence numbers, route set,
//     target, and the flow it was set up over.
//   - invite is an INVITE that we serve, first or in a dialog: the provisional
//     answer, the final one, which is chosen once, and its retransmission.
//   - branch is an INVITE that we send to one target: challenges, early dialogs,
//     CANCEL, and the ACK of each 2xx that comes back.
//   - exchange is any other request of ours in a dialog.
//   - sessionTimer says when the session is refreshed, by whom, and when it is
//     taken for dead.
//   - login holds the digest challenges of one call, clientTx a transaction.
//
// # The way of a message
//
//	reader ─ observe ─ sipgo transaction ─ handleRequest ─ route ─┬ newInvite → Handler.Invite
//	            │                                                  ├ register  → Handler.Register
//	            │                                                  ├ options   → Handler.Known
//	            │                                                  └ in a dialog: Call.offer
//	            └ ACK: Call.acknowledged                                 │
//	                                     Call.arrive (order) → serve → sink
//
// sipgo gives each message a goroutine, which loses the order of arrival.
// observe runs before that, on the reader. It hands ACKs straight to their
// call, hides CANCEL from sipgo (which would answer it and choose the INVITE's
// final response by itself), and acknowledges repeated refusals (for which
// sipgo would sleep with a lock held). Requests of a dialog are put back in
// order by their CSeq: one that is ahead waits 200 ms for the others, and all
// wait for the ACK of a 2xx as long.
//
// # Where requests go
//
// To a registered agent along the flow of its registration, and nowhere else:
// what is in its Contact means something behind its NAT only. To a trunk by
// the route set or the remote target, from the socket that listens. A flow that
// is gone fails at once; sipgo itself cannot dial.
//
// # Session timers
//
// Each 2xx of an INVITE or UPDATE, either way, settles the session timer of RFC
// 4028 anew: an interval and who refreshes. grant is the decision for the
// peer's requests, a plain function; agreeTimer takes the peer's for ours.
// Roles in the headers are relative to the request they stand in, those in
// sessionTimer are ours and theirs. We let the peer refresh where it can and
// the choice is ours, so that a peer that has vanished is missed; one that
// never mentions timers has none, and its silence is the media's to notice.
//
// At half the interval we refresh: by UPDATE without a body if the peer's Allow
// lists it, else by RefreshDue, which the layer above answers with Reoffer of
// the session as it stands, since descriptions are not ours to keep. That
// re-INVITE waits in the queue of all others, and any of them refreshes as
// well. Until a 2xx comes it is tried again, each time after half of what is
// left. Whoever refreshes: at min(32 s, a third) before the interval is over
// the call ends with BYE. An interval below 90 s is refused by 422 before
// anything else is looked at; one that the peer refuses so is made longer once.
//
// # Goroutines
//
// One per socket and connection, one per INVITE or other request of ours until
// its final response, one per call while its queue is not empty. All but
// sipgo's own start in Endpoint.spawn, and Close waits for them.
//
// # Left out on purpose
//
// TLS and WebSocket, PRACK, REFER and Replaces, redirection (a 3xx is a failure: following one lets anybody place calls at
// our cost), SRV and NAPTR look-ups, and names in Contact and Record-Route.
package sip
