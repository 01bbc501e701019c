package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// shout writes the parameters that make dialogs and transactions in capitals,
// which changes nothing (RFC 3261 §7.3.1).
var shout = strings.NewReplacer(";tag=", ";TAG=", ";branch=", ";Branch=", ";rport", ";RPORT")

func TestParameterNamesInCapitals(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.onEvent = func(c *Call, ev Event) {
			if ev.Kind == Offered {
				c.Reply(ev.Offer, 200, []byte(answerSDP))
			}
		}
		c, l := r.established(p)
		l.seq++
		p.send(shout.Replace(l.text("INVITE", l.seq, offerSDP)))
		p.response(200)
		p.send(shout.Replace(l.text("ACK", l.seq, "")))
		r.want(Offered, Acked)

		c.Info("text/plain", []byte("x"))
		p.send(shout.Replace(p.replyText(p.request(sip.INFO), 481, "", "")))
		r.want(Ended)
	})
}

func TestAnswerWithParameterNamesInCapitals(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.send(shout.Replace(p.replyText(inv, 180, "x", "")))
		r.want(Ringing)
		p.send(shout.Replace(p.replyText(inv, 200, "x", answerSDP)))
		p.request(sip.ACK)
		r.want(Answered)
		l := p.calledLeg(inv, "x")
		l.seq++
		p.send(shout.Replace(l.text("BYE", l.seq, "")))
		p.response(200)
		r.want(Ended)
	})
}

func TestRegisterWithAToTagIsNoDialog(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(phoneAddr)
		p.send("REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP " + phoneAddr.String() + ";branch=z9hG4bKr;rport\r\n" +
			"Max-Forwards: 70\r\nFrom: <sip:ann@example.test>;tag=1\r\nTo: <sip:ann@example.test>;tag=old\r\n" +
			"Call-ID: reg\r\nCSeq: 1 REGISTER\r\nContact: <sip:ann@10.0.0.1>\r\nContent-Length: 0\r\n\r\n")
		p.response(401)
	})
}
