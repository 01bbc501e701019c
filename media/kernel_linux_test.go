package media

import (
	"errors"
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"

	"warmline/mixer"
)

// pair opens two kernel sockets on a loopback address.
func pair(t testing.TB, ip string) (a, b Socket) {
	t.Helper()
	if probe, err := net.ListenPacket("udp", net.JoinHostPort(ip, "0")); err != nil {
		t.Skipf("this machine has no %s: %v", ip, err)
	} else {
		probe.Close()
	}
	var sockets [2]Socket
	for i := range sockets {
		s, err := listenAnywhere(netip.MustParseAddr(ip))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		sockets[i] = s
	}
	return sockets[0], sockets[1]
}

// listenAnywhere takes the first free port of a range.
func listenAnywhere(ip netip.Addr) (s Socket, err error) {
	for port := uint16(31000); port < 31900; port++ {
		if s, err = new(Kernel).Listen(netip.AddrPortFrom(ip, port)); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// await reads a datagram that is under way.
func await(t *testing.T, s Socket) (string, netip.AddrPort) {
	t.Helper()
	buf := make([]byte, 100)
	for range 1000 {
		if n, from, _, ok := s.TryRead(buf); ok {
			return string(buf[:n]), from
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("nothing came")
	return "", netip.AddrPort{}
}

func TestKernelSocket(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		t.Run(ip, func(t *testing.T) {
			a, b := pair(t, ip)
			buf := make([]byte, 100)
			if _, _, _, ok := a.TryRead(buf); ok {
				t.Error("read from an empty socket")
			}
			if err := a.TryWrite([]byte("hello"), b.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			text, from := await(t, b)
			if text != "hello" || from != a.LocalAddr() {
				t.Errorf("%q from %v, want hello from %v", text, from, a.LocalAddr())
			}
			if err := a.TryWrite(nil, b.LocalAddr()); err != nil {
				t.Errorf("empty datagram: %v", err)
			}
			if text, _ := await(t, b); text != "" {
				t.Errorf("read %q, want an empty datagram", text)
			}
		})
	}
}

func TestKernelConnect(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		t.Run(ip, func(t *testing.T) {
			a, b := pair(t, ip)
			c, _ := pair(t, ip)
			if err := a.Connect(b.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			c.TryWrite([]byte("stranger"), a.LocalAddr())
			b.TryWrite([]byte("peer"), a.LocalAddr())
			if text, from := await(t, a); text != "peer" || from != b.LocalAddr() {
				t.Errorf("%q from %v", text, from)
			}
			if err := a.TryWrite([]byte("to the peer"), b.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			if text, _ := await(t, b); text != "to the peer" {
				t.Errorf("the peer got %q", text)
			}
			// Undone: anyone again, at the same port.
			if err := a.Connect(netip.AddrPort{}); err != nil {
				t.Fatal(err)
			}
			c.TryWrite([]byte("stranger"), a.LocalAddr())
			if text, _ := await(t, a); text != "stranger" {
				t.Errorf("read %q", text)
			}
			if err := a.TryWrite([]byte("back"), c.LocalAddr()); err != nil {
				t.Fatal(err)
			}
			if text, from := await(t, c); text != "back" || from != a.LocalAddr() {
				t.Errorf("%q from %v", text, from)
			}
		})
	}
}

// A peer that has gone must not make reading fail for good.
func TestKernelPeerGone(t *testing.T) {
	a, b := pair(t, "127.0.0.1")
	addr := b.LocalAddr()
	if err := a.Connect(addr); err != nil {
		t.Fatal(err)
	}
	b.Close()
	for range 5 { // port unreachable comes back, as an error of a later call
		_ = a.TryWrite([]byte("x"), addr)
		a.TryRead(make([]byte, 10))
	}
	again, err := new(Kernel).Listen(addr)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	_ = a.TryWrite([]byte("x"), addr)
	_ = a.TryWrite([]byte("x"), addr)
	await(t, again)
}

func TestKernelPortTaken(t *testing.T) {
	a, _ := pair(t, "127.0.0.1")
	if _, err := new(Kernel).Listen(a.LocalAddr()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("a port twice: %v", err)
	}
}

// A whole call over the kernel's loopback.
func TestKernelCall(t *testing.T) {
	caller, callee := loopbackCall(t)
	var silence, tone, heard [frameSamples]int16
	for i := range tone {
		tone[i] = 4000
	}
	ok := false
	for now := int64(frameNanos); now < 20*frameNanos; now += frameNanos {
		caller.Next(now)
		pull(callee, now, heard[:])
		ok = ok || near(heard[:], 4000)
		caller.Push(now, mixer.NewFrame(tone[:]))
		callee.Push(now, mixer.NewFrame(silence[:]))
	}
	if !ok {
		t.Error("the callee did not hear the caller")
	}
	if st := callee.Stats(); st.PacketsIn < 18 || st.Lost != 0 {
		t.Errorf("%+v", st)
	}
}

// loopbackCall connects two sessions of an engine on the kernel's network.
func loopbackCall(t testing.TB) (caller, callee *Session) {
	t.Helper()
	e, err := New(Config{Addr: netip.MustParseAddr("127.0.0.1"), PortMin: 32000, PortMax: 32999})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	var s [2]*Session
	for i := range s {
		if s[i], err = e.NewSession(SessionConfig{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(s[i].Close)
	}
	offer, err := s[0].Offer()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := s[1].Answer(offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := s[0].Accept(answer); err != nil {
		t.Fatal(err)
	}
	s[0].Commit()
	s[1].Commit()
	return s[0], s[1]
}

// BenchmarkLoopback is the same over real sockets: two legs call each other
// through the kernel's loopback, so that each frame is one packet sent and one
// received. ns/op is per leg-frame.
func BenchmarkLoopback(b *testing.B) {
	caller, callee := loopbackCall(b)
	var frame, heard [frameSamples]int16
	now := int64(frameNanos)
	step := func() {
		for _, s := range []*Session{caller, callee} {
			pull(s, now, heard[:])
			s.Push(now, mixer.NewFrame(frame[:]))
		}
		now += frameNanos
	}
	for range 50 {
		step()
	}
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += 2 {
		step()
	}
	b.StopTimer()
	if st := callee.Stats(); st.Lost > 0 || int(st.PacketsIn) < b.N/2 {
		b.Errorf("%+v", st)
	}
}

// An error that the kernel reports before what waits does not make strangers'
// packets the peer's.
func TestStrangersBehindAnError(t *testing.T) {
	a, b := pair(t, "127.0.0.1")
	stranger, _ := pair(t, "127.0.0.1")
	peer := b.LocalAddr()
	if err := stranger.TryWrite([]byte("x"), a.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond)
	if err := a.Connect(peer); err != nil {
		t.Fatal(err)
	}
	b.Close()
	_ = a.TryWrite([]byte("x"), peer) // the port is unreachable
	time.Sleep(5 * time.Millisecond)
	if _, from := await(t, a); from != stranger.LocalAddr() {
		t.Errorf("a stranger's packet is from %v", from)
	}
}
