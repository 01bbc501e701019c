package media

import "warmline/mixer"

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
	read int
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
func (c *carrier) Fetch(s mixer.Stream) bool {
	if s, ok := s.(*Session); ok {
		c.read += s.warmInput()
		return c.batch.Fetch(s.rtp)
	}
	return true
}

// Expect implements mixer.Carrier.
func (c *carrier) Expect(s mixer.Stream) {
	if s, ok := s.(*Session); ok {
		c.read += s.warmOutput() + c.batch.Expect(s.rtp)
	}
}

// Hear implements mixer.Carrier.
func (c *carrier) Hear(s mixer.Stream) {
	if s, ok := s.(*Session); ok {
		c.read += s.in.playout.WarmFrame()
	}
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
	if a := s.taken; a != nil {
		sum = int(a.in[a.audioType&127])
		if f := a.playable[r.playing]; f != nil {
			sum += f.Clock
		}
	}
	if r.other.Load() != nil || s.engine.cfg.Clock != nil {
		sum++
	}
	sum += int(s.out.ssrc) + int(r.ticks) + int(r.latch.heard) + int(r.latch.until)
	sum += int(r.stream.highest) + int(r.stream.bursts.Packets()) + int(r.stream.transit)
	sum += int(s.count.packetsIn.Load()) + int(s.count.jitter.get()) + int(s.count.audioAt.get())
	return sum + r.playout.Warm()
}

// warmOutput is the same for Push.
func (s *Session) warmOutput() (sum int) {
	if a := s.taken; a != nil {
		sum = int(a.audioType) + cap(a.waiting)
	}
	if s.inForce.Load() != nil {
		sum++
	}
	sum += int(s.out.ts) + s.out.gap + int(s.out.digits.length) + int(s.control.due) + int(s.in.latch.dest.Port())
	return sum + int(s.count.packetsOut.Load()) + int(s.toSend.head.Load())
}
