package testnet

import (
	"net"
	"net/netip"
	"os"
	"time"
)

// packetConn is a Socket as a net.PacketConn.
type packetConn struct{ *Socket }

var _ net.PacketConn = packetConn{}

// ListenPacket opens a datagram socket at an "address:port"; port 0 takes a
// free one.
func (n *Network) ListenPacket(addr string) (net.PacketConn, error) {
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	s, err := n.ListenSocket(a)
	if err != nil {
		return nil, err
	}
	return packetConn{s}, nil
}

// ReadFrom waits for a datagram.
func (s packetConn) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		expired := s.read.expired()
		select {
		case <-s.closed:
			return 0, nil, s.error("read", net.ErrClosed)
		case <-expired:
			return 0, nil, s.error("read", os.ErrDeadlineExceeded)
		default:
		}
		if n, from, _, ok := s.TryRead(p); ok {
			return n, addrOf("udp", from), nil
		}
		select {
		case <-s.ready:
		case <-s.closed:
		case <-expired:
		}
	}
}

// WriteTo sends a datagram; it never waits.
func (s packetConn) WriteTo(p []byte, to net.Addr) (int, error) {
	addr, err := addrPort(to)
	if err != nil {
		return 0, s.error("write", err)
	}
	if err := s.TryWrite(p, addr); err != nil {
		return 0, err
	}
	return len(p), nil
}

// LocalAddr is the bound address, a *net.UDPAddr.
func (s packetConn) LocalAddr() net.Addr { return addrOf("udp", s.local) }

// SetDeadline sets the read deadline: writes never wait.
func (s packetConn) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline has ReadFrom fail with os.ErrDeadlineExceeded from t on.
func (s packetConn) SetReadDeadline(t time.Time) error {
	s.read.move(t)
	return nil
}

// SetWriteDeadline does nothing: writes never wait.
func (s packetConn) SetWriteDeadline(time.Time) error { return nil }
