package sip

import (
	"bytes"
	"slices"
	"time"

	"github.com/emiago/sipgo/sip"
)

// offer takes a request in a dialog of this call, from any goroutine.
func (c *Call) offer(in *inbound) {
	c.mu.Lock()
	full := len(c.queue) >= maxQueue
	c.mu.Unlock()
	if full {
		c.ep.refuse(in.req, in.tx, &refusal{
			status:  sip.StatusServiceUnavailable,
			headers: []Header{retryAfter(5 * time.Second)},
		})
		return
	}
	c.post(func() { c.arrive(in) })
}

// arrive restores the order of the dialog. sipgo handles each message on a
// goroutine of its own and the network may swap datagrams, so a request whose
// predecessor is missing waits a moment for it.
func (c *Call) arrive(in *inbound) {
	if !c.dueNow(in) {
		c.hold(in)
		return
	}
	c.serve(in)
	c.releaseHeld()
}

// hold keeps a request until its turn or until it has waited long enough. With
// too many, the first in order goes ahead: served in any other order, those
// before it would be refused.
func (c *Call) hold(in *inbound) {
	c.held = append(c.held, in)
	slices.SortFunc(c.held, func(a, b *inbound) int { return int(seqOf(a.req)) - int(seqOf(b.req)) })
	if len(c.held) > maxHeld {
		c.held[0].late = true
		c.releaseHeld()
	}
	c.after(outOfOrder, func() {
		in.late = true
		c.releaseHeld()
	})
}

// dueNow reports whether it is in's turn: the request before it was there, and
// a dialog that waits for its 2xx or its ACK has got it.
func (c *Call) dueNow(in *inbound) bool {
	if in.late || c.over {
		return true
	}
	d := c.dialog
	if d == nil || d.heard && seqOf(in.req) > d.remoteSeq+1 {
		return false
	}
	return !c.unacknowledged()
}

// releaseHeld serves those held requests whose turn has come, lowest first. One
// that has waited too long takes those before it along.
func (c *Call) releaseHeld() {
	for i := 0; i < len(c.held); i++ {
		if !c.dueNow(c.held[i]) {
			continue
		}
		due := slices.Clone(c.held[:i+1])
		c.held = slices.Delete(c.held, 0, i+1)
		for _, in := range due {
			c.serve(in)
		}
		i = -1
	}
}

// serve handles a request in its turn. One that brings about a panic is refused,
// unless it was answered before: sipgo sends one final answer.
func (c *Call) serve(in *inbound) {
	if c.ep.protect("request in a dialog", func() { c.serveInTurn(in) }) {
		return
	}
	if c.peerOffer != nil && c.peerOffer.req == in.req {
		if c.peerOffer.refuse(sip.StatusInternalServerError, nil) {
			c.peerOffer = nil
		}
		return
	}
	if c.update != nil && c.update.in == in {
		c.update = nil
	}
	c.answer(in, sip.StatusInternalServerError)
}

func (c *Call) serveInTurn(in *inbound) {
	d := c.dialog
	if d == nil && in.branch != nil && !c.over {
		c.serveEarly(in)
		return
	}
	if d == nil || tagOf(in.req.From().Params) != d.remoteTag || c.over {
		c.answer(in, sip.StatusCallTransactionDoesNotExists)
		return
	}
	seq := seqOf(in.req)
	if d.heard && seq <= d.remoteSeq {
		// RFC 3261 §12.2.2: a lower number is out of order.
		c.answer(in, sip.StatusInternalServerError)
		return
	}
	d.remoteSeq, d.heard = seq, true
	if in.refusal != nil {
		c.decline(in)
		return
	}
	switch in.req.Method {
	case sip.BYE:
		c.peerBye(in)
	case sip.INVITE:
		c.peerInvite(in)
	case sip.UPDATE:
		c.peerUpdate(in)
	case sip.INFO:
		c.peerInfo(in)
	case sip.OPTIONS:
		res := c.ep.response(in.req, sip.StatusOK, "", "")
		capabilities(res)
		c.ep.respond(in.tx, res)
	default:
		res := c.ep.response(in.req, sip.StatusMethodNotAllowed, "", "")
		res.AppendHeader(allow())
		c.ep.respond(in.tx, res)
	}
}

// serveEarly handles a request in a dialog of a call we made and that has not
// been answered. It can change nothing yet.
func (c *Call) serveEarly(in *inbound) {
	d := in.branch.early[tagOf(in.req.From().Params)]
	switch {
	case d == nil:
		c.answer(in, sip.StatusCallTransactionDoesNotExists)
	case in.refusal != nil:
		c.decline(in)
	case in.req.Method == sip.OPTIONS, in.req.Method == sip.INFO:
		c.answer(in, sip.StatusOK)
	case in.req.Method == sip.UPDATE:
		// RFC 3311 §5.2: our offer has no answer yet.
		c.answer(in, sip.StatusRequestPending)
	default:
		c.answer(in, sip.StatusCallTransactionDoesNotExists)
	}
}

// answer answers a request in the dialog with a status and nothing else.
func (c *Call) answer(in *inbound, status int, headers ...Header) {
	res := c.ep.response(in.req, status, "", "")
	for _, h := range headers {
		res.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	c.ep.respond(in.tx, res)
}

// decline says what validation makes of a request.
func (c *Call) decline(in *inbound) {
	res := c.ep.response(in.req, in.refusal.status, in.refusal.reason, "")
	for _, h := range in.refusal.headers {
		res.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	c.ep.respond(in.tx, res)
}

// peerBye serves BYE.
func (c *Call) peerBye(in *inbound) {
	c.answer(in, sip.StatusOK)
	if c.incoming != nil && c.stage == stageEarly {
		// A caller may leave an early dialog by BYE; the INVITE still gets its
		// final response (RFC 3261 §15.1.2).
		c.incoming.refuse(sip.StatusRequestTerminated, nil)
		c.end(Event{Kind: Cancelled, Reason: reasonOf(in.req)})
		return
	}
	c.end(Event{Kind: Ended, Cause: RemoteBye, Reason: reasonOf(in.req)})
}

func (c *Call) peerInfo(in *inbound) {
	c.answer(in, sip.StatusOK)
	c.emit(Event{Kind: Info, ContentType: contentType(in.req), Body: bytes.Clone(in.req.Body())})
}
