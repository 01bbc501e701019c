package bench

import (
	"context"
	"fmt"
	"time"
)

// How the baseline of memory is taken. Reading the metrics makes some garbage in
// the server, so that it collects once: what its start has left goes. It must not
// be read more often than that takes: what it makes costs memory, too.
const (
	settleTime = 1800 * time.Millisecond // at the most
	lookEvery  = 50 * time.Millisecond
	steadyTime = 300 * time.Millisecond // so long nothing was given back
	shrinks    = 64 << 10               // bytes: less is not worth waiting for
)

// baseline places the first legs, so that what a server makes at its first call is
// there, and takes its memory when it has settled. All other legs are measured
// against that. A run of one leg has no others: its is all that calls have added.
func (f *fleet) baseline(ctx context.Context, p *probe) error {
	first := min(2, f.opts.Rooms*f.opts.Size-1)
	if err := f.dial(ctx, first, f.newLeg); err != nil {
		return err
	}
	fmt.Fprintln(f.opts.Progress, "waiting until the server's memory has settled")
	p.firstLegs, p.first = first, p.memory(ctx)
	return ctx.Err()
}

// memory is that of the process when it has settled.
func (p *probe) memory(ctx context.Context) memory {
	return settled(ctx, p.patience, func(metrics bool) sight {
		s := p.process()
		if metrics {
			s.metrics = p.scrape()
		}
		return s
	})
}

// memory is what a process has, in bytes.
type memory struct {
	rss  int64
	heap int64
	free int64 // resident, but of no use now
}

// unused is what the process keeps of its heap although nothing is in it: the next
// that needs memory gets it.
func (s sight) unused() int64 {
	return int64(s.metrics[metricIdle] - s.metrics[metricReleased])
}

// added is what the process has more than in the baseline, and what has been put to
// use of that which it had kept then.
func (m memory) added(s sight) int64 {
	used := int64(0)
	if s.metrics != nil {
		used = max(0, m.free-s.unused())
	}
	return s.rss - m.rss + used
}

// settled looks until the process has collected garbage, and then gives nothing back
// any more, or long enough. The heap is the least that was seen: what is alive.
func settled(ctx context.Context, patience time.Duration, look func(metrics bool) sight) memory {
	began := time.Now()
	s := look(true)
	m, before := memory{rss: s.rss, heap: int64(s.metrics[metricHeap])}, s.metrics[metricCollections]
	told := s.metrics != nil
	collecting, most, steady := told, s.rss, began
	for time.Since(began) < patience && time.Since(steady) < steadyTime && wait(ctx, lookEvery) == nil {
		s = look(collecting)
		if s.metrics != nil {
			m.heap = min(m.heap, int64(s.metrics[metricHeap]))
		}
		if collecting || s.rss+shrinks <= most {
			most, steady = s.rss, time.Now()
		}
		m.rss, most = s.rss, max(most, s.rss)
		collecting = collecting && s.metrics[metricCollections] <= before
	}
	m.free = look(told).unused()
	return m
}
