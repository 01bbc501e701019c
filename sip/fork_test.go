package sip

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// ring dials several peers at once.
func (r *rig) ring(peers ...*peer) (*Call, []*sip.Request) {
	r.t.Helper()
	req := DialRequest{Body: []byte(offerSDP), From: Party{User: "100"}}
	for i, p := range peers {
		req.Targets = append(req.Targets, Target{
			URI:  fmt.Sprintf("sip:agent%d@%s", i, p.addr),
			Flow: Flow{Transport: "udp", Local: ourAddr, Remote: p.addr},
		})
	}
	c := r.dial(req)
	var invites []*sip.Request
	for _, p := range peers {
		invites = append(invites, p.request(sip.INVITE))
	}
	return c, invites
}

func (r *rig) phones(n int) []*peer {
	var list []*peer
	for i := range n {
		list = append(list, r.peer(addrAt("192.0.2.10", uint16(5060+i))))
	}
	return list
}

func TestSecondAnswerOfAForkIsAcknowledgedAndEnded(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 200, "one", answerSDP)
		if ack := p.request(sip.ACK); tagOf(ack.To().Params) != "one" {
			t.Errorf("%s", ack)
		}
		p.reply(inv, 200, "two", answerSDP)
		for _, method := range []sip.RequestMethod{sip.ACK, sip.BYE} {
			req := p.request(method)
			if tagOf(req.To().Params) != "two" {
				t.Errorf("%s", req)
			}
			if method == sip.BYE {
				p.reply(req, 200, "", "")
			}
		}
		// Retransmissions of either get the ACK of their own dialog.
		for _, tag := range []string{"one", "two"} {
			p.reply(inv, 200, tag, answerSDP)
			if ack := p.request(sip.ACK); tagOf(ack.To().Params) != tag {
				t.Errorf("%s", ack)
			}
		}
		r.want(Answered)
		c.Hangup()
		if bye := p.request(sip.BYE); tagOf(bye.To().Params) != "one" {
			t.Errorf("%s", bye)
		}
	})
}

func TestFirstToAnswerWins(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		ps := r.phones(3)
		c, invs := r.ring(ps...)
		if invs[0].CallID().Value() == invs[1].CallID().Value() {
			t.Error("two dialogs with one Call-ID")
		}
		for i, p := range ps {
			p.reply(invs[i], 180, "x", "")
		}
		synctest.Wait()
		ps[1].reply(invs[1], 200, "x", answerSDP)
		ps[1].request(sip.ACK)
		for _, i := range []int{0, 2} {
			ps[i].reply(ps[i].request(sip.CANCEL), 200, "", "")
			ps[i].reply(invs[i], 487, "x", "")
			ps[i].request(sip.ACK)
		}
		evs := r.want(Ringing, Ringing, Ringing, Answered)
		if evs[3].Target != 1 || c.CallID() != invs[1].CallID().Value() {
			t.Errorf("%+v, Call-ID %s", evs[3], c.CallID())
		}
		for _, p := range ps {
			p.silent(time.Minute)
		}
	})
}

func TestTwoAnswersAtOnceLeaveOne(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		ps := r.phones(2)
		_, invs := r.ring(ps...)
		for i, p := range ps {
			p.reply(invs[i], 180, "x", "")
		}
		r.want(Ringing, Ringing)
		ps[0].reply(invs[0], 200, "x", answerSDP)
		synctest.Wait()
		ps[1].reply(invs[1], 200, "x", answerSDP)
		ps[0].request(sip.ACK)
		ps[1].reply(ps[1].request(sip.CANCEL), 481, "", "")
		ps[1].request(sip.ACK)
		ps[1].reply(ps[1].request(sip.BYE), 200, "", "")
		if ev := r.want(Answered)[0]; ev.Target != 0 {
			t.Errorf("%+v", ev)
		}
		ps[0].silent(time.Minute)
	})
}

func TestCallFailsWhenAllTargetsHave(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		ps := r.phones(2)
		_, invs := r.ring(ps...)
		ps[0].reply(invs[0], 486, "x", "")
		ps[0].request(sip.ACK)
		r.want()
		ps[1].reply(invs[1], 480, "x", "")
		ps[1].request(sip.ACK)
		r.want(Failed)
	})
}

func TestDeclineSpeaksForAllTargets(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		ps := r.phones(2)
		_, invs := r.ring(ps...)
		ps[1].reply(invs[1], 180, "x", "")
		r.want(Ringing)
		ps[0].reply(invs[0], 603, "x", "")
		ps[0].request(sip.ACK)
		ps[1].reply(ps[1].request(sip.CANCEL), 200, "", "")
		ps[1].reply(invs[1], 487, "x", "")
		ps[1].request(sip.ACK)
		if ev := r.want(Failed)[0]; ev.Status != 603 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestHangupCancelsAllTargets(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		ps := r.phones(2)
		c, invs := r.ring(ps...)
		for i, p := range ps {
			p.reply(invs[i], 180, "x", "")
		}
		r.want(Ringing, Ringing)
		c.Hangup()
		for i, p := range ps {
			p.reply(p.request(sip.CANCEL), 200, "", "")
			p.reply(invs[i], 487, "x", "")
			p.request(sip.ACK)
		}
		r.want(Ended)
	})
}

// RFC 3261 §16.7, step 6.
func TestBestOfSeveralRefusals(t *testing.T) {
	for _, c := range []struct {
		a, b, best int
	}{
		{486, 603, 603}, {604, 404, 604}, {486, 500, 486}, {503, 486, 486}, {500, 503, 500},
		{302, 404, 302}, {407, 404, 407}, {404, 484, 484}, {408, 486, 486}, {408, 503, 408},
	} {
		got := c.a
		if better(c.b, c.a) {
			got = c.b
		}
		if got != c.best {
			t.Errorf("of %d and %d: %d, want %d", c.a, c.b, got, c.best)
		}
	}
}

func TestAgentOnAPortOfItsOwnGetsRequestsAlongItsFlow(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		phone := r.peer(phoneAddr)
		c := r.dial(DialRequest{Targets: []Target{{
			URI: "sip:ann@10.1.1.1:5060;ob", Flow: Flow{Transport: "udp", Local: ourAddr, Remote: phoneAddr},
		}}, Body: []byte(offerSDP)})
		inv := phone.request(sip.INVITE)
		phone.reply(inv, 200, "x", answerSDP, "Contact: <sip:ann@10.1.1.1:5060;ob>")
		ack := phone.request(sip.ACK)
		if ack.Recipient.String() != "sip:ann@10.1.1.1:5060;ob" {
			t.Errorf("Request-URI %s", &ack.Recipient)
		}
		c.Hangup()
		phone.reply(phone.request(sip.BYE), 200, "", "")
		r.want(Answered, Ended)
	})
}
