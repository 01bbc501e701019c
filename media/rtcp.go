package media

import (
	"encoding/binary"
	"time"
)

// RTCP packet types (RFC 3550 §12.1, RFC 3611 §2).
const (
	typeSR   = 200
	typeRR   = 201
	typeSDES = 202
	typeBYE  = 203
	typeXR   = 207
)

// Sizes of RTCP's parts, in bytes.
const (
	controlHeader = 4
	senderInfo    = 28 // a sender report up to its first block
	receiverInfo  = 8  // the same of a receiver report
	reportBlock   = 24
)

// validCompound checks a datagram by RFC 3550 A.2: whole packets of version 2,
// the first of them a report without padding, their lengths the datagram's.
// Padding is allowed to the last packet only.
func validCompound(p []byte) bool {
	if len(p) < receiverInfo || p[0]&0xe0 != 2<<6 || p[1] != typeSR && p[1] != typeRR {
		return false
	}
	for len(p) > 0 {
		size, ok := controlSize(p)
		if !ok || p[0]&0x20 != 0 && size != len(p) {
			return false
		}
		p = p[size:]
	}
	return true
}

// controlSize is the size of the packet that p begins with.
func controlSize(p []byte) (size int, ok bool) {
	if len(p) < controlHeader || p[0]>>6 != 2 {
		return 0, false
	}
	size = 4 * (int(binary.BigEndian.Uint16(p[2:])) + 1)
	return size, size <= len(p)
}

// unpad takes the padding off a packet; false for one that is nothing else.
func unpad(p []byte) ([]byte, bool) {
	if p[0]&0x20 == 0 {
		return p, true
	}
	padding := int(p[len(p)-1])
	if padding == 0 || padding%4 != 0 || padding > len(p)-controlHeader {
		return nil, false
	}
	return p[:len(p)-padding], true
}

// endPacket writes the length of an RTCP packet, in words less one.
func endPacket(p []byte) { binary.BigEndian.PutUint16(p[2:], uint16(len(p)/4-1)) }

// receptionBlock is a report block (RFC 3550 §6.4.1).
type receptionBlock struct {
	ssrc     uint32
	fraction uint8 // lost since the last report, in 1/256
	lost     int32 // in all; below zero where duplicates came
	highest  uint32
	jitter   uint32 // RTP clock units
	lastSR   uint32
	delay    uint32 // since then, in 1/65536 s
}

func parseBlock(p []byte) receptionBlock {
	word := binary.BigEndian.Uint32(p[4:])
	return receptionBlock{
		ssrc:     binary.BigEndian.Uint32(p),
		fraction: uint8(word >> 24),
		lost:     int32(word<<8) >> 8, // 24 bits with a sign
		highest:  binary.BigEndian.Uint32(p[8:]),
		jitter:   binary.BigEndian.Uint32(p[12:]),
		lastSR:   binary.BigEndian.Uint32(p[16:]),
		delay:    binary.BigEndian.Uint32(p[20:]),
	}
}

func (r *receptionBlock) append(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, r.ssrc)
	b = binary.BigEndian.AppendUint32(b, uint32(r.fraction)<<24|uint32(r.lost)&0xffffff)
	b = binary.BigEndian.AppendUint32(b, r.highest)
	b = binary.BigEndian.AppendUint32(b, r.jitter)
	b = binary.BigEndian.AppendUint32(b, r.lastSR)
	return binary.BigEndian.AppendUint32(b, r.delay)
}

// ntpTime is a time in nanoseconds since 1970 as RFC 3550 §4 has it, seconds
// since 1900 in 32.32 bits.
func ntpTime(unix int64) uint64 {
	const from1900 = 2_208_988_800
	seconds, rest := unix/int64(time.Second), unix%int64(time.Second)
	return uint64(seconds+from1900)<<32 | uint64(rest)<<32/uint64(time.Second)
}

// shortTime is a span in nanoseconds in the 16.16 bits that reports have for
// delays.
func shortTime(span int64) uint32 {
	return uint32(span/int64(time.Second)<<16 + span%int64(time.Second)<<16/int64(time.Second))
}
