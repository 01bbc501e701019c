package sip

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	weRefresh    = "Session-Expires: 1800;refresher=uac" // in a 2xx to us
	theyRefresh  = "Session-Expires: 1800;refresher=uas"
	allowsUpdate = "Allow: INVITE, ACK, CANCEL, BYE, update"
)

// callsOut is a call we made, answered with headers of the peer's choice.
func (r *rig) callsOut(p *peer, headers ...string) (*Call, *leg) {
	r.t.Helper()
	c := r.dialTrunk()
	inv := p.request(sip.INVITE)
	p.reply(inv, 200, "callee", answerSDP, headers...)
	p.request(sip.ACK)
	r.want(Answered)
	return c, p.calledLeg(inv, "callee")
}

// taken is all events since the last want.
func (r *rig) taken() []Event {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	evs := r.events
	r.events = nil
	return evs
}

// refreshAfter waits for our refresh, which must come after d.
func (p *peer) refreshAfter(d time.Duration, method sip.RequestMethod) *sip.Request {
	p.r.t.Helper()
	p.silent(d - 10*time.Millisecond)
	start := time.Now()
	req := p.request(method)
	if late := time.Since(start) - 10*time.Millisecond; late > 100*time.Millisecond {
		p.r.t.Errorf("%s came %v late", method, late)
	}
	return req
}

func TestInviteAsksForATimer(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		wantTimer(t, inv, "1800", "")
		if got := headerOf(inv, "Min-SE"); got != "90" {
			t.Errorf("Min-SE %q", got)
		}
		p.reply(inv, 486, "x", "")
		p.request(sip.ACK)
		r.want(Failed)
	})
	bubble(t, func(t *testing.T, r *rig) { // switched off
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		wantTimer(t, inv, "", "")
		if got := headerOf(inv, "Min-SE"); got != "" {
			t.Errorf("Min-SE %q", got)
		}
	})
}

// RFC 4028 §7.2: an answer without Session-Expires means no timer.
func TestAnswerWithoutTimerIsNone(t *testing.T) {
	for name, header := range map[string]string{
		"none": "Supported: timer", "nonsense": "Session-Expires: later", "zero": "Session-Expires: 0",
	} {
		t.Run(name, func(t *testing.T) {
			timed(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				c, _ := r.callsOut(p, header, allowsUpdate)
				p.silent(24 * time.Hour)
				c.Reoffer([]byte("hold")) // and it is not asked for again
				wantTimer(t, p.request(sip.INVITE), "", "")
			})
		})
	}
}

// TestRefreshByUpdate: at half the interval, for ever, without a body.
func TestRefreshByUpdate(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.callsOut(p, weRefresh, "Require: timer", allowsUpdate)
		target := "callee"
		for range 5 {
			up := p.refreshAfter(15*time.Minute, sip.UPDATE)
			if up.Recipient.User != target {
				t.Errorf("to %s, want %s", up.Recipient.User, target)
			}
			target += "-moved"
			wantTimer(t, up, "1800;refresher=uac", "")
			if len(up.Body()) != 0 || up.Contact() == nil || headerOf(up, "Min-SE") != "90" {
				t.Errorf("%s", up)
			}
			p.reply(up, 200, "", "", weRefresh, "Contact: <sip:"+target+"@"+p.addr.String()+">")
		}
		r.want()
	})
}

// TestRefreshByReinvite: a peer that does not list UPDATE, or lists nothing,
// gets the session as the layer above has it.
func TestRefreshByReinvite(t *testing.T) {
	for _, header := range []string{"Allow: INVITE, ACK, CANCEL, BYE", "Server: mute"} {
		timed(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			c, _ := r.callsOut(p, weRefresh, header)
			for range 3 {
				p.silent(15 * time.Minute)
				r.want(RefreshDue)
				c.Reoffer([]byte(offerSDP))
				inv := p.request(sip.INVITE)
				wantTimer(t, inv, "1800;refresher=uac", "")
				if string(inv.Body()) != offerSDP {
					t.Errorf("%s", inv)
				}
				p.reply(inv, 200, "", answerSDP, weRefresh)
				p.request(sip.ACK)
				r.want(ReofferDone)
			}
		})
	}
}

