package sip

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

func testGuard(l Limits) *guard { return newGuard(l, nil, time.Now) }

// pipeEnd is a net.Pipe end that says it is at an address.
type pipeEnd struct {
	net.Conn
	addr netip.AddrPort
}

func (p pipeEnd) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(p.addr) }
func (p pipeEnd) LocalAddr() net.Addr  { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060} }

// framed returns a framed connection, and the peer's end of it.
func framed(g *guard) (*framedConn, net.Conn) {
	near, far := net.Pipe()
	return newFramedConn(pipeEnd{near, strangerAddr}, g, func() {}), far
}

// throughFramer writes a stream to a framed connection and closes its end; it
// returns what sipgo would read, and what was written back.
func throughFramer(t *testing.T, stream []byte) (read, answered []byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		near, far := framed(testGuard(Limits{}))
		back := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(far)
			back <- b
		}()
		go func() {
			_, _ = far.Write(stream) // ends early when the stream is refused
			synctest.Wait()          // let the answer get through
			far.Close()
		}()
		read, _ = io.ReadAll(near)
		near.Close()
		answered = <-back
	})
	return read, answered
}

// withBody is a request with a body of n bytes.
func withBody(n int) string {
	return strings.Replace(plainOptions, "Content-Length: 0\r\n\r\n", "Content-Length: "+strings.Repeat("0", 3)+
		string(rune('0'+n))+"\r\n\r\n"+strings.Repeat("b", n), 1)
}

func TestFraming(t *testing.T) {
	two := plainOptions + withBody(5)
	for _, tt := range []struct{ name, in, read, answer string }{
		{"one", plainOptions, plainOptions, ""},
		{"two", two, two, ""},
		{"body that looks like a head", withBody(4) + plainOptions, withBody(4) + plainOptions, ""},
		{"keep-alives between", plainOptions + "\r\n\r\n\r\n" + withBody(3), plainOptions + withBody(3), "\r\n"},
		{"keep-alives before", "\r\n\r\n\r\n\r\n" + plainOptions, plainOptions, "\r\n\r\n"},
		{"lone crlf", "\r\n" + plainOptions, plainOptions, ""},
		{"no length", strings.Replace(plainOptions, "Content-Length: 0\r\n", "", 1), "", "SIP/2.0 400 Missing Content-Length"},
		{"two lengths", strings.Replace(plainOptions, "Content-Length: 0\r\n", "l: 5\r\nl: 0\r\n", 1) + "smuggled", "", "SIP/2.0 400 Repeated Content-Length"},
		{"negative length", strings.Replace(plainOptions, "Length: 0", "Length: -5", 1), "", "SIP/2.0 400 Malformed Content-Length"},
		{"too large", strings.Replace(plainOptions, "Length: 0", "Length: 65535", 1), "", "SIP/2.0 400 Message Too Large"},
		{"good, then bad", plainOptions + strings.Replace(plainOptions, "Length: 0", "Length: x", 1), plainOptions, "SIP/2.0 400 Malformed Content-Length"},
		{"lf injected", strings.Replace(plainOptions, "Call-ID: x", "Call-ID: x\nEvil: 1", 1), "", "SIP/2.0 400 Malformed Line"},
		{"response", "SIP/2.0 200 OK\r\nl: 0\r\n\r\n", "SIP/2.0 200 OK\r\nl: 0\r\n\r\n", ""},
		{"response without length", "SIP/2.0 200 OK\r\nVia: x/y\r\n\r\n", "", ""},
		{"http", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "", ""},
		{"tls", "\x16\x03\x01\x02\x00\x01\x00", "", ""},
		{"endless word", strings.Repeat("A", 100), "", ""},
		{"endless head", "OPTIONS sip:a SIP/2.0\r\n" + strings.Repeat("X: y\r\n", maxHead/6), "", ""},
		{"cut off", plainOptions + "OPTIONS sip:a SIP/2.0\r\nVia", plainOptions, ""},
		{"cut off in the body", strings.Replace(plainOptions, "Length: 0", "Length: 9", 1) + "1234", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			read, answer := throughFramer(t, []byte(tt.in))
			if string(read) != tt.read {
				t.Errorf("handed on %q, want %q", read, tt.read)
			}
			if !bytes.HasPrefix(answer, []byte(tt.answer)) || tt.answer == "" && len(answer) > 0 {
				t.Errorf("answered %q, want %q", answer, tt.answer)
			}
		})
	}
}

