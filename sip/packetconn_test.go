package sip

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// datagram is something to read: a payload, or an error.
type datagram struct {
	text string
	src  netip.AddrPort
	err  error
}

// fakeSocket is a net.PacketConn in memory.
type fakeSocket struct {
	in     chan datagram
	closed chan struct{}
	once   sync.Once
	mu     sync.Mutex
	out    []string
}

func newFakeSocket() *fakeSocket {
	return &fakeSocket{in: make(chan datagram, 16), closed: make(chan struct{})}
}

func (s *fakeSocket) ReadFrom(b []byte) (int, net.Addr, error) {
	select {
	case d := <-s.in:
		if d.err != nil {
			return 0, nil, d.err
		}
		return copy(b, d.text), net.UDPAddrFromAddrPort(d.src), nil
	case <-s.closed:
		return 0, nil, net.ErrClosed
	}
}

func (s *fakeSocket) WriteTo(b []byte, _ net.Addr) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = append(s.out, string(b))
	return len(b), nil
}

func (s *fakeSocket) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.out...)
}

func (s *fakeSocket) Close() error { s.once.Do(func() { close(s.closed) }); return nil }
func (s *fakeSocket) LocalAddr() net.Addr {
	return &net.UDPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060}
}
func (s *fakeSocket) SetDeadline(time.Time) error      { return nil }
func (s *fakeSocket) SetReadDeadline(time.Time) error  { return nil }
func (s *fakeSocket) SetWriteDeadline(time.Time) error { return nil }

var (
	strangerAddr = netip.MustParseAddrPort("203.0.113.7:40000")
	carrier      = netip.MustParseAddrPort("198.51.100.1:5060")
)

func carrierOnly(a netip.Addr) (string, bool) { return "carrier", a == carrier.Addr() }

// drain reads from a guarded socket until it is closed.
func drain(t *testing.T, c net.PacketConn) <-chan []string {
	t.Helper()
	done := make(chan []string)
	go func() {
		var got []string
		buf := make([]byte, 65535)
		for {
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				if !errors.Is(err, net.ErrClosed) {
					t.Errorf("the reader ends with %v", err)
				}
				done <- got
				return
			}
			got = append(got, string(buf[:n]))
		}
	}()
	return done
}

func TestPacketConnFilters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sock := newFakeSocket()
		c := guardPacketConn(sock, newGuard(Limits{}, carrierOnly, time.Now))
		done := drain(t, c)
		broken := strings.Replace(plainOptions, "OPTIONS sip", "OPTIONS  sip", 1)
		for _, d := range []datagram{
			{text: "\r\n\r\n", src: strangerAddr},   // unknown: no answer
			{text: plainOptions, src: strangerAddr}, // handed on
			{text: "\r\n\r\n", src: strangerAddr},   // known: answered
			{text: "\r\n", src: strangerAddr},       // a keep-alive that wants no answer
			{text: "\x00", src: strangerAddr},
			{text: "\r\n\r\n", src: carrier},  // a trunk is answered
			{text: broken, src: strangerAddr}, // 400
			{text: "GET / HTTP/1.1\r\n\r\n", src: strangerAddr},
			{text: strings.Replace(plainOptions, "Call-ID: x", "Call-ID: x\nEvil: 1", 1), src: carrier}, // 400, trunk or not
			{text: "SIP/2.0 200 OK\r\nVia: x/y\r\n\r\n", src: carrier},
		} {
			sock.in <- d
		}
		synctest.Wait()
		c.Close()
		got := <-done
		if len(got) != 2 || got[0] != plainOptions || !strings.HasPrefix(got[1], "SIP/2.0 200") {
			t.Errorf("handed on %q", got)
		}
		sent := sock.sent()
		if len(sent) != 4 || sent[0] != "\r\n" || sent[1] != "\r\n" ||
			!strings.HasPrefix(sent[2], "SIP/2.0 400 ") || !strings.HasPrefix(sent[3], "SIP/2.0 400 ") {
			t.Errorf("sent %q", sent)
		}
	})
}

// TestPacketConnSurvivesErrors: sipgo's reader ends for good at an error; the
// socket may have one at any time.
func TestPacketConnSurvivesErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sock := newFakeSocket()
		c := guardPacketConn(sock, testGuard(Limits{}))
		done := drain(t, c)
		start := time.Now()
		for _, err := range []error{errors.New("no buffer space"), os.ErrDeadlineExceeded, &net.OpError{Op: "read", Err: errors.New("connection refused")}} {
			sock.in <- datagram{err: err}
		}
		sock.in <- datagram{text: plainOptions, src: strangerAddr}
		synctest.Wait()
		time.Sleep(3 * readPause)
		synctest.Wait()
		if d := time.Since(start); d > time.Second {
			t.Errorf("took %v", d)
		}
		sock.in <- datagram{err: errors.New("again")} // closed while it rests
		synctest.Wait()
		c.Close()
		if got := <-done; len(got) != 1 {
			t.Errorf("handed on %q", got)
		}
	})
}

