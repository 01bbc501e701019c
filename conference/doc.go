// Package conference is the imperative shell: the only place where the leaves
// (sip, media, mixer, transfer, queue, directory) meet. It decides nothing about
// a call; it tells the transfer machine what happens and makes true what the
// machine wants.
//
// # Who owns what
//
//   - Manager: the list of conferences, admission, drain. A mutex, no goroutine.
//   - Conference: everything of one call or room, on one goroutine at a time
//     (run), which is there while there is something to do. All others post
//     functions to its inbox, which never blocks them.
//   - story: what a conference is about. A call wraps a transfer.State; a meeting
//     (meet-me room) is a small machine of its own. Both share legs, SDP, mixer
//     and snapshots.
//   - queues: the one queue.Machine, its timers and tickets, under a mutex. It
//     talks to conferences by posting to their inboxes.
//
// # From slot to socket
//
// A slot is the machine's name for somebody, a seat of the call. In it sits a
// participant: the person shown to others, listed to the end of the conference.
// A participant has at most one current leg: a sip.Call with a media.Session,
// which is a port of the conference's mixer.Room. Legs come and go under a
// participant: a queue offers one phone after another (a ticket is its place in
// the line), a lost agent is rung back into its seat. A leg that is not current
// any more is nothing to the machine, but it is ended, counted and waited for
// like any other.
//
// # Admission
//
// A new conference begins, and a further leg is asked for by a verb or a
// meet-me caller, only while the media worker concerned has time (admission.go),
// so that the calls there are stay good. Whoever was let in is served: a queue
// that finds an agent for a waiting caller, a recall or a seat that is taken
// again are not stopped.
//
// # The life of a leg
//
//	newLeg ─▶ (ringing) ─▶ up, joined to the mix ─▶ hung up ─▶ finished
//
// A leg is finished once, by whichever event ends its dialog first. It leaves
// the mix, for good, the moment we decide to hang up; its sockets close when the
// mixer has let go of them. What it counts for (the limit of legs, its agent's
// presence) it gives back exactly once.
//
// # A wake-up
//
// The goroutine reads the clock once, takes what the inbox holds, runs it in
// order, fires the deadlines that are due, and publishes one new snapshot if
// anything changed; in rooms of more than fifty it does so at intervals that grow
// with the room, and who asks in between gets a snapshot made for the occasion. Effects are performed inside the step that asked for them;
// facts they cause (a dial that fails at once) are posted, so that no step runs
// inside another.
//
// # The end
//
// The machine's End says that every leg it knows of has gone: the conference is
// closing, and commands are refused. It has ended when the last leg of any kind
// is finished; then the Manager forgets it. A panic in
// one conference gives up that conference alone (abandon): its legs are hung up
// and nothing of it stays behind.
//
// # The record
//
// When a conference is over its record (Record) is handed to Config.OnRecord: who
// was in it and when, what was asked for, holds by cause, the audibility ledger,
// and the quality of each leg as it was at its end. What is needed for it beside
// what is shown is gathered as it happens (chronicle, history, ledger), in lists
// that are bounded; a record says what it lacks.
//
// # Left out
//
// Recordings and what survives a restart: the machine's state and the traces are
// plain values, made for it.
package conference
