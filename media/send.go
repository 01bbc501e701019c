package media

import "warmline/mixer"

// sender makes packets of frames. There is one outgoing stream per session: its
// sequence numbers have no gaps but for packets that the one it hands on has
// lost, and its clock follows the wall's, whatever is sent and for however long
// nothing is.
type sender struct {
	// What each packet needs is together.
	due             int64 // when the present frame should have come
	ssrc            uint32
	ts              uint32 // of the present frame
	clock           uint32 // of the timestamps, in units of 8 kHz
	seq             uint16
	running         bool
	talking         bool   // the last frame was sent: no marker
	packets, octets uint32 // for sender reports
	gap             int    // frames since the last packet in which there was none to hand on
	packet          int    // bytes per packet, where a frame is not one; else 0

	waiting []byte // encoded for the next packet
	since   uint32 // the time of its first sample
	digits  eventWriter

	own     voiceEncoder  // our encoder that made packets last, if of this codec
	shared  mixer.Encoder // whose payloads were sent last; nil: our own encoder's
	alike   int           // frames in a row in which both made the same
	apart   int           // frames since both make the same sound
	relays  bool          // the last frame was handed on
	entered int           // packets since that began, as far as they matter
	fitting fitting       // to be handed on, of the other
}

// reset makes packets of another length, or another codec, from now on. What an
// encoder has to know of the packets before stays true of the same codec.
func (o *sender) reset(a *agreement, codec bool) {
	o.packet, o.waiting = 0, nil
	if a.waiting != nil {
		o.packet, o.waiting = a.packetTime*bytesPerMillisecond, a.waiting[:0]
	}
	o.clock = uint32(a.codec.clock / clockRate)
	if codec {
		o.own, o.shared, o.relays, o.alike, o.apart = nil, nil, false, 0, 0
	}
}

// advance moves the clock to the frame of now: by one frame, or by several
// where the worker gave some up, but never by part of one.
func (o *sender) advance(now int64) {
	if !o.running {
		o.running, o.due = true, now
		return
	}
	frames := max(1, (now-o.due+frameNanos/2)/frameNanos)
	o.ts += uint32(frames) * frameSamples * max(1, o.clock)
	o.due += frames * frameNanos
	o.due += (now - o.due) / 4 // the slot may move, slowly
	if frames > 1 {
		o.pause()
	}
}

// pause ends a talk spurt: what waits is dropped, the next packet is marked.
func (o *sender) pause() { o.waiting, o.talking, o.gap = o.waiting[:0], false, 0 }

// begin starts a frame, and reports whether it is one to send audio in.
func (s *Session) begin(now int64) (a *agreement, send bool) {
	a = s.current(now)
	o := &s.out
	o.advance(now)
	if a == nil {
		return nil, false
	}
	if now >= s.control.due {
		s.report(now, a)
	}
	if !a.dir.send || !s.in.latch.dest.IsValid() {
		o.pause()
		o.digits = eventWriter{} // the rest of a digit cut off is of no use
		return a, false
	}
	if s.sendEvent(a) {
		o.pause()
		return a, false
	}
	return a, true
}

// Push encodes and sends a frame to the peer. It implements mixer.Stream.
func (s *Session) Push(now int64, f *mixer.Frame) {
	a, send := s.begin(now)
	if !send {
		return
	}
	sc := s.borrow()
	s.sendFrame(a, f, sc)
	s.giveBack(sc)
}

// sendFrame sends a frame as a packet, or adds it to the one that is filled.
func (s *Session) sendFrame(a *agreement, f *mixer.Frame, sc *scratch) {
	o := &s.out
	n := 0
	if len(f.Samples()) == a.codec.rate/framesPerSecond { // else it was made for another codec
		n = s.encode(a, sc.out[rtpHeaderSize:], f)
	}
	switch {
	case n == 0:
		o.pause() // nothing to say
	case o.packet == 0:
		s.sendAudio(a, o.ts, sc, n)
	default:
		if len(o.waiting) == 0 {
			o.since = o.ts
		}
		o.waiting = append(o.waiting, sc.out[rtpHeaderSize:][:n]...)
		for len(o.waiting) >= o.packet {
			copy(sc.out[rtpHeaderSize:], o.waiting[:o.packet])
			s.sendAudio(a, o.since, sc, o.packet)
			o.since += uint32(o.packet) * o.clock
			o.waiting = o.waiting[:copy(o.waiting, o.waiting[o.packet:])]
		}
	}
}

// sendAudio sends n bytes of audio that begin at a time.
func (s *Session) sendAudio(a *agreement, ts uint32, sc *scratch, n int) {
	s.transmit(a, rtpHeader{payloadType: a.audioType, marker: !s.out.talking, ts: ts}, sc, n)
	s.out.talking = true
}

