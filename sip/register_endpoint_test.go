package sip

import (
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// registry is the registrar's side of a rig: one user, and what was registered.
type registry struct {
	mu   sync.Mutex
	regs []Registration
}

// serve makes a rig a registrar for alice, password wonderland.
func (g *registry) serve(r *rig) {
	r.ha1 = testUsers.HA1
	r.register = func(reg Registration) RegisterResult {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.regs = append(g.regs, reg)
		for _, c := range reg.Contacts {
			if c.Expires > 0 && c.Expires < time.Minute {
				return RegisterResult{Status: 423, MinExpires: 20 * time.Minute}
			}
		}
		return RegisterResult{Status: 200, Contacts: reg.Contacts}
	}
}

func (g *registry) all() []Registration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]Registration(nil), g.regs...)
}

// softphone is a second endpoint on the rig's network.
func (r *rig) softphone(t *testing.T, addr string) *Endpoint {
	t.Helper()
	pc, err := r.net.ListenPacket(addr)
	if err != nil {
		t.Fatal(err)
	}
	l, err := r.net.Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Config{
		UDP: []net.PacketConn{pc}, TCP: []net.Listener{l}, Handler: r,
		Dial: r.net.DialFrom(netip.MustParseAddrPort(addr).Addr()),
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

const softphoneAddr = "192.0.2.44:5060"

// TestRegisterWithEachOther has one endpoint register with another, over both
// transports: challenge, answer, refresh past the life of the nonce, farewell.
func TestRegisterWithEachOther(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				var registered registry
				registered.serve(r)
				phone := r.softphone(t, softphoneAddr)
				var s states
				c, err := phone.Register(RegisterRequest{
					Registrar: "sip:" + ourAddr.String() + ";transport=" + transport, Domain: "example.test",
					User: "201", Password: "wonderland", Expires: 10 * time.Minute, OnState: s.on,
				})
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(11 * time.Minute)
				c.Close()
				if s.String() != "200, 200, 200" {
					t.Errorf("states %s", s.String())
				}
				regs := registered.all()
				if len(regs) != 4 {
					t.Fatalf("%d registrations", len(regs))
				}
				for i, reg := range regs {
					wantExpires := 10 * time.Minute
					if i == 3 {
						wantExpires = 0
					}
					if reg.User != "alice" || reg.Flow.Transport != transport || reg.Flow.Local != ourAddr ||
						reg.Flow.Remote.Addr().String() != "192.0.2.44" || reg.CallID != regs[0].CallID {
						t.Errorf("registration %d: %+v", i, reg)
					}
					if len(reg.Contacts) != 1 || reg.Contacts[0].Expires != wantExpires ||
						!strings.HasPrefix(reg.Contacts[0].URI, "sip:201@192.0.2.44:5060") {
						t.Errorf("contacts %d: %+v", i, reg.Contacts)
					}
					if i > 0 && reg.CSeq <= regs[i-1].CSeq {
						t.Errorf("CSeq %d behind %d", reg.CSeq, regs[i-1].CSeq)
					}
				}
			})
		})
	}
}

// TestRegisterTooBriefly follows 423 to what the registrar takes.
func TestRegisterTooBriefly(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var registered registry
		registered.serve(r)
		phone := r.softphone(t, softphoneAddr)
		var s states
		c, err := phone.Register(RegisterRequest{
			Registrar: "sip:" + ourAddr.String(), User: "alice", Password: "wonderland", Expires: 30 * time.Second, OnState: s.on,
		})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if regs := registered.all(); len(regs) != 2 || regs[1].Contacts[0].Expires != 20*time.Minute || s.String() != "200" {
			t.Errorf("%s, %+v", s.String(), regs)
		}
		c.Close()
	})
}

// TestRegisterWithWrongPassword never reaches the registrar, and does not
// hammer it.
func TestRegisterWithWrongPassword(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var registered registry
		registered.serve(r)
		phone := r.softphone(t, softphoneAddr)
		var s states
		c, err := phone.Register(RegisterRequest{Registrar: "sip:" + ourAddr.String(), User: "alice", Password: "guess", OnState: s.on})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		c.Close()
		if n := len(registered.all()); n != 0 {
			t.Errorf("%d registrations", n)
		}
		if n := strings.Count(s.String(), "401"); n < 2 || n > 10 {
			t.Errorf("%d attempts in an hour: %s", n, s.String())
		}
	})
}

// TestRegisterUnanswered ends in a time-out, and recovers when the registrar
// appears.
func TestRegisterUnanswered(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		phone := r.softphone(t, softphoneAddr)
		var s states
		c, err := phone.Register(RegisterRequest{Registrar: "sip:198.51.100.99:5060", User: "alice", OnState: s.on})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(40 * time.Second) // timer F is 32 s
		synctest.Wait()
		if !strings.HasPrefix(s.String(), "0 ") {
			t.Errorf("states %q", s.String())
		}
		c.Close()
		if _, err := phone.Register(RegisterRequest{Registrar: "nonsense"}); err == nil {
			t.Error("a registrar that is no URI is taken")
		}
	})
}
