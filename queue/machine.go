package queue

import (
	"slices"
	"time"
)

// Machine is all queues with who waits in them. Use New; its owner calls Step.
type Machine struct {
	queues   []*queue // in the order of the configuration
	byID     map[string]*queue
	contacts map[ContactID]*contact
	agents   map[AgentID]*agent
	joined   uint64 // contacts so far
	out      []Effect
}

// queue is a waiting line.
type queue struct {
	cfg   Config
	line  []*contact // front to back
	asked AgentID    // who got the last offer (RoundRobin)
	waits []time.Duration
}

// contact is somebody in a line.
type contact struct {
	id      ContactID
	queue   *queue
	front   bool
	turn    uint64 // order of joining
	exclude []AgentID
	tried   []AgentID // asked and refused since the last pause
	offer   AgentID   // whose phone rings; "": nobody's
	armed   [TimerLimit + 1]bool
	told    int // the position told last
}

// agent is what is known of somebody who may be offered contacts.
type agent struct {
	loggedIn  bool
	free      bool
	idleSince time.Duration
	offer     ContactID // what its phone rings for; "": nothing
	withdrawn bool      // the offer is taken back, its end not confirmed
}

func (a *agent) offerable() bool { return a.loggedIn && a.free && a.offer == "" }

// New returns a Machine without queues.
func New() *Machine {
	return &Machine{
		byID:     map[string]*queue{},
		contacts: map[ContactID]*contact{},
		agents:   map[AgentID]*agent{},
	}
}

// Step takes an input and returns what follows from it, in order.
func (m *Machine) Step(in Input) []Effect {
	m.out = nil
	switch in := in.(type) {
	case Configure:
		m.configure(in)
	case Join:
		m.join(in)
	case Leave:
		if c := m.contacts[in.Contact]; c != nil {
			m.drop(c)
		}
	case Agent:
		m.agent(in)
	case Accepted:
		m.accepted(in)
	case Refused:
		m.refused(in)
	case TimerFired:
		m.fired(in)
	}
	m.dispatch()
	m.tellPositions()
	out := m.out
	m.out = nil
	return out
}

func (m *Machine) emit(e Effect) { m.out = append(m.out, e) }

func (m *Machine) configure(in Configure) {
	old, gone := m.byID, m.queues
	m.queues, m.byID = nil, map[string]*queue{}
	for _, cfg := range in.Queues {
		if m.byID[cfg.ID] != nil {
			continue
		}
		q := old[cfg.ID]
		if q == nil {
			q = &queue{}
		}
		gone = slices.DeleteFunc(gone, func(g *queue) bool { return g == q })
		q.cfg = cfg.withDefaults()
		m.byID[cfg.ID] = q
		m.queues = append(m.queues, q)
	}
	for _, q := range gone {
		for _, c := range slices.Clone(q.line) {
			m.drop(c)
			m.emit(Effect{Act: GaveUp, Contact: c.id, Why: NoQueue})
		}
	}
	for id, a := range m.agents {
		if !m.member(id) && a.offer == "" && !a.loggedIn {
			delete(m.agents, id)
		}
	}
}

func (c Config) withDefaults() Config {
	c.Members = slices.Clone(c.Members)
	c.Ring = orElse(c.Ring, DefaultRing)
	c.Search = orElse(c.Search, DefaultSearch)
	c.Pause = orElse(c.Pause, DefaultPause)
	return c
}

func orElse(d, other time.Duration) time.Duration {
	if d <= 0 {
		return other
	}
	return d
}

func (m *Machine) member(id AgentID) bool {
	return slices.ContainsFunc(m.queues, func(q *queue) bool { return slices.Contains(q.cfg.Members, id) })
}

func (m *Machine) join(in Join) {
	q := m.byID[in.Queue]
	if in.Contact == "" || m.contacts[in.Contact] != nil {
		return
	}
	if q == nil {
		m.emit(Effect{Act: GaveUp, Contact: in.Contact, Why: NoQueue})
		return
	}
	if in.Limited && m.LoggedIn(in.Queue, in.Exclude...) == 0 {
		m.emit(Effect{Act: GaveUp, Contact: in.Contact, Why: Empty})
		return
	}
	m.joined++
	c := &contact{id: in.Contact, queue: q, front: in.Front, turn: m.joined, exclude: slices.Clone(in.Exclude)}
	m.contacts[c.id] = c
	q.insert(c)
	limit := q.cfg.MaxWait
	if in.Limited {
		limit = q.cfg.Search
	}
	if limit > 0 {
		m.arm(c, TimerLimit, limit)
	}
}

