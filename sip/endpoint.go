package sip

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// maxDatagram is the largest message sent over UDP. The default of sipgo,
// 1300 bytes, loses an ordinary INVITE with a few Vias without a word; IP
// fragments what does not fit, as every other SIP server lets it.
const maxDatagram = 65000

func init() {
	// Both are variables of the library, read by all its transports: set once,
	// before the first of them exists. The default logger only serves the parts
	// that cannot be given one; everything that can gets the endpoint's.
	sip.UDPMTUSize = maxDatagram + 200
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
}

// Endpoint is a SIP user agent. It owns the sockets, the transactions and the
// table that leads a message to its call; all its methods may be called from
// any goroutine.
type Endpoint struct {
	cfg   Config
	log   *slog.Logger
	guard *guard
	auth  *authenticator
	tags  tagger
	stats counters

	udp          []net.PacketConn // behind the guard
	tcp          []net.Listener
	transport    *sip.TransportLayer
	transactions *sip.TransactionLayer
	dialled      *dialFeed

	wg   sync.WaitGroup
	ctx  context.Context // ends with Close: look-ups and connection attempts
	stop context.CancelFunc

	mu      sync.Mutex
	started bool
	closed  bool
	usages  map[usageKey]usage         // calls by what the peer puts into its requests
	invites map[inviteKey]*invite      // INVITEs being served: CANCEL, merged requests
	cancels map[cancelKey]*earlyCancel // CANCELs that overtook their INVITE
	sent    map[string]*sentInvite     // INVITEs of ours, by branch
	calls   map[*Call]struct{}
}

// usageKey finds the INVITE usage of a message: a Call-ID and our own tag,
// which is random and never used twice.
type usageKey struct{ callID, tag string }

// usage is what a usageKey leads to. branch is set for calls we made.
type usage struct {
	call   *Call
	branch *branch
}

// inviteKey tells INVITE requests apart (RFC 3261 §8.2.2.2); the copies of a
// forked one share it, a CANCEL has that of its INVITE.
type inviteKey struct {
	callID, fromTag string
	cseq            uint32
}

// New returns an Endpoint; Start makes it serve.
func New(cfg Config) (*Endpoint, error) {
	if cfg.Handler == nil {
		return nil, errors.New("sip: a Handler is required")
	}
	if len(cfg.UDP) == 0 && len(cfg.TCP) == 0 {
		return nil, errors.New("sip: no socket to serve")
	}
	for _, c := range cfg.UDP {
		if a := addrPort(c.LocalAddr()); !a.IsValid() || a.Addr().IsUnspecified() {
			return nil, fmt.Errorf("sip: udp socket on %v: bind an explicit address", c.LocalAddr())
		}
	}
	for _, l := range cfg.TCP {
		if a := addrPort(l.Addr()); !a.IsValid() || a.Addr().IsUnspecified() {
			return nil, fmt.Errorf("sip: tcp listener on %v: bind an explicit address", l.Addr())
		}
	}
	withDefaults(&cfg)
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("sip: no random numbers: %w", err)
	}
	e := &Endpoint{
		cfg:     cfg,
		log:     cfg.Logger,
		guard:   newGuard(cfg.Limits, cfg.Trunk, time.Now),
		tags:    tagger{key: secret},
		dialled: newDialFeed(),
		usages:  make(map[usageKey]usage),
		invites: make(map[inviteKey]*invite),
		cancels: make(map[cancelKey]*earlyCancel),
		sent:    make(map[string]*sentInvite),
		calls:   make(map[*Call]struct{}),
	}
	e.ctx, e.stop = context.WithCancel(context.Background())
	e.auth = newAuthenticator(cfg.Credentials, cfg.Domain, secret)
	if len(cfg.Challenges) > 0 {
		e.auth.offers = cfg.Challenges
	}
	for _, c := range cfg.UDP {
		e.udp = append(e.udp, guardPacketConn(c, e.guard))
	}
	for _, l := range cfg.TCP {
		e.tcp = append(e.tcp, e.watchListener(guardListener(l, e.guard)))
	}
	e.layers()
	return e, nil
}

func withDefaults(cfg *Config) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Domain == "" {
		cfg.Domain = "warmline"
	}
	if cfg.UserAgent == "" {
		cfg.UserAgent = "warmline"
	}
	if cfg.SessionExpires > 0 {
		cfg.SessionExpires = max(cfg.SessionExpires, minSession)
	}
	if cfg.Dial == nil {
		cfg.Dial = new(net.Dialer).DialContext
	}
	if cfg.Trunk == nil {
		cfg.Trunk = func(netip.Addr) (string, bool) { return "", false }
	}
}

