package sip

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// dialTimeout bounds a connection attempt and a name look-up.
const dialTimeout = 10 * time.Second

var errFlowGone = errors.New("the connection is gone")

// noDialer makes sipgo unable to dial. A flow that is gone must fail at once:
// sipgo would dial the address behind the peer's NAT for a minute. Connections
// we do want are dialled by dialTCP.
func noDialer(net.Addr) net.Dialer {
	return net.Dialer{Deadline: time.Unix(1, 0)}
}

// flowConn is a TCP connection that tells when it closes.
type flowConn struct {
	net.Conn
	flow    Flow
	closed  func(Flow)
	once    sync.Once
	trusted atomic.Bool // a request that came by it was authenticated
}

// LocalAddr tells connections apart. sipgo keeps a connection under both its
// addresses; all that were accepted share the listener's, and a request for
// that address would go to whoever connected last.
func (c *flowConn) LocalAddr() net.Addr { return flowAddr(c.flow) }

func (c *flowConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { c.closed(c.flow) })
	return err
}

// flowAddr is the address of one connection as a key.
type flowAddr Flow

func (flowAddr) Network() string  { return "tcp" }
func (a flowAddr) String() string { return a.Local.String() + "#" + a.Remote.String() }

func (e *Endpoint) watch(c net.Conn) *flowConn {
	return &flowConn{
		Conn:   c,
		flow:   Flow{Transport: "tcp", Local: addrPort(c.LocalAddr()), Remote: addrPort(c.RemoteAddr())},
		closed: e.flowClosed,
	}
}

// watchedListener wraps what it accepts.
type watchedListener struct {
	net.Listener
	e *Endpoint
}

func (e *Endpoint) watchListener(l net.Listener) net.Listener { return watchedListener{l, e} }

func (l watchedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return l.e.watch(c), nil
}

// flowClosed runs when a connection closes: on sipgo's reader, or on our own
// way out.
func (e *Endpoint) flowClosed(flow Flow) {
	e.spawn(func() {
		e.protect("FlowClosed", func() { e.cfg.Handler.FlowClosed(flow) })
		for _, c := range e.liveCalls() {
			c.post(func() { c.flowLost(flow) })
		}
	})
}

// flowOf is where a request came from. A connection knows itself; a datagram
// came in by the socket that its transaction answers from.
func flowOf(req *sip.Request, conn sip.Connection) (Flow, bool) {
	if tcp, ok := conn.(*sip.TCPConnection); ok {
		if c, ok := tcp.Conn.(*flowConn); ok {
			return c.flow, true
		}
	}
	remote, err := netip.ParseAddrPort(req.Source())
	if err != nil || conn == nil {
		return Flow{}, false
	}
	return Flow{
		Transport: strings.ToLower(req.Transport()),
		Local:     addrPort(conn.LocalAddr()),
		Remote:    unmap(remote),
	}, true
}

// dialFeed is the listener through which connections that we dialled reach
// sipgo, so that it reads and pools them like accepted ones.
type dialFeed struct {
	conns  chan net.Conn
	taken  chan struct{}
	closed chan struct{}
	once   sync.Once
	first  bool
}

func newDialFeed() *dialFeed {
	return &dialFeed{conns: make(chan net.Conn), taken: make(chan struct{}), closed: make(chan struct{}), first: true}
}

// Accept is called again only when the connection it returned last is in the
// pool; that is what offer waits for.
func (f *dialFeed) Accept() (net.Conn, error) {
	if !f.first {
		select {
		case f.taken <- struct{}{}:
		case <-f.closed:
			return nil, net.ErrClosed
		}
	}
	f.first = false
	select {
	case c := <-f.conns:
		return c, nil
	case <-f.closed:
		return nil, net.ErrClosed
	}
}

func (f *dialFeed) offer(c net.Conn) error {
	select {
	case f.conns <- c:
	case <-f.closed:
		return net.ErrClosed
	}
	select {
	case <-f.taken:
		return nil
	case <-f.closed:
		return net.ErrClosed
	}
}

func (f *dialFeed) Close() error   { f.once.Do(func() { close(f.closed) }); return nil }
func (f *dialFeed) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4zero} }

