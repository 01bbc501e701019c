package conference

import "time"

// occurrence is an event to be published.
type occurrence struct {
	name string
	at   time.Time
}

// A snapshot is as large as its conference. So that the cost of a change does
// not grow with a room, a room of more than promptPeople is described no more
// often than once in so many times patience as it has participants.
const (
	promptPeople = 50
	patience     = time.Millisecond
)

// note marks that something a watcher would see has changed.
func (c *Conference) note(event string) {
	c.dirty = true
	c.events = append(c.events, occurrence{event, c.now})
}

// publish makes the new state visible, with one version: once per wake-up, in
// large rooms at intervals.
func (c *Conference) publish() {
	if !c.dirty && !c.unpublished && len(c.events) == 0 {
		return
	}
	if left := c.published.Add(c.interval()).Sub(c.now); left > 0 && !c.ended {
		if c.dirty {
			c.stale.Store(true)
		}
		c.arm(deadline{kind: publication}, left)
		return
	}
	c.disarm(deadline{kind: publication})
	c.published = c.now
	c.refreshIfDirty()
	if c.unpublished && len(c.events) == 0 {
		c.events = append(c.events, occurrence{"changed", c.now})
	}
	c.unpublished = false
	events := c.events
	c.events = nil
	for _, e := range events {
		c.m.changed(Change{Kind: "conference", Event: e.name, Time: e.at, Conference: &c.snap.Load().Snapshot})
	}
}

// interval is how far publications are apart.
func (c *Conference) interval() time.Duration {
	if len(c.people) <= promptPeople {
		return 0
	}
	return time.Duration(len(c.people)) * patience
}

// refresh takes a new snapshot; publish announces it.
func (c *Conference) refresh() {
	if c.dirty {
		c.version++
		c.dirty = false
	}
	c.snap.Store(c.view())
	c.stale.Store(false)
}

// refreshIfDirty takes a new snapshot if the last one is not the present state.
func (c *Conference) refreshIfDirty() {
	if c.dirty || c.snap.Load() == nil {
		c.refresh()
		c.unpublished = true
	}
}

// lookTime is how long who asks waits for a conference: it answers in microseconds,
// or something is wrong with it.
const lookTime = time.Second

// look is the present state, for others, with the quality of the audio up to now.
// The conference is asked for it where it has not published it yet; if it does not
// answer, what it has published last has to do.
func (c *Conference) look(now time.Time) Snapshot {
	if c.stale.Load() {
		done := make(chan struct{})
		posted := c.inbox.post(func() {
			defer close(done) // also when the conference fails at it
			c.refreshIfDirty()
		})
		if posted {
			select {
			case <-done:
			case <-time.After(lookTime):
			}
		}
	}
	return c.snap.Load().at(now)
}
