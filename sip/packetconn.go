package sip

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// packetConn is a datagram socket behind the guard. Its ReadFrom returns only
// what is worth parsing: from a trunk, or from a source within its limits, and
// shaped like a SIP message. Keep-alives are answered here. An error that would
// end sipgo's reader for good is waited out, unless the socket is closed.
type packetConn struct {
	net.PacketConn
	guard  *guard
	closed chan struct{}
	once   sync.Once

	// turnover counts the sources that sipgo's reader has been shown, which it
	// remembers for as long as it runs; recycle lets serve restart it.
	turnover int
	most     int // of turnover
	recycle  atomic.Bool
}

// guardPacketConn puts the guard before a socket.
func guardPacketConn(c net.PacketConn, g *guard) net.PacketConn {
	return &packetConn{PacketConn: c, guard: g, closed: make(chan struct{}), most: recycleAfter}
}

// recycleAfter is the number of sources after which sipgo's reader is ended
// and started anew.
const recycleAfter = 1 << 16

// servePackets runs a reader (sipgo's ServeUDP) over a guarded socket until it
// is closed. sipgo's reader keeps every source address it has seen, about 200
// bytes each, until it ends; so it is made to end now and then, without closing
// the socket, and started again. Datagrams wait in the socket meanwhile.
func servePackets(c net.PacketConn, serve func(net.PacketConn) error) error {
	pc, ok := c.(*packetConn)
	if !ok {
		return serve(c)
	}
	pc.recycle.Store(true)
	for {
		err := serve(pc)
		select {
		case <-pc.closed:
			return err
		default:
		}
		if err != nil {
			return err
		}
		if pc.turnover < pc.most {
			return nil // ended for a reason of its own
		}
		pc.turnover = 0
	}
}

// Close closes the socket and ends a pause of ReadFrom.
func (c *packetConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.PacketConn.Close()
}

// ReadFrom returns the next datagram worth parsing.
func (c *packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		if c.recycle.Load() && c.turnover >= c.most {
			return 0, nil, net.ErrClosed
		}
		n, addr, err := c.PacketConn.ReadFrom(b)
		if err != nil {
			if !c.pause(err) {
				return 0, nil, net.ErrClosed
			}
			continue
		}
		if c.accept(b[:n], addr) {
			return n, addr, nil
		}
	}
}

// readPause is how long the reader rests after an error of the socket, such as
// no memory, or an ICMP error that Linux reports on the next read.
const readPause = 20 * time.Millisecond

// pause waits after an error; false when the socket is closed.
func (c *packetConn) pause(err error) bool {
	if errors.Is(err, net.ErrClosed) {
		return false
	}
	t := time.NewTimer(readPause)
	defer t.Stop()
	select {
	case <-c.closed:
		return false
	case <-t.C:
		return true
	}
}

// accept judges one datagram.
func (c *packetConn) accept(msg []byte, addr net.Addr) bool {
	src := sourceOf(addr)
	if !src.IsValid() {
		return false
	}
	if len(msg) <= 4 {
		c.keepAlive(msg, src, addr)
		return false
	}
	h, v := inspect(msg, true)
	if v == drop {
		c.guard.drop(dropShape)
		return false
	}
	now := c.guard.now()
	_, exempt := c.guard.trunk(src.Addr())
	ok, added := c.guard.admit(src, exempt, now)
	if !ok {
		return false
	}
	if added {
		c.turnover++
	}
	if v == reject {
		c.guard.drop(dropShape)
		if c.guard.allowAnswer(now) {
			if answer, to := refuse(msg, h, src); answer != nil {
				_, _ = c.WriteTo(answer, net.UDPAddrFromAddrPort(to)) // best effort: the peer retransmits
			}
		}
		return false
	}
	return true
}

// keepAlive answers the double CRLF of a known source with one (RFC 5626 §4.4.1
// has that for streams; agents do it on UDP too). Whatever else is this short
// only kept a NAT open.
func (c *packetConn) keepAlive(msg []byte, src netip.AddrPort, addr net.Addr) {
	if string(msg) != "\r\n\r\n" {
		return
	}
	if _, exempt := c.guard.trunk(src.Addr()); exempt || c.guard.known(src) {
		_, _ = c.WriteTo(crlf, addr)
	}
}

// sourceOf is the address of a peer, invalid when it is not of IP.
func sourceOf(addr net.Addr) netip.AddrPort {
	switch a := addr.(type) {
	case *net.UDPAddr:
		return unmapped(a.AddrPort())
	case *net.TCPAddr:
		return unmapped(a.AddrPort())
	case nil:
		return netip.AddrPort{}
	}
	a, _ := netip.ParseAddrPort(addr.String())
	return unmapped(a)
}
