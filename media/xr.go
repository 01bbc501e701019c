package media

import (
	"encoding/binary"
	"math"
	"time"

	"warmline/media/quality"
)

// The VoIP metrics block of RFC 3611 §4.7.
const (
	blockVoIP      = 7
	blockVoIPSize  = 36
	extendedHeader = 8
	unavailable    = 127         // of levels and scores
	bufferCeiling  = 200         // ms: the playout never waits longer
	receiverConfig = 2<<6 | 3<<4 // enhanced concealment, adaptive buffer
)

// voipMetrics is that block. Rates and densities are in 1/256, times in
// milliseconds, scores in tenths of a MOS.
type voipMetrics struct {
	ssrc                                            uint32
	lossRate, discardRate, burstDensity, gapDensity uint8
	burstDuration, gapDuration, roundTrip, endDelay uint16
	rating, listening, conversational               uint8
	bufferNominal, bufferMaximum, bufferLimit       uint16
}

// append writes the block. Signal, noise and echo are not measured.
func (m *voipMetrics) append(b []byte) []byte {
	b = append(b, blockVoIP, 0, 0, blockVoIPSize/4-1)
	b = binary.BigEndian.AppendUint32(b, m.ssrc)
	b = append(b, m.lossRate, m.discardRate, m.burstDensity, m.gapDensity)
	b = binary.BigEndian.AppendUint16(b, m.burstDuration)
	b = binary.BigEndian.AppendUint16(b, m.gapDuration)
	b = binary.BigEndian.AppendUint16(b, m.roundTrip)
	b = binary.BigEndian.AppendUint16(b, m.endDelay)
	b = append(b, unavailable, unavailable, unavailable, quality.Gmin)
	b = append(b, m.rating, unavailable, m.listening, m.conversational)
	b = append(b, receiverConfig, 0)
	b = binary.BigEndian.AppendUint16(b, m.bufferNominal)
	b = binary.BigEndian.AppendUint16(b, m.bufferMaximum)
	return binary.BigEndian.AppendUint16(b, m.bufferLimit)
}

// parseVoIP reads a block of the right size.
func parseVoIP(p []byte) voipMetrics {
	word := func(at int) uint16 { return binary.BigEndian.Uint16(p[at:]) }
	return voipMetrics{
		ssrc:     binary.BigEndian.Uint32(p[4:]),
		lossRate: p[8], discardRate: p[9], burstDensity: p[10], gapDensity: p[11],
		burstDuration: word(12), gapDuration: word(14), roundTrip: word(16), endDelay: word(18),
		rating: p[24], listening: p[26], conversational: p[27],
		bufferNominal: word(30), bufferMaximum: word(32), bufferLimit: word(34),
	}
}

// appendExtended appends an XR packet about what we hear.
func (s *Session) appendExtended(b []byte, a *agreement, bursts *quality.Bursts, discards uint64) []byte {
	start := len(b)
	b = append(b, 2<<6, typeXR, 0, 0)
	b = binary.BigEndian.AppendUint32(b, s.out.ssrc)
	m := s.metrics(a, bursts, discards)
	b = m.append(b)
	endPacket(b[start:])
	return b
}

// metrics are the VoIP metrics of what we hear.
func (s *Session) metrics(a *agreement, bursts *quality.Bursts, discards uint64) voipMetrics {
	c := &s.count
	sum, total := bursts.Summary(), float64(max(bursts.Packets(), 1))
	call := c.call(quality.Of(a.codec.encoding))
	buffer, each := c.buffered(), s.in.stream.packetTime()
	m := voipMetrics{
		ssrc:           s.in.stream.ssrc,
		lossRate:       per256(float64(bursts.Missing()-discards) / total),
		discardRate:    per256(float64(discards) / total),
		burstDensity:   per256(sum.BurstDensity),
		gapDensity:     per256(sum.GapDensity),
		burstDuration:  lasting(sum.BurstLength, each),
		gapDuration:    lasting(sum.GapLength, each),
		roundTrip:      millis(time.Duration(c.roundTrip.Load())),
		endDelay:       millis(buffer + packetization),
		rating:         unavailable, // the scale of wideband has no place here
		listening:      uint8(math.Round(10 * call.Listening())),
		conversational: uint8(math.Round(10 * call.Conversational())),
		bufferNominal:  millis(buffer),
		bufferMaximum:  bufferCeiling,
		bufferLimit:    bufferCeiling,
	}
	if !call.Codec.Wideband {
		m.rating = uint8(math.Round(min(max(call.Rating(), 0), 100)))
	}
	return m
}

// per256 is a share as RTCP has it.
func per256(share float64) uint8 { return uint8(min(share*256, 255)) }

// lasting is how many milliseconds so many packets take, each of a length.
func lasting(packets float64, each time.Duration) uint16 {
	return uint16(min(packets*each.Seconds()*1000, math.MaxUint16))
}

// millis is a span as the block has it.
func millis(d time.Duration) uint16 {
	return uint16(min(max(d.Milliseconds(), 0), math.MaxUint16))
}

// readExtended takes in an XR packet: the VoIP metrics of our stream, if there
// are any among its blocks.
func (s *Session) readExtended(p []byte) {
	if len(p) < extendedHeader {
		return
	}
	for p = p[extendedHeader:]; len(p) >= 4; {
		size := 4 * (int(binary.BigEndian.Uint16(p[2:])) + 1)
		if size > len(p) {
			return
		}
		if p[0] == blockVoIP && size == blockVoIPSize {
			if m := parseVoIP(p); m.ssrc == s.out.ssrc {
				s.count.far.extended(&m)
			}
		}
		p = p[size:]
	}
}
