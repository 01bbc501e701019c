package media

import "encoding/binary"

// Sizes in the RTP clock of 8 kHz, where a sample of G.711 is also a byte.
const (
	clockRate      = 8000
	frameSamples   = 160 // one frame of the mixer: 20 ms
	frameNanos     = 20_000_000
	nanosPerSample = 1_000_000_000 / clockRate
	maxPacketTime  = 60 // ms
	// bytesPerMillisecond is what G.711 and G.722 make, and so what their clock
	// of 8 kHz counts.
	bytesPerMillisecond = 8
	framesPerSecond     = 50
	maxBytes            = maxPacketTime * bytesPerMillisecond
	rtpHeaderSize       = 12
	datagramSize        = 1500 // longer ones are cut off: no audio packet of ours is near it
)

// rtpHeader is what we need of RFC 3550 §5.1.
type rtpHeader struct {
	payloadType uint8
	marker      bool
	seq         uint16
	ts          uint32
	ssrc        uint32
}

// parseRTP reads the header of p in place and returns the payload without
// contributing sources, extension and padding. ok is false for anything that
// is not a whole RTP packet.
func parseRTP(p []byte) (h rtpHeader, payload []byte, ok bool) {
	if len(p) < rtpHeaderSize || p[0]>>6 != 2 {
		return h, nil, false
	}
	h = rtpHeader{
		payloadType: p[1] & 0x7f,
		marker:      p[1]&0x80 != 0,
		seq:         binary.BigEndian.Uint16(p[2:]),
		ts:          binary.BigEndian.Uint32(p[4:]),
		ssrc:        binary.BigEndian.Uint32(p[8:]),
	}
	start := rtpHeaderSize + 4*int(p[0]&0x0f)
	if p[0]&0x10 != 0 {
		if len(p) < start+4 {
			return h, nil, false
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(p[start+2:]))
	}
	end := len(p)
	if p[0]&0x20 != 0 {
		padding := int(p[end-1])
		if padding == 0 {
			return h, nil, false
		}
		end -= padding
	}
	if start > end {
		return h, nil, false
	}
	return h, p[start:end], true
}

// putRTP writes the fixed header.
func putRTP(p []byte, h rtpHeader) {
	p[0] = 2 << 6
	p[1] = h.payloadType
	if h.marker {
		p[1] |= 0x80
	}
	binary.BigEndian.PutUint16(p[2:], h.seq)
	binary.BigEndian.PutUint32(p[4:], h.ts)
	binary.BigEndian.PutUint32(p[8:], h.ssrc)
}

// isRTCP tells RTCP from RTP on a shared port by its second byte (RFC 5761 §4).
func isRTCP(p []byte) bool {
	return len(p) >= 2 && p[1] >= 192 && p[1] <= 223
}
