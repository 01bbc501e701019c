package mixer

import (
	"math"
	"sync/atomic"
	"time"
)

// Load is how busy a worker has been in the last second or so.
type Load struct {
	Use      float64       // the share of the time it worked
	Lateness time.Duration // of its frames, the 99th percentile (a bucket's upper bound)
}

// Load is that of the worker that would get the next room.
func (m *Mixer) Load() Load {
	m.mu.Lock()
	w, _ := m.place()
	m.mu.Unlock()
	return w.stats.window.load()
}

// Load is that of the room's worker.
func (r *Room) Load() Load { return r.worker.stats.window.load() }

// windowTime is how long a worker is watched before what was seen is published.
const windowTime = int64(time.Second)

// window watches a worker for a second at a time. The worker writes, anyone
// reads what is published.
type window struct {
	began  int64
	busy   int64
	counts [len(bounds) + 1]uint32
	total  uint32

	use, lateness atomic.Int64 // in millionths, and nanoseconds
}

// work counts time spent on a slot.
func (w *window) work(ns int64) { w.busy += ns }

// observe counts a frame's lateness.
func (w *window) observe(late int64) {
	w.counts[bucket(late)]++
	w.total++
}

// roll publishes what was seen once a second is over.
func (w *window) roll(now int64) {
	long := now - w.began
	if long < windowTime {
		return
	}
	w.use.Store(w.busy * 1_000_000 / long)
	w.lateness.Store(w.percentile())
	w.began, w.busy, w.total = now, 0, 0
	clear(w.counts[:])
}

// idle publishes that there is nothing to do.
func (w *window) idle(now int64) {
	w.began, w.busy, w.total = now, 0, 0
	clear(w.counts[:])
	w.use.Store(0)
	w.lateness.Store(0)
}

// percentile is the upper bound of the bucket in which the 99th of a hundred
// frames lies, most late last.
func (w *window) percentile() int64 {
	beyond := w.total / 100
	for i := len(w.counts) - 1; i >= 0; i-- {
		if w.counts[i] > beyond {
			return int64(upper(i))
		}
		beyond -= w.counts[i]
	}
	return 0
}

// upper is the upper bound of a bucket.
func upper(i int) time.Duration {
	if i == len(bounds) {
		return math.MaxInt64
	}
	return bounds[i]
}

func (w *window) load() Load {
	return Load{Use: float64(w.use.Load()) / 1e6, Lateness: time.Duration(w.lateness.Load())}
}
