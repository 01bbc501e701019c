package media

import (
	"encoding/binary"
	"net/netip"

	"warmline/media/srtp"
)

const (
	// collisionMemory is for how long after its last packet a host is taken for
	// one that sends ours back: ten intervals of reports (RFC 3550 §8.2).
	collisionMemory = 10 * minReports
	// mostChanges is how often a session takes another SSRC: a key serves no more
	// of them.
	mostChanges = srtp.Streams - 1
)

// collision is what is known of a peer that uses our SSRC.
type collision struct {
	host    netip.Addr // the last one we made way for
	seen    int64      // when that last used our SSRC
	changes int
}

// makeWay says whether ours is to change because of a packet with our SSRC. A
// host that uses the new one as well sends our own packets back, and there is no
// end to making way for those.
func (c *collision) makeWay(now int64, from netip.Addr) bool {
	loop := from == c.host && now-c.seen < collisionMemory
	if loop || c.changes < mostChanges {
		c.host, c.seen = from, now
	}
	if loop || c.changes == mostChanges {
		return false
	}
	c.changes++
	return true
}

// collide looks at whose SSRC a packet of the peer's has, RTP or RTCP. If it is
// ours, ours changes. The packet is the peer's all the same: some copy the SSRC of
// what they get, and would not be heard at all if theirs counted as a loop.
func (s *Session) collide(now int64, a *agreement, from netip.Addr, ssrc uint32) {
	if ssrc == s.out.ssrc && s.collision.makeWay(now, from) {
		s.goodbye(a)
		s.rename()
	}
}

// rename begins another stream: another SSRC with sequence numbers and counts of
// its own, and so also for SRTP. The clock goes on.
func (s *Session) rename() {
	o, c := &s.out, &s.control
	for old := o.ssrc; o.ssrc == old || o.ssrc == s.in.stream.ssrc; {
		o.ssrc = uint32(c.draw() >> 32)
	}
	o.seq = uint16(c.draw()>>32) & 0x7fff // as in seed
	o.packets, o.octets, o.talking = 0, 0, false
	c.sent = [2]uint32{}
}

// rekey begins another stream where a key of ours is used for the first time. The
// peer takes the first packet that it gets under the key for one of the first round
// (RFC 3711 §3.3.1), and those before it that come too early for its copy of the
// key are lost; a stream that goes on might begin its next round among them, and
// the peer would never know.
func (s *Session) rekey(a, old *agreement) {
	if old == nil || a.seal == nil || a.seal == old.seal || !a.seal.Fresh() {
		return
	}
	s.goodbye(old)
	s.rename()
	s.collision.changes = 0 // the new key has served none of them
}

// controlSSRC is who sent a valid compound packet.
func controlSSRC(p []byte) uint32 { return binary.BigEndian.Uint32(p[4:]) }
