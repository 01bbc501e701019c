package mixer

import (
	"sync/atomic"
	"time"
)

// Load is how busy a worker has been in the last second or so.
type Load struct {
	Use      float64       // the share of the time it worked
	Lateness time.Duration // of its frames, the 99th percentile, rounded up to 0.25 ms
	Legs     int           // ports it had then, in the mean
	Worker   int           // which worker it is, from 0
	Windows  uint64        // how many such seconds it has told of: a new figure has a new number
}

const (
	// portUse is the share of a worker's time that a port takes, about, and few for
	// how many ports this counts beside the worker's own figure: of next to no ports
	// that says little.
	portUse = 0.0007
	few     = 20
)

// Expected is the use there will be with so many legs more, or less, of the kind
// that the worker has.
func (l Load) Expected(more float64) float64 {
	each := (l.Use + few*portUse) / float64(l.Legs+few)
	return min(max(0, l.Use+each*more), 1)
}

// alike is how near to each other the use of two workers is taken for the same:
// figures of a second vary.
const alike = 0.05

// burden is what a worker has to do, in the order of what weighs more.
type burden struct {
	late  bool  // and has no time for what it has
	use   int   // of its time, in steps
	ports int64 // and rooms
}

// burden is the worker's, by its figures of the last second and the ports it has
// now, or will have: two to a room at least, where phones may still ring. What a
// port costs depends on its codec, so that to count them is not enough.
func (w *worker) burden() burden {
	l, all := w.busy(), w.total()
	ports := w.ports.Load()
	ports = max(ports, 2*(all-ports))
	use := l.Expected(float64(ports) - float64(l.Legs))
	return burden{int64(l.Lateness) > tolerable, int(use / alike), all}
}

// less says whether a worker has less to do than another.
func (b burden) less(than burden) bool {
	switch {
	case b.late != than.late:
		return than.late
	case b.use != than.use:
		return b.use < than.use
	}
	return b.ports < than.ports
}

// Load is that of the worker that would get the next room.
func (m *Mixer) Load() Load {
	m.mu.Lock()
	w, _ := m.place()
	m.mu.Unlock()
	return w.busy()
}

// Load is that of the room's worker.
func (r *Room) Load() Load { return r.worker.busy() }

// busy is the worker's load as published. Any goroutine.
func (w *worker) busy() Load {
	l := w.stats.window.load()
	l.Worker = w.index
	return l
}

const (
	// windowTime is how long a worker is watched before what was seen is published.
	windowTime = int64(time.Second)

	// Lateness is counted in classes of such a width, up to where turns are given
	// up; beyond there is one more.
	classTime  = int64(250 * time.Microsecond)
	classCount = int(allowance / classTime)
)

// window watches a worker for a second at a time. The worker writes, anyone
// reads what is published.
type window struct {
	began  int64
	busy   int64
	legs   int64                  // at its begin
	counts [classCount + 2]uint32 // of lateness: on time, the classes, beyond
	total  uint32
	latest int64 // the most late of them

	use, lateness, mean atomic.Int64 // in millionths, nanoseconds, and ports
	number              atomic.Uint64
}

// work counts time spent on a slot.
func (w *window) work(ns int64) { w.busy += ns }

// observe counts a frame's lateness.
func (w *window) observe(late int64) {
	w.counts[class(late)]++
	w.total++
	w.latest = max(w.latest, late)
}

// class is where a lateness is counted.
func class(late int64) int {
	return int(min((max(0, late)+classTime-1)/classTime, int64(classCount)+1))
}

// roll publishes what was seen once a second is over. The worker has so many
// ports now.
func (w *window) roll(now, legs int64) {
	long := now - w.began
	if long < windowTime {
		return
	}
	w.publish(w.busy*1_000_000/long, w.percentile(), (w.legs+legs)/2)
	w.begin(now, legs)
}

// idle publishes that there is nothing to do.
func (w *window) idle(now int64) {
	w.publish(0, 0, 0)
	w.begin(now, 0)
}

func (w *window) publish(use, lateness, legs int64) {
	w.use.Store(use)
	w.lateness.Store(lateness)
	w.mean.Store(legs)
	w.number.Add(1)
}

// begin forgets what was seen.
func (w *window) begin(now, legs int64) {
	w.began, w.busy, w.legs, w.total, w.latest = now, 0, legs, 0, 0
	clear(w.counts[:])
}

// percentile is the upper bound of the class in which the 99th of a hundred
// frames lies, most late last.
func (w *window) percentile() int64 {
	beyond := w.total / 100
	for i := len(w.counts) - 1; i >= 0; i-- {
		if w.counts[i] > beyond {
			return w.upper(i)
		}
		beyond -= w.counts[i]
	}
	return 0
}

// upper is the upper bound of a class: of the last, the most that was seen.
func (w *window) upper(i int) int64 {
	if i > classCount {
		return w.latest
	}
	return int64(i) * classTime
}

func (w *window) load() Load {
	return Load{
		Use: float64(w.use.Load()) / 1e6, Lateness: time.Duration(w.lateness.Load()),
		Legs: int(w.mean.Load()), Windows: w.number.Load(),
	}
}
