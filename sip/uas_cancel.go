package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// earlyCancel is a CANCEL that waits for its INVITE.
type earlyCancel struct {
	req   *sip.Request
	tx    *sip.ServerTx
	timer *time.Timer
}

// maxCancels bounds the CANCELs remembered for INVITEs yet to come.
const maxCancels = 1024

// cancel serves CANCEL (RFC 3261 §9.2): always 200 when the INVITE is known,
// and 487 to the INVITE unless it has its final answer.
func (e *Endpoint) cancel(wire *sip.Request, tx *sip.ServerTx) {
	req := *wire // its transaction still compares retransmissions with wire
	req.Method = sip.CANCEL
	if r := validate(&req, true); r != nil {
		e.refuse(&req, tx, r)
		return
	}
	key := inviteKeyOf(&req)
	e.mu.Lock()
	in, ok := e.invites[key]
	if ok && in.branch != branchOf(&req) {
		ok = false
	}
	// Each message has its own goroutine: the INVITE before this one may still
	// be on its way.
	wait := !ok && in == nil && len(e.cancels) < maxCancels && !e.closed
	if wait {
		if old := e.cancels[key]; old != nil {
			old.timer.Stop()
		}
		early := &earlyCancel{req: &req, tx: tx}
		early.timer = time.AfterFunc(outOfOrder, func() { e.cancelExpired(key, early) })
		e.cancels[key] = early
	}
	e.mu.Unlock()
	switch {
	case ok:
		in.call.post(func() { in.cancelled(&req, tx) })
	case !wait:
		e.refuse(&req, tx, &refusal{status: sip.StatusCallTransactionDoesNotExists})
	}
}

func (e *Endpoint) cancelExpired(key inviteKey, early *earlyCancel) {
	e.mu.Lock()
	ok := e.cancels[key] == early && !e.closed
	if ok {
		delete(e.cancels, key)
	}
	e.mu.Unlock()
	if ok {
		e.refuse(early.req, early.tx, &refusal{status: sip.StatusCallTransactionDoesNotExists})
	}
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