// TestFramingInPieces: a stream cut anywhere, or come byte by byte, or taken
// with a small buffer, is the same stream.
func TestFramingInPieces(t *testing.T) {
	stream := "\r\n\r\n" + plainOptions + withBody(7) + "\r\n\r\n" + plainOptions
	want := plainOptions + withBody(7) + plainOptions
	for _, size := range []int{1, 2, 3, 7, 100, len(stream)} {
		near, far := framed(testGuard(Limits{}))
		go func() { _, _ = io.Copy(io.Discard, far) }()
		go func() {
			for rest := stream; rest != ""; {
				n := min(size, len(rest))
				if _, err := far.Write([]byte(rest[:n])); err != nil {
					t.Error(err)
					break
				}
				rest = rest[n:]
			}
			far.Close()
		}()
		var got strings.Builder
		if _, err := io.CopyBuffer(&got, struct{ io.Reader }{near}, make([]byte, size)); err != nil || got.String() != want {
			t.Errorf("in pieces of %d: %v, %q", size, err, got.String())
		}
		near.Close()
	}
}

// TestSlowLoris: one byte every few seconds keeps neither the first message nor
// a later one open for longer than a message may take.
func TestSlowLoris(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, opening := range []string{"", plainOptions} {
			near, far := framed(testGuard(Limits{ReadTimeout: time.Hour}))
			done := make(chan struct{})
			go func() {
				defer close(done)
				_, _ = far.Write([]byte(opening))
				if opening != "" {
					time.Sleep(10 * time.Minute) // idle between messages is allowed once one came
				}
				for i := range plainOptions {
					if _, err := far.Write([]byte{plainOptions[i]}); err != nil {
						return
					}
					time.Sleep(5 * time.Second)
				}
				t.Error("the slow message was taken")
			}()
			start := time.Now()
			read, err := io.ReadAll(near)
			took := time.Since(start)
			want := messageTimeout
			if opening != "" {
				want += 10 * time.Minute
			}
			if err != nil || string(read) != opening || took < want-time.Second || took > want+5*time.Second {
				t.Errorf("opening %d bytes: %v after %v, want %v", len(opening), err, took, want)
			}
			near.Close()
			<-done
		}
	})
}

// TestIdleConnection ends after ReadTimeout without a byte; keep-alives count.
func TestIdleConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := framed(testGuard(Limits{ReadTimeout: time.Minute}))
		go func() { _, _ = io.Copy(io.Discard, far) }()
		go func() {
			_, _ = far.Write([]byte(plainOptions))
			for range 10 {
				time.Sleep(50 * time.Second)
				if _, err := far.Write([]byte("\r\n\r\n")); err != nil {
					t.Error("ended while it kept alive:", err)
				}
			}
		}()
		start := time.Now()
		if read, err := io.ReadAll(near); err != nil || string(read) != plainOptions {
			t.Errorf("%v %q", err, read)
		}
		if took := time.Since(start); took != 560*time.Second {
			t.Errorf("ended after %v", took)
		}
		if d := near.guard.drops()["timeout"]; d != 1 {
			t.Errorf("%d time-outs counted", d)
		}
		near.Close()
	})
}

// fakeListener gives out connections and errors.
type fakeListener struct {
	in     chan any
	closed chan struct{}
	once   sync.Once
}

func newFakeListener() *fakeListener {
	return &fakeListener{in: make(chan any, 64), closed: make(chan struct{})}
}

func (l *fakeListener) Accept() (net.Conn, error) {
	select {
	case v := <-l.in:
		if err, ok := v.(error); ok {
			return nil, err
		}
		return v.(net.Conn), nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}
func (l *fakeListener) Close() error   { l.once.Do(func() { close(l.closed) }); return nil }
func (l *fakeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5060} }

// connect queues a connection from an address and returns the peer's end.
func (l *fakeListener) connect(addr string) net.Conn {
	near, far := net.Pipe()
	l.in <- pipeEnd{near, netip.AddrPortFrom(netip.MustParseAddr(addr), 1000)}
	return far
}

// isOpen reports whether the other end has not closed.
func isOpen(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(time.Millisecond))
	_, err := c.Read(make([]byte, 1))
	return errors.Is(err, os.ErrDeadlineExceeded)
}

