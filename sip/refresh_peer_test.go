package sip

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

const halfHour = 30 * time.Minute

// timed is a bubble whose endpoint wants a session timer of 1800 s.
func timed(t *testing.T, f func(*testing.T, *rig)) {
	t.Helper()
	bubble(t, func(t *testing.T, r *rig) {
		r.ep.cfg.SessionExpires = halfHour
		f(t, r)
	})
}

// called is a call of the trunk with headers of its choice, answered.
func (r *rig) called(p *peer, headers ...string) (*Call, *leg, *sip.Response) {
	r.t.Helper()
	l := p.leg("timed")
	l.invite(offerSDP, headers...)
	c := r.call()
	c.Answer([]byte(answerSDP))
	res := p.response(200)
	l.learn(res)
	l.ack("")
	r.want(Acked)
	return c, l, res
}

// wantTimer checks what a message says about the session timer.
func wantTimer(t *testing.T, msg sip.Message, expires, require string) {
	t.Helper()
	if got := headerOf(msg, "Session-Expires"); got != expires {
		t.Errorf("Session-Expires %q, want %q", got, expires)
	}
	if got := headerOf(msg, "Require"); got != require {
		t.Errorf("Require %q, want %q", got, require)
	}
	if got := headerOf(msg, "Supported"); got != "timer" {
		t.Errorf("Supported %q", got)
	}
}

// dies wants BYE after d and not before, and the call ended for it.
func (r *rig) dies(p *peer, d time.Duration) {
	r.t.Helper()
	p.silent(d - time.Second)
	start := time.Now()
	p.reply(p.request(sip.BYE), 200, "", "")
	if took := time.Since(start); took > 2*time.Second {
		r.t.Errorf("BYE %v late", took-time.Second)
	}
	if ev := r.want(Ended)[0]; ev.Cause != DialogGone || ev.Status != 408 {
		r.t.Errorf("%+v", ev)
	}
}

// Some phones begin with 60 s. They are told the least and come back.
func TestTooSmallIntervalIsRefusedAndComesBack(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("brief")
		l.invite(offerSDP, "k: timer", "x: 60")
		res := p.response(422)
		if headerOf(res, "Min-SE") != "90" || headerOf(res, "Session-Expires") != "" {
			t.Errorf("%s", res)
		}
		p.send(l.again("ACK", l.ackedSeq, ""))
		l.invite(offerSDP, "k: timer", "x: 90", "Min-SE: 90")
		c := r.call()
		c.Answer([]byte(answerSDP))
		res = p.response(200)
		wantTimer(t, res, "90;refresher=uac", "timer")
		l.learn(res)
		l.ack("")
		r.want(Acked)
		for _, method := range []string{"INVITE", "UPDATE"} { // and so in the dialog
			l.send(method, "", "Supported: timer", "Session-Expires: 60")
			if res := p.response(422); headerOf(res, "Min-SE") != "90" {
				t.Errorf("%s", res)
			}
			if method == "INVITE" {
				p.send(l.again("ACK", l.seq, ""))
			}
		}
		r.want()
	})
}

func TestRequiredTimerIsServed(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l, res := r.called(p, "Require: timer", "Session-Expires: 1800;refresher=uas")
		wantTimer(t, res, "1800;refresher=uas", "")
		l.send("OPTIONS", "")
		if res := p.response(200); headerOf(res, "Supported") != "timer" {
			t.Errorf("%s", res)
		}
	})
}

// A peer that knows session timers gets one, whether it asked or not; one that
// does not is left alone.
func TestWhoGetsATimer(t *testing.T) {
	for _, tt := range []struct {
		headers          []string
		expires, require string
	}{
		{[]string{"Supported: timer"}, "1800;refresher=uac", "timer"},
		{[]string{"Supported: timer", "Session-Expires: 600"}, "600;refresher=uac", "timer"},
		{[]string{"Supported: timer", "Session-Expires: 7200", "Min-SE: 3600"}, "3600;refresher=uac", "timer"},
		{[]string{"Session-Expires: 600"}, "600;refresher=uas", ""},
		{[]string{"Session-Expires: 600;refresher=uac"}, "600;refresher=uac", ""},
		{nil, "", ""},
	} {
		timed(t, func(t *testing.T, r *rig) {
			_, _, res := r.called(r.peer(trunkAddr), tt.headers...)
			wantTimer(t, res, tt.expires, tt.require)
		})
	}
	bubble(t, func(t *testing.T, r *rig) { // switched off
		_, _, res := r.called(r.peer(trunkAddr), "Supported: timer")
		wantTimer(t, res, "", "")
	})
	bubble(t, func(t *testing.T, r *rig) { // and yet asked for
		_, _, res := r.called(r.peer(trunkAddr), "Supported: timer", "Session-Expires: 1200")
		wantTimer(t, res, "1200;refresher=uac", "timer")
	})
}

