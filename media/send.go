package media

import "warmline/mixer"

// sender makes packets of frames. There is one outgoing stream per session: its
// sequence numbers have no gaps and its clock follows the wall's, whatever is
// sent and for however long nothing is.
type sender struct {
	ssrc    uint32
	seq     uint16
	ts      uint32 // of the present frame
	due     int64  // when the present frame should have come
	running bool
	talking bool // the last frame was sent: no marker
	packet  int  // samples per packet
	fill    int  // samples encoded and waiting
	fillTS  uint32
	digits  eventWriter

	packets, octets uint32 // for sender reports
	buffer          [rtpHeaderSize + maxSamples + frameSamples]byte
}

// reset makes packets of another length from now on.
func (o *sender) reset(packet int) { o.packet, o.fill = packet, 0 }

// advance moves the clock to the frame of now: by one frame, or by several
// where the worker gave some up, but never by part of one.
func (o *sender) advance(now int64) {
	if !o.running {
		o.running, o.due = true, now
		return
	}
	frames := max(1, (now-o.due+frameNanos/2)/frameNanos)
	o.ts += uint32(frames) * frameSamples
	o.due += frames * frameNanos
	o.due += (now - o.due) / 16 // the room's tick may move, slowly
	if frames > 1 {
		o.pause()
	}
}

// pause ends a talk spurt: what waits is dropped, the next packet is marked.
func (o *sender) pause() { o.fill, o.talking = 0, false }

// Push encodes and sends a frame to the peer. It implements mixer.Stream.
func (s *Session) Push(now int64, f *mixer.Frame) {
	a := s.current(now)
	o := &s.out
	o.advance(now)
	if a == nil {
		return
	}
	if now >= s.control.due {
		s.report(now, a)
	}
	if !a.dir.send || !s.in.latch.dest.IsValid() || a.codec.encode == nil {
		o.pause()
		o.digits = eventWriter{} // the rest of a digit cut off is of no use
		return
	}
	if s.sendEvent(a) {
		o.pause()
		return
	}
	if o.fill == 0 {
		o.fillTS = o.ts
	}
	a.codec.encodeFrame(o.buffer[rtpHeaderSize+o.fill:], f.Samples()[:frameSamples])
	o.fill += frameSamples
	for o.fill >= o.packet {
		s.flush(a)
	}
}

// flush sends the first packet's worth of what waits.
func (s *Session) flush(a *agreement) {
	o := &s.out
	n := o.packet
	s.transmit(rtpHeader{payloadType: a.audioType, marker: !o.talking, ts: o.fillTS}, rtpHeaderSize+n)
	o.talking = true
	o.fillTS += uint32(n)
	o.fill = copy(o.buffer[rtpHeaderSize:], o.buffer[rtpHeaderSize+n:rtpHeaderSize+o.fill])
}

// transmit sends the first size bytes of the buffer as the stream's next packet.
func (s *Session) transmit(h rtpHeader, size int) {
	o := &s.out
	h.ssrc, h.seq = o.ssrc, o.seq
	o.seq++
	putRTP(o.buffer[:], h)
	if s.rtp.TryWrite(o.buffer[:size], s.in.latch.dest) != nil {
		s.count.unsent.Add(1)
		return
	}
	o.packets++
	o.octets += uint32(size - rtpHeaderSize)
	s.count.packetsOut.Add(1)
}