// Some phones put Session-Expires into their answer without being asked. Then
// we refresh, unless they say that they do.
func TestTimerInAnAnswerUnasked(t *testing.T) {
	for _, header := range []string{"Session-Expires: 600", "Session-Expires: 600;refresher=uac"} {
		bubble(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			r.callsOut(p, header, allowsUpdate)
			wantTimer(t, p.refreshAfter(5*time.Minute, sip.UPDATE), "600;refresher=uac", "")
		})
	}
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.callsOut(p, "Session-Expires: 600;refresher=uas", allowsUpdate)
		r.dies(p, 568*time.Second)
	})
	bubble(t, func(t *testing.T, r *rig) { // too small to be true
		p := r.peer(trunkAddr)
		r.callsOut(p, "Session-Expires: 20", allowsUpdate)
		wantTimer(t, p.refreshAfter(45*time.Second, sip.UPDATE), "90;refresher=uac", "")
	})
}

// TestRolesFlipWithTheDirection: uac and uas are those of the request they
// stand in. Whoever gets that wrong has both sides refresh.
func TestRolesFlipWithTheDirection(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) { // we called, they refresh
		p := r.peer(trunkAddr)
		c, l := r.callsOut(p, theyRefresh, allowsUpdate)
		for range 3 {
			p.silent(14 * time.Minute)
			l.send("UPDATE", "", "Supported: timer", "Session-Expires: 1800;refresher=uac")
			wantTimer(t, p.response(200), "1800;refresher=uac", "timer")
		}
		c.Reoffer([]byte("hold")) // ours in between changes nothing
		inv := p.request(sip.INVITE)
		wantTimer(t, inv, "1800;refresher=uas", "")
		p.reply(inv, 200, "", answerSDP, theyRefresh)
		p.request(sip.ACK)
		r.want(ReofferDone)
		r.dies(p, 1768*time.Second)
	})
	timed(t, func(t *testing.T, r *rig) { // they called, we refresh
		p := r.peer(trunkAddr)
		c, l, res := r.called(p, "Supported: timer", "Session-Expires: 1800;refresher=uas", allowsUpdate)
		wantTimer(t, res, "1800;refresher=uas", "")
		up := p.refreshAfter(15*time.Minute, sip.UPDATE)
		wantTimer(t, up, "1800;refresher=uac", "")
		p.reply(up, 200, "", "", weRefresh)
		p.silent(time.Minute)
		l.invite(offerSDP, "Supported: timer", "Session-Expires: 1800") // theirs in between neither
		c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
		wantTimer(t, p.response(200), "1800;refresher=uas", "")
		l.ack("")
		r.want(Acked)
		up = p.refreshAfter(15*time.Minute, sip.UPDATE)
		p.reply(up, 200, "", "", theyRefresh) // from now on they do
		r.dies(p, 1768*time.Second)
	})
}

// A 2xx to a refresh without Session-Expires switches the timer off.
func TestTimerIsSwitchedOff(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.callsOut(p, weRefresh, allowsUpdate)
		p.reply(p.refreshAfter(15*time.Minute, sip.UPDATE), 200, "", "")
		p.silent(24 * time.Hour)
	})
}

