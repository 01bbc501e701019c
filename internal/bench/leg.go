package bench

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
)

// leg is one call's media: two sockets, what it says and what it hears.
type leg struct {
	room, index int // index: within the room
	addr        netip.AddrPort
	rtp, rtcp   socket
	slot        int
	said        *signal
	mute        bool // sends nothing
	onHold      bool // by its SDP: nobody sends anything

	active atomic.Bool // connected; the driver may use it

	// The driver's.
	fetched bool // to be read in this turn
	ahead   int  // 1 + the index of a read that is done; 0: none
	seq     uint16
	ts      uint32
	next    int64 // the frame after the last one sent; 0: none was
	ssrc    uint32
	peer    uint32 // SSRC heard in the window
	heard   bool   // peer is set
	kept    *kept  // while a window is open
}

// kept is what the driver keeps of a leg in one window. All room is made
// beforehand.
type kept struct {
	packets []arrival
	foreign int // of another SSRC than the first
	spare   int // beyond the room
	unsent  int
	marks   []mark

	recordFrom int64 // wall clock, ns
	cycles     int   // recorded
	recorded   []received
	payloads   []byte
}

// mark is a chirp that was sent.
type mark struct {
	at    int64 // wall clock, ns
	frame int64 // of its first packet, from the origin
	late  bool  // one of its packets was, on its way out, or was not sent
}

const (
	rtpHeader  = 12
	rtpVersion = 2 << 6
	maxPayload = 320
)

// fill writes the next packet and moves the leg's clock on.
func (l *leg) fill(buf []byte, pt uint8, clock uint32, payload []byte) []byte {
	buf[0], buf[1] = rtpVersion, pt
	binary.BigEndian.PutUint16(buf[2:], l.seq)
	binary.BigEndian.PutUint32(buf[4:], l.ts)
	binary.BigEndian.PutUint32(buf[8:], l.ssrc)
	l.seq++
	l.ts += clock
	return buf[:rtpHeader+copy(buf[rtpHeader:], payload)]
}

// keepTime moves the leg's clock on over frames that were given up, as a phone's
// goes on while it sends nothing, and returns how many. clock is of a frame.
func (l *leg) keepTime(frame int64, clock uint32) (missed int64) {
	if l.next != 0 && frame > l.next {
		missed = frame - l.next
		l.ts += uint32(missed) * clock
	}
	l.next = frame + 1
	return missed
}

// take keeps a packet that came in the window.
func (l *leg) take(p []byte, at int64, pt uint8, w *window) {
	k := l.kept
	if k == nil || at < w.from || len(p) <= rtpHeader || p[0] != rtpVersion || p[1]&0x7f != pt {
		return
	}
	a := arrival{at: at, seq: binary.BigEndian.Uint16(p[2:]), ts: binary.BigEndian.Uint32(p[4:])}
	ssrc := binary.BigEndian.Uint32(p[8:])
	if !l.heard {
		l.heard, l.peer = true, ssrc
	}
	if ssrc != l.peer {
		k.foreign++
		return
	}
	if at >= k.recordFrom && len(k.recorded) < cap(k.recorded) && len(k.payloads)+len(p)-rtpHeader <= cap(k.payloads) {
		from := len(k.payloads)
		k.payloads = append(k.payloads, p[rtpHeader:]...)
		k.recorded = append(k.recorded, received{a, k.payloads[from:len(k.payloads):len(k.payloads)]})
	}
	switch {
	case at >= w.to: // only for the recording
	case len(k.packets) < cap(k.packets):
		k.packets = append(k.packets, a)
	default:
		k.spare++
	}
}
