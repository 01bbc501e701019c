package media

import (
	"encoding/binary"
	"net/netip"
	"time"
)

const (
	// minReports is the usual minimum of RFC 3550 §6.2, and quickReports the
	// reduced one, 360 s over the bandwidth in kbit/s, for codecs of 64 kbit/s
	// in packets of 20 ms. For fewer kilobits it would not be a reduction. The
	// share of the bandwidth allows more than either: two members whose reports
	// have 200 bytes could send one each second.
	minReports   = 5_000_000_000
	quickReports = 4_500_000_000
	// compensation is e − 3/2: what reconsideration makes of the mean interval
	// (§6.3.1).
	compensation = 1.21828
	cnameLength  = 16
)

// control is the worker's side of RTCP. All its times are on the clock of the
// worker.
type control struct {
	due     int64 // when a report is thought of
	last    int64 // when the last one was sent, or the session began
	begun   bool  // a report was sent: the first one comes sooner
	minimum int64 // between reports, before they are spread
	unix    int64 // what makes a time of the worker's one since 1970
	dest    netip.AddrPort
	random  uint64
	cname   [cnameLength]byte

	sent     [2]uint32 // packets sent at the last two reports, the latest first
	lastSR   uint32    // middle of the NTP time in the last sender report
	lastSRAt int64     // when that came
	lastSRBy uint32    // whose it is

}

// agree addresses reports to the peer of a new agreement. The first agreement
// sets the wall clock: it is read once, so that it cannot jump.
func (c *control) agree(a *agreement, now int64, wall time.Time) {
	c.dest = a.remoteRTCP
	c.minimum = minReports
	if a.clock() == clockRate {
		c.minimum = quickReports
	}
	if c.due == 0 {
		c.unix = wall.UnixNano() - now
		c.last = now
		c.due = now + c.interval()
	}
}

// interval draws the time from one report to the next: 0.5 to 1.5 times the
// minimum, and half of that for the first report of a new member.
func (c *control) interval() int64 {
	spread := float64(c.draw()>>11) / (1 << 53)
	t := float64(c.minimum) * (0.5 + spread) / compensation
	if !c.begun {
		t /= 2
	}
	return int64(t)
}

// draw is a random number by xorshift64*, from a start that cannot be guessed:
// neither reports nor a second SSRC need more.
func (c *control) draw() uint64 {
	c.random ^= c.random >> 12
	c.random ^= c.random << 25
	c.random ^= c.random >> 27
	return c.random * 2685821657736338717
}

// expire says whether a report is to be sent now that it is due. The interval is
// drawn again, and if its time has not come the report waits for that
// (RFC 3550 §6.3.6: reconsideration).
func (c *control) expire(now int64) bool {
	if due := c.last + c.interval(); due > now {
		c.due = due
		return false
	}
	c.begun, c.last = true, now
	c.due = now + c.interval()
	return true
}

// report sends a compound report, if it is not put off.
func (s *Session) report(now int64, a *agreement) {
	if s.control.expire(now) {
		sc := s.borrow()
		s.sendControl(a, s.appendReport(sc.out[:0], now, a))
		s.giveBack(sc)
	}
}

// sendControl sends a compound packet to where the peer's RTCP is, sealed where
// the agreement is for encryption. It is sealed in place: p must have room.
func (s *Session) sendControl(a *agreement, p []byte) {
	if a.silenced {
		return
	}
	p, ok := a.sealControl(p)
	if !ok {
		s.count.unsent.Add(1)
		return
	}
	// Errors do not matter: the next report makes up for this one.
	if a.mux {
		if s.in.latch.dest.IsValid() {
			_ = s.rtp.TryWrite(p, s.in.latch.dest)
		}
		return
	}
	if dest := s.control.destination(a, &s.in.latch); dest.IsValid() {
		_ = s.rtcp.TryWrite(p, dest)
	}
}

// sealControl protects a compound packet in place, where the agreement is for
// encryption. What cannot be sealed must not be sent.
func (a *agreement) sealControl(p []byte) ([]byte, bool) {
	if a.seal == nil {
		return p, true
	}
	room := p[:cap(p)]
	n, err := a.seal.RTCP(room, len(p))
	return room[:n], err == nil
}

