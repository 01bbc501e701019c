package conference

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"warmline/mixer"
)

// errOverload is the limit that is not a number of calls: a media worker with
// more to do would serve its live calls late.
var errOverload = fmt.Errorf("%w: the media workers have no time for another call", ErrBusy)

const (
	// relief is how far the use of a worker must fall below the limit before
	// calls are taken again, easing to which share of the limit its lateness.
	relief = 0.05
	easing = 0.8
	// calm is for how long it must have stayed there.
	calm = time.Second
	// slight is the use below which a worker is never overloaded. If it is late
	// with next to nothing to do, that is not for its calls, and fewer of them
	// would not help.
	slight = 0.1
	// sayEvery is how often the log is told of calls refused.
	sayEvery = 10 * time.Second
)

// gate lets legs to a worker, or keeps them away until it has time again. The
// zero value is open. It looks at the worker when it is asked, so that it needs
// neither a goroutine nor a timer.
//
// What a worker tells of itself is of the last second. The gate knows what it
// has let in since, and adds what that will cost: otherwise all that come within
// a second would be let in for the time that one of them needs.
type gate struct {
	shut     bool
	strained time.Time // when the worker was last seen to have too much to do

	window uint64 // of the worker's last figure
	fresh  int    // legs let in after the second that it tells of
	recent int    // and in that second, of which it tells half, in the mean
}

// admits says whether a worker that is so busy now can take another leg, and
// counts it.
func (g *gate) admits(now time.Time, load mixer.Load, limits Limits) bool {
	g.follow(load.Windows)
	use := g.expected(load)
	switch {
	case use < slight:
		g.shut = false
	case use > limits.WorkerUse || load.Lateness > limits.Lateness:
		g.shut, g.strained = true, now
	case g.shut && (use > limits.WorkerUse-relief || float64(load.Lateness) > easing*float64(limits.Lateness)):
		g.strained = now
	case now.Sub(g.strained) >= calm:
		g.shut = false
	}
	if !g.shut {
		g.fresh++
	}
	return !g.shut
}

// follow takes note of which figure the worker tells.
func (g *gate) follow(window uint64) {
	switch {
	case window == g.window:
		return
	case window == g.window+1:
		g.recent = g.fresh
	default:
		g.recent = 0
	}
	g.window, g.fresh = window, 0
}

// expected is the use of the worker once it serves all that were let in.
func (g *gate) expected(load mixer.Load) float64 {
	return load.Expected(float64(g.fresh) + float64(g.recent)/2)
}

// overload is the gates to the workers, and what is said of calls refused.
type overload struct {
	mu      sync.Mutex
	gates   []gate // by worker
	said    time.Time
	refused int // since then
}

// admits asks the gate of the worker whose load it is; what it lets in will have
// so many legs.
func (o *overload) admits(now time.Time, load mixer.Load, limits Limits, legs int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.gates) <= load.Worker {
		o.gates = append(o.gates, gate{})
	}
	g := &o.gates[load.Worker]
	if !g.admits(now, load, limits) {
		return false
	}
	g.fresh += legs - 1
	return true
}

// admitRoom is nil if the worker that would get the next room has time for it
// and so many legs.
func (m *Manager) admitRoom(now time.Time, legs int) error { return m.letIn(now, nil, legs) }

// admitLeg is nil if the conference's worker has time for another leg.
func (c *Conference) admitLeg() error { return c.m.letIn(c.now, c.room, 1) }

// letIn asks the gate to a room's worker, as load.
func (m *Manager) letIn(now time.Time, room *mixer.Room, legs int) error {
	load := m.load(room)
	if m.overload.admits(now, load, m.Settings().Limits, legs) {
		return nil
	}
	return m.overloaded(now, load)
}

// load is that of a room's worker, or for nil of the one that would get the
// next room.
func (m *Manager) load(room *mixer.Room) mixer.Load {
	switch {
	case m.cfg.Load != nil:
		return m.cfg.Load(room)
	case room != nil:
		return room.Load()
	}
	return m.cfg.Mixer.Load()
}

// overloaded counts a call that is refused, and says so now and then: under
// load the log is not to be flooded.
func (m *Manager) overloaded(now time.Time, load mixer.Load) error {
	m.cfg.Metrics.CallRefused("overload")
	o := &m.overload
	o.mu.Lock()
	defer o.mu.Unlock()
	o.refused++
	if o.said.IsZero() || now.Sub(o.said) >= sayEvery {
		m.log.Warn("calls are refused: a media worker is overloaded",
			"use", rounded(load.Use, 100), "lateness", load.Lateness, "refused", o.refused)
		o.said, o.refused = now, 0
	}
	return errOverload
}

// RetryAfter draws how long somebody who is refused for now is to wait: 2 to
// 6 s, so that those who are refused together do not come back together.
func RetryAfter() time.Duration { return time.Duration(2+rand.IntN(5)) * time.Second }
