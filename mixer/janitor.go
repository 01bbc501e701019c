package mixer

import "time"

// noticePoll is how often the janitor looks for notices while some are
// expected. It polls because a worker must not so much as touch a channel.
const noticePoll = 10 * time.Millisecond

// expect announces a notice that a worker will push: whoever asks for a
// callback wakes the janitor, which then looks until all are made.
func (m *Mixer) expect(n notice) *node[notice] {
	if n.released == nil && n.done == nil {
		return nil
	}
	m.due.Add(1)
	select {
	case m.expected <- struct{}{}:
	default: // it is woken already
	}
	return &node[notice]{value: n}
}

// janitor makes the callbacks. It sleeps while none is expected, and makes
// what is left when the mixer closes.
func (m *Mixer) janitor() {
	for {
		m.callBack()
		var poll <-chan time.Time
		if m.due.Load() > 0 {
			poll = time.After(noticePoll)
		}
		select {
		case <-m.expected:
		case <-poll:
		case <-m.stop:
			m.callBack()
			return
		}
	}
}

// callBack makes the callbacks whose notices are there, outside the lock.
func (m *Mixer) callBack() {
	for {
		m.mu.Lock()
		n, ok := m.notices.pop()
		if ok && n.room != nil {
			m.orphan(n.room)
		}
		m.mu.Unlock()
		if !ok {
			return
		}
		if n.room == nil {
			m.due.Add(-1)
			n.call()
		}
	}
}

// orphan takes over a room that no worker will look at again. Called with the
// lock held, which from now on guards the worker's side of the room.
func (m *Mixer) orphan(r *Room) {
	r.orphan.Store(true)
	r.apply()
	r.empty()
}

// settle makes sure that an operation just posted is carried out even if no
// worker looks at the room any more. Either the post comes before the room is
// orphaned and is applied by whoever orphans it, or it is seen here.
func (m *Mixer) settle(r *Room) {
	if !r.orphan.Load() {
		return
	}
	m.mu.Lock()
	m.orphan(r)
	m.mu.Unlock()
	if m.ended.Load() {
		m.callBack()
	}
}
