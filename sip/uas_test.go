package sip

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ringing is an incoming call that rings, and the tag we ring with.
func ringing(r *rig, p *peer) (*Call, *leg) {
	r.t.Helper()
	l := p.leg("ring")
	l.invite(offerSDP)
	c := r.call()
	c.Ring(nil)
	l.learn(p.response(180))
	return c, l
}

// cancelText is the CANCEL of the last INVITE of the leg.
func (l *leg) cancelText() string {
	to := l.to
	l.to = ""
	defer func() { l.to = to }()
	return strings.Replace(l.again("CANCEL", l.ackedSeq, ""), l.uri, "sip:200@203.0.113.1", 1)
}

func TestCancelledCallIsNotAnsweredAfterwards(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		p.send(l.cancelText())
		ok := p.response(200)
		if ok.CSeq().MethodName != sip.CANCEL {
			t.Fatalf("%s", ok)
		}
		refused := p.response(487)
		r.want(Cancelled)
		c.Answer([]byte(answerSDP))
		c.Ring(nil)
		c.Reject(486, 0)
		// The 487 is not acknowledged, so it is repeated: always the same.
		for range 5 {
			if again := p.response(487); again.String() != refused.String() {
				t.Errorf("repeated as\n%s", again)
			}
		}
		r.want()
	})
}

func TestAllResponsesCarryOneTag(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := ringing(r, p)
		p.send(l.cancelText())
		for _, status := range []int{200, 487} {
			if tag := tagOf(p.response(status).To().Params); tag != l.to || tag == "" {
				t.Errorf("%d has tag %q, the 180 had %q", status, tag, l.to)
			}
		}
	})
}

func TestCancelAfterAnswerKeepsTheCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		c.Answer([]byte(answerSDP))
		p.response(200)
		p.send(l.cancelText())
		if res := p.response(200); res.CSeq().MethodName != sip.CANCEL {
			t.Fatalf("%s", res)
		}
		l.ack("")
		r.want(Acked)
		p.silent(time.Minute)
		l.send("BYE", "")
		p.response(200)
		r.want(Ended)
	})
}

func TestCancelThatOvertakesItsInvite(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("early")
		l.seq++
		invite := l.text("INVITE", l.seq, offerSDP)
		l.ackedSeq = l.seq
		p.send(l.cancelText())
		time.Sleep(50 * time.Millisecond)
		p.send(invite)
		if res := p.response(200); res.CSeq().MethodName != sip.CANCEL {
			t.Fatalf("%s", res)
		}
		p.response(487)
		r.want()
		if len(r.invites) != 0 {
			t.Error("a cancelled call reached the handler")
		}
	})
}

func TestCancelOfNothingIs481(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("none")
		l.branch, l.ackedSeq = "z9hG4bKnone", 1
		start := time.Now()
		p.send(l.cancelText())
		p.response(481)
		if d := time.Since(start); d != outOfOrder {
			t.Errorf("after %v", d)
		}
	})
}

func TestCancelWithAnotherBranchIs481(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := ringing(r, p)
		l.branch = "z9hG4bKforged"
		p.send(l.cancelText())
		p.response(481)
		r.want()
	})
}

func TestAnswerIsRepeatedUntilTheAck(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		start := time.Now()
		c.Answer([]byte(answerSDP))
		first := p.response(200)
		for _, at := range []time.Duration{500, 1500, 3500, 7500, 11500, 15500} {
			if again := p.response(200); again.String() != first.String() {
				t.Errorf("repeated as\n%s", again)
			}
			if d := time.Since(start); d != at*time.Millisecond {
				t.Errorf("repeated at %v, want %v", d, at*time.Millisecond)
			}
		}
		l.ack("")
		r.want(Acked)
		p.silent(time.Minute)
		l.ack("") // repeated ACKs mean nothing
		r.want()
	})
}

func TestAnswerWithoutAckEndsInBye(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := ringing(r, p)
		start := time.Now()
		c.Answer([]byte(answerSDP))
		for {
			m := p.next()
			if req, ok := m.(*sip.Request); ok {
				if req.Method != sip.BYE {
					t.Fatalf("%s", req)
				}
				p.reply(req, 200, "", "")
				break
			}
		}
		if d := time.Since(start); d != 32*time.Second {
			t.Errorf("BYE after %v, want 64*T1", d)
		}
		if ev := r.want(Ended)[0]; ev.Cause != NoAck {
			t.Errorf("%+v", ev)
		}
		p.silent(time.Minute)
	})
}

func TestRepeatedInviteIsOneCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		to := l.to
		l.to, l.uri = "", "sip:200@203.0.113.1"
		for range 3 {
			p.send(l.again("INVITE", l.ackedSeq, offerSDP))
			p.response(180)
		}
		l.to = to
		r.call()
		c.Answer([]byte(answerSDP))
		p.response(200)
		p.send(l.again("INVITE", l.ackedSeq, offerSDP))
		r.call()
	})
}

