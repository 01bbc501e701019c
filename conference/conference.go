package conference

import (
	"log/slog"
	"runtime/debug"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"warmline/mixer"
	"warmline/transfer"
)

// story decides what a conference does with what happens to it: a call of up
// to transfer.MaxParties (the transfer machine) or a meet-me room of equals.
// Its methods run on the conference's goroutine.
type story interface {
	ringing(l *leg)
	answered(l *leg)
	failed(l *leg, cause transfer.Cause)
	gone(l *leg, cause transfer.Cause)
	remoteHold(l *leg, on bool)
	mediaLost(l *leg)
	digit(l *leg, d byte)
	command(cmd Command) (transfer.Reason, error)
	fire(k deadline)
	row(l *leg) mixer.Row        // the leg's place in the mix right now
	held(l *leg) bool            // by either side: the peer need not send
	describe(s *Snapshot)        // fills what is the story's own
	endAll(cause transfer.Cause) // the server stops
}

// Conference is one call or room. One goroutine at a time (run) owns all its fields
// but inbox and snap; others post work to the inbox.
type Conference struct {
	m        *Manager
	id       string
	contact  string
	number   string // of a meet-me room
	created  time.Time
	settings *Settings
	log      *slog.Logger
	inbox    *inbox
	snap     atomic.Pointer[view]

	story       story
	room        *mixer.Room
	people      []*participant // in order of appearance; the present and the gone
	forgotten   int            // gone people dropped from the front of the list
	segments    []Segment
	chronicle   chronicle
	ports       mixer.Port
	version     uint64
	queue       string
	dirty       bool
	events      []occurrence // what happened since the last publication
	published   time.Time    // the last time
	stale       atomic.Bool  // snap is older than the conference
	deadlines   map[deadline]time.Time
	timer       *time.Timer // goes off at the next of them
	now         time.Time   // of this wake-up
	legs        int         // not finished yet
	batch       []func()    // what this wake-up handles
	ended       bool
	unpublished bool // a command's reply showed a state that watchers have not seen
	closing     bool // the story is over; the last legs' ends are awaited
}

// deadline names something a conference waits for: a timer of the machine, or
// one of the shell's own.
type deadline struct {
	timer transfer.Timer
	party transfer.Party
	kind  deadlineKind
	leg   *leg
}

type deadlineKind uint8

const (
	machineTimer deadlineKind = iota
	watchdog                  // the leg's audio is looked at
	keyPause                  // the agent stopped typing a code
	publication               // what happened in a large room is told
)

// maxPeople bounds the list of participants of one conference: the gone are
// forgotten first, oldest first.
const maxPeople = 200

func newConference(m *Manager, settings *Settings) *Conference {
	id := newID()
	c := &Conference{
		m: m, id: id, contact: newID(), created: time.Now(), settings: settings,
		log:       m.log.With("conference", id),
		room:      m.cfg.Mixer.NewRoom(),
		deadlines: make(map[deadline]time.Time),
	}
	c.now = c.created
	c.inbox = newInbox(func() { go c.run() })
	c.timer = time.AfterFunc(time.Hour, c.inbox.rouse)
	return c
}

// run is the conference's goroutine while there is something to do. The Manager
// waits for the last one, which is the one that ends the conference.
func (c *Conference) run() {
	for !c.ended {
		c.wake()
		c.timer.Reset(c.untilNext())
		if !c.ended && c.inbox.rest() {
			return
		}
	}
	c.end()
}

// end comes after the end of the last leg.
func (c *Conference) end() {
	defer c.m.running.Done()
	c.timer.Stop()
	c.m.vacateRoom(c)
	c.guard(c.hand)
	for _, f := range c.inbox.close() {
		c.guard(f) // commands find the story over and are answered so
	}
	c.room.Close(nil)
	c.m.forget(c)
}

// wake handles everything that is due at one moment.
func (c *Conference) wake() {
	c.now = time.Now()
	c.batch = c.inbox.take(c.batch)
	for _, f := range c.batch {
		c.guard(f)
	}
	c.guard(c.fireDue)
	if c.closing && c.legs == 0 && !c.ended {
		c.ended = true
		c.note("ended")
	}
	c.guard(c.publish)
}

// guard keeps a bug in one call from ending all others: a panic is logged with
// its stack, and the call is given up with its legs told so.
func (c *Conference) guard(f func()) {
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("a conference failed and is given up", "panic", r, "stack", string(debug.Stack()))
			c.abandon()
		}
	}()
	f()
}

// fireDue runs each deadline that has passed. One that a former one disarmed
// does not fire.
func (c *Conference) fireDue() {
	for {
		var due deadline
		var at time.Time
		for k, t := range c.deadlines {
			if !t.After(c.now) && (at.IsZero() || t.Before(at)) {
				due, at = k, t
			}
		}
		if at.IsZero() {
			return
		}
		delete(c.deadlines, due)
		switch due.kind {
		case watchdog:
			c.watch(due.leg)
		case publication: // the end of every wake-up looks for it
		default:
			c.story.fire(due)
		}
	}
}

func (c *Conference) untilNext() time.Duration {
	next := time.Hour
	for _, t := range c.deadlines {
		next = min(next, t.Sub(c.now))
	}
	return max(next, 0)
}

func (c *Conference) arm(k deadline, after time.Duration) {
	c.deadlines[k] = c.now.Add(after)
}

func (c *Conference) disarm(k deadline) { delete(c.deadlines, k) }

// add lists a new participant.
func (c *Conference) add(p *participant) *participant {
	p.c = c
	p.id = "p" + strconv.Itoa(c.forgotten+len(c.people)+1)
	p.since = c.now
	p.segment = -1
	c.people = append(c.people, p)
	if len(c.people) > maxPeople {
		for i, old := range c.people {
			if old.final {
				c.people = slices.Delete(c.people, i, i+1)
				c.forgotten++
				break
			}
		}
	}
	return p
}

// person finds a participant by id.
func (c *Conference) person(id string) *participant {
	for _, p := range c.people {
		if p.id == id {
			return p
		}
	}
	return nil
}

// agent finds the participant that is this agent's present leg.
func (c *Conference) agent(id string) *participant {
	for _, p := range c.people {
		if id != "" && p.agent == id && !p.final {
			return p
		}
	}
	return nil
}

// abandon ends the conference without waiting for its peers: the server stops
// and they had their time, or the conference cannot go on.
func (c *Conference) abandon() {
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("a conference could not be given up cleanly", "panic", r)
		}
		c.ended = true
	}()
	for _, p := range c.people {
		if p.leg != nil && !p.leg.finished {
			p.leg.drop()
		}
		if p.ticket != nil {
			c.m.queues.leave(p.ticket)
		}
		if !p.final {
			p.finish("left", reasonWord(transfer.Finished, 0))
		}
	}
	c.ended = true
	c.note("ended")
}
