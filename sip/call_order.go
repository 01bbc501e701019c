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
		if len(c.held) < maxHeld {
			c.held = append(c.held, in)
			slices.SortFunc(c.held, func(a, b *inbound) int { return int(seqOf(a.req)) - int(seqOf(b.req)) })
			c.after(outOfOrder, func() {
				in.late = true
				c.releaseHeld()
			})
			return
		}
		in.late = true
	}
	c.serve(in)
	c.releaseHeld()
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

// serve handles a request in its turn.
func (c *Call) serve(in *inbound) {
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
