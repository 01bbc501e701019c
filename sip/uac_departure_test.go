package sip

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// The phone's connection goes while the answer to its challenge is being made.
func TestConnectionGoneWhileAnsweringAChallenge(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		phone, conn := r.connect("192.0.2.33")
		synctest.Wait()
		hold, held := make(chan struct{}), make(chan struct{})
		r.onEvent = func(_ *Call, ev Event) {
			if ev.Kind == Ringing {
				close(held)
				<-hold
			}
		}
		r.dial(DialRequest{
			Targets:  []Target{{URI: "sip:ann@10.0.0.9;transport=tcp", Flow: phone.flow()}},
			Username: "u", Password: "p", Body: []byte(offerSDP),
		})
		inv := phone.request(sip.INVITE)
		phone.reply(inv, 180, "x", "")
		<-held
		phone.reply(inv, 407, "x", "", `Proxy-Authenticate: Digest realm="c", nonce="n", qop="auth"`)
		synctest.Wait()
		conn.Close()
		time.Sleep(time.Second)
		close(hold)
		if ev := r.want(Ringing, Failed)[1]; ev.Status != sip.StatusServiceUnavailable {
			t.Errorf("%+v", ev)
		}
		if n := len(r.ep.liveCalls()); n != 0 {
			t.Errorf("%d calls live", n)
		}
	})
}

// The trunk closes the connection that was just made for the INVITE.
func TestConnectionGoneBeforeTheInviteLeaves(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		l, err := r.net.Listen(trunkAddr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		accepted := make(chan net.Conn, 1)
		go func() {
			if c, err := l.Accept(); err == nil {
				accepted <- c
			}
		}()
		hold := make(chan struct{})
		c := r.dial(DialRequest{
			Targets: []Target{{URI: "sip:1@" + trunkAddr.String() + ";transport=tcp"}}, Body: []byte(offerSDP),
		})
		c.post(func() { <-hold }) // the connection is there, the queue busy
		conn := <-accepted
		synctest.Wait()
		conn.Close()
		time.Sleep(time.Second)
		close(hold)
		if ev := r.want(Failed)[0]; ev.Status != sip.StatusServiceUnavailable {
			t.Errorf("%+v", ev)
		}
	})
}

// A peer that moves with its 2xx gets the ACK where it has gone.
func TestAckOfAReinviteGoesToTheNewTarget(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		moved := r.peer(addrAt(trunkAddr.Addr().String(), 5070))
		c, _ := r.established(p)
		c.Reoffer([]byte(offerSDP))
		inv := p.request(sip.INVITE)
		p.reply(inv, 200, "", answerSDP, "Contact: <sip:moved@198.51.100.7:5070>")
		if ack := moved.request(sip.ACK); ack.Recipient.User != "moved" || ack.CSeq().SeqNo != inv.CSeq().SeqNo {
			t.Errorf("%s", ack)
		}
		r.want(ReofferDone)
		p.silent(time.Second)
	})
}
