package media

import (
	"encoding/binary"
	"time"
)

// Lengths of digits sent, in samples of 8 kHz.
const (
	shortestDigit = 40 * clockRate / 1000 // what a detector needs (ITU-T Q.24)
	longestDigit  = 0xffff / frameSamples * frameSamples
	digitPause    = 60 * clockRate / 1000 // between two digits, from the end of one
	eventVolume   = 10                    // −10 dBm0
	endPackets    = 3                     // RFC 4733 §2.5.1.4
)

// eventWriter plays queued digits as RFC 4733 events, in place of audio.
type eventWriter struct {
	playing  bool
	code     byte
	ts       uint32 // when it, or its present segment, began
	duration int    // told so far
	segment  int    // of that, in earlier segments
	length   int
	ends     int // end packets sent
	pause    int // samples to wait before the next digit
}

// SendDigit queues a DTMF digit as an RFC 4733 event of the given length, which
// is brought between 40 ms and 8 s. It reports false when the peer did not
// agree to telephone-event, for what is no digit, and when 32 wait already.
func (s *Session) SendDigit(digit byte, length time.Duration) bool {
	if s.agreed == nil || s.agreed.eventType == noEvents || eventOf(digit) < 0 {
		return false
	}
	samples := min(max(int64(length/nanosPerSample), shortestDigit), longestDigit)
	return s.toSend.push(queuedDigit{digit: digit, samples: uint16(samples)})
}

// told is the duration field of the next packet, where the event's clock is
// scale times 8000 Hz. What does not fit begins a new segment (RFC 4733
// §2.5.1.3).
func (w *eventWriter) told(scale int) uint16 {
	if (w.duration-w.segment)*scale > fullSegment {
		next := (w.duration - 1) / frameSamples * frameSamples // told before
		w.ts += uint32((next - w.segment) * scale)
		w.segment = next
	}
	return uint16((w.duration - w.segment) * scale)
}

// sendEvent sends the next packet of the digit that plays, or begins the next
// one. It reports false when the frame may carry audio.
func (s *Session) sendEvent(a *agreement) bool {
	w := &s.out.digits
	if a.eventType == noEvents {
		for w.playing = false; ; {
			if _, ok := s.toSend.pop(); !ok {
				return false
			}
		}
	}
	if w.pause > 0 && !w.playing {
		w.pause -= frameSamples
	}
	if !w.playing && w.pause <= 0 {
		if d, ok := s.toSend.pop(); ok {
			*w = eventWriter{playing: true, code: byte(eventOf(d.digit)), ts: s.out.ts, length: int(d.samples)}
		}
	}
	if !w.playing {
		return false
	}
	first := w.duration == 0
	w.duration = min(w.duration+frameSamples, w.length)
	end := w.duration == w.length
	sc := s.borrow()
	defer s.giveBack(sc)
	p := sc.out[rtpHeaderSize:]
	p[0], p[1] = w.code, eventVolume
	if end {
		p[1] |= 0x80
		w.ends++
	}
	binary.BigEndian.PutUint16(p[2:], w.told(a.eventClock/clockRate))
	s.transmit(a, rtpHeader{payloadType: uint8(a.eventType), marker: first, ts: w.ts}, sc, 4)
	if w.ends == endPackets {
		// The repetitions took two frames of the pause.
		w.playing, w.pause = false, digitPause-(endPackets-1)*frameSamples
	}
	return true
}
