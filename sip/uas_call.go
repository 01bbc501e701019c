package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// invitation is what the layer above gets to see of an INVITE.
func invitation(req *sip.Request, flow Flow, trunk, user string) Invite {
	hops := 70
	if h := req.MaxForwards(); h != nil {
		hops = int(h.Val())
	}
	inv := Invite{
		Trunk:       trunk,
		User:        user,
		Dialled:     number(req.Recipient.User),
		DialledHost: scrub(req.Recipient.Host),
		From:        caller(req, trunk != ""),
		To:          callee(req),
		CallID:      string(*req.CallID()),
		MaxForwards: hops,
		Flow:        flow,
		ContentType: contentType(req),
		Body:        sessionOf(req),
	}
	if len(inv.Body) > 0 {
		inv.ContentType = typeSDP
	}
	return inv
}

// Ring sends 180, or 183 when there is a body.
func (c *Call) Ring(body []byte) {
	c.post(func() {
		if c.incoming == nil || c.stage != stageEarly {
			return
		}
		status := sip.StatusRinging
		if len(body) > 0 {
			status = sip.StatusSessionInProgress
		}
		c.incoming.progress(status, body)
	})
}

// Answer sends 200 with the SDP and retransmits it until the ACK.
func (c *Call) Answer(body []byte) {
	c.post(func() {
		if c.incoming != nil && c.stage == stageEarly && c.incoming.accept(body) {
			c.stage = stageConfirmed
		}
	})
}

// Reject sends a final refusal; Ended follows. A status that refuses nothing
// is sent as 500.
func (c *Call) Reject(status int, retryAfter time.Duration) {
	c.post(func() { c.reject(status, retryAfter) })
}

func (c *Call) reject(status int, after time.Duration) {
	if c.incoming == nil || c.stage != stageEarly {
		return
	}
	if status < 300 || status > 699 {
		status = sip.StatusInternalServerError
	}
	var headers []Header
	if after > 0 {
		headers = []Header{retryAfter(after)}
	}
	if c.incoming.refuse(status, headers) {
		c.end(Event{Kind: Ended, Status: status, Cause: LocalBye})
	}
}

// acknowledged serves an ACK to a 2xx of ours. It comes from observe, before
// any validation.
func (c *Call) acknowledged(req *sip.Request) {
	from, seq := req.From(), req.CSeq()
	if c.over || c.dialog == nil || from == nil || seq == nil || tagOf(from.Params) != c.dialog.remoteTag {
		return
	}
	in := c.awaiting()
	if in == nil || in.key.cseq != seq.SeqNo {
		return
	}
	ev := Event{Kind: Acked, Offer: in.serial}
	if in.delayed() {
		ev.Body = sessionOf(req) // the answer to the offer in our 2xx
		ev.ContentType = contentType(req)
	}
	c.confirmed(in, ev)
	c.settled()
}

// confirmed ends the wait for the ACK of in.
func (c *Call) confirmed(in *invite, ev Event) {
	in.shed()
	in.stop()
	if in == c.peerOffer {
		c.peerOffer = nil
	}
	c.emit(ev)
}

// presumeAck takes the INVITE that waits for its ACK for acknowledged: the peer
// sends another one, which it may do only after the ACK (RFC 3261 §14.1), so
// that one is lost, and the 2xx that would bring it again is no longer of
// interest. But where the ACK has the answer to our offer there is no going on
// without it.
func (c *Call) presumeAck() {
	in := c.awaiting()
	if in == nil || in.delayed() {
		return
	}
	c.confirmed(in, Event{Kind: Acked, Offer: in.serial})
	if c.wantBye && !c.byeSent {
		c.leave()
	}
}

// awaiting is the INVITE whose 2xx has no ACK yet.
func (c *Call) awaiting() *invite {
	if in := c.incoming; in != nil && in.ok != nil {
		return in
	}
	if in := c.peerOffer; in != nil && in.ok != nil {
		return in
	}
	return nil
}

func (c *Call) unacknowledged() bool { return c.awaiting() != nil }

// noAck ends a call whose 2xx got no ACK in 64*T1 (RFC 3261 §13.3.1.4).
func (c *Call) noAck() {
	if c.over {
		return
	}
	if !c.byeSent {
		c.sendBye(func(int) {})
	}
	cause := NoAck
	if c.wantBye {
		cause = LocalBye
	}
	c.end(Event{Kind: Ended, Cause: cause})
}

// settled goes on with what had to wait for the end of an INVITE transaction.
func (c *Call) settled() {
	if c.over {
		return
	}
	if c.wantBye && !c.byeSent && !c.unacknowledged() {
		c.leave()
		return
	}
	c.releaseHeld()
	c.nextReoffer()
}
