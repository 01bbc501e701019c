package bench

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestSettled: the baseline is taken after two collections and when nothing has
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
		want  int64         // RSS
		heap  float64
		took  time.Duration
	}{
		{"start-up garbage goes with the first collection", start, 400 * time.Millisecond, 35 * mb, 100, 800 * time.Millisecond},
		{"without metrics", start, 0, 42 * mb, 0, 300 * time.Millisecond},
		{"a quick server", start, 200 * time.Millisecond, 35 * mb, 100, 700 * time.Millisecond},
		{"never collects", start, time.Hour, 35 * mb, 100, settleTime},
		{"never settles", func(at time.Duration) int64 { return 42*mb - int64(at/time.Millisecond)*5000 }, 100 * time.Millisecond, 42*mb - 1500*5000, 100, settleTime},
		{"gives back a page now and then", func(at time.Duration) int64 { return 35*mb + int64(at/lookEvery%2)*4096 }, 100 * time.Millisecond, 35*mb, 100, 300 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			got := settled(context.Background(), func() sight {
				at := time.Since(began)
				s := sight{rss: c.rss(at)}
				if c.every > 0 { // the heap grows until it is collected
					s.metrics = map[string]float64{metricCollections: float64(7 + at/c.every), metricHeap: 100 + float64(at%c.every/time.Millisecond)}
				}
				return s
			})
			if got.rss != c.want || got.metrics[metricHeap] != c.heap || time.Since(began) != c.took {
				t.Errorf("%s: %d bytes, heap %g after %v", c.name, got.rss, got.metrics[metricHeap], time.Since(began))
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
		settled(ctx, func() sight { return sight{} })
		if took := time.Since(began); took != 90*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

// TestBaselineLegs: what the first legs take is in the baseline, and the figures
// are of the others.
func TestBaselineLegs(t *testing.T) {
	p := &probe{firstLegs: 2, first: sight{rss: 30e6, metrics: map[string]float64{metricHeap: 10e6}}}
	s := p.figures(sight{cpu: 0}, sight{cpu: 1, at: time.Unix(1, 0), rss: 32e6, metrics: map[string]float64{metricHeap: 11e6}}, 102)
	if s.PerLegRSS != 20_000 || s.PerLegHeap != 10_000 {
		t.Errorf("%+v", s)
	}
}