// dialTCP connects to remote and returns the flow. It blocks.
func (e *Endpoint) dialTCP(remote netip.AddrPort) (Flow, error) {
	ctx, cancel := context.WithTimeout(e.ctx, dialTimeout)
	defer cancel()
	conn, err := e.cfg.Dial(ctx, "tcp", remote.String())
	if err != nil {
		return Flow{}, fmt.Errorf("dial %v: %w", remote, err)
	}
	c := e.watch(guardConn(conn, e.guard))
	if err := e.dialled.offer(c); err != nil {
		c.Close()
		return Flow{}, err
	}
	return c.flow, nil
}

// resolve finds the flow to an address outside any registration. It blocks
// when there is a name to look up or a connection to make.
func (e *Endpoint) resolve(uri sip.Uri) (Flow, error) {
	network := uriTransport(uri)
	remote, ok := literal(uri)
	if !ok {
		ctx, cancel := context.WithTimeout(e.ctx, dialTimeout)
		defer cancel()
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", uri.Host)
		if err != nil || len(addrs) == 0 {
			return Flow{}, fmt.Errorf("look up %q: %w", uri.Host, err)
		}
		remote = netip.AddrPortFrom(addrs[0].Unmap(), uriPort(uri))
	}
	if flow, ok := e.flowTo(network, remote); ok {
		return flow, nil
	}
	if network != "tcp" {
		return Flow{}, fmt.Errorf("no %s socket to reach %v", network, remote)
	}
	return e.dialTCP(remote)
}

// flowTo is the flow to remote that needs no waiting: a datagram socket that
// can reach it, or a connection that exists.
func (e *Endpoint) flowTo(network string, remote netip.AddrPort) (Flow, bool) {
	if network == "tcp" {
		c, ok := e.streamTo(remote)
		if !ok {
			return Flow{}, false
		}
		return c.flow, true
	}
	local, ok := e.socketFor(remote.Addr())
	return Flow{Transport: "udp", Local: local, Remote: remote}, ok
}

// streamTo is the connection to remote.
func (e *Endpoint) streamTo(remote netip.AddrPort) (*flowConn, bool) {
	conn, err := e.transport.GetConnection("tcp", remote.String())
	if err != nil {
		return nil, false
	}
	defer conn.TryClose()
	tcp, ok := conn.(*sip.TCPConnection)
	if !ok {
		return nil, false
	}
	c, ok := tcp.Conn.(*flowConn)
	return c, ok && c.flow.Remote == remote
}

// socketFor chooses the datagram socket a new peer is addressed from: of its
// family, and on the loopback exactly when the peer is.
func (e *Endpoint) socketFor(remote netip.Addr) (netip.AddrPort, bool) {
	var found netip.AddrPort
	for _, c := range e.cfg.UDP {
		local := addrPort(c.LocalAddr())
		if local.Addr().Is4() != remote.Is4() {
			continue
		}
		if local.Addr().IsLoopback() == remote.IsLoopback() {
			return local, true
		}
		if !found.IsValid() {
			found = local
		}
	}
	return found, found.IsValid()
}

// alive reports whether requests can leave by flow.
func (e *Endpoint) alive(flow Flow) bool {
	if flow.Transport != "tcp" {
		_, err := e.udpConn(flow)
		return err == nil
	}
	_, ok := e.flowTo("tcp", flow.Remote)
	return ok
}

func (e *Endpoint) udpConn(flow Flow) (sip.Connection, error) {
	return e.transport.GetConnection("udp", flow.Local.String())
}

// uriTransport is the transport a URI asks for; UDP when it does not say.
func uriTransport(uri sip.Uri) string {
	if t, ok := uri.UriParams.Get("transport"); ok {
		return strings.ToLower(t)
	}
	return "udp"
}

func uriPort(uri sip.Uri) uint16 {
	if uri.Port > 0 && uri.Port < 1<<16 {
		return uint16(uri.Port)
	}
	return 5060
}

// literal is the address of a URI whose host is an IP address.
func literal(uri sip.Uri) (netip.AddrPort, bool) {
	host := uri.Host
	if m, ok := uri.UriParams.Get("maddr"); ok && m != "" {
		host = m
	}
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(addr.Unmap(), uriPort(uri)), true
}
