package sip

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Digits typed while the ACK is on its way again come late, in order and all.
func TestManyRequestsBehindALostAckAreServedInOrder(t *testing.T) {
	for _, n := range []int{6, maxHeld, 2 * maxHeld} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				l := p.leg("digits")
				l.invite(offerSDP)
				c := r.call()
				c.Answer([]byte(answerSDP))
				l.learn(p.response(200))
				var want, got []string
				for i := range n {
					want = append(want, fmt.Sprintf("Signal=%d", i))
					l.send("INFO", want[i], "Content-Type: application/dtmf-relay")
				}
				time.Sleep(outOfOrder / 2)
				l.ack("")
				synctest.Wait()
				for len(p.in) > 0 {
					if m := p.next(); m.(*sip.Response).StatusCode >= 300 {
						t.Errorf("got %s", startLine(m))
					}
				}
				r.mu.Lock()
				defer r.mu.Unlock()
				for _, ev := range r.events {
					if ev.Kind == Info {
						got = append(got, string(ev.Body))
					}
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

// The hold button, pressed again while the first ACK is lost: the second
// re-INVITE says that the first is acknowledged.
func TestSecondReinviteBehindALostAck(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.onEvent = func(c *Call, ev Event) {
			if ev.Kind == Offered {
				c.Reply(ev.Offer, 200, []byte(answerSDP))
			}
		}
		_, l := r.established(p)
		l.invite(offerSDP)
		p.response(200)
		l.invite(offerSDP)
		for p.next().CSeq().SeqNo != l.seq { // the 2xx of the first is repeated until then
		}
		p.drain()
		l.ack("")
		r.want(Offered, Acked, Offered, Acked)
		p.silent(2 * giveUp)
		r.want()
	})
}

func TestReinviteSpeaksForTheLostAckOfTheFirstInvite(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("x")
		l.invite(offerSDP)
		c := r.call()
		c.Answer([]byte(answerSDP))
		l.learn(p.response(200))
		l.invite(offerSDP)
		time.Sleep(outOfOrder)
		offer := r.want(Acked, Offered)[1].Offer
		p.drain()
		c.Reply(offer, 200, []byte(answerSDP))
		p.response(200)
		l.ack("")
		r.want(Acked)
		p.silent(2 * giveUp)
	})
}

func TestReinviteEndsTheWaitOfAHangup(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("x")
		l.invite(offerSDP)
		c := r.call()
		c.Answer([]byte(answerSDP))
		l.learn(p.response(200))
		c.Hangup()
		l.invite(offerSDP)
		time.Sleep(outOfOrder)
		var methods []string
		synctest.Wait()
		for len(p.in) > 0 {
			switch m := p.next().(type) {
			case *sip.Request:
				methods = append(methods, string(m.Method))
				p.reply(m, 200, "", "")
			case *sip.Response:
				if m.CSeq().SeqNo == l.seq && m.StatusCode > 100 {
					methods = append(methods, fmt.Sprint(m.StatusCode))
				}
			}
		}
		if got := strings.Join(methods, " "); got != "BYE 487" {
			t.Errorf("sent %s", got)
		}
		r.want(Acked, Ended)
	})
}

// The ACK that brings the answer to our offer cannot be presumed.
func TestReinviteCannotReplaceAnAckWithAnAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("delayed")
		l.invite("")
		c := r.call()
		c.Answer([]byte(offerSDP))
		l.learn(p.response(200))
		first := l.ackedSeq
		l.invite(offerSDP)
		p.response(491)
		l.ack("") // of the 491
		p.send(l.text("ACK", first, answerSDP))
		if ev := r.want(Acked)[0]; string(ev.Body) != answerSDP {
			t.Errorf("%+v", ev)
		}
	})
}

// A refused request has used up its number all the same.
func TestRefusedRequestTakesItsPlaceInTheOrder(t *testing.T) {
	for name, c := range map[string]struct {
		method, body, header string
		status               int
	}{
		"method":    {"MESSAGE", "", "X-A: b", 405},
		"body":      {"UPDATE", "x", "Content-Type: text/plain", 415},
		"extension": {"INFO", "", "Require: teleport", 420},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				_, l := r.established(p)
				l.send(c.method, c.body, c.header)
				p.response(c.status)
				again := l.again(c.method, l.seq, c.body, c.header)
				p.send(again) // the answer was lost
				p.response(c.status)
				start := time.Now()
				l.send("BYE", "")
				p.response(200)
				if d := time.Since(start); d >= outOfOrder {
					t.Errorf("BYE waited %v", d)
				}
			})
		})
	}
}

func TestRefusedRequestInAnEarlyDialog(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 180, "callee", "")
		l := p.calledLeg(inv, "callee")
		l.send("MESSAGE", "")
		if res := p.response(405); len(res.GetHeaders("Allow")) == 0 {
			t.Errorf("without Allow: %s", res)
		}
	})
}

// What a sink does to a request must not leave it without an answer.
func TestPanicOverARequestAnswersIt(t *testing.T) {
	for _, method := range []string{"INVITE", "UPDATE"} {
		t.Run(method, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				_, l := r.established(p)
				r.allowPanic = true
				boom := true
				r.onEvent = func(c *Call, ev Event) {
					if ev.Kind != Offered {
						return
					}
					if boom {
						boom = false
						panic("boom")
					}
					c.Reply(ev.Offer, 200, []byte(answerSDP))
				}
				l.send(method, offerSDP)
				p.response(500)
				l.p.send(l.again("ACK", l.seq, ""))
				l.send(method, offerSDP)
				for p.response(200).CSeq().SeqNo != l.seq {
				}
				if r.panics != 1 {
					t.Errorf("%d panics", r.panics)
				}
			})
		})
	}
}
