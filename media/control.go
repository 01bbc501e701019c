package media

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// RTCP packet types (RFC 3550 §12.1).
const (
	typeSR   = 200
	typeRR   = 201
	typeSDES = 202
	typeBYE  = 203
)

const (
	// reportInterval is the minimum of RFC 3550 §6.2, taken 0.5 to 1.5 times;
	// with the compensation of §6.3.1 for the reconsideration we do without.
	reportInterval = 5_000_000_000
	reportBlock    = 24
	cnameLength    = 16
)

// control is the worker's side of RTCP.
type control struct {
	due    int64 // next report
	dest   netip.AddrPort
	random uint64
	cname  [cnameLength]byte

	reported uint32 // packets sent at the last sender report
	lastSR   uint32 // middle of the NTP time in the peer's last sender report
	lastSRAt time.Time

	buffer [256]byte
	input  [datagramSize]byte
}

// agree addresses reports to the peer of a new agreement and has the first one
// follow after half the interval, as for a new member.
func (c *control) agree(a *agreement, now int64) {
	c.dest = a.remoteRTCP
	if c.due == 0 {
		c.due = now + c.interval()/2
	}
}

// interval draws the time to the next report.
func (c *control) interval() int64 {
	// xorshift64*: reports need not be unpredictable, only spread.
	c.random ^= c.random >> 12
	c.random ^= c.random << 25
	c.random ^= c.random >> 27
	spread := float64(c.random*2685821657736338717>>11) / (1 << 53)
	const compensation = 1.21828 // e − 3/2
	return int64(reportInterval * (0.5 + spread) / compensation)
}

// report sends a compound report: sender or receiver report and CNAME.
func (s *Session) report(now int64, a *agreement) {
	s.control.due = now + s.control.interval()
	s.sendControl(a, s.appendReport(s.control.buffer[:0]))
}

