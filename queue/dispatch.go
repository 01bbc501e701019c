package queue

import "slices"

// dispatch offers as long as there is a contact without an offer and an agent
// for it. First in line over all queues comes first.
func (m *Machine) dispatch() {
	at := make([]int, len(m.queues)) // how far each line has been looked at
	for {
		c := m.next(at)
		if c == nil {
			return
		}
		if id, ok := m.choose(c); ok {
			m.offer(c, id)
		} else if !c.armed[TimerPause] && m.allTried(c) {
			m.arm(c, TimerPause, c.queue.cfg.Pause)
		}
	}
}

// next returns the first contact without an offer that was not looked at, over
// all queues with an agent to be had, and marks it in at. A queue without is
// not walked, however many wait there.
func (m *Machine) next(at []int) *contact {
	var first *contact
	from := 0
	for i, q := range m.queues {
		for at[i] < len(q.line) && q.line[at[i]].offer != "" {
			at[i]++
		}
		if at[i] == len(q.line) || first != nil && first.before(q.line[at[i]]) < 0 || !m.staffed(q) {
			continue
		}
		first, from = q.line[at[i]], i
	}
	if first != nil {
		at[from]++
	}
	return first
}

// staffed reports whether any of the queue's agents may be offered a contact.
func (m *Machine) staffed(q *queue) bool {
	for _, id := range q.cfg.Members {
		if a := m.agents[id]; a != nil && a.offerable() {
			return true
		}
	}
	return false
}

func (m *Machine) offer(c *contact, id AgentID) {
	c.offer = id
	c.queue.asked = id
	m.agents[id].offer = c.id
	m.disarm(c, TimerPause)
	m.emit(Effect{Act: Offer, Contact: c.id, Agent: id, For: c.queue.cfg.Ring})
	m.arm(c, TimerRing, c.queue.cfg.Ring)
}

// offerable reports whether the agent may be offered the contact, asked before
// or not.
func (m *Machine) offerable(c *contact, id AgentID) bool {
	a := m.agents[id]
	return a != nil && a.offerable() && !slices.Contains(c.exclude, id)
}

// allTried reports whether there are agents for the contact, and each was asked.
func (m *Machine) allTried(c *contact) bool {
	found := false
	for _, id := range c.queue.cfg.Members {
		if m.offerable(c, id) {
			if !slices.Contains(c.tried, id) {
				return false
			}
			found = true
		}
	}
	return found
}

// choose picks the agent who is to be offered the contact.
func (m *Machine) choose(c *contact) (AgentID, bool) {
	members := c.queue.cfg.Members
	start := 0
	if c.queue.cfg.Strategy == RoundRobin {
		start = slices.Index(members, c.queue.asked) + 1 // 0 if that one is gone
	}
	best, found := AgentID(""), false
	for i := range members {
		id := members[(start+i)%len(members)]
		if !m.offerable(c, id) || slices.Contains(c.tried, id) {
			continue
		}
		if c.queue.cfg.Strategy == RoundRobin {
			return id, true
		}
		if !found || m.agents[id].idleSince < m.agents[best].idleSince {
			best, found = id, true
		}
	}
	return best, found
}
