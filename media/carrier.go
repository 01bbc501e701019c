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
	return carrier{b}, nil
}

// carrier has the RTP of a worker's sessions go by a batch.
type carrier struct{ batch Batch }

// Board implements mixer.Carrier.
func (c carrier) Board(s mixer.Stream) {
	if s, ok := s.(*Session); ok {
		c.batch.Add(s.rtp)
	}
}

// Leave implements mixer.Carrier.
func (c carrier) Leave(s mixer.Stream) {
	if s, ok := s.(*Session); ok {
		c.batch.Remove(s.rtp)
	}
}

// Fetch implements mixer.Carrier.
func (c carrier) Fetch(s mixer.Stream) bool {
	if s, ok := s.(*Session); ok {
		return c.batch.Fetch(s.rtp)
	}
	return true
}

// Run implements mixer.Carrier.
func (c carrier) Run() { c.batch.Run() }

// Close implements mixer.Carrier.
func (c carrier) Close() { c.batch.Close() }
