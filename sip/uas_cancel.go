package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// cancelKey finds the CANCEL of an INVITE: it has its branch too (RFC 3261
// §9.1).
type cancelKey struct {
	inviteKey
	branch string
}

// earlyCancel is a CANCEL that waits for its INVITE.
type earlyCancel struct {
	key   cancelKey
	req   *sip.Request
	tx    *sip.ServerTx
	timer *time.Timer
}

// maxCancels bounds the CANCELs remembered for INVITEs yet to come.
const maxCancels = 1024

// cancel serves CANCEL (RFC 3261 §9.2): always 200 when the INVITE is known,
// and 487 to the INVITE unless it has its final answer.
func (e *Endpoint) cancel(wire *sip.Request, tx *sip.ServerTx, flow Flow) {
	req := *wire // its transaction still compares retransmissions with wire
	req.Method = sip.CANCEL
	if r := validate(&req, true); r != nil {
		e.refuse(&req, tx, r)
		return
	}
	early := &earlyCancel{key: cancelKey{inviteKeyOf(&req), branchOf(&req)}, req: &req, tx: tx}
	mayWait := e.familiar(flow)
	e.mu.Lock()
	in := e.invites[early.key.inviteKey]
	// The one that cannot wait: this, or the one whose place it takes.
	lost := early
	// Each message has its own goroutine: the INVITE before this one may still
	// be on its way.
	if in == nil && mayWait && len(e.cancels) < maxCancels && !e.closed {
		lost = e.cancels[early.key]
		early.timer = time.AfterFunc(outOfOrder, func() { e.cancelExpired(early) })
		e.cancels[early.key] = early
	}
	e.mu.Unlock()
	switch {
	case in != nil && in.branch == early.key.branch:
		in.call.post(func() { in.cancelled(&req, tx) })
	case lost != nil:
		e.cancelsNothing(lost)
	}
}

func (e *Endpoint) cancelExpired(early *earlyCancel) {
	e.mu.Lock()
	ok := e.cancels[early.key] == early && !e.closed
	if ok {
		delete(e.cancels, early.key)
	}
	e.mu.Unlock()
	if ok {
		e.cancelsNothing(early)
	}
}

// cancelsNothing answers a CANCEL whose INVITE is not known.
func (e *Endpoint) cancelsNothing(early *earlyCancel) {
	if early.timer != nil {
		early.timer.Stop()
	}
	e.refuse(early.req, early.tx, &refusal{status: sip.StatusCallTransactionDoesNotExists})
}

// cancelled serves the CANCEL of this INVITE.
func (in *invite) cancelled(req *sip.Request, tx *sip.ServerTx) {
	c := in.call
	// RFC 3261 §9.2: the To tag of the 200 should be that of the INVITE's
	// responses.
	c.ep.respondOnce(tx, c.ep.response(req, sip.StatusOK, "", c.dialog.localTag))
	if !in.refuse(sip.StatusRequestTerminated, nil) {
		return
	}
	if in.serial == 0 {
		c.end(Event{Kind: Cancelled, Reason: reasonOf(req)})
		return
	}
	if c.peerOffer == in {
		c.peerOffer = nil
	}
	c.emit(Event{Kind: Cancelled, Offer: in.serial})
	c.settled()
}
