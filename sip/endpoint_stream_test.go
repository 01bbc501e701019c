package sip

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// stream makes a scripted peer of a connection to the endpoint.
func (r *rig) stream(conn net.Conn) *peer {
	r.t.Helper()
	p := &peer{r: r, addr: addrPort(conn.LocalAddr()), in: make(chan sip.Message, 4096)}
	p.write = func(b []byte) error { _, err := conn.Write(b); return err }
	done := make(chan struct{})
	go func() {
		defer close(done)
		parser := sip.NewParser().NewSIPStream()
		buf := make([]byte, 1<<16)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			_ = parser.ParseSIPStream(buf[:n], func(m sip.Message) { p.in <- m }) // partial messages go on
		}
	}()
	r.t.Cleanup(func() { conn.Close(); <-done })
	return p
}

// connect opens a connection to the endpoint from an address of its own.
func (r *rig) connect(from string) (*peer, net.Conn) {
	r.t.Helper()
	conn, err := r.net.DialFrom(addrAt(from, 0).Addr())(context.Background(), "tcp", ourAddr.String())
	if err != nil {
		r.t.Fatal(err)
	}
	return r.stream(conn), conn
}

func (p *peer) flow() Flow { return Flow{Transport: "tcp", Local: ourAddr, Remote: p.addr} }

func TestRequestsToAConnectionGoAlongIt(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		phone, _ := r.connect("192.0.2.33")
		synctest.Wait()
		c := r.dial(DialRequest{
			Targets: []Target{{URI: "sip:ann@10.0.0.9:5060;transport=tcp", Flow: phone.flow()}},
			Body:    []byte(offerSDP),
		})
		inv := phone.request(sip.INVITE)
		if inv.Recipient.Host != "10.0.0.9" {
			t.Errorf("Request-URI %s", &inv.Recipient)
		}
		phone.reply(inv, 200, "x", answerSDP, "Contact: <sip:ann@10.0.0.9:5060;transport=tcp>")
		phone.request(sip.ACK)
		c.Hangup()
		phone.reply(phone.request(sip.BYE), 200, "", "")
		r.want(Answered, Ended)
	})
}

func TestGoneFlowFailsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		phone, conn := r.connect("192.0.2.33")
		synctest.Wait()
		dialled := false
		r.ep.cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			dialled = true
			return nil, net.ErrClosed
		}
		conn.Close()
		synctest.Wait()
		if len(r.closed) != 1 || r.closed[0] != phone.flow() {
			t.Errorf("FlowClosed: %v", r.closed)
		}
		start := time.Now()
		r.dial(DialRequest{Targets: []Target{{URI: "sip:ann@192.0.2.33;transport=tcp", Flow: phone.flow()}}})
		if ev := r.want(Failed)[0]; ev.Status != 503 || time.Since(start) != 0 || dialled {
			t.Errorf("%+v after %v, dialled %v", ev, time.Since(start), dialled)
		}
	})
}

func TestLostConnectionEndsTheCallsOverIt(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		phone, conn := r.connect("192.0.2.33")
		synctest.Wait()
		target := []Target{{URI: "sip:ann@192.0.2.33;transport=tcp", Flow: phone.flow()}}
		r.dial(DialRequest{Targets: target})
		inv := phone.request(sip.INVITE)
		phone.reply(inv, 200, "x", answerSDP)
		phone.request(sip.ACK)
		r.want(Answered)
		r.dial(DialRequest{Targets: target})
		phone.reply(phone.request(sip.INVITE), 180, "y", "")
		r.want(Ringing)
		conn.Close()
		synctest.Wait()
		kinds := map[EventKind]Event{}
		for _, ev := range r.events {
			kinds[ev.Kind] = ev
		}
		if len(r.events) != 2 || kinds[Ended].Cause != FlowLost || kinds[Failed].Status != 503 {
			t.Errorf("%+v", r.events)
		}
	})
}

// sipgo keeps accepted connections under the listener's address too: whoever
// connected last would get what is meant for that address.
func TestStrangersConnectionGetsNothing(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		stranger, _ := r.connect("192.0.2.66")
		synctest.Wait()
		r.dial(DialRequest{Targets: []Target{{URI: "sip:1@" + ourAddr.String() + ";transport=tcp"}}, Body: []byte(offerSDP)})
		stranger.silent(time.Minute)
	})
}

func TestCallOverAConnection(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p, _ := r.connect("198.51.100.7")
		l := p.leg("tcp")
		l.invite(offerSDP)
		c := r.call()
		if f := r.invites[0].Flow; f != p.flow() {
			t.Errorf("flow %+v", f)
		}
		c.Answer([]byte(answerSDP))
		l.learn(p.response(200))
		if h := l.uri; h != "sip:200@203.0.113.1:5060;transport=tcp" {
			t.Errorf("Contact %s", h)
		}
		l.ack("")
		l.send("BYE", "")
		p.response(200)
		r.want(Acked, Ended)
	})
}

func TestEndpointClosesWithLiveCalls(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := ringing(r, p)
		r.dialTrunk()
		p.request(sip.INVITE)
		r.ep.Close()
		c.Answer([]byte(answerSDP))
		c.Hangup()
		r.ep.Dial(DialRequest{Targets: []Target{{URI: "sip:1@198.51.100.7"}}}, func(Event) { t.Error("event after Close") })
		p.drain()
		p.silent(time.Minute)
		r.ep.Close()
	})
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		any, err := r.net.ListenPacket("0.0.0.0:5060")
		if err == nil {
			defer any.Close()
			if _, err := New(Config{UDP: []net.PacketConn{any}, Handler: r}); err == nil {
				t.Error("an unspecified address is accepted")
			}
		}
		if _, err := New(Config{Handler: r}); err == nil {
			t.Error("no socket is accepted")
		}
		pc, err := r.net.ListenPacket("203.0.113.1:5070")
		if err != nil {
			t.Fatal(err)
		}
		defer pc.Close()
		if _, err := New(Config{UDP: []net.PacketConn{pc}}); err == nil {
			t.Error("no handler is accepted")
		}
		if err := r.ep.Start(); err == nil {
			t.Error("started twice")
		}
	})
}
