package sip

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

func TestIncomingCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("in")
		l.invite(offerSDP)
		p.response(100)
		c := r.call()
		inv := r.invites[0]
		if inv.Trunk != "carrier" || inv.User != "" || inv.Dialled != "200" || string(inv.Body) != offerSDP {
			t.Errorf("invite %+v", inv)
		}
		c.Ring(nil)
		l.learn(p.response(180))
		c.Answer([]byte(answerSDP))
		ok := p.response(200)
		if string(ok.Body()) != answerSDP {
			t.Errorf("answer %q", ok.Body())
		}
		l.ack("")
		r.want(Acked)
		l.send("BYE", "")
		p.response(200)
		ev := r.want(Ended)[0]
		if ev.Cause != RemoteBye {
			t.Errorf("cause %v", ev.Cause)
		}
		p.silent(time.Minute)
		if n := r.ep.Stats().Calls; n != 0 {
			t.Errorf("%d calls left", n)
		}
	})
}

func TestOutgoingCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialTrunk()
		inv := p.request(sip.INVITE)
		if inv.Recipient.User != "+4930123" || string(inv.Body()) != offerSDP {
			t.Errorf("%s", inv)
		}
		p.reply(inv, 100, "", "")
		p.reply(inv, 180, "x", "")
		time.Sleep(3 * time.Second)
		p.reply(inv, 200, "x", answerSDP)
		ack := p.request(sip.ACK)
		if ack.CSeq().SeqNo != inv.CSeq().SeqNo {
			t.Errorf("ACK with CSeq %d of an INVITE with %d", ack.CSeq().SeqNo, inv.CSeq().SeqNo)
		}
		evs := r.want(Ringing, Answered)
		if string(evs[1].Body) != answerSDP {
			t.Errorf("answer %q", evs[1].Body)
		}
		c.Hangup()
		p.reply(p.request(sip.BYE), 200, "", "")
		if ev := r.want(Ended)[0]; ev.Cause != LocalBye {
			t.Errorf("cause %v", ev.Cause)
		}
	})
}
