package sip

import (
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	maxReoffers = 8 // waiting
	maxGlares   = 6 // 491 in a row before one gives up
	// A re-INVITE without an answer for this long, its transaction kept alive
	// by provisional ones, is cancelled.
	reofferPatience = 2 * time.Minute
)

// reoffers are our re-INVITEs: one at a time, in order.
type reoffers struct {
	waiting [][]byte
	current *exchange
	body    []byte
	glares  int
	retry   *time.Timer // after 491
	patient *time.Timer
}

// stop ends them with the call. The last one may still be answered; one that
// only ever got provisional responses would keep its transaction for ever.
func (r *reoffers) stop() {
	r.waiting = nil
	if x := r.current; x != nil && x.tx != nil {
		time.AfterFunc(giveUp, x.tx.terminate)
	}
	for _, t := range [...]*time.Timer{r.retry, r.patient} {
		if t != nil {
			t.Stop()
		}
	}
}

// Reoffer sends a re-INVITE with our offer; ReofferDone follows. 491 is
// retried inside (RFC 3261 §14.1). An offer given while another is under way
// waits for its turn.
func (c *Call) Reoffer(body []byte) {
	c.post(func() {
		if c.over || c.stage == stageLeaving || c.stage == stageEarly && c.incoming == nil {
			return
		}
		if len(c.reoffer.waiting) >= maxReoffers {
			c.emit(Event{Kind: ReofferDone, Status: sip.StatusRequestPending, Reason: phrase(sip.StatusRequestPending)})
			return
		}
		c.reoffer.waiting = append(c.reoffer.waiting, body)
		c.nextReoffer()
	})
}

// nextReoffer sends the next re-INVITE if nothing is in its way: RFC 3261 §14.1
// forbids one while another INVITE transaction is in progress either way.
func (c *Call) nextReoffer() {
	r := &c.reoffer
	switch {
	case c.stage != stageConfirmed || c.wantBye || len(r.waiting) == 0,
		r.current != nil, r.body != nil, c.peerOffer != nil, c.update != nil, c.unacknowledged():
		return
	}
	r.body, r.waiting = r.waiting[0], r.waiting[1:]
	r.glares = 0
	c.sendReoffer()
}

// sendReoffer sends the current offer, first or again. It waits for a peer's
// offer to be dealt with.
func (c *Call) sendReoffer() {
	r := &c.reoffer
	if c.over || c.stage != stageConfirmed || r.body == nil || r.current != nil {
		return
	}
	if c.peerOffer != nil || c.update != nil {
		r.retry = c.after(outOfOrder, c.sendReoffer)
		return
	}
	body := r.body
	r.current = c.exchange(c.dialog, sip.INVITE, func(req *sip.Request) {
		req.AppendHeader(&sip.ContactHeader{Address: *c.dialog.contact.Clone()})
		req.AppendHeader(allow())
		c.timer.ask(req)
		setSession(req, body)
	}, c.reofferDone)
	r.patient = c.after(reofferPatience, c.reofferStuck)
}

// reofferDone handles the final answer. A refusal leaves the session as it was.
func (c *Call) reofferDone(res *sip.Response, status int) {
	r := &c.reoffer
	r.current = nil
	r.patient.Stop()
	if c.over {
		return
	}
	if status == sip.StatusRequestPending && r.glares < maxGlares && c.stage == stageConfirmed {
		r.glares++
		r.retry = c.after(glareDelay(c.dialog.caller), c.sendReoffer)
		return
	}
	r.body = nil
	ev := Event{Kind: ReofferDone, Status: status, Reason: phrase(status)}
	if res != nil {
		ev.Reason = clip(scrub(res.Reason), maxText)
		if res.IsSuccess() {
			c.agreeTimer(res)
			ev.ContentType, ev.Body = contentType(res), sessionOf(res)
		}
	}
	c.emit(ev)
	if fatal(status) {
		c.dialogGone(status)
		return
	}
	c.nextReoffer()
}

// glareDelay is the pause after 491: the owner of the Call-ID waits longer, so
// that the two do not meet again. RFC 3261 §14.1, in units of 10 ms.
func glareDelay(owner bool) time.Duration {
	if owner {
		return time.Duration(210+rand.IntN(191)) * 10 * time.Millisecond
	}
	return time.Duration(rand.IntN(201)) * 10 * time.Millisecond
}

// reofferStuck cancels a re-INVITE that never gets its final answer.
func (c *Call) reofferStuck() {
	x := c.reoffer.current
	if x == nil || c.over {
		return
	}
	if x.heard {
		c.ep.transact(cancelOf(x.req), x.flow, func(*sip.Response, error) {})
	}
	c.reoffer.patient = c.after(giveUp, func() {
		if c.reoffer.current == x {
			x.tx.terminate()
			x.finish(nil, sip.StatusRequestTimeout)
		}
	})
}