func TestNoTimerNoEnd(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l, _ := r.called(p)
		p.silent(24 * time.Hour)
		l.send("BYE", "")
		p.response(200)
		r.want(Ended)
	})
}

// A peer that refreshes no more is gone: BYE 32 s before the session is over,
// or after two thirds of a short one.
func TestPeerThatStopsRefreshingIsGone(t *testing.T) {
	for interval, life := range map[string]time.Duration{"1800": 1768 * time.Second, "90": time.Minute} {
		timed(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			r.called(p, "Supported: timer", "Session-Expires: "+interval+";refresher=uac")
			r.dies(p, life)
		})
	}
}

// Every way of refreshing counts, above all UPDATE without SDP.
func TestPeersRefreshesResetTheTimer(t *testing.T) {
	const again = "Session-Expires: 1800;refresher=uac"
	refresh := map[string]func(*rig, *peer, *Call, *leg) *sip.Response{
		"UPDATE without SDP": func(r *rig, p *peer, c *Call, l *leg) *sip.Response {
			l.send("UPDATE", "", "Supported: timer", again)
			return p.response(200)
		},
		"UPDATE with SDP": func(r *rig, p *peer, c *Call, l *leg) *sip.Response {
			l.send("UPDATE", offerSDP, "Supported: timer", again)
			c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
			return p.response(200)
		},
		"re-INVITE": func(r *rig, p *peer, c *Call, l *leg) *sip.Response {
			l.invite(offerSDP, "Supported: timer", again)
			c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
			res := p.response(200)
			l.ack("")
			r.want(Acked)
			return res
		},
		"re-INVITE without SDP": func(r *rig, p *peer, c *Call, l *leg) *sip.Response {
			l.invite("", "Supported: timer", again)
			c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
			res := p.response(200)
			l.ack(offerSDP)
			r.want(Acked)
			return res
		},
	}
	for name, f := range refresh {
		t.Run(name, func(t *testing.T) {
			timed(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				c, l, _ := r.called(p, "Supported: timer", again)
				for range 5 {
					p.silent(15 * time.Minute)
					wantTimer(t, f(r, p, c, l), "1800;refresher=uac", "timer")
				}
				r.dies(p, 1768*time.Second)
			})
		})
	}
}

// A refused refresh is none.
func TestRefusedRefreshOfThePeerDoesNotCount(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l, _ := r.called(p, "Supported: timer", "Session-Expires: 1800;refresher=uac")
		p.silent(15 * time.Minute)
		l.invite(offerSDP, "Supported: timer", "Session-Expires: 1800;refresher=uac")
		c.Reply(r.want(Offered)[0].Offer, 488, nil)
		if res := p.response(488); headerOf(res, "Session-Expires") != "" {
			t.Errorf("%s", res)
		}
		p.send(l.again("ACK", l.ackedSeq, ""))
		r.dies(p, 868*time.Second)
	})
}

// A re-INVITE that says nothing of timers, as a hold key makes it, does not
// end the timer; nobody knows whether its sender goes on refreshing, so we do.
func TestSilentReinviteKeepsTheTimer(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l, _ := r.called(p, "Supported: timer", "Allow: INVITE, ACK, BYE, CANCEL, UPDATE")
		l.invite(offerSDP)
		c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
		wantTimer(t, p.response(200), "1800;refresher=uas", "")
		l.ack("")
		r.want(Acked)
		p.silent(15*time.Minute - time.Second)
		wantTimer(t, p.request(sip.UPDATE), "1800;refresher=uac", "")
	})
}

// A call that is over has no timer.
func TestTimerEndsWithTheCall(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _, _ := r.called(p, "Supported: timer")
		time.Sleep(1767 * time.Second)
		c.Hangup()
		bye := p.request(sip.BYE)
		time.Sleep(3 * time.Second) // beyond what the timer would have left it
		p.drain()
		r.want()
		p.reply(bye, 200, "", "")
		if ev := r.want(Ended)[0]; ev.Cause != LocalBye {
			t.Errorf("%+v", ev)
		}
		p.silent(time.Hour)
	})
}
