package mixer

import (
	"sync/atomic"
	"time"
)

// Stats holds counters since the start and gauges of the moment.
type Stats struct {
	Rooms, Ports int
	Ticks        uint64    // ports of small rooms served, and ticks of large rooms
	SkippedTicks uint64    // given up because the worker was late by more than a slot's allowance
	LeakedFrames uint64    // frames with a voice sent to a held port: always 0
	Lateness     Histogram // seconds a room's tick began after its scheduled time
	Duration     Histogram // seconds a slot's work took
	Priority     string    // "realtime", "nice" or "plain": what the workers got (the least of them)
	Workers      []Load    // of each worker
	Priorities   []string  // what each worker got
	Carried      int       // workers whose streams' packets go by a Carrier
}

// Histogram is a histogram with fixed bounds in seconds.
type Histogram struct {
	Bounds []float64
	Counts []uint64 // one more than Bounds; not cumulative
	Sum    float64
}

// Stats is a snapshot of the workers' counters since the start.
func (m *Mixer) Stats() Stats {
	s := Stats{
		Rooms:    int(m.rooms.Load()),
		Lateness: newHistogram(),
		Duration: newHistogram(),
	}
	least := realtimePriority
	for _, w := range m.workers {
		s.Ticks += w.stats.ticks.Load()
		s.SkippedTicks += w.stats.skipped.Load()
		s.LeakedFrames += w.stats.leaked.Load()
		w.stats.lateness.addTo(&s.Lateness)
		w.stats.duration.addTo(&s.Duration)
		got := priority(w.stats.priority.Load())
		least = min(least, got)
		s.Priorities = append(s.Priorities, got.String())
		s.Ports += int(w.ports.Load())
		s.Workers = append(s.Workers, w.busy())
		if w.stats.carried.Load() {
			s.Carried++
		}
	}
	s.Priority = least.String()
	return s
}

// workerStats are a worker's counters: it alone writes, anyone reads.
type workerStats struct {
	ticks, skipped, leaked tally
	lateness, duration     histogram
	window                 window
	priority               atomic.Int32
	carried                atomic.Bool
}

// tally is a counter with one writer, which so needs no locked instruction.
type tally struct{ atomic.Uint64 }

func (t *tally) add(n uint64) { t.Store(t.Load() + n) }

// priority is what a worker's thread was given, least first.
type priority int32

const (
	plainPriority priority = iota
	nicePriority
	realtimePriority
)

func (p priority) String() string {
	return [...]string{"plain", "nice", "realtime"}[p]
}

// bounds are those of lateness and duration: from below a slot's granularity
// to beyond a frame.
var bounds = [...]time.Duration{
	50 * time.Microsecond, 100 * time.Microsecond, 250 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
	20 * time.Millisecond, 50 * time.Millisecond,
}

type histogram struct {
	counts [len(bounds) + 1]tally
	sum    atomic.Int64
}

// bucket is the number of the bucket that a duration belongs to.
func bucket(ns int64) int {
	i := 0
	for i < len(bounds) && ns > int64(bounds[i]) {
		i++
	}
	return i
}

// observe is for the one writer.
func (h *histogram) observe(ns int64) {
	h.counts[bucket(ns)].add(1)
	h.sum.Store(h.sum.Load() + ns)
}

func newHistogram() Histogram {
	h := Histogram{Bounds: make([]float64, len(bounds)), Counts: make([]uint64, len(bounds)+1)}
	for i, b := range bounds {
		h.Bounds[i] = b.Seconds()
	}
	return h
}

func (h *histogram) addTo(sum *Histogram) {
	for i := range h.counts {
		sum.Counts[i] += h.counts[i].Load()
	}
	sum.Sum += time.Duration(h.sum.Load()).Seconds()
}
