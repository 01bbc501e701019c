package queue

import (
	"slices"
	"time"
)

// LoggedIn counts the queue's agents who are logged in, busy or not, without
// those in exclude. 0 refuses a consult of the queue.
func (m *Machine) LoggedIn(queue string, exclude ...AgentID) int {
	return m.count(queue, exclude, func(a *agent) bool { return a.loggedIn })
}

// Free counts the queue's agents who would be offered a contact now, without
// those in exclude.
func (m *Machine) Free(queue string, exclude ...AgentID) int {
	return m.count(queue, exclude, (*agent).offerable)
}

func (m *Machine) count(queue string, exclude []AgentID, is func(*agent) bool) int {
	q := m.byID[queue]
	if q == nil {
		return 0
	}
	n := 0
	for _, id := range q.cfg.Members {
		if a := m.agents[id]; a != nil && is(a) && !slices.Contains(exclude, id) {
			n++
		}
	}
	return n
}

// Position is the contact's number in line, 1 is next; 0: it is in no line.
func (m *Machine) Position(c ContactID) int {
	if in := m.contacts[c]; in != nil {
		return slices.Index(in.queue.line, in) + 1
	}
	return 0
}

// Waiting lists the queue's contacts, first in line first, those whose offer
// rings included.
func (m *Machine) Waiting(queue string) []ContactID {
	q := m.byID[queue]
	if q == nil {
		return nil
	}
	ids := make([]ContactID, len(q.line))
	for i, c := range q.line {
		ids[i] = c.id
	}
	return ids
}

// ExpectedWait is the mean of the queue's last waits (16 at most); ok is false
// when there has been none.
func (m *Machine) ExpectedWait(queue string) (d time.Duration, ok bool) {
	q := m.byID[queue]
	if q == nil || len(q.waits) == 0 {
		return 0, false
	}
	for _, w := range q.waits {
		d += w / time.Duration(len(q.waits)) // divided first: a sum could overflow
	}
	return d, true
}