// encode writes what a frame becomes to dst, which is where it will be sent
// from, and returns its length.
func (s *Session) encode(a *agreement, dst []byte, f *mixer.Frame) int {
	if a.codec.encode == nil {
		return s.encodeVoice(a, dst, f)
	}
	if shared, _, _ := f.Shared(a.codec.number(), a.codec.tables); shared != nil {
		s.count.of(a.codec).shared.Add(1)
		return copy(dst, shared)
	}
	s.count.of(a.codec).encoded.Add(1)
	return a.codec.tables.Encode(dst, f.Samples())
}

// Relay implements mixer.Relayer: a packet of another session's peer goes on to
// ours as it is, where both speak the same codec. G.711 is not among those: to
// decode and encode it changes nothing and costs next to nothing, and what the
// network lost is concealed on the way.
func (s *Session) Relay(now int64, from mixer.Stream) bool {
	src, ok := from.(*Session)
	a := s.taken
	if !ok || a == nil || a != s.inForce.Load() || !a.takes(src.in.playing) || !s.out.fitting.fits(a, &src.in) {
		return false
	}
	payload, lost, ok := src.in.playout.Relay()
	if !ok || len(payload) > mixer.MaxPayload || !s.enters(a, src, payload) {
		return false
	}
	if a, ok = s.begin(now); !ok {
		return true // there is something else to send, or nobody to send it to
	}
	if a.takes(src.in.playing) { // else it has just changed
		s.hand(a, src.in.playout.Straggler(), payload, lost)
	}
	return true
}

// enters says whether the peer's decoder can go over to the other's packets with
// this one, or is over. What it has in mind is of our encoder, and an error in it
// grows with a sound that swells: with Opus beyond the sound itself. Where nobody
// speaks it is gone after a few packets. A voice that begins before that is not
// handed on.
func (s *Session) enters(a *agreement, src *Session, payload []byte) bool {
	o := &s.out
	if o.relays && (o.entered == a.codec.enters || payload == nil) {
		return true
	}
	return payload != nil && src.in.playout.Quiet()
}

// takes says whether packets of a kind can be handed on as they are.
func (a *agreement) takes(k kind) bool {
	return a.encoder != nil && a.waiting == nil && a.codec.kind == k
}

// hand sends a payload that is not ours, if there is one. The packets lost before
// it take their numbers, so that the peer conceals them by its own means and
// counts them; all else of a gap is the talker's silence, after which a packet is
// marked (RFC 3551 §4.1). A straggler is of the frame before, in which it was not
// there: it goes first.
func (s *Session) hand(a *agreement, straggler, payload []byte, lost int) {
	o := &s.out
	if !o.relays {
		o.relays, o.shared, o.alike, o.apart, o.gap, o.entered = true, nil, 0, 0, 0, 0
		a.passed.count = 0
	}
	s.count.of(a.codec).relayed.Add(1)
	if o.gap > 0 && straggler != nil && len(straggler) <= mixer.MaxPayload {
		o.gap--
		s.handOn(a, straggler, o.ts-frameSamples*o.clock, lost)
		lost = 0
	}
	if payload == nil {
		o.gap++
		return
	}
	s.handOn(a, payload, o.ts, lost)
}

// handOn sends a payload that is not ours, of a time.
func (s *Session) handOn(a *agreement, payload []byte, ts uint32, lost int) {
	o := &s.out
	lost = min(lost, o.gap) // before the talker was handed on, that is nobody's loss
	o.seq += uint16(lost)
	if o.gap > lost {
		o.pause()
	}
	o.gap, o.entered = 0, min(o.entered+1, a.codec.enters)
	a.passed.add(payload)
	sc := s.borrow()
	s.sendAudio(a, ts, sc, copy(sc.out[rtpHeaderSize:], payload))
	s.giveBack(sc)
}

// transmit sends a payload of n bytes, which is in its place in the scratch, as
// the stream's next packet.
func (s *Session) transmit(a *agreement, h rtpHeader, sc *scratch, n int) {
	o := &s.out
	h.ssrc, h.seq = o.ssrc, o.seq
	o.seq++
	putRTP(sc.out[:], h)
	size := rtpHeaderSize + n
	if a.seal != nil {
		var err error
		if size, err = a.seal.RTP(sc.out[:], size); err != nil {
			s.count.unsent.Add(1)
			return
		}
	}
	if s.rtp.TryWrite(sc.out[:size], s.in.latch.dest) != nil {
		s.count.unsent.Add(1)
		return
	}
	o.packets++
	o.octets += uint32(n)
	s.count.packetsOut.Add(1)
}