// TestRefusalsAreRateLimited: forged sources must not make a reflector of us.
func TestRefusalsAreRateLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sock := newFakeSocket()
		c := guardPacketConn(sock, testGuard(Limits{}))
		done := drain(t, c)
		broken := strings.Replace(plainOptions, "OPTIONS sip", "OPTIONS  sip", 1)
		for i := range 5 * answerBurst {
			sock.in <- datagram{text: broken, src: addr4(i)}
		}
		synctest.Wait()
		c.Close()
		<-done
		if n := len(sock.sent()); n != answerBurst {
			t.Errorf("%d refusals at once, want %d", n, answerBurst)
		}
		for _, s := range sock.sent() {
			if len(s) > 2*len(broken) {
				t.Errorf("a refusal of %d bytes to a request of %d", len(s), len(broken))
			}
		}
	})
}

// TestServePackets: the reader is started anew after many sources, and only
// then; the socket stays open and nothing is lost.
func TestServePackets(t *testing.T) {
	sock := newFakeSocket()
	g := newGuard(Limits{}, func(netip.Addr) (string, bool) { return "", true }, nil)
	c := guardPacketConn(sock, g)
	const most, total = 1000, 2*1000 + 100
	c.(*packetConn).most = most
	var runs, got int
	go func() {
		for i := range total {
			sock.in <- datagram{text: plainOptions, src: addr4(i)}
		}
		c.Close()
	}()
	err := servePackets(c, func(pc net.PacketConn) error {
		runs++
		buf := make([]byte, 2048)
		for {
			if _, _, err := pc.ReadFrom(buf); err != nil {
				return nil // as sipgo does
			}
			got++
		}
	})
	if err != nil || runs != 3 {
		t.Errorf("%d runs, %v", runs, err)
	}
	if got < total-16 { // Close may overtake what is still queued
		t.Errorf("%d of %d datagrams", got, total)
	}
	boom := errors.New("boom")
	if err := servePackets(guardPacketConn(newFakeSocket(), g), func(net.PacketConn) error { return boom }); err != boom {
		t.Errorf("the reader's error is %v", err)
	}
	if err := servePackets(guardPacketConn(newFakeSocket(), g), func(net.PacketConn) error { return nil }); err != nil {
		t.Errorf("a reader that ends by itself: %v", err)
	}
	if err := servePackets(newFakeSocket(), func(net.PacketConn) error { return boom }); err != boom {
		t.Errorf("a socket without guard: %v", err)
	}
}

func TestSourceOf(t *testing.T) {
	for _, tt := range []struct {
		addr net.Addr
		want string
	}{
		{&net.UDPAddr{IP: net.ParseIP("::ffff:192.0.2.1"), Port: 5}, "192.0.2.1:5"},
		{&net.TCPAddr{IP: net.ParseIP("2001:db8::1"), Port: 6}, "[2001:db8::1]:6"},
		{&net.UnixAddr{Name: "x", Net: "unix"}, "invalid AddrPort"},
		{nil, "invalid AddrPort"},
	} {
		if got := sourceOf(tt.addr).String(); got != tt.want {
			t.Errorf("%v gives %s", tt.addr, got)
		}
	}
}

// onePacket returns the same datagram for ever, without allocating.
type onePacket struct {
	*fakeSocket
	text []byte
	src  net.Addr
}

func (s *onePacket) ReadFrom(b []byte) (int, net.Addr, error) { return copy(b, s.text), s.src, nil }

// BenchmarkPacketGuard is the cost of the guard for a datagram that is handed
// on, and for one that is dropped.
func BenchmarkPacketGuard(b *testing.B) {
	for _, bb := range []struct {
		name, text string
		trunk      func(netip.Addr) (string, bool)
	}{
		{"trunk", plainOptions, func(netip.Addr) (string, bool) { return "t", true }},
		{"known", plainOptions, nil},
	} {
		b.Run(bb.name, func(b *testing.B) {
			now := digestNow
			clock := func() time.Time { now = now.Add(20 * time.Millisecond); return now }
			sock := &onePacket{newFakeSocket(), []byte(bb.text), net.UDPAddrFromAddrPort(strangerAddr)}
			c := guardPacketConn(sock, newGuard(Limits{}, bb.trunk, clock))
			buf := make([]byte, 2048)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := c.ReadFrom(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("garbage", func(b *testing.B) {
		c := guardPacketConn(newFakeSocket(), testGuard(Limits{})).(*packetConn)
		src, text := net.UDPAddrFromAddrPort(strangerAddr), []byte("\x80garbage that is no SIP at all\r\n\r\n")
		b.ReportAllocs()
		for b.Loop() {
			if c.accept(text, src) {
				b.Fatal("accepted")
			}
		}
	})
}

// TestGuardDoesNotAllocate holds the packet path to what the benchmark says.
func TestGuardDoesNotAllocate(t *testing.T) {
	now := digestNow
	g := newGuard(Limits{}, nil, func() time.Time { now = now.Add(20 * time.Millisecond); return now })
	c := guardPacketConn(newFakeSocket(), g).(*packetConn)
	src, text := net.UDPAddrFromAddrPort(strangerAddr), []byte(plainOptions)
	if n := testing.AllocsPerRun(1000, func() {
		if !c.accept(text, src) {
			t.Fatal("dropped")
		}
	}); n != 0 {
		t.Errorf("%v allocations for a datagram", n)
	}
}