func (m *Machine) agent(in Agent) {
	if in.ID == "" {
		return
	}
	a := m.agents[in.ID]
	if a == nil {
		a = &agent{}
		m.agents[in.ID] = a
	}
	a.loggedIn, a.free, a.idleSince = in.LoggedIn, in.Free, in.IdleSince
	if a.withdrawn && (a.free || !a.loggedIn) {
		a.offer, a.withdrawn = "", false
	}
}

func (m *Machine) accepted(in Accepted) {
	a := m.offered(in.Contact, in.Agent)
	if a == nil {
		return
	}
	if a.withdrawn {
		// The answer crossed the withdrawal: the agent has to be let go again.
		m.emit(Effect{Act: Withdraw, Contact: in.Contact, Agent: in.Agent})
		return
	}
	c := m.contacts[in.Contact]
	c.queue.served(in.Waited)
	c.offer, a.offer = "", ""
	a.free = false // until the owner says otherwise: it talks now
	m.drop(c)
}

func (m *Machine) refused(in Refused) {
	a := m.offered(in.Contact, in.Agent)
	if a == nil {
		return
	}
	if a.withdrawn {
		a.offer, a.withdrawn = "", false
		return
	}
	if in.Why == Stopped {
		return // the late end of an offer before this one, which nobody has stopped
	}
	c := m.contacts[in.Contact]
	a.offer = ""
	m.turnedDown(c, in.Agent, in.Why)
}

// turnedDown takes the agent off the contact's offer. The agent's side of it is
// the caller's, which knows whether the phone still rings.
func (m *Machine) turnedDown(c *contact, id AgentID, why Why) {
	c.offer = ""
	c.tried = append(c.tried, id)
	m.disarm(c, TimerRing)
	if why == NoAnswer && c.queue.cfg.AutoAway {
		m.agents[id].free = false // as it will be once the owner has done it
		m.emit(Effect{Act: SetAway, Agent: id})
	}
}

func (m *Machine) fired(in TimerFired) {
	c := m.contacts[in.Contact]
	if c == nil || in.Timer > TimerLimit || !c.armed[in.Timer] {
		return
	}
	c.armed[in.Timer] = false
	switch in.Timer {
	case TimerRing:
		id := c.offer
		m.withdraw(c)
		m.turnedDown(c, id, NoAnswer)
	case TimerPause:
		c.tried = nil
	case TimerLimit:
		m.drop(c)
		m.emit(Effect{Act: GaveUp, Contact: c.id, Why: TooLong})
	}
}

// offered returns the agent if its phone was rung for the contact and no end of
// that is known, withdrawn or not.
func (m *Machine) offered(c ContactID, id AgentID) *agent {
	if a := m.agents[id]; a != nil && a.offer != "" && a.offer == c {
		return a
	}
	return nil
}

// withdraw takes the contact's offer back.
func (m *Machine) withdraw(c *contact) {
	if c.offer == "" {
		return
	}
	m.emit(Effect{Act: Withdraw, Contact: c.id, Agent: c.offer})
	m.agents[c.offer].withdrawn = true
	c.offer = ""
}

// drop takes the contact out of its line, with its offer and timers.
func (m *Machine) drop(c *contact) {
	m.withdraw(c)
	for t := range c.armed {
		m.disarm(c, Timer(t))
	}
	c.queue.remove(c)
	delete(m.contacts, c.id)
}

func (m *Machine) arm(c *contact, t Timer, d time.Duration) {
	c.armed[t] = true
	m.emit(Effect{Act: Arm, Contact: c.id, Timer: t, For: d})
}

func (m *Machine) disarm(c *contact, t Timer) {
	if c.armed[t] {
		c.armed[t] = false
		m.emit(Effect{Act: Disarm, Contact: c.id, Timer: t})
	}
}
