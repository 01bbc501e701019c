package testnet

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// Link says what happens to traffic in one direction between two hosts. The
// zero Link delivers at once and in order.
type Link struct {
	Delay     time.Duration // of every datagram and segment
	Jitter    time.Duration // up to so much more, evenly spread; order is kept
	Loss      float64       // probability that a datagram vanishes, 0 to 1
	Duplicate float64       // probability that a datagram arrives twice
	Reorder   float64       // probability that a datagram is late by ReorderBy, so that others overtake it
	ReorderBy time.Duration // 0: 20 ms
	Segment   int           // streams arrive in pieces of at most so many bytes; 0: as written
	Down      bool          // nothing gets through, streams included
}

// Datagram is what a tap sees of one datagram sent.
type Datagram struct {
	At       time.Time
	From, To netip.AddrPort
	Payload  []byte // the tap must not change it
	Lost     bool   // the link or the receiver's absence swallowed it
}

// Network connects the sockets opened on it.
type Network struct {
	seed  uint64
	sched schedule

	mu        sync.Mutex
	link      Link
	links     map[hostPair]Link
	flows     map[flowKey]*flow
	sockets   map[netip.AddrPort]*Socket
	listeners map[netip.AddrPort]*listener
	streams   map[*streamConn]struct{}
	tap       func(Datagram)
	nextPort  uint16
}

type hostPair struct{ from, to netip.Addr }

type flowKey struct{ from, to netip.AddrPort }

// flow is the state of one direction between two addresses: its own random
// numbers, and the time before which nothing later may arrive.
type flow struct {
	rng  *rand.Rand
	last time.Time
}

// firstEphemeral is where port 0 starts to count.
const firstEphemeral = 49152

// New returns a network without delay or loss whose random choices follow seed.
func New(seed uint64) *Network {
	return &Network{
		seed:      seed,
		links:     make(map[hostPair]Link),
		flows:     make(map[flowKey]*flow),
		sockets:   make(map[netip.AddrPort]*Socket),
		listeners: make(map[netip.AddrPort]*listener),
		streams:   make(map[*streamConn]struct{}),
		nextPort:  firstEphemeral,
	}
}

// SetLink sets what happens between all hosts without a link of their own.
func (n *Network) SetLink(l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.link = l
}

// SetLinkBetween sets what happens to traffic from one host to another, in this
// direction only.
func (n *Network) SetLinkBetween(from, to netip.Addr, l Link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[hostPair{from, to}] = l
}

// Tap has f see every datagram as it is sent, lost ones included, on the
// sender's goroutine. A nil f ends it.
func (n *Network) Tap(f func(Datagram)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.tap = f
}

// linkFor needs n.mu.
func (n *Network) linkFor(from, to netip.Addr) Link {
	if l, ok := n.links[hostPair{from, to}]; ok {
		return l
	}
	return n.link
}

// flowFor needs n.mu.
func (n *Network) flowFor(from, to netip.AddrPort) *flow {
	key := flowKey{from, to}
	f := n.flows[key]
	if f == nil {
		h := fnv.New64a()
		fmt.Fprintf(h, "%v>%v", from, to)
		f = &flow{rng: rand.New(rand.NewPCG(n.seed, h.Sum64()))}
		n.flows[key] = f
	}
	return f
}

// arrival draws when something sent now arrives, never before what was sent
// earlier.
func (f *flow) arrival(now time.Time, l Link) time.Time {
	at := now.Add(l.Delay)
	if l.Jitter > 0 {
		at = at.Add(time.Duration(f.rng.Int64N(int64(l.Jitter) + 1)))
	}
	if at.Before(f.last) {
		at = f.last
	}
	f.last = at
	return at
}

// send carries one datagram.
func (n *Network) send(from, to netip.AddrPort, payload []byte) {
	now := time.Now()
	payload = append([]byte(nil), payload...)

	n.mu.Lock()
	dst, tap := n.sockets[to], n.tap
	times := n.arrivals(now, from, to)
	n.mu.Unlock()

	if tap != nil {
		tap(Datagram{At: now, From: from, To: to, Payload: payload, Lost: dst == nil || len(times) == 0})
	}
	if dst == nil {
		return
	}
	for _, at := range times {
		n.sched.at(now, at, func() { dst.deliver(from, payload) })
	}
}

// arrivals draws the times at which a datagram arrives: none when it is lost,
// two when it is duplicated. It needs n.mu.
func (n *Network) arrivals(now time.Time, from, to netip.AddrPort) []time.Time {
	l, f := n.linkFor(from.Addr(), to.Addr()), n.flowFor(from, to)
	// All draws are made for every datagram: setting one probability must not
	// shift the outcome of the others.
	lost, twice, late := f.rng.Float64() < l.Loss, f.rng.Float64() < l.Duplicate, f.rng.Float64() < l.Reorder
	if lost || l.Down {
		return nil
	}
	var at time.Time
	if late {
		by := l.ReorderBy
		if by == 0 {
			by = 20 * time.Millisecond
		}
		at = now.Add(l.Delay + by) // f.last stays: the next ones overtake
	} else {
		at = f.arrival(now, l)
	}
	if twice {
		return []time.Time{at, at}
	}
	return []time.Time{at}
}

// freePort finds a port for host that taken does not know; it needs n.mu.
func (n *Network) freePort(host netip.Addr, taken func(netip.AddrPort) bool) (netip.AddrPort, error) {
	for range 65535 - firstEphemeral {
		addr := netip.AddrPortFrom(host, n.nextPort)
		if n.nextPort++; n.nextPort < firstEphemeral {
			n.nextPort = firstEphemeral
		}
		if !taken(addr) {
			return addr, nil
		}
	}
	return netip.AddrPort{}, opError("listen", "", addrOf("", netip.AddrPortFrom(host, 0)), syscall.EADDRNOTAVAIL)
}

// opError wraps err as the kernel's network does, so that errors.Is finds the
// errno and net.ErrClosed.
func opError(op, network string, addr net.Addr, err error) error {
	return &net.OpError{Op: op, Net: network, Addr: addr, Err: err}
}

// addrOf gives addr the type that package net would give it.
func addrOf(network string, addr netip.AddrPort) net.Addr {
	if network == "tcp" {
		return net.TCPAddrFromAddrPort(addr)
	}
	return net.UDPAddrFromAddrPort(addr)
}

// addrPort reads any net.Addr whose text is an address and port.
func addrPort(a net.Addr) (netip.AddrPort, error) {
	switch a := a.(type) {
	case *net.UDPAddr:
		return unmap(a.AddrPort()), nil
	case *net.TCPAddr:
		return unmap(a.AddrPort()), nil
	case nil:
		return netip.AddrPort{}, syscall.EDESTADDRREQ
	}
	p, err := netip.ParseAddrPort(a.String())
	return unmap(p), err
}

func unmap(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
