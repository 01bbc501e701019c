package media

import (
	"sync/atomic"

	"warmline/media/jitter"
)

// spareDepths is how many streams at once can be given more memory within an
// interval of the pump's.
const spareDepths = 32

// depths is memory for streams whose packets come far ahead of their time, for
// the workers to take. The pump makes what was taken anew.
type depths struct {
	ready [spareDepths]atomic.Pointer[jitter.Depth]
	taken atomic.Bool // some, since the pump looked
}

// fill makes what is missing.
func (d *depths) fill() {
	for i := range d.ready {
		if d.ready[i].Load() == nil {
			d.ready[i].Store(new(jitter.Depth))
		}
	}
}

// refill is fill, if any was taken.
func (d *depths) refill() {
	if d.taken.Load() && d.taken.Swap(false) {
		d.fill()
	}
}

// take takes one; nil: none is left.
func (d *depths) take() *jitter.Depth {
	d.taken.Store(true)
	for i := range d.ready {
		if depth := d.ready[i].Swap(nil); depth != nil {
			return depth
		}
	}
	return nil
}
