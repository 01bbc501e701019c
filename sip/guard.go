package sip

import (
	"net/netip"
	"sync"
	"time"
)

// guard bounds what strangers can cost: it stands before sipgo, whose tables
// grow with every source address, and holds every limit that is not of one
// call. Trunks are exempt, since their operator is known and many calls come
// from one address. All its tables are bounded and its methods may be called
// from any goroutine.
type guard struct {
	limits Limits
	trunk  func(netip.Addr) (string, bool)
	now    func() time.Time

	mu        sync.Mutex
	sources   map[netip.AddrPort]*source // datagram sources let through
	fresh     bucket                     // new sources, all together
	prefixes  buckets[netip.Prefix]      // new sources by prefix
	answers   bucket                     // stateless refusals, all together
	invites   bucket
	registers buckets[netip.Addr]
	conns     int // of strangers
	perAddr   map[netip.Addr]int
	dropped   [dropReasons]uint64
}

// source is a datagram source that was let through.
type source struct {
	rate bucket
	seen time.Time
	// trusted: a request from it was authenticated. It goes last when the
	// table is full.
	trusted bool
}

// Defaults of Limits, and limits that nobody needs to set.
const (
	defaultCalls         = 100
	defaultRegistrations = 240
	defaultConns         = 4096
	defaultConnsPerAddr  = 64
	defaultReadTimeout   = 10 * time.Minute

	maxSources  = 1 << 14 // datagram sources known at a time
	maxPrefixes = 1 << 13 // prefixes and addresses with a bucket

	// A source may send sourceRate datagrams a second: a softphone with a few
	// calls, or an office behind one NAT port, stays far below.
	sourceRate, sourceBurst = 100, 400
	// New sources a second, all together and from one prefix.
	freshRate, freshBurst   = 200, 1000
	prefixRate, prefixBurst = 5, 50
	// Stateless refusals a second.
	answerRate, answerBurst = 50, 100
)

// newGuard returns a guard. trunk tells the sources that are exempt; nil: none.
func newGuard(l Limits, trunk func(netip.Addr) (string, bool), now func() time.Time) *guard {
	or := func(v, d int) int {
		if v > 0 {
			return v
		}
		return d
	}
	l.CallsPerSecond = or(l.CallsPerSecond, defaultCalls)
	l.RegistrationsPerMinutePerAddr = or(l.RegistrationsPerMinutePerAddr, defaultRegistrations)
	l.Connections = or(l.Connections, defaultConns)
	l.ConnectionsPerAddr = or(l.ConnectionsPerAddr, defaultConnsPerAddr)
	if l.ReadTimeout <= 0 {
		l.ReadTimeout = defaultReadTimeout
	}
	if trunk == nil {
		trunk = func(netip.Addr) (string, bool) { return "", false }
	}
	if now == nil {
		now = time.Now
	}
	return &guard{
		limits: l, trunk: trunk, now: now,
		sources:   make(map[netip.AddrPort]*source),
		fresh:     newBucket(freshRate, freshBurst),
		prefixes:  newBuckets[netip.Prefix](prefixRate, prefixBurst, maxPrefixes),
		answers:   newBucket(answerRate, answerBurst),
		invites:   newBucket(float64(l.CallsPerSecond), float64(l.CallsPerSecond)),
		registers: newBuckets[netip.Addr](float64(l.RegistrationsPerMinutePerAddr)/60, float64(l.RegistrationsPerMinutePerAddr), maxPrefixes),
		perAddr:   make(map[netip.Addr]int),
	}
}

// dropReason says why the guard let something fall.
type dropReason uint8

const (
	dropShape   dropReason = iota // not SIP
	dropRate                      // a known source sends too much
	dropSource                    // too many new sources
	dropConn                      // too many connections
	dropTimeout                   // a connection that says nothing, or too slowly
	dropReasons
)

func (r dropReason) String() string {
	return [dropReasons]string{"shape", "rate", "source", "connection", "timeout"}[r]
}

func (g *guard) drop(r dropReason) {
	g.mu.Lock()
	g.dropped[r]++
	g.mu.Unlock()
}

