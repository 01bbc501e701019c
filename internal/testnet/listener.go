package testnet

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// backlog is how many connections wait to be accepted before dials are refused.
const backlog = 128

type listener struct {
	net    *Network
	addr   netip.AddrPort
	queue  chan *streamConn
	closed chan struct{}
	once   sync.Once
}

// Listen accepts streams at an "address:port"; port 0 takes a free one.
func (n *Network) Listen(addr string) (net.Listener, error) {
	a, err := netip.ParseAddrPort(addr)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	taken := func(a netip.AddrPort) bool { return n.listeners[a] != nil }
	a = unmap(a)
	if a.Port() == 0 {
		if a, err = n.freePort(a.Addr(), taken); err != nil {
			return nil, err
		}
	}
	if taken(a) {
		return nil, opError("listen", "tcp", addrOf("tcp", a), syscall.EADDRINUSE)
	}
	l := &listener{net: n, addr: a, queue: make(chan *streamConn, backlog), closed: make(chan struct{})}
	n.listeners[a] = l
	return l, nil
}

// DialFrom returns a dial function for a host: its signature is that of
// net.Dialer.DialContext. The network name is not looked at.
func (n *Network) DialFrom(host netip.Addr) func(ctx context.Context, network, addr string) (net.Conn, error) {
	return func(ctx context.Context, _, addr string) (net.Conn, error) {
		to, err := netip.ParseAddrPort(addr)
		if err != nil {
			return nil, err
		}
		return n.dial(ctx, host, unmap(to))
	}
}

// dial connects: the server has the connection one delay of the link later,
// the client after the way back.
func (n *Network) dial(ctx context.Context, host netip.Addr, to netip.AddrPort) (net.Conn, error) {
	n.mu.Lock()
	from, err := n.freePort(host, func(netip.AddrPort) bool { return false })
	n.mu.Unlock()
	if err != nil {
		return nil, err
	}
	client, server := n.newStream(from, to)
	result := make(chan error, 1)
	client.carry(func() {
		err := n.arrive(server)
		server.carry(func() { result <- err })
	})
	select {
	case err = <-result:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		client.Close()
		n.forget(server)
		return nil, opError("dial", "tcp", addrOf("tcp", to), err)
	}
	return client, nil
}

// arrive hands a new connection to the listener it was meant for.
func (n *Network) arrive(server *streamConn) error {
	n.mu.Lock()
	l := n.listeners[server.local]
	n.mu.Unlock()
	if l == nil {
		return syscall.ECONNREFUSED
	}
	select {
	case l.queue <- server:
		return nil
	default:
		return syscall.ECONNREFUSED
	}
}

func (n *Network) forget(c *streamConn) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.streams, c)
}

// Accept waits for a connection.
func (l *listener) Accept() (net.Conn, error) {
	select {
	case <-l.closed:
		return nil, opError("accept", "tcp", l.Addr(), net.ErrClosed)
	default:
	}
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, opError("accept", "tcp", l.Addr(), net.ErrClosed)
	}
}

// Close frees the address. Connections nobody accepted are closed.
func (l *listener) Close() error {
	err := opError("close", "tcp", l.Addr(), net.ErrClosed)
	l.once.Do(func() {
		l.net.mu.Lock()
		delete(l.net.listeners, l.addr)
		l.net.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.queue:
				c.Close()
				continue
			default:
			}
			break
		}
		err = nil
	})
	return err
}

// Addr is the bound address, a *net.TCPAddr.
func (l *listener) Addr() net.Addr { return addrOf("tcp", l.addr) }