// Nothing of the INVITE is kept once it is acknowledged, and yet it is known.
func TestAcknowledgedInviteIsLetGoOf(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		c.Answer([]byte(answerSDP))
		p.response(200)
		to, uri := l.to, l.uri
		l.to, l.uri = "", "sip:200@203.0.113.1"
		late := l.again("INVITE", l.ackedSeq, offerSDP)
		merged := l.text("INVITE", l.ackedSeq, offerSDP)
		l.to, l.uri = to, uri
		l.ack("")
		r.want(Acked)
		if in := c.incoming; in.req != nil || in.tx != nil || in.ring != nil || in.ok != nil || in.resend != nil || in.timeout != nil {
			t.Errorf("kept: %+v", in)
		}
		p.send(late)
		p.silent(time.Second)
		p.send(merged) // by another path
		p.response(482)
		l.send("BYE", "")
		p.response(200)
		r.want(Ended)
	})
}

// Whatever of an acknowledged INVITE's transaction comes again, before its messages
// are let go of and after, meets none of them.
func TestStragglersOfAnAcknowledgedInvite(t *testing.T) {
	for _, wait := range []time.Duration{0, shedAfter - time.Millisecond, shedAfter, 2 * shedAfter, giveUp - time.Second, giveUp + time.Second} {
		bubble(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			c, l := ringing(r, p)
			c.Answer([]byte(answerSDP))
			p.response(200)
			cancel := l.cancelText()
			to, uri := l.to, l.uri
			l.to, l.uri = "", "sip:200@203.0.113.1"
			again := l.again("INVITE", l.ackedSeq, offerSDP)
			l.to, l.uri = to, uri
			ack := l.again("ACK", l.ackedSeq, "") // in the INVITE's branch, as some send it
			p.send(ack)
			r.want(Acked)
			time.Sleep(wait)
			p.send(ack)
			p.silent(10 * time.Millisecond)
			if wait < giveUp {
				p.send(again)
				p.silent(10 * time.Millisecond)
				p.send(cancel)
				if res := p.response(200); res.CSeq().MethodName != "CANCEL" {
					t.Errorf("after %v: %v", wait, res)
				}
			}
			l.invite(offerSDP)
			c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
			p.response(200)
			l.invite(offerSDP) // it says that the ACK for the one before was lost
			time.Sleep(outOfOrder)
			c.Reply(r.want(Acked, Offered)[1].Offer, 200, []byte(answerSDP))
			for p.response(200).CSeq().SeqNo != l.seq {
			}
			l.ack("")
			r.want(Acked)
			l.send("UPDATE", offerSDP)
			c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
			p.response(200)
			l.send("BYE", "")
			p.response(200)
			r.want(Ended)
		})
	}
}

func TestMergedRequestIs482(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := ringing(r, p)
		l.to = ""
		p.send(l.text("INVITE", l.ackedSeq, offerSDP))
		p.response(482)
		r.call()
	})
}

func TestDelayedOffer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("delayed")
		l.invite("")
		c := r.call()
		if body := r.invites[0].Body; len(body) != 0 {
			t.Errorf("offer %q", body)
		}
		c.Answer([]byte(offerSDP))
		l.learn(p.response(200))
		l.ack(answerSDP)
		if ev := r.want(Acked)[0]; string(ev.Body) != answerSDP {
			t.Errorf("%+v", ev)
		}
	})
}

func TestAckOfAnAnsweredOfferCarriesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		c.Answer([]byte(answerSDP))
		p.response(200)
		l.ack(offerSDP)
		if ev := r.want(Acked)[0]; ev.Body != nil {
			t.Errorf("%+v", ev)
		}
	})
}

func TestEarlyMediaIs183(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("early")
		l.invite(offerSDP)
		r.call().Ring([]byte(answerSDP))
		if res := p.response(183); string(res.Body()) != answerSDP {
			t.Errorf("%s", res)
		}
	})
}

func TestRingingIsRefreshedEachMinute(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := ringing(r, p)
		start := time.Now()
		for i := range 3 {
			p.response(180)
			if d := time.Since(start); d != time.Duration(i+1)*time.Minute {
				t.Errorf("at %v", d)
			}
		}
		c.Reject(486, 0)
		p.response(486)
	})
}

