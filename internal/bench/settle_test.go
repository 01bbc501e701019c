package bench

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestSettled: the baseline is taken after a collection and when nothing has
// been given back for a while, at the latest after its time.
func TestSettled(t *testing.T) {
	const mb = 1 << 20
	start := func(at time.Duration) int64 { // 42 MB, and 35 after the first collection
		if at < 400*time.Millisecond {
			return 42 * mb
		}
		return 35 * mb
	}
	for _, c := range []struct {
		name  string
		rss   func(at time.Duration) int64
		every time.Duration // a collection; 0: no metrics
		want  memory
		took  time.Duration
	}{
		{"start-up garbage goes with the first collection", start, 400 * time.Millisecond, memory{35 * mb, 100, 1000}, 700 * time.Millisecond},
		{"no metrics", start, 0, memory{42 * mb, 0, 0}, 300 * time.Millisecond},
		{"given back after the collections", start, 150 * time.Millisecond, memory{35 * mb, 100, 1000}, 700 * time.Millisecond},
		{"never collects", start, time.Hour, memory{35 * mb, 100, 1000}, settleTime},
		{"never settles", func(at time.Duration) int64 { return 42*mb - int64(at/time.Millisecond)*2000 }, 100 * time.Millisecond, memory{42*mb - 1800*2000, 100, 1000}, settleTime},
		{"a page more or less", func(at time.Duration) int64 { return 35*mb - int64(at/lookEvery%2)*4096 }, 100 * time.Millisecond, memory{35 * mb, 100, 1000}, 400 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			began, scraped := time.Now(), time.Duration(0)
			got := settled(context.Background(), settleTime, func(metrics bool) sight {
				at := time.Since(began)
				s := sight{rss: c.rss(at)}
				if c.every > 0 && metrics { // the heap grows until it is collected
					scraped = at
					s.metrics = map[string]float64{metricCollections: float64(7 + at/c.every), metricHeap: 100 + float64(at%c.every/time.Millisecond), metricIdle: 5000, metricReleased: 4000}
				}
				return s
			})
			if got != c.want || time.Since(began) != c.took || c.every > 0 && scraped != c.took {
				t.Errorf("%s: %+v after %v, metrics until %v", c.name, got, time.Since(began), scraped)
			}
		})
	}
}

// TestSettledEndsWithItsContext: an interrupt is not waited out.
func TestSettledEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 90*time.Millisecond)
		defer cancel()
		began := time.Now()
		settled(ctx, time.Second, func(bool) sight { return sight{} })
		if took := time.Since(began); took != 90*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// TestAdded: memory that the server had kept free counts when it is put to use.
func TestAdded(t *testing.T) {
	m := memory{rss: 35e6, heap: 9e6, free: 3e6}
	for _, c := range []struct {
		rss, idle, released float64
		want                int64
	}{
		{35e6, 13e6, 10e6, 0},    // all of it is still free
		{35e6, 11e6, 10e6, 2e6},  // most is in use
		{36e6, 10e6, 10e6, 4e6},  // all is, and more
		{40e6, 18e6, 10e6, 5e6},  // more is free than there was: it was got since
		{32e6, 10e6, 10e6, 0},    // it was given back
		{31e6, 10e6, 10e6, -1e6}, // and more
	} {
		s := sight{rss: int64(c.rss), metrics: map[string]float64{metricIdle: c.idle, metricReleased: c.released}}
		if got := m.added(s); got != c.want {
			t.Errorf("%+v: %d added", c, got)
		}
	}
	if got := m.added(sight{rss: 36e6}); got != 1e6 {
		t.Errorf("without metrics: %d added", got)
	}
}

// TestBaselineLegs: what the first legs take is in the baseline, and the figures
// are of the others.
func TestBaselineLegs(t *testing.T) {
	p := &probe{firstLegs: 2, first: memory{rss: 30e6, heap: 10e6}}
	s := p.figures(sight{cpu: 0}, sight{cpu: 1, at: time.Unix(1, 0), rss: 32e6, metrics: map[string]float64{metricHeap: 11e6}}, 102)
	if s.PerLegRSS != 20_000 || s.PerLegHeap != 10_000 {
		t.Errorf("%+v", s)
	}
}