// sendControl sends a compound packet to where the peer's RTCP is.
func (s *Session) sendControl(a *agreement, p []byte) {
	if a.silenced {
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

// appendReport appends SR or RR and SDES.
func (s *Session) appendReport(b []byte) []byte {
	o, t := &s.out, &s.in.stream
	blocks := byte(0)
	if t.started {
		blocks = 1
	}
	start := len(b)
	if o.packets != s.control.reported {
		s.control.reported = o.packets
		b = append(b, 0x80|blocks, typeSR, 0, 0)
		b = binary.BigEndian.AppendUint32(b, o.ssrc)
		b = binary.BigEndian.AppendUint64(b, ntpTime(time.Now()))
		b = binary.BigEndian.AppendUint32(b, o.ts)
		b = binary.BigEndian.AppendUint32(b, o.packets)
		b = binary.BigEndian.AppendUint32(b, o.octets)
	} else {
		b = append(b, 0x80|blocks, typeRR, 0, 0)
		b = binary.BigEndian.AppendUint32(b, o.ssrc)
	}
	if t.started {
		b = s.appendBlock(b)
	}
	endPacket(b[start:])

	start = len(b)
	b = append(b, 0x81, typeSDES, 0, 0)
	b = binary.BigEndian.AppendUint32(b, o.ssrc)
	b = append(b, 1, cnameLength) // CNAME
	b = append(b, s.control.cname[:]...)
	b = append(b, 0, 0) // end of items, up to a word
	endPacket(b[start:])
	return b
}

// appendBlock appends a report block about the incoming stream.
func (s *Session) appendBlock(b []byte) []byte {
	t, c := &s.in.stream, &s.control
	expected, received := t.expected(), t.received
	wanted, got := expected-t.expectedPrior, received-t.receivedPrior
	t.expectedPrior, t.receivedPrior = expected, received
	var fraction uint32
	if wanted > got {
		fraction = min((wanted-got)<<8/wanted, 255)
	}
	lost := min(max(int32(expected-received), 0), 1<<23-1)
	var delay uint32
	if c.lastSR != 0 {
		delay = uint32(time.Since(c.lastSRAt) * 65536 / time.Second)
	}
	b = binary.BigEndian.AppendUint32(b, t.ssrc)
	b = binary.BigEndian.AppendUint32(b, fraction<<24|uint32(lost))
	b = binary.BigEndian.AppendUint32(b, t.highest-1<<16) // it began a cycle up
	b = binary.BigEndian.AppendUint32(b, t.jitter>>4)
	b = binary.BigEndian.AppendUint32(b, c.lastSR)
	return binary.BigEndian.AppendUint32(b, delay)
}

// endPacket writes the length of an RTCP packet, in words less one.
func endPacket(p []byte) { binary.BigEndian.PutUint16(p[2:], uint16(len(p)/4-1)) }

// goodbye sends the last report with a BYE.
func (s *Session) goodbye(a *agreement) {
	b := s.appendReport(s.control.buffer[:0])
	start := len(b)
	b = append(b, 0x81, typeBYE, 0, 0)
	b = binary.BigEndian.AppendUint32(b, s.out.ssrc)
	endPacket(b[start:])
	s.sendControl(a, b)
}

// receiveControl reads the RTCP socket. A peer's RTCP may come from any port of
// the host its RTP comes from.
func (s *Session) receiveControl(a *agreement) {
	for range readsPerTick {
		n, from, ok := s.rtcp.TryRead(s.control.input[:])
		if !ok {
			return
		}
		l := &s.in.latch
		host := l.source
		if !host.IsValid() {
			host = l.sdp
		}
		if from.Addr() != host.Addr() {
			s.count.discarded.Add(1)
			continue
		}
		if s.control.read(s, s.control.input[:n]) && l.source.IsValid() && l.source != a.remote {
			s.control.dest = from
		}
	}
}

// read takes in a compound packet and reports whether it was one.
func (c *control) read(s *Session, p []byte) bool {
	whole := false
	for len(p) >= 4 && p[0]>>6 == 2 {
		size := 4 * (int(binary.BigEndian.Uint16(p[2:])) + 1)
		if size > len(p) {
			return whole
		}
		whole = true
		c.readPacket(s, p[:size])
		p = p[size:]
	}
	return whole
}

// readPacket takes in one packet: the clock of sender reports, and what report
// blocks say about our stream.
func (c *control) readPacket(s *Session, p []byte) {
	blocks := 8
	switch p[1] {
	case typeSR:
		blocks = 28
		if len(p) < blocks {
			return
		}
		c.lastSR, c.lastSRAt = uint32(binary.BigEndian.Uint64(p[8:])>>16), time.Now()
	case typeRR:
	default:
		return
	}
	for range p[0] & 0x1f {
		if len(p) < blocks+reportBlock {
			return
		}
		b := p[blocks : blocks+reportBlock]
		blocks += reportBlock
		if binary.BigEndian.Uint32(b) == s.out.ssrc {
			s.roundTrip(binary.BigEndian.Uint32(b[16:]), binary.BigEndian.Uint32(b[20:]))
		}
	}
}

// roundTrip computes what RFC 3550 §6.4.1 has: now less our report's time less
// the time the peer kept it.
func (s *Session) roundTrip(lastSR, delay uint32) {
	if lastSR == 0 {
		return
	}
	units := uint32(ntpTime(time.Now())>>16) - lastSR - delay
	if units < 1<<20 { // 16 s: more is nonsense
		s.count.roundTrip.Store(int64(units) * int64(time.Second) / 65536)
	}
}

// ntpTime is t as RFC 3550 §4 has it, seconds since 1900 in 32.32 bits.
func ntpTime(t time.Time) uint64 {
	const from1900 = 2_208_988_800
	seconds := uint64(t.Unix() + from1900)
	return seconds<<32 | uint64(t.Nanosecond())<<32/1_000_000_000
}
