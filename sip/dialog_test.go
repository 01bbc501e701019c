package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

func addrAt(host string, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.MustParseAddr(host), port)
}

func TestAckAndByeBackToBackKeepTheirOrder(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		for i := range 300 {
			l := p.leg(fmt.Sprint("order", i))
			r.onInvite = func(c *Call, _ Invite) { c.Answer([]byte(answerSDP)) }
			l.invite(offerSDP)
			l.learn(p.response(200))
			l.ack("")
			l.send("BYE", "")
			p.response(200)
			r.want(Acked, Ended)
		}
	})
}

func TestByeThatOvertakesTheAckWaitsForIt(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		c.Answer([]byte(answerSDP))
		p.response(200)
		l.send("BYE", "")
		p.silent(100 * time.Millisecond)
		l.ack("")
		p.response(200)
		r.want(Acked, Ended)
	})
}

func TestByeWithoutAckIsServedAfterAMoment(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		c.Answer([]byte(answerSDP))
		p.response(200)
		l.send("BYE", "")
		start := time.Now()
		if res := p.response(200); res.CSeq().MethodName != sip.BYE {
			t.Fatalf("%s", res)
		}
		if d := time.Since(start); d != outOfOrder {
			t.Errorf("after %v", d)
		}
		if ev := r.want(Ended)[0]; ev.Cause != RemoteBye {
			t.Errorf("%+v", ev)
		}
		p.silent(time.Minute) // the 200 to the INVITE is not repeated
	})
}

func TestSwappedRequestsAreServedInOrder(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		kind := "Content-Type: application/dtmf-relay"
		first, second, third := l.seq+1, l.seq+2, l.seq+3
		p.send(l.text("INFO", third, "3", kind))
		p.send(l.text("INFO", second, "2", kind))
		p.silent(50 * time.Millisecond)
		p.send(l.text("INFO", first, "1", kind))
		for _, seq := range []uint32{first, second, third} {
			if got := p.response(200).CSeq().SeqNo; got != seq {
				t.Errorf("answered %d, want %d", got, seq)
			}
		}
		var order []string
		for _, ev := range r.want(Info, Info, Info) {
			order = append(order, string(ev.Body))
		}
		if strings.Join(order, "") != "123" {
			t.Errorf("order %v", order)
		}
	})
}

func TestGapInCSeqIsNotWaitedForLong(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		start := time.Now()
		p.send(l.text("INFO", l.seq+7, "x", "Content-Type: text/plain"))
		p.response(200)
		if d := time.Since(start); d != outOfOrder {
			t.Errorf("after %v", d)
		}
		l.seq += 7
		l.send("BYE", "")
		p.response(200)
		r.want(Info, Ended)
	})
}

func TestManyOvertakingRequestsAreAllAnswered(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		const n = maxHeld
		for i := range uint32(n) {
			p.send(l.text("INFO", l.seq+n+20-i, "x", "Content-Type: text/plain"))
		}
		for range n {
			p.response(200)
		}
		p.silent(time.Second)
	})
}

func TestLowerCSeqIs500(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		p.send(l.text("INFO", l.seq-1, "", "Content-Type: text/plain"))
		p.response(500)
		p.send(l.text("OPTIONS", l.seq, ""))
		p.response(500)
		r.want()
	})
}

func TestForeignTagIs481(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		tag := l.tag
		l.tag = "somebody-else"
		l.send("BYE", "")
		p.response(481)
		l.tag, l.seq = tag, l.seq-1
		l.to += "x"
		l.send("BYE", "")
		p.response(481)
		r.want()
	})
}

func TestRequestsAfterTheEndAre481(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		l.send("BYE", "")
		p.response(200)
		l.send("INFO", "")
		p.response(481)
		r.want(Ended)
	})
}

func TestOptionsInADialog(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		l.send("OPTIONS", "")
		res := p.response(200)
		if h := res.GetHeader("Allow"); h == nil || !strings.Contains(h.Value(), "UPDATE") {
			t.Errorf("%s", res)
		}
		r.want()
	})
}

