package media

import "encoding/binary"

// appendReport appends SR or RR, the CNAME, and where it was agreed on the VoIP
// metrics of what we hear.
func (s *Session) appendReport(b []byte, now int64, a *agreement) []byte {
	bursts, discards := s.in.stream.pattern()
	s.count.bursts.store(bursts.Ratio())
	b = s.appendReception(b, now, a)
	b = s.appendName(b)
	if a.xr && s.in.stream.started {
		b = s.appendExtended(b, a, &bursts, discards)
	}
	return b
}

// appendReception appends the sender report of one who sent anything since the
// report before the last one, or a receiver report (RFC 3550 §6.4).
func (s *Session) appendReception(b []byte, now int64, a *agreement) []byte {
	o, c := &s.out, &s.control
	sender := o.packets != c.sent[1]
	c.sent = [2]uint32{o.packets, c.sent[0]}
	start := len(b)
	b = append(b, 2<<6, typeRR, 0, 0)
	b = binary.BigEndian.AppendUint32(b, o.ssrc)
	if sender {
		b[start+1] = typeSR
		b = binary.BigEndian.AppendUint64(b, ntpTime(c.unix+now))
		b = binary.BigEndian.AppendUint32(b, o.timeAt(now, a.clock()))
		b = binary.BigEndian.AppendUint32(b, o.packets)
		b = binary.BigEndian.AppendUint32(b, o.octets)
	}
	if block, ok := s.reception(now); ok {
		b[start] |= 1
		b = block.append(b)
	}
	endPacket(b[start:])
	return b
}

// timeAt is the stream's RTP time at a moment, which need not be that of a frame.
func (o *sender) timeAt(now, clock int64) uint32 {
	if !o.running {
		return o.ts
	}
	return o.ts + uint32(inClock(now-o.due, clock))
}

// reception is the report block about the incoming stream; there is none when
// nothing came since the last report.
func (s *Session) reception(now int64) (receptionBlock, bool) {
	t, c := &s.in.stream, &s.control
	expected, received := t.expected(), t.received
	wanted, got := expected-t.expectedPrior, received-t.receivedPrior
	if !t.started || got == 0 {
		return receptionBlock{}, false
	}
	t.expectedPrior, t.receivedPrior = expected, received
	block := receptionBlock{
		ssrc:    t.ssrc,
		lost:    min(max(int32(expected-received), 0), 1<<23-1),
		highest: t.highest - 1<<16, // it began a cycle up
		jitter:  t.jitter >> 4,
	}
	if wanted > got {
		block.fraction = uint8(min((wanted-got)<<8/wanted, 255))
	}
	if c.lastSR != 0 && c.lastSRBy == t.ssrc {
		// It may have come after the moment that this turn goes by.
		block.lastSR, block.delay = c.lastSR, shortTime(max(0, now-c.lastSRAt))
	}
	return block, true
}

// appendName appends the SDES packet with our CNAME.
func (s *Session) appendName(b []byte) []byte {
	start := len(b)
	b = append(b, 0x81, typeSDES, 0, 0)
	b = binary.BigEndian.AppendUint32(b, s.out.ssrc)
	b = append(b, 1, cnameLength) // CNAME
	b = append(b, s.control.cname[:]...)
	b = append(b, 0, 0) // end of items, up to a word
	endPacket(b[start:])
	return b
}
