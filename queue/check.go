package queue

import (
	"fmt"
	"slices"
)

// Check returns what is wrong with the machine, which is never anything unless
// it has a defect. It may run after every Step in production: the cost is that
// of looking at every contact and agent once.
func (m *Machine) Check() error {
	seen := 0
	for _, q := range m.queues {
		for i, c := range q.line {
			seen++
			if m.contacts[c.id] != c || c.queue != q {
				return fmt.Errorf("contact %s stands in the line of %s and is not of it", c.id, q.cfg.ID)
			}
			if i > 0 && q.line[i-1].before(c) >= 0 {
				return fmt.Errorf("contact %s is out of order in %s", c.id, q.cfg.ID)
			}
			if c.told != i+1 {
				return fmt.Errorf("contact %s is number %d and was told %d", c.id, i+1, c.told)
			}
			if err := m.checkContact(c); err != nil {
				return err
			}
		}
	}
	if seen != len(m.contacts) {
		return fmt.Errorf("%d contacts, %d in line", len(m.contacts), seen)
	}
	for id, a := range m.agents {
		c := m.contacts[a.offer]
		switch {
		case a.withdrawn && a.offer == "":
			return fmt.Errorf("agent %s: nothing is withdrawn", id)
		case a.offer != "" && !a.withdrawn && (c == nil || c.offer != id):
			return fmt.Errorf("agent %s rings for %s, which does not know", id, a.offer)
		}
	}
	return nil
}

func (m *Machine) checkContact(c *contact) error {
	if c.armed[TimerRing] != (c.offer != "") {
		return fmt.Errorf("contact %s: ring timer %v with offer %q", c.id, c.armed[TimerRing], c.offer)
	}
	if c.offer != "" {
		a := m.agents[c.offer]
		switch {
		case a == nil || a.offer != c.id || a.withdrawn:
			return fmt.Errorf("contact %s is offered to %s, whose phone does not ring for it", c.id, c.offer)
		case slices.Contains(c.exclude, c.offer):
			return fmt.Errorf("contact %s is offered to %s, who is excluded", c.id, c.offer)
		case c.armed[TimerPause]:
			return fmt.Errorf("contact %s pauses while it is offered", c.id)
		}
		return nil
	}
	if id, ok := m.choose(c); ok {
		return fmt.Errorf("contact %s waits while %s is free for it", c.id, id)
	}
	if m.allTried(c) && !c.armed[TimerPause] {
		return fmt.Errorf("contact %s waits for ever: all have refused and no pause ends", c.id)
	}
	return nil
}
