package sip

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestFloodLeavesThePoolSmall: sipgo keeps every source it is shown. A flood of
// garbage and of forged sources shows it few.
func TestFloodLeavesThePoolSmall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		before := r.ep.transport.Pool("udp").Size()
		for i := range 5000 {
			c, err := r.net.ListenPacket(addr4(i).String())
			if err != nil {
				t.Fatal(err)
			}
			text := plainOptions
			if i%2 == 0 {
				text = strings.Repeat("garbage", 20)
			}
			if _, err := c.WriteTo([]byte(text), net.UDPAddrFromAddrPort(ourAddr)); err != nil {
				t.Fatal(err)
			}
			c.Close()
			if i%200 == 0 {
				synctest.Wait()
			}
		}
		time.Sleep(10 * time.Millisecond)
		synctest.Wait()
		if grown := r.ep.transport.Pool("udp").Size() - before; grown > freshBurst+freshRate {
			t.Errorf("the pool grew by %d", grown)
		}
		// The trunk is served as before.
		trunk := r.peer(trunkAddr)
		trunk.send(plainOptions)
		trunk.response(404)
		drops := r.ep.Stats().Dropped
		if drops["shape"] != 2500 || drops["source"] == 0 {
			t.Errorf("drops %v", drops)
		}
	})
}

// TestInjectedHeadersAreRefused: a line feed in a value never gets to the
// handler, from whomever it comes.
func TestInjectedHeadersAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		trunk := r.peer(trunkAddr)
		good := message(inviteLine, "Max-Forwards: 70", "Content-Length: 0")
		for _, evil := range []string{
			strings.Replace(good, "Call-ID: c1", "Call-ID: c1\nP-Asserted-Identity: <sip:boss@x>", 1),
			strings.Replace(good, "sip:bob@", "sip:b\nob@", 1),
			strings.Replace(good, "<sip:alice@example.com>", "\"a\x00\" <sip:alice@example.com>", 1),
			strings.Replace(good, "Max-Forwards: 70", "Max-Forwards: 70\rX: y", 1),
		} {
			trunk.send(evil)
			trunk.response(400)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.invites) != 0 {
			t.Errorf("%d calls: %+v", len(r.invites), r.invites)
		}
	})
}

// dialRaw opens a connection to the endpoint that is read as text.
func (r *rig) dialRaw(t *testing.T, from string) net.Conn {
	t.Helper()
	c, err := r.net.DialFrom(netip.MustParseAddr(from))(context.Background(), "tcp", ourAddr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// TestSmugglingEndsTheConnection: with two Content-Lengths nobody knows where
// the next message begins; the flow is closed and reported.
func TestSmugglingEndsTheConnection(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		c := r.dialRaw(t, "192.0.2.50")
		two := strings.Replace(plainOptions, "Content-Length: 0", "Content-Length: 0\r\nContent-Length: 500", 1)
		if _, err := c.Write([]byte(two + message(inviteLine, "Content-Length: 0"))); err != nil {
			t.Fatal(err)
		}
		back, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(back), "SIP/2.0 400 Repeated Content-Length\r\n") || strings.Count(string(back), "SIP/2.0 4") != 1 {
			t.Errorf("%v %q", err, back)
		}
		synctest.Wait()
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.closed) != 1 || r.closed[0].Remote.Addr().String() != "192.0.2.50" || len(r.invites) != 0 {
			t.Errorf("closed %+v, invites %+v", r.closed, r.invites)
		}
	})
}

// TestSilentConnectionsEnd: a connection that never says a whole message gives
// its place back.
func TestSilentConnectionsEnd(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		silent, slow := r.dialRaw(t, "192.0.2.50"), r.dialRaw(t, "192.0.2.51")
		if _, err := slow.Write([]byte("OPTIONS sip:a SIP/2.0\r\nVia: ")); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for _, c := range []net.Conn{silent, slow} {
			if back, err := io.ReadAll(c); err != nil || len(back) != 0 {
				t.Errorf("%v %q", err, back)
			}
		}
		if took := time.Since(start); took < messageTimeout || took > messageTimeout+time.Second {
			t.Errorf("ended after %v", took)
		}
		synctest.Wait()
		if r.ep.guard.conns != 0 {
			t.Errorf("%d places taken", r.ep.guard.conns)
		}
	})
}

// TestOneAddressCannotTakeAllConnections: beyond its share it is closed at
// once, and a trunk still gets in.
func TestOneAddressCannotTakeAllConnections(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		var conns []net.Conn
		for range defaultConnsPerAddr + 10 {
			conns = append(conns, r.dialRaw(t, "192.0.2.50"))
		}
		synctest.Wait()
		open := 0
		for _, c := range conns {
			if isOpen(c) {
				open++
			}
		}
		if open != defaultConnsPerAddr {
			t.Errorf("%d connections of one address", open)
		}
		other := r.dialRaw(t, trunkAddr.Addr().String())
		if _, err := other.Write([]byte(plainOptions)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 4096)
		n, err := other.Read(buf)
		if err != nil || !strings.HasPrefix(string(buf[:n]), "SIP/2.0 404 ") {
			t.Errorf("%v %q", err, buf[:n])
		}
	})
}

// TestRegisteredSourcesAreTrusted: a flood that fills the guard's table pushes
// no phone out that has shown its password.
func TestRegisteredSourcesAreTrusted(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		r.ha1 = secrets
		trusted := func() bool {
			r.ep.guard.mu.Lock()
			defer r.ep.guard.mu.Unlock()
			return r.ep.guard.sources[phoneAddr].trusted
		}
		p := r.peer(phoneAddr)
		text := func(seq int, more string) string {
			return fmt.Sprintf("REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-reg%d;rport\r\n"+
				"Max-Forwards: 70\r\nFrom: <sip:ann@example.test>;tag=r\r\nTo: <sip:ann@example.test>\r\nCall-ID: reg@peer\r\n"+
				"CSeq: %d REGISTER\r\nContact: <sip:ann@%s>\r\n%sContent-Length: 0\r\n\r\n", phoneAddr, seq, seq, phoneAddr, more)
		}
		for i, password := range []string{"guess", "pw"} {
			p.send(text(2*i+1, ""))
			cred := authorize(t, p.response(401), "REGISTER", "sip:example.test", "ann", password)
			p.send(text(2*i+2, cred+"\r\n"))
			p.response(map[string]int{"guess": 401, "pw": 200}[password])
			if trusted() != (password == "pw") {
				t.Errorf("with the password %q it is trusted: %v", password, trusted())
			}
		}
	})
}
