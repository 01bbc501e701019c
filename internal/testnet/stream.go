package testnet

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// windowBytes is how much of a stream may be under way or unread before its
// writer waits.
const windowBytes = 256 << 10

// streamConn is one end of a TCP-like connection.
type streamConn struct {
	net           *Network
	local, remote netip.AddrPort
	in, out       *pipe
	read, write   *deadline
}

// pipe is one direction of a connection.
type pipe struct {
	changed chan struct{} // closed and replaced at every change

	mu      sync.Mutex
	unread  []byte
	flying  int   // bytes written that have not arrived
	end     error // what a reader gets after the last byte: io.EOF or a reset
	noWrite error // what a writer gets
}

func newPipe() *pipe { return &pipe{changed: make(chan struct{})} }

// change runs f and wakes all who wait.
func (p *pipe) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	close(p.changed)
	p.changed = make(chan struct{})
}

// newStream makes the two ends of a connection from client to server.
func (n *Network) newStream(client, server netip.AddrPort) (c, s *streamConn) {
	up, down := newPipe(), newPipe()
	c = &streamConn{net: n, local: client, remote: server, in: down, out: up, read: newDeadline(), write: newDeadline()}
	s = &streamConn{net: n, local: server, remote: client, in: up, out: down, read: newDeadline(), write: newDeadline()}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.streams[c], n.streams[s] = struct{}{}, struct{}{}
	return c, s
}

// Reset breaks every stream that has addr at one end, as a crashed host or a
// middlebox does: both ends get ECONNRESET. It returns how many it broke.
func (n *Network) Reset(addr netip.AddrPort) int {
	n.mu.Lock()
	var hit []*streamConn
	for c := range n.streams {
		if c.local == addr || c.remote == addr {
			hit = append(hit, c)
			delete(n.streams, c)
		}
	}
	n.mu.Unlock()
	for _, c := range hit {
		c.in.change(func() { c.in.unread, c.in.end, c.in.noWrite = nil, syscall.ECONNRESET, syscall.ECONNRESET })
	}
	return len(hit) / 2
}

// carry has run called when something sent over the stream now arrives; never
// on a link that is down.
func (c *streamConn) carry(run func()) {
	now := time.Now()
	c.net.mu.Lock()
	l := c.net.linkFor(c.local.Addr(), c.remote.Addr())
	at := c.net.flowFor(c.local, c.remote).arrival(now, l)
	c.net.mu.Unlock()
	if !l.Down {
		c.net.sched.at(now, at, run)
	}
}

// Read waits for bytes.
func (c *streamConn) Read(b []byte) (int, error) {
	p := c.in
	for {
		expired := c.read.expired()
		select {
		case <-expired:
			return 0, c.error("read", os.ErrDeadlineExceeded)
		default:
		}
		p.mu.Lock()
		changed := p.changed
		n, end := copy(b, p.unread), p.end
		p.unread = p.unread[n:]
		p.mu.Unlock()
		switch {
		case n > 0 || len(b) == 0:
			p.change(func() {}) // the window opened
			return n, nil
		case end == io.EOF:
			return 0, io.EOF
		case end != nil:
			return 0, c.error("read", end)
		}
		select {
		case <-changed:
		case <-expired:
		}
	}
}

// Write sends bytes; it waits while the window is full.
func (c *streamConn) Write(b []byte) (int, error) {
	sent := 0
	for len(b) > 0 {
		n, err := c.reserve(len(b))
		if err != nil {
			return sent, c.error("write", err)
		}
		c.fly(append([]byte(nil), b[:n]...))
		b, sent = b[n:], sent+n
	}
	return sent, nil
}

// reserve waits for room in the window and takes up to want bytes of it.
func (c *streamConn) reserve(want int) (int, error) {
	p := c.out
	for {
		expired := c.write.expired()
		select {
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		default:
		}
		p.mu.Lock()
		changed, err := p.changed, p.noWrite
		n := min(want, windowBytes-p.flying-len(p.unread), c.segment())
		if err == nil && n > 0 {
			p.flying += n
		}
		p.mu.Unlock()
		if err != nil || n > 0 {
			return n, err
		}
		select {
		case <-changed:
		case <-expired:
		}
	}
}

// segment is the most one write sends in a piece.
func (c *streamConn) segment() int {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if l := c.net.linkFor(c.local.Addr(), c.remote.Addr()); l.Segment > 0 {
		return l.Segment
	}
	return windowBytes
}

func (c *streamConn) fly(b []byte) {
	p := c.out
	c.carry(func() {
		p.change(func() {
			p.flying -= len(b)
			if p.end == nil {
				p.unread = append(p.unread, b...)
			}
		})
	})
}

// Close ends both directions: the peer reads what is under way and then EOF,
// and its writes fail once it has heard of it.
func (c *streamConn) Close() error {
	c.net.mu.Lock()
	delete(c.net.streams, c)
	c.net.mu.Unlock()

	again := false
	c.in.change(func() {
		again = c.in.end == net.ErrClosed
		c.in.unread, c.in.end = nil, net.ErrClosed
	})
	if again {
		return c.error("close", net.ErrClosed)
	}
	c.out.change(func() { c.out.noWrite = net.ErrClosed })
	c.carry(func() {
		c.out.change(func() {
			if c.out.end == nil {
				c.out.end = io.EOF
			}
		})
		c.in.change(func() {
			if c.in.noWrite == nil {
				c.in.noWrite = syscall.EPIPE
			}
		})
	})
	c.read.move(time.Time{})
	c.write.move(time.Time{})
	return nil
}

// LocalAddr is this end, a *net.TCPAddr.
func (c *streamConn) LocalAddr() net.Addr { return addrOf("tcp", c.local) }

// RemoteAddr is the other end.
func (c *streamConn) RemoteAddr() net.Addr { return addrOf("tcp", c.remote) }

// SetDeadline sets both deadlines.
func (c *streamConn) SetDeadline(t time.Time) error {
	c.read.move(t)
	c.write.move(t)
	return nil
}

// SetReadDeadline has Read fail with os.ErrDeadlineExceeded from t on.
func (c *streamConn) SetReadDeadline(t time.Time) error {
	c.read.move(t)
	return nil
}

// SetWriteDeadline has Write fail with os.ErrDeadlineExceeded from t on.
func (c *streamConn) SetWriteDeadline(t time.Time) error {
	c.write.move(t)
	return nil
}

func (c *streamConn) error(op string, err error) error {
	return &net.OpError{Op: op, Net: "tcp", Source: c.LocalAddr(), Addr: c.RemoteAddr(), Err: err}
}
