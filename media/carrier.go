package media

import (
	"slices"

	"warmline/mixer"
)

// together is for how many sessions memory is read at a time: what comes of that
// must not drive out what came first.
const together = 32

// NewCarrier makes a carrier for a worker's sessions on a network, for the
// worker's thread; nil if the network has none. It fails where the system does
// not permit it.
func NewCarrier(n Network) (mixer.Carrier, error) {
	batcher, ok := n.(Batcher)
	if !ok {
		return nil, nil
	}
	b, err := batcher.NewBatch()
	if b == nil || err != nil {
		return nil, err
	}
	return &carrier{batch: b, scratch: new(scratch)}, nil
}

// carrier has the RTP of a worker's sessions go by a batch.
type carrier struct {
	batch   Batch
	scratch *scratch // lent to those aboard; nil: somebody has it
	// read has what warm returns, so that it is not found to be for nothing.
	read     int
	sessions [together]*Session
	sockets  [together]Socket
}

// Board implements mixer.Carrier.
func (c *carrier) Board(s mixer.Stream) {
	if s, ok := s.(*Session); ok {
		c.batch.Add(s.rtp)
		s.aboard = c
	}
}

// Leave implements mixer.Carrier.
func (c *carrier) Leave(s mixer.Stream) {
	if s, ok := s.(*Session); ok {
		c.batch.Stop(s.rtp)
		s.collect()
		c.batch.Remove(s.rtp)
		s.aboard = nil
	}
}

// Fetch implements mixer.Carrier.
func (c *carrier) Fetch(soon []mixer.Stream) int {
	soon = soon[:min(len(soon), together)]
	sessions := c.known(soon)
	for _, s := range sessions {
		c.read += s.warmInput()
	}
	for _, s := range sessions {
		c.read += s.warmAgreed() + s.in.playout.WarmStore()
	}
	sockets := c.sockets[:len(sessions)]
	for i, s := range sessions {
		c.read += s.warmFormat()
		sockets[i] = s.rtp
	}
	taken, all := c.batch.Fetch(sockets), len(sessions)
	clear(sockets)
	clear(sessions)
	if taken == all {
		return len(soon)
	}
	return leading(soon, taken)
}

// leading is how many streams there are before the session that comes after so
// many others.
func leading(streams []mixer.Stream, others int) int {
	for i, s := range streams {
		if _, ok := s.(*Session); !ok {
			continue
		}
		if others == 0 {
			return i
		}
		others--
	}
	return len(streams)
}

// Expect implements mixer.Carrier.
func (c *carrier) Expect(soon []mixer.Stream) {
	for part := range slices.Chunk(soon, together) {
		sessions := c.known(part)
		for _, s := range sessions {
			c.read += s.warmOutput()
		}
		for _, s := range sessions {
			c.read += s.warmAgreed() + s.warmCounters() + c.batch.Expect(s.rtp)
		}
		clear(sessions)
	}
}

// Hear implements mixer.Carrier.
func (c *carrier) Hear(soon []mixer.Stream) {
	for part := range slices.Chunk(soon, together) {
		sessions := c.known(part)
		for _, s := range sessions {
			c.read += s.in.playout.WarmMade()
		}
		for _, s := range sessions {
			c.read += s.in.playout.WarmFrame()
		}
		clear(sessions)
	}
}

// known lists the sessions among streams.
func (c *carrier) known(streams []mixer.Stream) []*Session {
	sessions := c.sessions[:0]
	for _, s := range streams {
		if s, ok := s.(*Session); ok {
			sessions = append(sessions, s)
		}
	}
	return sessions
}

// Run implements mixer.Carrier.
func (c *carrier) Run() { c.batch.Run() }

// Err implements mixer.Carrier.
func (c *carrier) Err() error { return c.batch.Err() }

// Close implements mixer.Carrier.
func (c *carrier) Close() { c.batch.Close() }

// warmInput reads from each part of the session that Next uses. What a session
// is made of has left the processor's cache since the last frame; read in a row
// for many sessions, where nothing depends on anything, all of it comes in the time
// of a few, while Next would wait for one after the other.
func (s *Session) warmInput() (sum int) {
	r := &s.in
	if s.taken != nil && s.inForce.Load() != nil {
		sum++
	}
	if r.other.Load() != nil || s.engine.cfg.Clock != nil {
		sum++
	}
	sum += int(s.out.ssrc) + int(r.ticks) + int(r.latch.heard) + int(r.latch.until) + int(r.playing)
	sum += int(r.stream.highest) + int(r.stream.bursts.Packets()) + int(r.stream.transit)
	sum += int(s.count.packetsIn.Load()) + int(s.count.jitter.get()) + int(s.count.audioAt.get())
	return sum + r.playout.Warm()
}

// warmOutput is the same for Push.
func (s *Session) warmOutput() (sum int) {
	if s.taken != nil && s.inForce.Load() != nil {
		sum++
	}
	if s.engine == nil {
		sum++
	}
	sum += int(s.out.ts) + s.out.gap + int(s.out.digits.length) + int(s.control.due)
	if to := s.in.latch.dest; to.Port() == 0 || to.Addr().IsUnspecified() {
		sum++
	}
	return sum + int(s.count.packetsOut.Load()) + int(s.toSend.head.Load())
}

// warmAgreed is the same for the agreement, for both.
func (s *Session) warmAgreed() int {
	a := s.taken
	if a == nil {
		return 0
	}
	sum := int(a.in[a.audioType&127]) + cap(a.waiting)
	if a.playable[s.in.playing] != nil {
		sum++
	}
	return sum
}

// warmCounters is the same for what the packets sent are counted by.
func (s *Session) warmCounters() int {
	if a := s.taken; a != nil {
		of := s.count.of(a.codec)
		return int(of.encoded.Load() + of.relayed.Load())
	}
	return 0
}

// warmFormat is the same for the format that is played.
func (s *Session) warmFormat() int {
	if a := s.taken; a != nil {
		if f := a.playable[s.in.playing]; f != nil {
			return f.Clock
		}
	}
	return 0
}
