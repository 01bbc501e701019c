package sip

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

func TestInviteLeavesFromTheListeningSocket(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		from := make(chan netip.AddrPort, 100)
		conn, err := r.net.ListenPacket(trunkAddr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		r.dialTrunk()
		buf := make([]byte, 65536)
		n, src, err := conn.ReadFrom(buf)
		if err != nil {
			t.Fatal(err)
		}
		from <- addrPort(src)
		if got := <-from; got != ourAddr {
			t.Errorf("sent from %v", got)
		}
		msg, err := sip.ParseMessage(buf[:n])
		if err != nil {
			t.Fatal(err)
		}
		via := msg.Via()
		if via.Host != "203.0.113.1" || via.Port != 5060 || !via.Params.Has("rport") {
			t.Errorf("%v", via)
		}
		if c := msg.(*sip.Request).Contact().Address; c.Host != "203.0.113.1" || c.Port != 5060 {
			t.Errorf("Contact %v", &c)
		}
	})
}

func TestInviteCarriesWhatDialAsksFor(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dial(DialRequest{
			Targets: []Target{{URI: "sip:123;npdi@" + trunkAddr.String() + ";user=phone?Subject=x"}},
			From:    Party{Name: "Ann \"A\"\r\nX-Evil: 1", User: "1 0", Host: "ours.test"},
			To:      Party{User: "123"},
			Body:    []byte(offerSDP), MaxForwards: 12,
			Headers: []Header{{"X-Call", "7\r\nX-Evil: 2"}, {"Bad Name", "x"}},
		})
		inv := p.request(sip.INVITE)
		if inv.GetHeader("X-Evil") != nil || inv.GetHeader("Bad Name") != nil || inv.GetHeader("Subject") != nil {
			t.Errorf("injected:\n%s", inv)
		}
		if inv.Recipient.String() != "sip:123;npdi@198.51.100.7:5060;user=phone" {
			t.Errorf("Request-URI %s", &inv.Recipient)
		}
		if inv.MaxForwards().Val() != 12 || inv.GetHeader("X-Call").Value() == "" || inv.From().Address.String() != "sip:1%200@ours.test" {
			t.Errorf("%s", inv)
		}
	})
}

// A message over 1300 bytes: sipgo's default would drop it.
func TestLargeInviteIsSentOverUDP(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		body := offerSDP + strings.Repeat("a=x-long:0123456789\r\n", 300)
		r.dial(DialRequest{Targets: []Target{{URI: "sip:1@" + trunkAddr.String()}}, Body: []byte(body)})
		if inv := p.request(sip.INVITE); string(inv.Body()) != body {
			t.Error("body changed")
		}
	})
}

func TestUnansweredInviteIs408AfterTimerB(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		start := time.Now()
		r.dialTrunk()
		for _, at := range []time.Duration{0, 500, 1500, 3500, 7500, 15500, 31500} {
			p.request(sip.INVITE)
			if d := time.Since(start); d != at*time.Millisecond {
				t.Errorf("sent at %v, want %v", d, at*time.Millisecond)
			}
		}
		time.Sleep(time.Second)
		if ev := r.want(Failed)[0]; ev.Status != 408 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestAnyNumberOfProvisionalResponses(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		for range 40 {
			p.reply(inv, 182, "q", "")
			time.Sleep(10 * time.Second)
		}
		p.reply(inv, 200, "q", answerSDP)
		p.request(sip.ACK)
		r.want(Ringing, Answered)
	})
}

func TestSeveralEarlyDialogs(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 183, "a", "early-a")
		synctest.Wait()
		p.reply(inv, 183, "b", "early-b")
		synctest.Wait()
		p.reply(inv, 183, "a", "early-a") // repeated
		synctest.Wait()
		p.reply(inv, 200, "b", answerSDP, "Record-Route: <sip:198.51.100.7;lr>")
		ack := p.request(sip.ACK)
		if tagOf(ack.To().Params) != "b" || ack.Route() == nil {
			t.Errorf("%s", ack)
		}
		evs := r.want(EarlyMedia, EarlyMedia, Answered)
		if string(evs[0].Body) != "early-a" || string(evs[1].Body) != "early-b" {
			t.Errorf("%+v", evs)
		}
	})
}

