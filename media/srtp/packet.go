package srtp

import (
	"encoding/binary"
	"errors"
)

// Why a packet was not sealed or opened.
var (
	ErrShort     = errors.New("srtp: packet too short")
	ErrHeader    = errors.New("srtp: malformed header")
	ErrAuth      = errors.New("srtp: authentication failed")
	ErrReplay    = errors.New("srtp: packet seen before, or too old")
	ErrRoom      = errors.New("srtp: no room for the tag")
	ErrOrder     = errors.New("srtp: sequence number not ahead of the last one sealed")
	ErrStreams   = errors.New("srtp: too many SSRCs under one key")
	ErrExhausted = errors.New("srtp: key used up")
)

const (
	fixedRTP   = 12 // bytes of an RTP header without CSRCs and extension
	headerRTCP = 8  // bytes of RTCP that are never encrypted
	encrypted  = 1 << 31
)

// headerLen is the length of an RTP header with CSRCs and extension, which are
// authenticated but not encrypted, in a packet of at least as many bytes.
func headerLen(p []byte) (int, error) {
	if len(p) < fixedRTP {
		return 0, ErrShort
	}
	if p[0]>>6 != 2 {
		return 0, ErrHeader
	}
	n := fixedRTP + 4*int(p[0]&15)
	if p[0]&0x10 != 0 {
		if len(p) < n+4 {
			return 0, ErrShort
		}
		n += 4 + 4*int(binary.BigEndian.Uint16(p[n+2:]))
	}
	if len(p) < n {
		return 0, ErrShort
	}
	return n, nil
}

// checkRTCP looks at what must be right in an RTCP packet for it to be sealed
// or opened.
func checkRTCP(p []byte) error {
	if len(p) < headerRTCP {
		return ErrShort
	}
	if p[0]>>6 != 2 {
		return ErrHeader
	}
	return nil
}

func sequenceRTP(p []byte) uint16 { return binary.BigEndian.Uint16(p[2:]) }
func ssrcRTP(p []byte) uint32     { return binary.BigEndian.Uint32(p[8:]) }
func ssrcRTCP(p []byte) uint32    { return binary.BigEndian.Uint32(p[4:]) }
