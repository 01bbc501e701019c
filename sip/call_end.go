package sip

import (
	"github.com/emiago/sipgo/sip"
)

// Hangup ends the call whatever its state: CANCEL (then ACK and BYE if the
// answer crosses it), BYE, or 480 for an unanswered incoming call. Ended
// follows, when the other side has confirmed or was given the time to.
func (c *Call) Hangup() { c.post(c.hangup) }

func (c *Call) hangup() {
	switch {
	case c.over || c.stage == stageLeaving || c.wantBye:
	case c.stage == stageEarly && c.incoming != nil:
		c.reject(sip.StatusTemporarilyUnavailable, 0)
	case c.stage == stageEarly:
		c.stage = stageLeaving
		c.cancelOthers(nil)
		c.conclude()
	case c.unacknowledged() && c.peerOffer == nil:
		// RFC 3261 §15: no BYE from the callee before the ACK.
		c.wantBye = true
	default:
		c.leave()
	}
}

// leave sends BYE; Ended follows its end.
func (c *Call) leave() {
	c.stage = stageLeaving
	c.timer.stop()
	c.abandonOffers()
	c.sendBye(func(int) { c.end(Event{Kind: Ended, Cause: LocalBye}) })
}

// sendBye sends BYE once.
func (c *Call) sendBye(done func(status int)) {
	c.byeSent = true
	c.exchange(c.dialog, sip.BYE, nil, func(_ *sip.Response, status int) { done(status) })
}

// dialogGone ends the call after a response that says that the peer does not
// know the dialog, or none (RFC 3261 §12.2.1.2, RFC 5057). Whatever it knows,
// it may have a BYE.
func (c *Call) dialogGone(status int) {
	if c.over {
		return
	}
	if !c.byeSent && status != sip.StatusCallTransactionDoesNotExists {
		c.sendBye(func(int) {})
	}
	c.end(Event{Kind: Ended, Status: status, Cause: DialogGone})
}

// fatal reports a status that ends the dialog it was sent in.
func fatal(status int) bool {
	return status == sip.StatusCallTransactionDoesNotExists || status == sip.StatusRequestTimeout
}

// Info sends an INFO.
func (c *Call) Info(contentType string, body []byte) {
	c.post(func() {
		if c.over || c.stage != stageConfirmed {
			return
		}
		fill := func(req *sip.Request) { setBody(req, contentType, body) }
		c.exchange(c.dialog, sip.INFO, fill, func(_ *sip.Response, status int) {
			if fatal(status) {
				c.dialogGone(status)
			}
		})
	})
}