func TestInfoIsAnsweredAndReported(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		l.send("INFO", "Signal=5\r\nDuration=160\r\n", "Content-Type: Application/DTMF-Relay; charset=x")
		p.response(200)
		ev := r.want(Info)[0]
		if ev.ContentType != "application/dtmf-relay" || string(ev.Body) != "Signal=5\r\nDuration=160\r\n" {
			t.Errorf("%+v", ev)
		}
	})
}

func TestInfoIsSent(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.established(p)
		c.Info("application/dtmf", []byte("7"))
		req := p.request(sip.INFO)
		if contentType(req) != "application/dtmf" || string(req.Body()) != "7" {
			t.Errorf("%s", req)
		}
		p.reply(req, 200, "", "")
		c.Info("application/dtmf", []byte("8"))
		p.reply(p.request(sip.INFO), 415, "", "")
		r.want() // a refusal of INFO is nobody's business
		c.Info("application/dtmf", []byte("9"))
		p.reply(p.request(sip.INFO), 481, "", "")
		if ev := r.want(Ended)[0]; ev.Cause != DialogGone || ev.Status != 481 {
			t.Errorf("%+v", ev)
		}
		p.silent(time.Minute)
	})
}

func TestTargetRefreshMovesOurRequests(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		other := r.peer(addrAt("198.51.100.8", 5080))
		c, l := r.established(p)
		l.seq++
		l.ackedSeq = l.seq
		moved := strings.Replace(l.text("INVITE", l.seq, offerSDP), "<sip:peer@198.51.100.7:5060>", "<sip:peer@198.51.100.8:5080>", 1)
		p.send(moved)
		ev := r.want(Offered)[0]
		c.Reply(ev.Offer, 200, []byte(answerSDP))
		p.response(200)
		l.ack("")
		r.want(Acked)
		c.Hangup()
		bye := other.request(sip.BYE)
		if bye.Recipient.Host != "198.51.100.8" {
			t.Errorf("Request-URI %s", &bye.Recipient)
		}
		other.reply(bye, 200, "", "")
		r.want(Ended)
	})
}

func TestRefusedTargetRefreshMovesNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.seq++
		l.ackedSeq = l.seq
		p.send(strings.Replace(l.text("INVITE", l.seq, offerSDP), "<sip:peer@198.51.100.7:5060>", "<sip:peer@198.51.100.8:5080>", 1))
		c.Reply(r.want(Offered)[0].Offer, 488, nil)
		p.response(488)
		p.send(l.again("ACK", l.ackedSeq, ""))
		c.Hangup()
		if bye := p.request(sip.BYE); bye.Recipient.Host != "198.51.100.7" {
			t.Errorf("Request-URI %s", &bye.Recipient)
		}
	})
}

// A Contact that is private while the peer is not is an address behind its NAT.
func TestPrivateContactIsNotFollowed(t *testing.T) {
	for _, contact := range []string{"10.0.0.5:5060", "127.0.0.1:5060", "phone.invalid", "0.0.0.0"} {
		d := dialog{flow: Flow{Transport: "udp", Remote: trunkAddr}}
		if err := sip.ParseUri("sip:peer@"+contact, &d.target); err != nil {
			t.Fatal(err)
		}
		if _, to, ok := d.hop(); ok {
			t.Errorf("%s is followed to %v", contact, to)
		}
	}
	d := dialog{flow: Flow{Transport: "udp", Remote: addrAt("10.0.0.1", 5060)}}
	if err := sip.ParseUri("sip:peer@10.0.0.5:5070;transport=tcp", &d.target); err != nil {
		t.Fatal(err)
	}
	if network, to, ok := d.hop(); !ok || network != "tcp" || to != addrAt("10.0.0.5", 5070) {
		t.Errorf("%v %v %v", network, to, ok)
	}
}
