package media

import (
	"runtime"
	"sync/atomic"

	"warmline/mixer"
)

// scratch is working memory for packets. Whoever moves a session on borrows
// one, so that legs need none of their own, and it stays in the processor's
// cache from leg to leg.
type scratch struct {
	in  [datagramSize]byte
	out [outSize]byte
}

// outSize is room for a packet of the longest audio there is or a report, and
// what encryption appends.
const outSize = rtpHeaderSize + maxBytes + mixer.MaxPayload + sealRoom

// sealRoom is the most that SRTP or SRTCP appends.
const sealRoom = 32

// scratches lends them out: as many as there can be threads at it.
type scratches []atomic.Pointer[scratch]

func newScratches() scratches {
	list := make(scratches, max(4, runtime.NumCPU()+1))
	for i := range list {
		list[i].Store(new(scratch))
	}
	return list
}

// borrow takes one. That none is left takes more goroutines at once than there
// are processors, as only tests have them.
func (l scratches) borrow() *scratch {
	for i := range l {
		if s := l[i].Swap(nil); s != nil {
			return s
		}
	}
	return new(scratch)
}

// giveBack returns one.
func (l scratches) giveBack(s *scratch) {
	for i := range l {
		if l[i].CompareAndSwap(nil, s) {
			return
		}
	}
}

// borrow takes the worker's scratch for a session that is aboard its carrier,
// where nobody else can ask for it; else one of the engine's. A session that
// borrows twice at a time gets two.
func (s *Session) borrow() *scratch {
	if c := s.aboard; c != nil && c.scratch != nil {
		sc := c.scratch
		c.scratch = nil
		return sc
	}
	return s.engine.scratches.borrow()
}

// giveBack returns what was borrowed.
func (s *Session) giveBack(sc *scratch) {
	if c := s.aboard; c != nil && c.scratch == nil {
		c.scratch = sc
		return
	}
	s.engine.scratches.giveBack(sc)
}
