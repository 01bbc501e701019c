package conference

import (
	"fmt"
	"time"

	"warmline/directory"
)

// takesCall reports whether an agent can be rung directly: it has a phone, and
// is on no call unless its phone takes a second one.
func (m *Manager) takesCall(agent string, now time.Time) bool {
	s, ok := m.cfg.Directory.State(agent, now)
	return ok && s.Contacts > 0 && (s.Calls == 0 || s.CallWaiting)
}

// The legs of agents are counted in the directory; presence follows from them.

func (m *Manager) legRings(agent string) { m.cfg.Directory.LegRings(agent, time.Now()) }

func (m *Manager) legUp(agent string) { m.cfg.Directory.LegUp(agent, time.Now()) }

func (m *Manager) legEnds(agent string, ringing bool, wrapUp time.Duration) {
	m.cfg.Directory.LegEnds(agent, ringing, wrapUp, time.Now())
}

// keepSeat notes that a call keeps a lost agent's seat: it is told when a phone
// of the agent registers again.
func (m *Manager) keepSeat(agent string, c *Conference) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.seats[agent] = c
}

func (m *Manager) freeSeat(agent string, c *Conference) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.seats[agent] == c {
		delete(m.seats, agent)
	}
}

func (m *Manager) registered(agent string) {
	m.mu.Lock()
	c := m.seats[agent]
	m.mu.Unlock()
	if c == nil {
		return
	}
	if s, ok := c.story.(*call); ok {
		c.inbox.post(func() { s.registered(agent) })
	}
}

// agentChanged is the directory's hook: an agent's presence is another.
func (m *Manager) agentChanged(agent string) {
	if agent == "" { // the directory is another: Reload tells the queues
		m.settleNext()
		return
	}
	now := time.Now()
	state := m.standing(agent, now)
	m.queues.agentChanged(agent)
	info := agentInfo(state)
	m.changed(Change{Kind: "agent", Event: "presence", Time: now, Agent: &info})
	m.settleNext()
}

// settleNext sets the one timer for presence that changes by itself: a
// registration or a wrap-up that runs out.
func (m *Manager) settleNext() {
	at, ok := m.cfg.Directory.NextChange()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.settle != nil {
		m.settle.Stop()
		m.settle = nil
	}
	if ok {
		m.settle = time.AfterFunc(max(0, time.Until(at)), func() {
			m.cfg.Directory.Settle(time.Now())
			m.settleNext()
		})
	}
}

// standing is an agent's presence; one that the directory no longer knows is
// offline.
func (m *Manager) standing(agent string, now time.Time) directory.AgentState {
	state, ok := m.cfg.Directory.State(agent, now)
	if !ok {
		state.ID, state.Presence = agent, directory.Offline
	}
	return state
}

func agentInfo(s directory.AgentState) AgentInfo {
	queues := s.Queues
	if queues == nil {
		queues = []string{}
	}
	return AgentInfo{
		ID: s.ID, Name: s.Name, Extension: s.Extension, Queues: queues,
		Presence: s.Presence, Reason: s.Reason, Since: s.Since, Contacts: s.Contacts,
	}
}

// Agents lists the directory's agents with their presence.
func (m *Manager) Agents() []AgentInfo {
	states := m.cfg.Directory.States(time.Now())
	out := make([]AgentInfo, len(states))
	for i, s := range states {
		out[i] = agentInfo(s)
	}
	return out
}

// Queues lists the directory's queues with their live figures.
func (m *Manager) Queues() []QueueInfo {
	now := time.Now()
	all := m.cfg.Directory.Queues()
	out := make([]QueueInfo, len(all))
	for i, q := range all {
		out[i] = m.queueInfo(q, now)
	}
	return out
}

// searchInfo is what whoever consults a queue is told at once.
func (m *Manager) searchInfo(queue string, position int) *Search {
	info := m.queues.info(queue, time.Now())
	return &Search{
		Queue: queue, LoggedIn: info.LoggedIn, Free: info.Free,
		Position: position, ExpectedWait: info.ExpectedWait,
	}
}

func (m *Manager) queueInfo(q directory.Queue, now time.Time) QueueInfo {
	info := m.queues.info(q.ID, now)
	info.ID, info.Name, info.Extension = q.ID, q.Name, q.Extension
	return info
}

func (m *Manager) queueChanged(id string) {
	if q, ok := m.cfg.Directory.Queue(id); ok {
		now := time.Now()
		info := m.queueInfo(q, now)
		m.changed(Change{Kind: "queue", Event: "changed", Time: now, Queue: &info})
	}
}

// SetPresence makes an agent available or away. ErrNotFound.
func (m *Manager) SetPresence(agent string, away bool, reason string) (AgentInfo, error) {
	now := time.Now()
	if err := m.cfg.Directory.SetAway(agent, away, reason, now); err != nil {
		return AgentInfo{}, fmt.Errorf("agent %q: %w", agent, ErrNotFound)
	}
	state, _ := m.cfg.Directory.State(agent, now)
	return agentInfo(state), nil
}

func (m *Manager) setAway(agent string, away bool, reason string) {
	if err := m.cfg.Directory.SetAway(agent, away, reason, time.Now()); err != nil {
		m.log.Warn("cannot set an agent away", "agent", agent, "err", err)
	}
}
