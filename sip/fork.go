package sip

import (
	"github.com/emiago/sipgo/sip"
)

// success handles a 2xx to the INVITE: the answer, its retransmission, or the
// answer of another fork. Whoever sends one believes in a call, so each gets
// its ACK, and each but the first its BYE (RFC 3261 §13.2.2.4).
func (b *branch) success(res *sip.Response) {
	c := b.call
	tag := tagOf(res.To().Params)
	if a := b.answered[tag]; a != nil {
		// The ACK was lost. It is repeated to the letter.
		c.ep.write(a.ack, a.flow)
		return
	}
	if len(b.answered) >= maxForks {
		return
	}
	d := b.established(res)
	b.acknowledge(d, tag)
	if !routable(res) {
		// No request of ours would find its way along such a dialog.
		c.dismiss(d)
		if b.status == 0 {
			b.finish(sip.StatusBadGateway, "Malformed Record-Route")
		}
		return
	}
	if c.winner != nil || c.over || c.stage != stageEarly || b.cancelled {
		c.dismiss(d)
		if b.status == 0 {
			b.finish(sip.StatusRequestTerminated, "")
		}
		return
	}
	b.status = res.StatusCode
	c.winner, c.dialog = b, d
	c.stage = stageConfirmed
	id := b.callID
	c.id.Store(&id)
	c.cancelOthers(b)
	c.timer.least = b.least
	c.agreeTimer(res)
	c.emit(Event{
		Kind: Answered, Status: res.StatusCode, Reason: clip(scrub(res.Reason), maxText),
		ContentType: contentType(res), Body: sessionOf(res), Target: b.index,
	})
	c.settled()
}

// acknowledge sends the ACK of a 2xx: with the INVITE's own CSeq number, along
// the dialog's route set to its target (RFC 3261 §13.2.2.4).
func (b *branch) acknowledge(d *dialog, tag string) {
	c := b.call
	ack := d.request(sip.ACK, b.seq)
	flow := c.flowFor(d)
	ack.PrependHeader(c.ep.via(flow))
	c.login.again(b.invite, ack)
	ack.SetBody(nil)
	if b.answered == nil {
		b.answered = make(map[string]*answered)
	}
	b.answered[tag] = &answered{ack, flow}
	c.ep.write(ack, flow)
}

// dismiss sends BYE in a dialog nobody wants.
func (c *Call) dismiss(d *dialog) {
	c.exchange(d, sip.BYE, nil, func(*sip.Response, int) {})
}

// strayAnswer handles a 2xx that came after its transaction was given up.
func (c *Call) strayAnswer(b *branch, res *sip.Response) {
	// One to a re-INVITE has an ACK of its own, not that of the first INVITE.
	if b != nil && seqOf(res) == b.seq {
		b.success(res)
	}
}

// conclude ends the call when no branch is left that could be answered.
func (c *Call) conclude() {
	if c.over || c.winner != nil {
		return
	}
	for _, b := range c.branches {
		if b.status == 0 {
			return
		}
	}
	if c.stage == stageLeaving {
		c.end(Event{Kind: Ended, Cause: LocalBye})
		return
	}
	best := c.branches[0]
	for _, b := range c.branches[1:] {
		if better(b.status, best.status) {
			best = b
		}
	}
	c.end(Event{Kind: Failed, Status: best.status, Reason: best.reason, Target: best.index})
}

// better tells which of two refusals says more (RFC 3261 §16.7, step 6): a 6xx
// before all, else the lower class; within 4xx those that tell the caller what
// to do differently. 503 ranks behind other 5xx: it only speaks of one server.
func better(a, b int) bool { return rank(a) < rank(b) }

func rank(status int) int {
	class := status / 100 * 10
	switch status {
	case 401, 407, 415, 420, 484:
		return class
	case 408, 503:
		return class + 2 // no answer at all
	}
	if status >= 600 {
		return 0
	}
	return class + 1
}
