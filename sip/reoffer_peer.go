package sip

import (
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"
)

// pendingUpdate is an UPDATE with an offer that waits for Reply.
type pendingUpdate struct {
	in     *inbound
	serial uint32
}

// peerInvite serves a re-INVITE.
func (c *Call) peerInvite(in *inbound) {
	c.presumeAck()
	if c.busy(in) {
		return
	}
	inv := &invite{call: c, req: in.req, tx: in.tx}
	if !c.ep.admit(inv) {
		return
	}
	c.ep.respond(in.tx, c.ep.response(in.req, sip.StatusTrying, "", ""))
	c.timer.learn(in.req)
	c.serial++
	inv.serial = c.serial
	c.peerOffer = inv
	c.offered(in.req)
}

// peerUpdate serves UPDATE (RFC 3311). Without a body it only refreshes.
func (c *Call) peerUpdate(in *inbound) {
	if len(sessionOf(in.req)) == 0 {
		c.dialog.refresh(in.req.Contact())
		c.acceptUpdate(in, nil)
		return
	}
	if c.busy(in) {
		return
	}
	c.serial++
	c.update = &pendingUpdate{in, c.serial}
	c.offered(in.req)
}

func (c *Call) offered(req *sip.Request) {
	c.emit(Event{Kind: Offered, Offer: c.serial, ContentType: contentType(req), Body: sessionOf(req)})
}

// busy refuses an offer that meets another: 491 when it is ours, 500 with a
// Retry-After when it is the peer's own (RFC 3261 §14.2).
func (c *Call) busy(in *inbound) bool {
	switch {
	case c.stage == stageLeaving:
		c.answer(in, sip.StatusRequestTerminated)
	case c.reoffer.current != nil, in.req.Method == sip.INVITE && c.unacknowledged():
		c.answer(in, sip.StatusRequestPending)
	case c.stage == stageEarly, c.update != nil, c.peerOffer != nil && c.peerOffer.final == 0:
		c.answer(in, sip.StatusInternalServerError, retryAfter(time.Duration(1+rand.IntN(9))*time.Second))
	default:
		return false
	}
	return true
}

// Reply answers an Offered event: status 200 with our SDP, or a refusal.
func (c *Call) Reply(offer uint32, status int, body []byte) {
	c.post(func() {
		switch {
		case c.over:
		case c.update != nil && c.update.serial == offer:
			c.replyUpdate(status, body)
		case c.peerOffer != nil && c.peerOffer.serial == offer:
			c.replyInvite(status, body)
		}
	})
}

func (c *Call) replyInvite(status int, body []byte) {
	in := c.peerOffer
	if status < 300 {
		if in.accept(body) {
			c.dialog.refresh(in.req.Contact())
		}
		return
	}
	if in.refuse(status, nil) {
		c.peerOffer = nil
		c.settled()
	}
}

func (c *Call) replyUpdate(status int, body []byte) {
	in := c.update.in
	c.update = nil
	if status < 300 {
		c.dialog.refresh(in.req.Contact())
		c.acceptUpdate(in, body)
	} else {
		c.answer(in, status)
	}
	c.settled()
}

func (c *Call) acceptUpdate(in *inbound, body []byte) {
	res := c.ep.response(in.req, sip.StatusOK, "", "")
	res.AppendHeader(&sip.ContactHeader{Address: *c.dialog.contact.Clone()})
	res.AppendHeader(allow())
	if c.stage == stageConfirmed {
		c.grantTimer(in.req, res)
	}
	setSession(res, body)
	c.ep.respond(in.tx, res)
}