// destination is where RTCP goes: to SDP's address, to where the peer's RTCP
// came from once RTP was learned to come from elsewhere, before that to the
// port after RTP's.
func (c *control) destination(a *agreement, l *latch) netip.AddrPort {
	if !l.dest.IsValid() {
		return netip.AddrPort{}
	}
	if l.dest == a.remote || c.dest != a.remoteRTCP {
		return c.dest
	}
	return netip.AddrPortFrom(l.dest.Addr(), l.dest.Port()+1)
}

// goodbye sends the last report of a stream, with a BYE.
func (s *Session) goodbye(a *agreement) {
	sc := s.borrow()
	defer s.giveBack(sc)
	b := s.appendReport(sc.out[:0], s.count.now.get(), a)
	start := len(b)
	b = append(b, 0x81, typeBYE, 0, 0)
	b = binary.BigEndian.AppendUint32(b, s.out.ssrc)
	endPacket(b[start:])
	s.sendControl(a, b)
}

// receiveControl reads the RTCP socket. A peer's RTCP may come from any port of
// the host its RTP comes from.
func (s *Session) receiveControl(now int64, a *agreement, sc *scratch) {
	for range readsPerTick {
		n, from, stamp, ok := s.rtcp.TryRead(sc.in[:])
		if !ok {
			return
		}
		l := &s.in.latch
		host := l.source
		if !host.IsValid() {
			host = l.sdp
		}
		p, ok := a.openControl(sc.in[:n], sc, now < s.in.rekeying)
		if !ok || from.Addr() != host.Addr() || !s.control.read(s, p, s.engine.arrival(now, stamp)) {
			s.count.discarded.Add(1)
			continue
		}
		s.collide(now, a, from.Addr(), controlSSRC(p))
		if l.source.IsValid() && l.source != a.remote {
			s.control.dest = from
		}
	}
}

// read takes in a compound packet that came at a time of the worker's clock, and
// reports whether it was one.
func (c *control) read(s *Session, p []byte, at int64) bool {
	if !validCompound(p) {
		return false
	}
	for len(p) > 0 {
		size, _ := controlSize(p)
		if content, ok := unpad(p[:size]); ok {
			c.readPacket(s, content, at)
		}
		p = p[size:]
	}
	return true
}

// readPacket takes in one packet of a compound.
func (c *control) readPacket(s *Session, p []byte, at int64) {
	switch p[1] {
	case typeSR:
		if len(p) < senderInfo {
			return
		}
		c.lastSRBy = binary.BigEndian.Uint32(p[4:])
		c.lastSR, c.lastSRAt = uint32(binary.BigEndian.Uint64(p[8:])>>16), at
		c.readBlocks(s, p, senderInfo, at)
	case typeRR:
		c.readBlocks(s, p, receiverInfo, at)
	case typeBYE:
		c.readBye(s, p, at)
	case typeXR:
		s.readExtended(p)
	}
}

// readBlocks takes in what report blocks say of our stream.
func (c *control) readBlocks(s *Session, p []byte, start int, at int64) {
	for range p[0] & 0x1f {
		if len(p) < start+reportBlock {
			return
		}
		if b := parseBlock(p[start:]); b.ssrc == s.out.ssrc {
			s.count.far.report(&b, s.out.packets, s.taken)
			s.roundTrip(&b, at)
		}
		start += reportBlock
	}
}

// readBye ends the peer's stream: the next one need not wait until it has been
// quiet for a while. The call goes on: its end is the signalling's.
func (c *control) readBye(s *Session, p []byte, at int64) {
	s.count.byes.Add(1)
	for i := range int(p[0] & 0x1f) {
		start := controlHeader + 4*i
		if len(p) < start+4 {
			return
		}
		if binary.BigEndian.Uint32(p[start:]) == s.in.stream.ssrc {
			s.in.lastAt = at - streamQuiet
		}
	}
}

// roundTrip computes what RFC 3550 §6.4.1 has: when the block came, less our
// report's time, less the time the peer kept it.
func (s *Session) roundTrip(b *receptionBlock, at int64) {
	if b.lastSR == 0 {
		return
	}
	units := int32(uint32(ntpTime(s.control.unix+at)>>16) - b.lastSR - b.delay)
	// More than 16 s is nonsense, and so is less than nothing, but for what
	// rounding makes of next to nothing.
	if units > -66 && units < 1<<20 {
		s.count.roundTrip.Store(max(1, int64(units)*int64(time.Second)>>16))
	}
}
