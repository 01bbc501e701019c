package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// refreshPause is the least time between two tries of a refresh.
const refreshPause = 5 * time.Second

// sessionTimer is the session timer of a call (RFC 4028): who refreshes the
// session, how often, and when it is taken for dead. Each 2xx of an INVITE or
// UPDATE, either way, sets it anew. It belongs to the call's queue.
type sessionTimer struct {
	terms                  // in force
	least    time.Duration // the largest Min-SE met
	due      *time.Timer   // the next refresh, if we do it
	expiry   *time.Timer
	deadline time.Time // when expiry fires
	updating bool      // a refresh by UPDATE is under way

	allowsUpdate  bool // the peer's Allow has UPDATE
	refusesUpdate bool // and yet it refused ours
}

// learn takes from a message of the peer what its later ones may not repeat.
func (t *sessionTimer) learn(msg sip.Message) {
	if len(msg.GetHeaders("Allow")) > 0 {
		t.allowsUpdate = containsFold(tokens(msg, "Allow"), string(sip.UPDATE))
	}
	if req, ok := msg.(*sip.Request); ok {
		t.least = max(t.least, minSEOf(req))
	}
}

// stop ends the timers, not the terms.
func (t *sessionTimer) stop() {
	for _, timer := range [...]*time.Timer{t.due, t.expiry} {
		if timer != nil {
			timer.Stop()
		}
	}
	t.due, t.expiry = nil, nil
}

// ask puts the terms in force into a request of ours, with the roles as seen
// from it.
func (t *sessionTimer) ask(req *sip.Request) {
	refresher := refresherUAS
	if t.ours {
		refresher = refresherUAC
	}
	askTimer(req, sessionExpires{t.interval, refresher}, t.least)
}

// lengthen takes over the interval that a 422 asks for; false: res is none, or
// asks for nothing that would change it.
func (t *sessionTimer) lengthen(res *sip.Response) bool {
	least := minSEOf(res)
	if res.StatusCode != statusIntervalTooSmall || least <= t.interval {
		return false
	}
	if t.interval == 0 {
		t.ours = true // nobody did so far
	}
	t.interval, t.least = least, max(t.least, least)
	return true
}

// grantTimer answers a request of the peer with the terms, and starts the timer
// by them.
func (c *Call) grantTimer(req *sip.Request, res *sip.Response) {
	t := &c.timer
	t.learn(req)
	wish := t.interval
	if wish == 0 {
		wish = c.ep.cfg.SessionExpires
	}
	granted := grant(req, wish, t.least, t.terms)
	res.AppendHeader(sip.NewHeader("Supported", timerOption))
	if granted.interval > 0 {
		se := sessionExpires{granted.interval, refresherUAC}
		if granted.ours {
			se.refresher = refresherUAS
		}
		res.AppendHeader(se.header())
		if !granted.ours && supportsTimer(req) {
			res.AppendHeader(sip.NewHeader("Require", timerOption))
		}
	}
	c.startTimer(granted)
}

// agreeTimer takes the terms from the 2xx to a request of ours. Without
// Session-Expires there is no timer, or no longer (RFC 4028 §7.2). Who leaves
// the refresher open did not think of refreshing: then we do it.
func (c *Call) agreeTimer(res *sip.Response) {
	c.timer.learn(res)
	se, ok := sessionExpiresOf(res)
	if !ok || se.interval == 0 {
		c.startTimer(terms{})
		return
	}
	c.startTimer(terms{interval: max(se.interval, minSession), ours: se.refresher != refresherUAS})
}

// startTimer starts the timer anew: refreshes at half the interval, and the end
// of the call a while before the interval is over (RFC 4028 §10).
func (c *Call) startTimer(now terms) {
	t := &c.timer
	t.stop()
	t.terms = now
	if now.interval == 0 || c.over || c.stage == stageLeaving {
		return
	}
	life := now.interval - min(giveUp, now.interval/3)
	t.deadline = time.Now().Add(life)
	var expiry *time.Timer
	expiry = c.after(life, func() {
		if t.expiry == expiry { // not one that fired while the timer was set anew
			c.dialogGone(sip.StatusRequestTimeout)
		}
	})
	t.expiry = expiry
	if now.ours {
		c.refreshIn(now.interval / 2)
	}
}

// refreshIn has the session refreshed in d.
func (c *Call) refreshIn(d time.Duration) {
	t := &c.timer
	if t.due != nil {
		t.due.Stop()
	}
	var due *time.Timer
	due = c.after(d, func() {
		if t.due == due {
			c.refresh()
		}
	})
	t.due = due
}

// refresh sends UPDATE, which says nothing about the session, to a peer that
// takes it, and has the layer above offer the session again otherwise. It comes
// back until that has brought a 2xx: each time after half of what is left.
func (c *Call) refresh() {
	t := &c.timer
	if c.over || c.stage != stageConfirmed || c.wantBye {
		return
	}
	c.refreshIn(max(time.Until(t.deadline)/2, refreshPause))
	switch {
	case c.negotiating(): // which refreshes as well
	case t.allowsUpdate && !t.refusesUpdate:
		t.updating = true
		c.exchange(c.dialog, sip.UPDATE, func(req *sip.Request) {
			req.AppendHeader(&sip.ContactHeader{Address: *c.dialog.contact.Clone()})
			req.AppendHeader(allow())
			t.ask(req)
		}, c.refreshed)
	default:
		c.emit(Event{Kind: RefreshDue})
	}
}

// negotiating reports whether a request that refreshes the session is under
// way or waits for its turn.
func (c *Call) negotiating() bool {
	return c.timer.updating || c.reoffer.current != nil || c.reoffer.body != nil || len(c.reoffer.waiting) > 0 ||
		c.peerOffer != nil || c.update != nil || c.unacknowledged()
}

// refreshed handles the final answer to our UPDATE.
func (c *Call) refreshed(res *sip.Response, status int) {
	t := &c.timer
	t.updating = false
	switch {
	case c.over || c.stage != stageConfirmed:
	case fatal(status):
		c.dialogGone(status)
	case res == nil: // it did not leave: later
	case res.IsSuccess():
		c.dialog.refresh(res.Contact())
		c.agreeTimer(res)
	case status == sip.StatusRequestPending:
		c.refreshIn(glareDelay(c.dialog.caller))
	default:
		// Whatever it has against UPDATE: a re-INVITE is what all take.
		t.refusesUpdate = true
		c.refresh()
	}
}
