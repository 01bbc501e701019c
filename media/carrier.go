package media

import "warmline/mixer"

// NewCarrier makes a carrier for a worker's sessions on a network (nil: the
// kernel's), for the worker's thread; nil if the network has none. It fails
// where the system does not permit it.
func NewCarrier(n Network) (mixer.Carrier, error) {
	if n == nil {
		n = kernelNetwork{}
	}
	batcher, ok := n.(Batcher)
	if !ok {
		return nil, nil
	}
	b, err := batcher.NewBatch()
	if err != nil {
		return nil, err
	}
	return &carrier{batch: b}, nil
}

// carrier has the RTP of a worker's sessions go by a batch.
type carrier struct {
	batch Batch
	// read has what warm returns, so that it is not found to be for nothing.
	read int
}

// Board implements mixer.Carrier.
func (c *carrier) Board(s mixer.Stream) {
	if s, ok := s.(*Session); ok {
		c.batch.Add(s.rtp)
	}
}

// Leave implements mixer.Carrier.
func (c *carrier) Leave(s mixer.Stream) {
	if s, ok := s.(*Session); ok {
		c.batch.Remove(s.rtp)
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
		c.read += s.warmOutput()
	}
}

// Run implements mixer.Carrier.
func (c *carrier) Run() { c.batch.Run() }

// Close implements mixer.Carrier.
func (c *carrier) Close() { c.batch.Close() }

// warmInput reads from each part of the session that Next uses. What a session
// is made of has left the processor's cache since the last frame; read in a row
// for many sessions, where nothing depends on anything, all of it comes in the time
// of a few, while Next would wait for one after the other.
func (s *Session) warmInput() (sum int) {
	r := &s.in
	if a := s.taken; a != nil {
		sum = int(a.in[0]) + int(a.audioType)
	}
	sum += int(r.ticks) + int(r.latch.until) + r.latch.candidate.count + int(r.stream.highest) + int(r.stream.transit)
	sum += int(s.count.packetsIn.Load()) + int(s.count.jitter.Load()) + int(s.count.audioAt.Load())
	return sum + r.playout.Warm()
}

// warmOutput is the same for Push.
func (s *Session) warmOutput() (sum int) {
	if a := s.inForce.Load(); a != nil {
		sum = int(a.audioType)
	}
	sum += int(s.out.ts) + s.out.gap + int(s.control.due) + int(s.in.latch.dest.Port())
	return sum + int(s.count.packetsOut.Load()) + s.in.playout.WarmFrame()
}