// layers builds sipgo's transports and transactions. observe is registered
// first, so that it sees every message on the reader's own goroutine, in order
// of arrival, before the transaction layer gives it a goroutine of its own.
func (e *Endpoint) layers() {
	log := quietLogger(e.log)
	e.transport = sip.NewTransportLayer(net.DefaultResolver, newParser(), nil,
		sip.WithTransportLayerLogger(log),
		sip.WithTransportLayerConnectionReuse(true),
		sip.WithTransportLayerTransports(sip.TransportsConfig{
			TCP: &sip.TransportTCP{DialerCreate: noDialer},
		}))
	e.transport.OnMessage(e.observe)
	e.transactions = sip.NewTransactionLayer(e.transport,
		sip.WithTransactionLayerLogger(log),
		sip.WithTransactionLayerTerminateOnConnClose(),
		sip.WithTransactionLayerUnhandledResponseHandler(e.strayResponse))
	e.transactions.OnRequest(e.handleRequest)
}

// Start starts the readers.
func (e *Endpoint) Start() error {
	e.mu.Lock()
	if e.started || e.closed {
		e.mu.Unlock()
		return errors.New("sip: started already")
	}
	e.started = true
	e.mu.Unlock()

	for _, c := range e.udp {
		e.spawn(func() { e.serveUDP(c) })
		e.poolUDP(c)
	}
	for _, l := range e.tcp {
		e.spawn(func() { e.served("tcp", l.Addr().String(), e.transport.ServeTCP(l)) })
	}
	e.spawn(func() { e.served("tcp", "dialled", e.transport.ServeTCP(e.dialled)) })
	return nil
}

// serveUDP runs the reader of a datagram socket.
func (e *Endpoint) serveUDP(c net.PacketConn) {
	e.served("udp", c.LocalAddr().String(), servePackets(c, func(c net.PacketConn) error {
		defer e.poolUDP(c)
		return e.transport.ServeUDP(c)
	}))
}

// poolUDP puts a socket where requests find it. Its reader does so itself, but
// only once it runs, and takes it out when it ends: a request sent meanwhile
// would leave from a port of its own.
func (e *Endpoint) poolUDP(c net.PacketConn) {
	local := c.LocalAddr().String()
	e.transport.Pool("udp").Add(local, &sip.UDPConnection{PacketConn: c, PacketAddr: local, Listener: true})
}

// served reports a reader that ended while the endpoint still serves.
func (e *Endpoint) served(network, local string, err error) {
	if !e.isClosed() {
		e.log.Error("sip socket stopped", "network", network, "local", local, "error", err)
	}
}

// closingGrace is for requests that are between a reader and their transaction
// when the endpoint closes: sipgo would open a socket of its own to answer one
// whose socket is gone by then.
const closingGrace = 10 * time.Millisecond

// Close ends the readers and transactions and waits for them. Calls that
// still live get no message any more.
func (e *Endpoint) Close() {
	e.mu.Lock()
	already := e.closed
	e.closed = true
	for _, early := range e.cancels {
		early.timer.Stop()
	}
	clear(e.cancels)
	e.mu.Unlock()
	if !already {
		e.stop()
		time.Sleep(closingGrace)
		for _, c := range e.udp {
			c.Close()
		}
		for _, l := range e.tcp {
			l.Close()
		}
		e.dialled.Close()
		e.transactions.Close()
		e.transport.Close()
	}
	e.wg.Wait()
}

func (e *Endpoint) isClosed() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

// spawn runs f on a goroutine that Close waits for. It is the only place where
// the package starts one; after Close it does nothing and says so.
func (e *Endpoint) spawn(f func()) bool {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return false
	}
	e.wg.Add(1)
	e.mu.Unlock()
	go func() {
		defer e.wg.Done()
		f()
	}()
	return true
}

// protect runs f and keeps a panic in it from taking the process: what it was
// doing is lost, the other calls go on.
func (e *Endpoint) protect(what string, f func()) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			e.log.Error("sip: panic", "in", what, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	f()
	return true
}

// addrPort is the address of a socket, invalid when it is not of IP.
func addrPort(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort())
	case *net.TCPAddr:
		return unmap(a.AddrPort())
	case nil:
		return netip.AddrPort{}
	}
	p, _ := netip.ParseAddrPort(a.String())
	return unmap(p)
}

// unmap turns an IPv4 address in IPv6 clothes into an IPv4 address.
func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
