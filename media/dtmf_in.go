package media

import (
	"encoding/binary"
	"strings"
)

// digitsByEvent are the DTMF digits by their event code (RFC 4733 §3.2).
const digitsByEvent = "0123456789*#ABCD"

// eventOf is the event code of a digit, or -1.
func eventOf(digit byte) int { return strings.IndexByte(digitsByEvent, digit) }

// Lengths in samples of 8 kHz.
const (
	// eventTail is for how long after the last packet of an event, in samples,
	// its tone may still be in the audio: until the next packet, or the one
	// after it if that is lost.
	eventTail = 2*frameSamples + 80
	// segmentSlack is how far apart the end of one packet's event and the start
	// of the next may be for both to be one key press.
	segmentSlack = 160
	// fullSegment is the field's limit; a duration within segmentRest of it made
	// the sender begin a new segment (RFC 4733 §2.5.1.3), with lostSegment for
	// what was lost in between.
	fullSegment = 0xffff
	segmentRest = 2400
	lostSegment = 8000
	// staleEvent is how far back a late packet of an old event may lie.
	staleEvent = 20 * clockRate
)

// eventReader recognises key presses in RFC 4733 packets. A press is known by
// its stream and timestamp: markers are missing, first and last packets get
// lost, and last ones come three times.
type eventReader struct {
	known    bool
	ssrc, ts uint32
	code     byte
	duration uint16
	ended    bool
}

// event is the payload of RFC 4733 §2.3.
type event struct {
	code     byte
	end      bool
	duration uint16
}

func parseEvent(p []byte) (e event, ok bool) {
	if len(p) < 4 {
		return e, false
	}
	return event{code: p[0], end: p[1]&0x80 != 0, duration: binary.BigEndian.Uint16(p[2:])}, true
}

// read takes in a packet of events whose clock is scale times 8000 Hz. It
// returns the digit when a new key press began, else 0, and the time during
// which audio must not be heard, in that clock.
func (r *eventReader) read(h *rtpHeader, e event, scale uint32) (digit byte, from, to uint32) {
	fresh := false
	switch same := r.known && r.ssrc == h.ssrc; {
	case same && r.ts == h.ts:
		if r.ended && !e.end || e.duration < r.duration {
			e.duration, e.end = r.duration, r.ended // out of order
		}
	case same && r.stale(h.ts, scale):
		return 0, h.ts, h.ts
	case same && r.continues(h, e, scale):
		r.ts = h.ts
	default:
		fresh = true
	}
	if fresh || !r.known {
		fresh = true
		*r = eventReader{known: true, ssrc: h.ssrc, ts: h.ts, code: e.code}
	}
	r.duration, r.ended = e.duration, e.end
	to = h.ts + uint32(e.duration)
	if !e.end {
		to += eventTail * scale
	}
	if fresh && int(e.code) < len(digitsByEvent) {
		digit = digitsByEvent[e.code]
	}
	return digit, h.ts, to
}

// stale says whether ts is of an earlier press whose packets come late.
func (r *eventReader) stale(ts, scale uint32) bool {
	back := int32(r.ts - ts)
	return back > 0 && back < staleEvent*int32(scale)
}

// continues says whether a packet with a timestamp of its own goes on with the
// press: the next segment of a long one, or a sender that counts the timestamp
// up from packet to packet.
func (r *eventReader) continues(h *rtpHeader, e event, scale uint32) bool {
	if r.ended || h.marker || e.code != r.code {
		return false
	}
	gap := int32(h.ts - (r.ts + uint32(r.duration)))
	slack := segmentSlack * int32(scale)
	if uint32(r.duration) >= fullSegment-segmentRest*scale {
		slack = lostSegment * int32(scale)
	}
	return gap >= -slack && gap <= slack
}
