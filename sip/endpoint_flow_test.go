package sip

import (
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Whatever slips through our own checks must not make sipgo connect somewhere.
func TestSipgoCannotDial(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		req := sip.NewRequest(sip.OPTIONS, sip.Uri{Scheme: "sip", Host: "192.0.2.200"})
		req.AppendHeader(r.ep.via(Flow{Transport: "tcp", Local: ourAddr}))
		req.SetTransport("TCP")
		req.SetDestination("192.0.2.200:5060")
		start := time.Now()
		if _, err := r.ep.transport.ClientRequestConnection(t.Context(), req); err == nil || time.Since(start) != 0 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}

func TestSocketForAPeer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for _, a := range []string{"127.0.0.1:5060", "[2001:db8::1]:5060"} {
			c, err := r.net.ListenPacket(a)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			r.ep.cfg.UDP = append(r.ep.cfg.UDP, c)
		}
		for peer, want := range map[string]string{
			"127.0.0.9": "127.0.0.1", "192.0.2.1": "203.0.113.1", "2001:db8::2": "2001:db8::1",
		} {
			got, ok := r.ep.socketFor(addrAt(peer, 0).Addr())
			if !ok || got.Addr().String() != want {
				t.Errorf("%s is addressed from %v", peer, got)
			}
		}
		r.ep.cfg.UDP = r.ep.cfg.UDP[1:2]
		if got, ok := r.ep.socketFor(addrAt("192.0.2.1", 0).Addr()); !ok || !got.Addr().IsLoopback() {
			t.Errorf("the only socket is not taken: %v", got)
		}
		if _, ok := r.ep.socketFor(addrAt("2001:db8::2", 0).Addr()); ok {
			t.Error("a socket of the other family is taken")
		}
	})
}

func TestAdvertisedHost(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ep.cfg.Advertise = "pbx.example.test"
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		if inv.Via().Host != "pbx.example.test" || inv.Contact().Address.Host != "pbx.example.test" || inv.Contact().Address.Port != 5060 {
			t.Errorf("%s", inv)
		}
	})
}

func TestDialledFeedEndsWithTheEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newDialFeed()
		errs := make(chan error, 2)
		go func() { errs <- f.offer(nil) }()
		synctest.Wait()
		f.Close()
		f.Close()
		if err := <-errs; !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v", err)
		}
		if _, err := f.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%v", err)
		}
	})
}

// A stopped socket is one thing an operator has to hear of.
func TestStoppedSocketIsReported(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var log record
		r.ep.log = log.logger()
		r.ep.cfg.TCP[0].Close()
		synctest.Wait()
		if !log.has("sip socket stopped") {
			t.Error("nothing logged")
		}
	})
}

func TestFloodInADialogIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		block := make(chan struct{})
		c.post(func() { <-block })
		for range maxQueue + 50 {
			l.send("INFO", "x", "Content-Type: text/plain")
		}
		synctest.Wait()
		refused := len(p.in)
		if refused < 40 {
			t.Errorf("%d refused", refused)
		}
		p.response(503)
		close(block)
		synctest.Wait()
		r.mu.Lock()
		r.events = nil
		r.mu.Unlock()
	})
}

func TestReofferThatIsNeverGivenUpByThePeer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		c.Reoffer([]byte("hold"))
		p.reply(p.request(sip.INVITE), 183, "", "")
		time.Sleep(reofferPatience)
		p.reply(p.request(sip.CANCEL), 200, "", "") // and no 487
		time.Sleep(giveUp)
		if evs := r.want(ReofferDone, Ended); evs[0].Status != 408 || evs[1].Cause != DialogGone {
			t.Errorf("%+v", evs)
		}
	})
}

func TestRegistrationsAreLimited(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ep.guard = newGuard(Limits{RegistrationsPerMinutePerAddr: 1}, nil, time.Now)
		p := r.peer(phoneAddr)
		l := p.leg("register")
		l.uri, l.toURI = "sip:example.test", "sip:ann@example.test"
		l.send("REGISTER", "")
		p.response(401)
		l.send("REGISTER", "")
		if res := p.response(503); res.GetHeader("Retry-After") == nil {
			t.Errorf("%s", res)
		}
	})
}

func TestAnotherUsersAddressIsNotRegistered(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ha1 = secrets
		p := r.peer(phoneAddr)
		l := p.leg("register")
		l.uri, l.toURI = "sip:example.test", "sip:bob@example.test"
		l.send("REGISTER", "")
		challenge := p.response(401)
		l.send("REGISTER", "", authorize(t, challenge, "REGISTER", l.uri, "ann", "pw"))
		p.response(403)
	})
}