// TestInviteIsLengthenedOnce: 422 brings a new INVITE with the interval that
// the peer asks for, and a second one the end.
func TestInviteIsLengthenedOnce(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		first := p.request(sip.INVITE)
		p.reply(first, 422, "x", "", "Min-SE: 3600")
		p.request(sip.ACK)
		inv := p.request(sip.INVITE)
		wantTimer(t, inv, "3600", "")
		if headerOf(inv, "Min-SE") != "3600" || len(inv.GetHeaders("Supported")) != 1 || len(inv.GetHeaders("Session-Expires")) != 1 ||
			inv.CSeq().SeqNo != first.CSeq().SeqNo+1 || inv.CallID().Value() != first.CallID().Value() ||
			tagOf(inv.From().Params) != tagOf(first.From().Params) || string(inv.Body()) != offerSDP {
			t.Errorf("%s", inv)
		}
		p.reply(inv, 200, "callee", answerSDP, "Session-Expires: 3600;refresher=uac", allowsUpdate)
		p.request(sip.ACK)
		r.want(Answered)
		up := p.refreshAfter(30*time.Minute, sip.UPDATE)
		wantTimer(t, up, "3600;refresher=uac", "")
		if headerOf(up, "Min-SE") != "3600" {
			t.Errorf("%s", up)
		}
	})
	for name, headers := range map[string][2]string{
		"twice":    {"Min-SE: 3600", "Min-SE: 7200"},
		"the same": {"Min-SE: 90", ""}, "nothing": {"Subject: none", ""},
	} {
		t.Run(name, func(t *testing.T) {
			timed(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				r.dialTrunk()
				for _, h := range headers {
					if h != "" {
						p.reply(p.request(sip.INVITE), 422, "x", "", h)
						p.request(sip.ACK)
					}
				}
				if ev := r.want(Failed)[0]; ev.Status != 422 {
					t.Errorf("%+v", ev)
				}
				p.silent(time.Minute)
			})
		})
	}
}

// A 422 to a refresh makes the interval longer, once.
func TestRefreshIsLengthened(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.callsOut(p, weRefresh, allowsUpdate)
		p.reply(p.refreshAfter(15*time.Minute, sip.UPDATE), 422, "", "", "Min-SE: 3600")
		up := p.request(sip.UPDATE)
		wantTimer(t, up, "3600;refresher=uac", "")
		p.reply(up, 200, "", "", "Session-Expires: 3600;refresher=uac")
		wantTimer(t, p.refreshAfter(30*time.Minute, sip.UPDATE), "3600;refresher=uac", "")
	})
	timed(t, func(t *testing.T, r *rig) { // what would change nothing is not tried
		p := r.peer(trunkAddr)
		r.callsOut(p, weRefresh, allowsUpdate)
		p.reply(p.refreshAfter(15*time.Minute, sip.UPDATE), 422, "", "", "Min-SE: 1800")
		r.want(RefreshDue)
	})
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.callsOut(p, weRefresh)
		p.silent(15 * time.Minute)
		r.want(RefreshDue)
		c.Reoffer([]byte(offerSDP))
		for _, least := range []string{"3600", "7200"} {
			p.reply(p.request(sip.INVITE), 422, "", "", "Min-SE: "+least)
			p.request(sip.ACK)
		}
		if ev := r.want(ReofferDone)[0]; ev.Status != 422 {
			t.Errorf("%+v", ev)
		}
	})
}

// The dialog is gone when the peer says so or nothing.
func TestRefreshIntoAGoneDialogEndsTheCall(t *testing.T) {
	for _, status := range []int{481, 408} {
		timed(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			r.callsOut(p, weRefresh, allowsUpdate)
			p.reply(p.refreshAfter(15*time.Minute, sip.UPDATE), status, "", "")
			if ev := r.want(Ended)[0]; ev.Cause != DialogGone || ev.Status != status {
				t.Errorf("%+v", ev)
			}
			if status == 408 {
				p.request(sip.BYE)
			}
		})
	}
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.callsOut(p, weRefresh, allowsUpdate)
		p.refreshAfter(15*time.Minute, sip.UPDATE)
		time.Sleep(33 * time.Second)
		if ev := r.want(Ended)[0]; ev.Cause != DialogGone || ev.Status != 408 {
			t.Errorf("%+v", ev)
		}
	})
}

// A peer that lists UPDATE and refuses it gets re-INVITEs from then on.
func TestRefusedUpdateBecomesAReinvite(t *testing.T) {
	for _, status := range []int{405, 501, 488, 500} {
		timed(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			c, _ := r.callsOut(p, weRefresh, allowsUpdate)
			p.reply(p.refreshAfter(15*time.Minute, sip.UPDATE), status, "", "")
			for range 2 {
				r.want(RefreshDue)
				c.Reoffer([]byte(offerSDP))
				p.reply(p.request(sip.INVITE), 200, "", answerSDP, weRefresh, allowsUpdate)
				p.request(sip.ACK)
				r.want(ReofferDone)
				p.silent(15 * time.Minute)
			}
		})
	}
}

