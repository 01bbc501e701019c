package queue

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// world follows the effects of a Machine as an owner would, and finds where
// they contradict each other or the machine.
type world struct {
	m     *Machine
	armed map[timerOf]bool
	rings map[AgentID]ContactID // offered and not withdrawn
	place map[ContactID]int     // position told last
}

type timerOf struct {
	contact ContactID
	timer   Timer
}

func newWorld(queues ...Config) *world {
	w := &world{m: New(), armed: map[timerOf]bool{}, rings: map[AgentID]ContactID{}, place: map[ContactID]int{}}
	w.m.Step(Configure{Queues: queues})
	return w
}

// step steps the machine and checks it and what it asks for.
func (w *world) step(in Input) error {
	// The two ways an offer ends without a Withdraw.
	switch in := in.(type) {
	case Accepted:
		w.over(in.Contact, in.Agent)
	case Refused:
		if in.Why != Stopped {
			w.over(in.Contact, in.Agent)
		}
	}
	for _, e := range w.m.Step(in) {
		if err := w.effect(e); err != nil {
			return fmt.Errorf("%v: %w", e, err)
		}
	}
	if err := w.m.Check(); err != nil {
		return err
	}
	return w.agrees()
}

func (w *world) over(c ContactID, a AgentID) {
	if w.rings[a] == c {
		delete(w.rings, a)
	}
}

func (w *world) effect(e Effect) error {
	switch e.Act {
	case Offer:
		if c, ok := w.rings[e.Agent]; ok {
			return fmt.Errorf("its phone rings for %s", c)
		}
		for a, c := range w.rings {
			if c == e.Contact {
				return fmt.Errorf("it rings at %s", a)
			}
		}
		if e.For <= 0 {
			return fmt.Errorf("no time to answer")
		}
		w.rings[e.Agent] = e.Contact
	case Withdraw:
		delete(w.rings, e.Agent) // repeated when an answer crossed it
	case Arm:
		if e.For <= 0 {
			return fmt.Errorf("no duration")
		}
		w.armed[timerOf{e.Contact, e.Timer}] = true
	case Disarm:
		if !w.armed[timerOf{e.Contact, e.Timer}] {
			return fmt.Errorf("it does not run")
		}
		delete(w.armed, timerOf{e.Contact, e.Timer})
	case Position:
		if w.place[e.Contact] == e.N {
			return fmt.Errorf("told again")
		}
		w.place[e.Contact] = e.N
	case GaveUp:
		if w.m.contacts[e.Contact] != nil {
			return fmt.Errorf("it is still in line")
		}
	case SetAway:
		if w.m.agents[e.Agent].free {
			return fmt.Errorf("the agent stays free")
		}
	default:
		return fmt.Errorf("unknown effect")
	}
	return nil
}

// agrees compares what the effects said with what the machine believes.
func (w *world) agrees() error {
	for c := range w.place {
		if w.m.contacts[c] == nil {
			delete(w.place, c)
		}
	}
	for k := range w.armed {
		if c := w.m.contacts[k.contact]; c == nil || !c.armed[k.timer] {
			return fmt.Errorf("timer %v of %s runs on", k.timer, k.contact)
		}
	}
	for id, c := range w.m.contacts {
		for t, armed := range c.armed {
			if armed && !w.armed[timerOf{id, Timer(t)}] {
				return fmt.Errorf("timer %v of %s was never started", Timer(t), id)
			}
		}
		if c.offer != "" && w.rings[c.offer] != id {
			return fmt.Errorf("%s was never offered to %s", id, c.offer)
		}
		if got := w.m.Position(id); w.place[id] != got {
			return fmt.Errorf("%s is number %d and was told %d", id, got, w.place[id])
		}
	}
	for a, c := range w.rings {
		if in := w.m.contacts[c]; in == nil || in.offer != a {
			return fmt.Errorf("%s rings on for %s", a, c)
		}
	}
	return nil
}

// fires notes that a timer ran out: it does not run any more.
func (w *world) fires(t timerOf) error {
	delete(w.armed, t)
	return w.step(TimerFired{Contact: t.contact, Timer: t.timer})
}

// clone is an independent copy, for trying several inputs in one state.
func (w *world) clone() *world {
	m := New()
	m.joined = w.m.joined
	for id, a := range w.m.agents {
		b := *a
		m.agents[id] = &b
	}
	for _, q := range w.m.queues {
		r := &queue{cfg: q.cfg, asked: q.asked, waits: slices.Clone(q.waits)}
		for _, c := range q.line {
			d := *c
			d.queue, d.exclude, d.tried = r, slices.Clone(c.exclude), slices.Clone(c.tried)
			r.line = append(r.line, &d)
			m.contacts[d.id] = &d
		}
		m.queues = append(m.queues, r)
		m.byID[r.cfg.ID] = r
	}
	return &world{m: m, armed: maps.Clone(w.armed), rings: maps.Clone(w.rings), place: maps.Clone(w.place)}
}

// key names the state: what can make a difference from here on, and no more.
// It is written by hand since the exploration takes it a million times.
func (w *world) key() string {
	b := make([]byte, 0, 256)
	word := func(s string) { b = append(append(b, s...), ' ') }
	bit := func(is bool) {
		if is {
			b = append(b, '+')
		} else {
			b = append(b, '-')
		}
	}
	var turns []*contact
	for _, q := range w.m.queues {
		word(q.cfg.ID)
		word(string(q.asked))
		for _, c := range q.line {
			word(string(c.id))
			word(string(c.offer))
			bit(c.front)
			for _, armed := range c.armed {
				bit(armed)
			}
			for _, id := range q.cfg.Members {
				bit(slices.Contains(c.tried, id))
				bit(slices.Contains(c.exclude, id))
			}
			turns = append(turns, c)
		}
		b = append(b, '\n')
	}
	slices.SortFunc(turns, (*contact).before)
	for _, c := range turns {
		word(string(c.id))
	}
	for _, id := range slices.Sorted(maps.Keys(w.m.agents)) {
		a := w.m.agents[id]
		b = append(b, '\n')
		word(string(id))
		word(string(a.offer))
		word(a.idleSince.String())
		bit(a.loggedIn)
		bit(a.free)
		bit(a.withdrawn)
	}
	return string(b)
}

// drains reports whether everybody gets served once all agents are free and
// take what they are offered.
func (w *world) drains() error {
	w = w.clone()
	for range 100 {
		if len(w.m.contacts) == 0 {
			return nil
		}
		for _, q := range w.m.queues {
			for _, id := range q.cfg.Members {
				if a := w.m.agents[id]; a == nil || !a.offerable() && (a.offer == "" || a.withdrawn) {
					if err := w.step(Agent{ID: id, LoggedIn: true, Free: true}); err != nil {
						return err
					}
				}
			}
		}
		for a, c := range maps.Clone(w.rings) {
			if err := w.step(Accepted{Contact: c, Agent: a}); err != nil {
				return err
			}
		}
		for k := range maps.Clone(w.armed) {
			if k.timer != TimerPause {
				continue
			}
			if err := w.fires(k); err != nil {
				return err
			}
		}
	}
	return fmt.Errorf("contacts wait for ever:\n%s", w.key())
}

// idle gives each agent an idle time of its own, so that order is decided.
func idle(id AgentID) time.Duration { return time.Duration(id[0]) }
