package sip

import (
	"github.com/emiago/sipgo/sip"
)

// cancel gives up a branch. CANCEL has to wait for a provisional response: it
// could overtake the INVITE (RFC 3261 §9.1).
func (b *branch) cancel() {
	if b.status != 0 || b.cancelled {
		return
	}
	b.cancelled = true
	if b.heard {
		b.sendCancel()
	}
}

// sendCancel sends CANCEL, and gives the 487 it brings 64*T1 to come: an old
// peer may never send it.
func (b *branch) sendCancel() {
	if b.sent || b.status != 0 {
		return
	}
	b.sent = true
	c := b.call
	c.ep.transact(cancelOf(b.invite), b.flow, func(*sip.Response, error) {})
	b.timeout = c.after(giveUp, func() {
		if b.status == 0 {
			b.tx.terminate()
			b.finish(sip.StatusRequestTerminated, "")
		}
	})
}

// cancelOf is the CANCEL of an INVITE: the same Request-URI, topmost Via,
// Route, From, To, Call-ID and CSeq number, and no Contact.
func cancelOf(invite *sip.Request) *sip.Request {
	return offshoot(invite, sip.CANCEL, sip.HeaderClone(invite.To()))
}

// cancelOthers gives up all branches but one.
func (c *Call) cancelOthers(winner *branch) {
	for _, b := range c.branches {
		if b != winner {
			b.cancel()
		}
	}
}
