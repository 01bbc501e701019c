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
	// calls are taken again. Lateness needs no such margin: its figure is the
	// upper bound of a class, and the next class is half of it.
	relief = 0.05
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
type gate struct {
	shut     bool
	strained time.Time // when the worker was last seen to have too much to do
}

// admits says whether a worker that is so busy now can take another leg.
func (g *gate) admits(now time.Time, load mixer.Load, limits Limits) bool {
	switch {
	case load.Use < slight:
		g.shut = false
	case load.Use > limits.WorkerUse || load.Lateness > limits.Lateness:
		g.shut, g.strained = true, now
	case g.shut && load.Use > limits.WorkerUse-relief:
		g.strained = now
	case now.Sub(g.strained) >= calm:
		g.shut = false
	}
	return !g.shut
}

// overload is the gate to new rooms, and what is said of calls refused.
type overload struct {
	mu      sync.Mutex
	rooms   gate
	said    time.Time
	refused int // since then
}

// admitRoom is nil if the worker that would get the next room has time for it.
func (m *Manager) admitRoom(now time.Time) error {
	load := m.load(nil)
	m.overload.mu.Lock()
	ok := m.overload.rooms.admits(now, load, m.Settings().Limits)
	m.overload.mu.Unlock()
	if ok {
		return nil
	}
	return m.overloaded(now, load)
}

// admitLeg is nil if the conference's worker has time for another leg.
func (c *Conference) admitLeg() error {
	load := c.m.load(c.room)
	if c.gate.admits(c.now, load, c.m.Settings().Limits) {
		return nil
	}
	return c.m.overloaded(c.now, load)
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