func TestAckIsRepeatedToTheLetter(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 200, "x", answerSDP)
		first := p.request(sip.ACK)
		r.want(Answered)
		// What else the dialog sends must not change the ACK's number.
		c.Info("text/plain", []byte("x"))
		p.reply(p.request(sip.INFO), 200, "", "")
		for range 3 {
			time.Sleep(time.Second)
			p.reply(inv, 200, "x", answerSDP)
			if again := p.request(sip.ACK); again.String() != first.String() {
				t.Errorf("ACK changed:\n%s\n%s", first, again)
			}
		}
		if first.CSeq().SeqNo != inv.CSeq().SeqNo {
			t.Errorf("CSeq %d, the INVITE had %d", first.CSeq().SeqNo, inv.CSeq().SeqNo)
		}
		r.want()
	})
}

func TestAckIsRepeatedAfterTheCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 200, "x", answerSDP)
		p.request(sip.ACK)
		c.Hangup()
		p.reply(p.request(sip.BYE), 200, "", "")
		r.want(Answered, Ended)
		p.reply(inv, 200, "x", answerSDP)
		p.request(sip.ACK)
	})
}

// The peer numbers its requests as it likes: the numbers of ours are no bound.
func TestFirstRequestOfTheCalleeMayHaveAnyCSeq(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.answered(p)
		l.seq = 0
		l.send("BYE", "")
		p.response(200)
		r.want(Ended)
	})
}

func TestRequestThatOvertakesTheAnswerWaits(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 180, "x", "")
		l := p.calledLeg(inv, "x")
		l.send("INFO", "1", "Content-Type: text/plain")
		p.silent(100 * time.Millisecond)
		p.reply(inv, 200, "x", answerSDP)
		p.request(sip.ACK)
		p.response(200)
		r.want(Ringing, Answered, Info)
	})
}

func TestRequestsInAnEarlyDialogOfOurs(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 180, "x", "")
		l := p.calledLeg(inv, "x")
		for _, c := range []struct {
			method string
			status int
		}{{"OPTIONS", 200}, {"INFO", 200}, {"UPDATE", 491}, {"BYE", 481}} {
			l.send(c.method, "")
			p.response(c.status)
		}
		l.tag = "unknown"
		l.send("OPTIONS", "")
		p.response(481)
		r.want(Ringing)
	})
}

func TestFailureIsReported(t *testing.T) {
	for _, status := range []int{302, 404, 486, 503, 603} {
		bubble(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			r.dialTrunk()
			inv := p.request(sip.INVITE)
			p.reply(inv, status, "x", "", "Contact: <sip:premium@203.0.113.99>")
			ack := p.request(sip.ACK)
			if b := branchOf(ack); b != branchOf(inv) {
				t.Errorf("ACK with branch %s", b)
			}
			if ev := r.want(Failed)[0]; ev.Status != status || ev.Reason != phrase(status) {
				t.Errorf("%+v", ev)
			}
			p.silent(time.Minute) // a 302 is not followed
		})
	}
}

func TestDialOfNonsenseFails(t *testing.T) {
	for _, uri := range []string{"", "tel:123", "sip:", "http://x", "sip:1@[::1]:5060"} {
		bubble(t, func(t *testing.T, r *rig) {
			r.dial(DialRequest{Targets: []Target{{URI: uri}}})
			r.want(Failed)
			if n := r.ep.Stats().Calls; n != 0 {
				t.Errorf("%q: %d calls left", uri, n)
			}
		})
	}
	bubble(t, func(t *testing.T, r *rig) {
		r.dial(DialRequest{})
		if ev := r.want(Failed)[0]; ev.Status != 404 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestCancelWaitsForAProvisionalResponse(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialTrunk()
		inv := p.request(sip.INVITE)
		c.Hangup()
		p.silent(100 * time.Millisecond)
		p.reply(inv, 100, "", "")
		cancel := p.request(sip.CANCEL)
		switch {
		case cancel.CSeq().SeqNo != inv.CSeq().SeqNo,
			branchOf(cancel) != branchOf(inv),
			cancel.Recipient.String() != inv.Recipient.String(),
			cancel.GetHeader("Contact") != nil, cancel.GetHeader("Route") != nil,
			cancel.To().Value() != inv.To().Value():
			t.Errorf("CANCEL\n%s of\n%s", cancel, inv)
		}
		p.reply(cancel, 200, "", "")
		p.reply(inv, 487, "x", "")
		p.request(sip.ACK)
		if ev := r.want(Ended)[0]; ev.Cause != LocalBye {
			t.Errorf("%+v", ev)
		}
		p.silent(time.Minute)
	})
}

// An early dialog may have a route set; the CANCEL is of the INVITE and has the
// INVITE's.
func TestCancelHasNotTheRouteOfTheEarlyDialog(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 180, "x", "", "Record-Route: <sip:198.51.100.99;lr>")
		r.want(Ringing)
		c.Hangup()
		if cancel := p.request(sip.CANCEL); cancel.GetHeader("Route") != nil {
			t.Errorf("%s", cancel)
		}
	})
}

func TestCancelThatCrossesTheAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 180, "x", "")
		r.want(Ringing)
		c.Hangup()
		cancel := p.request(sip.CANCEL)
		p.reply(inv, 200, "x", answerSDP)
		p.request(sip.ACK)
		bye := p.request(sip.BYE)
		p.reply(cancel, 200, "", "")
		p.reply(bye, 200, "", "")
		r.want(Ended) // and not Answered
	})
}

func TestTerminationThatNeverComesIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c := r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 180, "x", "")
		r.want(Ringing)
		c.Hangup()
		start := time.Now()
		p.reply(p.request(sip.CANCEL), 200, "", "")
		for range 60 {
			if !r.quiet() {
				break
			}
			time.Sleep(time.Second)
		}
		if d := time.Since(start); d < giveUp || d > giveUp+time.Second {
			t.Errorf("after %v", d)
		}
		r.want(Ended)
		// Answered after all: the dialog is taken down.
		p.reply(inv, 200, "x", answerSDP)
		p.request(sip.ACK)
		p.reply(p.request(sip.BYE), 200, "", "")
		r.want()
	})
}

func TestHangupBeforeAnythingCameEndsWithTimerB(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.dialTrunk().Hangup()
		r.want()
		time.Sleep(33 * time.Second)
		r.want(Ended)
	})
}

func TestHangupTwiceSendsOneBye(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		c.Hangup()
		c.Hangup()
		p.reply(p.request(sip.BYE), 200, "", "")
		r.want(Ended)
		c.Hangup()
		p.silent(time.Minute)
		r.want()
	})
}

func TestByeWithoutAnswerEndsTheCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		c.Hangup()
		time.Sleep(31 * time.Second)
		r.want()
		time.Sleep(2 * time.Second)
		if ev := r.want(Ended)[0]; ev.Cause != LocalBye {
			t.Errorf("%+v", ev)
		}
	})
}

func TestByesThatCross(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.answered(p)
		c.Hangup()
		bye := p.request(sip.BYE)
		l.send("BYE", "")
		p.response(200)
		r.want(Ended)
		p.reply(bye, 481, "", "")
		p.silent(time.Minute)
		r.want()
	})
}

func TestDialledConnection(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		l, err := r.net.Listen(trunkAddr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		r.dial(DialRequest{Targets: []Target{{URI: "sip:1@" + trunkAddr.String() + ";transport=tcp"}}, Body: []byte(offerSDP)})
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		s := r.stream(conn)
		inv := s.request(sip.INVITE)
		if inv.Via().Transport != "TCP" || inv.Contact().Address.UriParams.GetOr("transport", "") != "tcp" {
			t.Errorf("%s", inv)
		}
		s.reply(inv, 200, "x", answerSDP)
		s.request(sip.ACK)
		r.want(Answered)
		s.calledLeg(inv, "x").send("BYE", "")
		s.response(200)
		r.want(Ended)
	})
}

func TestDialledConnectionThatFails(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ep.cfg.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, errors.New("refused") }
		r.dial(DialRequest{Targets: []Target{{URI: "sip:1@198.51.100.50;transport=tcp"}}})
		if ev := r.want(Failed)[0]; ev.Status != 503 {
			t.Errorf("%+v", ev)
		}
	})
}

// sipgo would wait four seconds, with the transaction locked.
func TestRepeatedRefusalIsAcknowledgedAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.reply(inv, 486, "x", "")
		first := p.request(sip.ACK)
		start := time.Now()
		for range 5 {
			p.reply(inv, 486, "x", "")
			ack := p.request(sip.ACK)
			if branchOf(ack) != branchOf(inv) || ack.To().Value() != first.To().Value() || ack.CSeq().Value() != first.CSeq().Value() {
				t.Errorf("%s", ack)
			}
		}
		if d := time.Since(start); d != 0 {
			t.Errorf("after %v", d)
		}
		r.want(Failed)
	})
}
