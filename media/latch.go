package media

import "net/netip"

const (
	// learnPackets is how many consecutive packets of one stream it takes to
	// believe an address that SDP did not give.
	learnPackets = 3
	// formerPackets is the same for the address of the agreement before, where a
	// device that was left may still be sending: half a second of packets.
	formerPackets = 25
	// learnWindow is for how long after an agreement an address may be
	// learned: as long as a call without any audio lives.
	learnWindow = 30_000_000_000
	// sourceQuiet is how long the source in use must have been quiet before
	// another can take its place within the window.
	sourceQuiet = 500_000_000
)

// latch decides whose packets are the peer's, and where ours go. An address is
// learned at most once per agreement, and never from a single packet: a server
// that follows every packet plays its calls to whoever sprays its ports.
type latch struct {
	fresh  bool           // nothing was learned since the agreement
	learn  bool           // SDP's address cannot be right or need not be: follow the packets
	count  uint8          // packets of the candidate in a row
	source netip.AddrPort // whom we listen to; invalid until settled
	heard  int64          // when the source last sent
	dest   netip.AddrPort // where we send; invalid: nowhere yet
	until  int64          // the window's end
	sdp    netip.AddrPort // the address agreed on
	former netip.AddrPort // whom we listened to before it was; invalid: nobody, or it was the same

	candidate struct {
		addr netip.AddrPort
		ssrc uint32
		seq  uint16
	}
}

// learnable says whether a peer that names addr may in truth be elsewhere.
func learnable(addr netip.AddrPort) bool {
	ip := addr.Addr()
	return ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() ||
		sharedSpace.Contains(ip)
}

// sharedSpace is the carriers' NAT range (RFC 6598).
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// agree begins the window of a new agreement. A settled source is kept as long
// as SDP's address stays the same: a peer behind NAT that resumes from hold
// goes on where it was.
func (l *latch) agree(addr netip.AddrPort, symmetric bool, now int64) {
	kept := l.source.IsValid() && addr == l.sdp
	l.learn = symmetric || learnable(addr)
	l.fresh = true
	l.until = now + learnWindow
	l.count = 0
	if addr.Addr().IsUnspecified() {
		return // on hold: nothing is sent, and the old address may come back
	}
	l.sdp = addr
	if !kept {
		if l.source.IsValid() {
			l.former = l.source
		}
		l.source = netip.AddrPort{}
		l.dest = addr
		if addr.Port() == discardPort {
			l.dest = netip.AddrPort{}
		}
	}
}

// admit reports whether a packet is the peer's.
func (l *latch) admit(now int64, from netip.AddrPort, h *rtpHeader) bool {
	switch {
	case from == l.source && !l.fresh:
		l.heard, l.count = now, 0
		return true
	case from == l.sdp && from != l.source && (!l.source.IsValid() || now < l.until),
		from == l.sdp && l.fresh:
		// The address agreed on is better than any learned.
		l.settle(now, from, from)
		return true
	case from == l.source:
		l.heard, l.count = now, 0
		return true
	case !l.fresh || now >= l.until || !l.eligible(from):
		return false
	case l.source.IsValid() && now-l.heard < sourceQuiet:
		return false
	}
	if !l.consecutive(from, h) {
		return false
	}
	if l.learn || !l.dest.IsValid() {
		l.settle(now, from, from)
	} else {
		// It sends from another port than it listens on: heard, not followed.
		l.settle(now, from, l.sdp)
	}
	return true
}

// eligible says whether an address could be the peer's: any where SDP's need not
// be right, else only SDP's host.
func (l *latch) eligible(from netip.AddrPort) bool {
	return l.learn || from.Addr() == l.sdp.Addr()
}

// consecutive counts packets of one stream without another's in between.
func (l *latch) consecutive(from netip.AddrPort, h *rtpHeader) bool {
	c := &l.candidate
	if l.count > 0 && from == c.addr && h.ssrc == c.ssrc && h.seq == c.seq+1 {
		l.count++
	} else {
		c.addr, c.ssrc, l.count = from, h.ssrc, 1
	}
	c.seq = h.seq
	if from == l.former {
		return l.count >= formerPackets
	}
	return l.count >= learnPackets
}

func (l *latch) settle(now int64, source, dest netip.AddrPort) {
	l.source, l.dest, l.heard = source, dest, now
	l.fresh = false
	l.count = 0
}

// final is the peer to connect the socket to once nothing can change any more.
func (l *latch) final(now int64) netip.AddrPort {
	if l.source.IsValid() && l.source == l.dest && (now >= l.until || !l.fresh && l.source == l.sdp) {
		return l.source
	}
	return netip.AddrPort{}
}