// Glare of an UPDATE is retried like that of a re-INVITE.
func TestGlareOfARefresh(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.callsOut(p, weRefresh, allowsUpdate)
		p.reply(p.refreshAfter(15*time.Minute, sip.UPDATE), 491, "", "")
		start := time.Now()
		up := p.request(sip.UPDATE)
		if d := time.Since(start); d < 2100*time.Millisecond || d > 4*time.Second {
			t.Errorf("again after %v", d)
		}
		p.reply(up, 200, "", "", weRefresh)
		p.refreshAfter(15*time.Minute, sip.UPDATE)
	})
	timed(t, func(t *testing.T, r *rig) { // and a re-INVITE's 200 in the end counts
		p := r.peer(trunkAddr)
		c, _ := r.callsOut(p, weRefresh)
		p.silent(15 * time.Minute)
		r.want(RefreshDue)
		c.Reoffer([]byte(offerSDP))
		p.reply(p.request(sip.INVITE), 491, "", "")
		p.request(sip.ACK)
		p.reply(p.request(sip.INVITE), 200, "", answerSDP, weRefresh)
		p.request(sip.ACK)
		r.want(ReofferDone)
		p.silent(15*time.Minute - time.Second)
		r.want()
		time.Sleep(1100 * time.Millisecond)
		r.want(RefreshDue)
	})
}

// A refresh that nobody sends is asked for again, each time after half of what
// is left, until the call ends.
func TestRefreshIsAskedForUntilTheEnd(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.callsOut(p, weRefresh)
		start := time.Now()
		for _, at := range []int{900, 1334, 1551} {
			time.Sleep(time.Until(start.Add(time.Duration(at-1) * time.Second)))
			r.want()
			time.Sleep(1100 * time.Millisecond)
			r.want(RefreshDue)
		}
		time.Sleep(time.Until(start.Add(1750 * time.Second)))
		if n := len(r.taken()); n < 2 || n > 10 {
			t.Errorf("asked for another %d times", n)
		}
		r.mu.Lock()
		r.onEvent = func(c *Call, ev Event) {
			if ev.Kind == Ended && (ev.Cause != DialogGone || time.Since(start) != 1768*time.Second) {
				t.Errorf("%+v after %v", ev, time.Since(start))
			}
		}
		r.mu.Unlock()
		p.reply(p.request(sip.BYE), 200, "", "")
		evs := slices.DeleteFunc(r.taken(), func(ev Event) bool { return ev.Kind == RefreshDue })
		if len(evs) != 1 || evs[0].Kind != Ended {
			t.Errorf("%+v", evs)
		}
	})
}

// A re-INVITE under way refreshes too, ours or theirs: none is sent beside it.
func TestRefreshWaitsForNegotiation(t *testing.T) {
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.callsOut(p, weRefresh, allowsUpdate)
		p.silent(15*time.Minute - time.Second)
		c.Reoffer([]byte("hold"))
		inv := p.request(sip.INVITE)
		p.reply(inv, 100, "", "")
		p.silent(time.Minute)
		p.reply(inv, 200, "", answerSDP, weRefresh)
		p.request(sip.ACK)
		r.want(ReofferDone)
		p.refreshAfter(15*time.Minute, sip.UPDATE)
	})
	timed(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.callsOut(p, weRefresh, allowsUpdate)
		p.silent(15*time.Minute - time.Second)
		l.invite("theirs", "Supported: timer", "Session-Expires: 1800;refresher=uas")
		offer := r.want(Offered)[0].Offer
		p.response(100)
		p.silent(50 * time.Second)
		c.Reply(offer, 200, []byte(answerSDP))
		p.response(200)
		l.ack("")
		r.want(Acked)
		p.refreshAfter(15*time.Minute, sip.UPDATE)
	})
}