// TestAcceptSurvivesEMFILE: sipgo stops serving at the first error of Accept.
func TestAcceptSurvivesEMFILE(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newFakeListener()
		l := guardListener(inner, testGuard(Limits{}))
		for range 3 {
			inner.in <- &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
		}
		inner.in <- errors.New("connection aborted")
		inner.connect("192.0.2.9")
		start := time.Now()
		c, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if took := time.Since(start); took != 4*acceptPause {
			t.Errorf("four errors took %v", took)
		}
		// Closed while it rests, and while it waits.
		inner.in <- syscall.EMFILE
		go func() { time.Sleep(acceptPause / 2); l.Close() }()
		start = time.Now()
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
		if took := time.Since(start); took != acceptPause/2 {
			t.Errorf("Close took %v", took)
		}
		if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("closed: %v", err)
		}
	})
}

func TestConnectionCaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inner := newFakeListener()
		g := newGuard(Limits{Connections: 5, ConnectionsPerAddr: 3}, carrierOnly, time.Now)
		l := guardListener(inner, g)
		conns := make(chan net.Conn, 64)
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					close(conns)
					return
				}
				conns <- c
			}
		}()
		open := func(addr string, n int) (far []net.Conn) {
			for range n {
				far = append(far, inner.connect(addr))
			}
			synctest.Wait()
			return far
		}
		count := func(far []net.Conn) (n int) {
			for _, c := range far {
				if isOpen(c) {
					n++
				}
			}
			return n
		}
		if n := count(open("192.0.2.9", 5)); n != 3 {
			t.Errorf("%d of one address", n)
		}
		if n := count(open("192.0.2.10", 5)); n != 2 {
			t.Errorf("%d of the next address: the total is not kept", n)
		}
		if n := count(open("198.51.100.1", 20)); n != 20 {
			t.Errorf("%d of a trunk", n)
		}
		first := <-conns
		first.Close()
		first.Close() // twice gives one place back
		if n := count(open("192.0.2.9", 2)); n != 1 {
			t.Errorf("%d in the place of a closed one", n)
		}
		l.Close()
		for c := range conns {
			c.Close()
		}
		if g.conns != 0 || len(g.perAddr) != 0 {
			t.Errorf("%d places and %d addresses left", g.conns, len(g.perAddr))
		}
		if d := g.drops()["connection"]; d != 6 {
			t.Errorf("%d refused", d)
		}
	})
}

// TestGuardedDialledConnection is framed, but takes no place.
func TestGuardedDialledConnection(t *testing.T) {
	near, far := net.Pipe()
	g := testGuard(Limits{Connections: 1, ConnectionsPerAddr: 1})
	c := guardConn(near, g)
	go func() {
		_, _ = far.Write([]byte(plainOptions))
		far.Close()
	}()
	if read, err := io.ReadAll(c); err != nil || string(read) != plainOptions {
		t.Errorf("%v %q", err, read)
	}
	c.Close()
	if g.conns != 0 {
		t.Errorf("%d places", g.conns)
	}
}

// memConn is a stream that is there already; writes are thrown away.
type memConn struct {
	net.Conn
	in []byte
}

func (c *memConn) Read(b []byte) (int, error) {
	if len(c.in) == 0 {
		return 0, io.EOF
	}
	n := copy(b, c.in)
	c.in = c.in[n:]
	return n, nil
}

func (c *memConn) Write(b []byte) (int, error)      { return len(b), nil }
func (c *memConn) RemoteAddr() net.Addr             { return net.TCPAddrFromAddrPort(strangerAddr) }
func (c *memConn) SetReadDeadline(time.Time) error  { return nil }
func (c *memConn) SetWriteDeadline(time.Time) error { return nil }

// BenchmarkFraming is the cost of framing a stream of messages.
func BenchmarkFraming(b *testing.B) {
	stream := []byte(strings.Repeat(plainOptions, 100))
	buf := make([]byte, 32768)
	trunk := newGuard(Limits{}, func(netip.Addr) (string, bool) { return "", true }, nil)
	b.ReportAllocs()
	b.SetBytes(int64(len(stream)))
	for b.Loop() {
		c := newFramedConn(&memConn{in: stream}, trunk, func() {})
		for {
			if _, err := c.Read(buf); err != nil {
				break
			}
		}
	}
}
