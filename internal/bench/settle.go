package bench

import (
	"context"
	"fmt"
	"time"
)

// How the baseline of memory is taken. Each look that reads the metrics makes
// some garbage in the server, so that it collects: what its start has left goes.
const (
	settleTime   = 1500 * time.Millisecond // at the most
	lookEvery    = 10 * time.Millisecond
	steadyTime   = 300 * time.Millisecond // so long nothing was given back
	settleRounds = 2                      // collections; where pools are, the first leaves something
	shrinks      = 64 << 10               // bytes: less is not worth waiting for
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
	p.firstLegs = first
	p.first = settled(ctx, func() sight {
		s := p.process()
		s.metrics = p.scrape()
		return s
	})
	return ctx.Err()
}

// settled looks until the process has collected garbage and gives nothing back any
// more, or long enough, and returns the last look with the smallest heap.
func settled(ctx context.Context, look func() sight) sight {
	began := time.Now()
	first := look()
	last, most, steady := first, first.rss, began
	least, known := first.metrics[metricHeap]
	for time.Since(began) < settleTime && wait(ctx, lookEvery) == nil {
		s := look()
		if s.rss+shrinks <= most {
			most, steady = s.rss, time.Now()
		}
		last, most = s, max(most, s.rss)
		if heap, ok := s.metrics[metricHeap]; ok && (!known || heap < least) {
			least, known = heap, true
		}
		collected := s.metrics == nil || s.metrics[metricCollections]-first.metrics[metricCollections] >= settleRounds
		if collected && time.Since(steady) >= steadyTime {
			break
		}
	}
	if known && last.metrics != nil {
		last.metrics[metricHeap] = least
	}
	return last
}