// drops returns how much was dropped, by reason.
func (g *guard) drops() map[string]uint64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	m := make(map[string]uint64, dropReasons)
	for r, n := range g.dropped {
		m[dropReason(r).String()] = n
	}
	return m
}

// allowInvite takes a place for a new call. Without one the answer is 503 with
// Retry-After.
func (g *guard) allowInvite(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.invites.take(now)
}

// allowRegister takes a place for a REGISTER from an address.
func (g *guard) allowRegister(addr netip.Addr, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.registers.take(addr.Unmap(), now)
}

// allowAnswer takes a place for a stateless refusal, so that forged sources
// cannot make us a reflector.
func (g *guard) allowAnswer(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.answers.take(now)
}

// trust marks a datagram source as one that has authenticated.
func (g *guard) trust(src netip.AddrPort) {
	src = unmapped(src)
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.sources[src]; s != nil {
		s.trusted = true
	}
}

// trusts reports whether trust was given to a source, and is still known.
func (g *guard) trusts(src netip.AddrPort) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.sources[unmapped(src)]
	return s != nil && s.trusted
}

// admit decides about a datagram that looks like SIP. added says that the
// source is new. An exempt source is always let through, but is in the table
// like any other, so that its ports are counted.
func (g *guard) admit(src netip.AddrPort, exempt bool, now time.Time) (ok, added bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if s := g.sources[src]; s != nil {
		s.seen = now
		if !exempt && !s.rate.take(now) {
			g.dropped[dropRate]++
			return false, false
		}
		return true, false
	}
	// The prefix pays first: a source that floods from one network shall not
	// use up what all others share.
	if !exempt && !(g.prefixes.take(prefixOf(src.Addr()), now) && g.fresh.take(now)) {
		g.dropped[dropSource]++
		return false, false
	}
	if len(g.sources) >= maxSources {
		g.evict()
	}
	s := &source{rate: newBucket(sourceRate, sourceBurst), seen: now, trusted: exempt}
	s.rate.take(now)
	g.sources[src] = s
	return true, true
}

// known reports whether the source is in the table, without changing it.
func (g *guard) known(src netip.AddrPort) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.sources[src] != nil
}

// evict drops one source: of a few taken at random (map order), the one not
// heard for longest, trusted ones last.
func (g *guard) evict() {
	const sample = 32
	var (
		victim  netip.AddrPort
		oldest  *source
		looked  int
		idle    = func(s *source) bool { return oldest == nil || s.seen.Before(oldest.seen) }
		better  = func(s *source) bool { return oldest != nil && oldest.trusted && !s.trusted }
		trusted = func(s *source) bool { return oldest != nil && !oldest.trusted && s.trusted }
	)
	for a, s := range g.sources {
		if better(s) || (idle(s) && !trusted(s)) {
			victim, oldest = a, s
		}
		if looked++; looked == sample {
			break
		}
	}
	delete(g.sources, victim)
}

// openConn takes a place for a connection; release gives it back and is called
// once. Trunks need none.
func (g *guard) openConn(addr netip.Addr) (release func(), ok bool) {
	addr = addr.Unmap()
	if _, exempt := g.trunk(addr); exempt {
		return func() {}, true
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conns >= g.limits.Connections || g.perAddr[addr] >= g.limits.ConnectionsPerAddr {
		g.dropped[dropConn]++
		return nil, false
	}
	g.conns++
	g.perAddr[addr]++
	return func() { g.closeConn(addr) }, true
}

func (g *guard) closeConn(addr netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns--
	if g.perAddr[addr]--; g.perAddr[addr] == 0 {
		delete(g.perAddr, addr)
	}
}

// unmapped turns an IPv4-mapped IPv6 address into the IPv4 one.
func unmapped(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// prefixOf is the network one stranger is taken to control: a single IPv4
// address, or an IPv6 /64. An IPv4 source cannot choose among its neighbours'
// addresses unless it forges, and then the limit on all new sources holds.
func prefixOf(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, _ := a.WithZone("").Prefix(bits)
	return p
}