func TestRejectIsFinal(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		c.Reject(486, 30*time.Second)
		c.Ring(nil) // must not turn the repeated 486 into a 180
		c.Answer([]byte(answerSDP))
		for range 4 {
			res := p.response(486)
			if h := res.GetHeader("Retry-After"); h == nil || h.Value() != "30" {
				t.Errorf("%s", res)
			}
		}
		if ev := r.want(Ended)[0]; ev.Status != 486 || ev.Cause != LocalBye {
			t.Errorf("%+v", ev)
		}
		p.send(l.again("ACK", l.ackedSeq, ""))
		synctest.Wait()
		p.drain()
		p.silent(time.Minute)
	})
}

func TestRejectWithSuccessIsAnError(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := ringing(r, p)
		c.Reject(200, 0)
		p.response(500)
	})
}

func TestHangupOfUnansweredIncomingCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := ringing(r, p)
		c.Hangup()
		p.response(480)
		r.want(Ended)
	})
}

func TestHangupWaitsForTheAck(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		c.Answer([]byte(answerSDP))
		p.response(200)
		c.Hangup()
		p.silent(400 * time.Millisecond)
		l.ack("")
		p.reply(p.request(sip.BYE), 200, "", "")
		r.want(Acked, Ended)
	})
}

func TestByeOfAnEarlyDialog(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := ringing(r, p)
		l.send("BYE", "", "Reason: SIP;cause=200;text=\"elsewhere\"")
		p.response(200)
		p.response(487)
		if ev := r.want(Cancelled)[0]; !strings.Contains(ev.Reason, "elsewhere") {
			t.Errorf("%+v", ev)
		}
	})
}

func TestPanicOfTheHandlerRefusesTheCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.allowPanic = true
		r.onInvite = func(*Call, Invite) { panic("boom") }
		l := p.leg("panic")
		l.invite(offerSDP)
		p.response(500)
		r.want(Ended)
		r.onInvite = nil
		if r.panics != 1 {
			t.Errorf("%d panics logged", r.panics)
		}
		l2 := p.leg("next")
		l2.invite(offerSDP)
		p.response(500) // repeated until acknowledged
		synctest.Wait()
		if len(r.invites) != 2 {
			t.Error("the endpoint does not serve any more")
		}
	})
}

func TestEventsBeforeAttachAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		late := make(chan *Call, 1)
		r.ep.cfg.Handler = lazyHandler{r, late}
		p := r.peer(trunkAddr)
		l := p.leg("lazy")
		l.invite(offerSDP)
		c := <-late
		p.response(100)
		p.send(l.cancelText())
		p.response(200)
		p.response(487)
		c.Attach(r.sink(c))
		r.want(Cancelled)
	})
}

type lazyHandler struct {
	*rig
	late chan *Call
}

func (h lazyHandler) Invite(c *Call, _ Invite) { h.late <- c }

func TestRecordRouteIsTheRouteSet(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		edge := r.peer(addrAt("198.51.100.9", 5062))
		l := p.leg("routed")
		routes := []string{
			"Record-Route: <sip:198.51.100.9:5062;lr>, <sip:inner.example;lr=on>",
			"Record-Route: <sip:198.51.100.7;lr>",
		}
		l.invite(offerSDP, routes...)
		c := r.call()
		c.Ring(nil)
		if n := len(p.response(180).GetHeaders("Record-Route")); n != 3 {
			t.Errorf("180 has %d Record-Route", n)
		}
		c.Answer([]byte(answerSDP))
		ok := p.response(200)
		if n := len(ok.GetHeaders("Record-Route")); n != 3 {
			t.Errorf("200 has %d Record-Route", n)
		}
		l.learn(ok)
		l.ack("")
		r.want(Acked)
		c.Hangup()
		bye := edge.request(sip.BYE)
		var got []string
		for _, h := range bye.GetHeaders("Route") {
			got = append(got, h.Value())
		}
		if s := fmt.Sprint(got); s != "[<sip:198.51.100.9:5062;lr> <sip:inner.example;lr=on> <sip:198.51.100.7;lr>]" {
			t.Errorf("Route %s", s)
		}
		if bye.Recipient.String() != "sip:peer@198.51.100.7:5060" {
			t.Errorf("Request-URI %s", &bye.Recipient)
		}
		edge.reply(bye, 200, "", "")
		r.want(Ended)
	})
}

func TestStrictRouterBecomesTheRequestURI(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("strict")
		l.invite(offerSDP, "Record-Route: <sip:198.51.100.7:5060>")
		c := r.call()
		c.Answer([]byte(answerSDP))
		l.learn(p.response(200))
		l.ack("")
		r.want(Acked)
		c.Hangup()
		bye := p.request(sip.BYE)
		if bye.Recipient.String() != "sip:198.51.100.7:5060" {
			t.Errorf("Request-URI %s", &bye.Recipient)
		}
		if h := bye.GetHeaders("Route"); len(h) != 1 || h[0].Value() != "<sip:peer@198.51.100.7:5060>" {
			t.Errorf("Route %v", h)
		}
	})
}
