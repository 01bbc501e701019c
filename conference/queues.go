package conference

import (
	"sync"
	"time"

	"warmline/directory"
	"warmline/queue"
)

// queues is the shell of the queue machine: it owns the machine and its timers
// and carries offers to the conferences whose contacts wait.
//
// The machine is stepped under the mutex, and effects are carried out under it
// too, so that no withdrawal overtakes its offer: all they do is post to an
// inbox or set a timer. The one that reaches further (an agent set away) waits
// until the mutex is free.
type queues struct {
	m       *Manager
	epoch   time.Time // of the idle times handed to the machine
	mu      sync.Mutex
	machine *queue.Machine
	tickets map[queue.ContactID]*ticket
	timers  map[queueTimer]*time.Timer
	closed  bool
}

type queueTimer struct {
	contact queue.ContactID
	timer   queue.Timer
}

// ticket is a place in a line. Its callbacks post to the conference and return.
type ticket struct {
	id     queue.ContactID
	joined time.Time
	ticketRequest
}

type ticketRequest struct {
	queue    string
	front    bool
	limited  bool     // a consult: it gives up after a while
	exclude  []string // agents who are on the call already
	offer    func(agent string)
	withdraw func(agent string)
	gaveUp   func()
	position func(n int)
}

// How an offer ended without an agent.
const (
	offerDeclined = queue.Declined
	offerRangOut  = queue.NoAnswer
	offerFailed   = queue.Failed
)

func newQueues(m *Manager) *queues {
	return &queues{
		m: m, epoch: time.Now(), machine: queue.New(),
		tickets: make(map[queue.ContactID]*ticket),
		timers:  make(map[queueTimer]*time.Timer),
	}
}

// configure takes over the directory's queues, at the start and on a reload.
func (q *queues) configure(dir *directory.Store) {
	var cfg []queue.Config
	for _, d := range dir.Queues() {
		members := dir.Members(d.ID)
		c := queue.Config{ID: d.ID, Ring: d.Ring, MaxWait: d.MaxWait, Search: d.Search, AutoAway: d.AutoAway}
		if d.Strategy == "round_robin" {
			c.Strategy = queue.RoundRobin
		}
		for _, id := range members {
			c.Members = append(c.Members, queue.AgentID(id))
		}
		cfg = append(cfg, c)
	}
	q.step(queue.Configure{Queues: cfg})
	now := time.Now()
	for _, a := range dir.States(now) {
		q.step(q.standing(a))
	}
}

// standing is an agent's presence in the machine's terms.
func (q *queues) standing(a directory.AgentState) queue.Agent {
	return queue.Agent{
		ID:        queue.AgentID(a.ID),
		LoggedIn:  a.Presence != directory.Offline,
		Free:      a.Presence == directory.Available,
		IdleSince: a.IdleSince.Sub(q.epoch),
	}
}

// agentChanged passes on a change of presence. It is read under the mutex, so
// that of two changes the later one stays.
func (q *queues) agentChanged(agent string) {
	q.stepWith(func() queue.Input { return q.standing(q.m.standing(agent, time.Now())) })
}

func (q *queues) join(req ticketRequest) *ticket {
	t := &ticket{id: queue.ContactID(newID()), joined: time.Now(), ticketRequest: req}
	in := queue.Join{Contact: t.id, Queue: req.queue, Front: req.front, Limited: req.limited}
	for _, a := range req.exclude {
		in.Exclude = append(in.Exclude, queue.AgentID(a))
	}
	q.mu.Lock()
	q.tickets[t.id] = t
	q.mu.Unlock()
	q.step(in)
	q.m.queueChanged(req.queue)
	return t
}

// leave takes the contact out of the line.
func (q *queues) leave(t *ticket) {
	if t == nil {
		return
	}
	q.step(queue.Leave{Contact: t.id})
	q.drop(t)
}

func (q *queues) accepted(t *ticket, agent string) {
	q.step(queue.Accepted{Contact: t.id, Agent: queue.AgentID(agent), Waited: time.Since(t.joined)})
	q.step(queue.Leave{Contact: t.id})
	q.drop(t)
}

func (q *queues) refused(t *ticket, agent string, why queue.Why) {
	q.step(queue.Refused{Contact: t.id, Agent: queue.AgentID(agent), Why: why})
}

func (q *queues) drop(t *ticket) {
	q.mu.Lock()
	delete(q.tickets, t.id)
	q.mu.Unlock()
	q.m.queueChanged(t.queue)
}

// loggedIn counts the agents a consult of the queue could reach.
func (q *queues) loggedIn(id string, exclude ...string) int {
	q.mu.Lock()
	defer q.mu.Unlock()
	ids := make([]queue.AgentID, len(exclude))
	for i, a := range exclude {
		ids[i] = queue.AgentID(a)
	}
	return q.machine.LoggedIn(id, ids...)
}

// step feeds the machine and carries out what it asks for.
func (q *queues) step(in queue.Input) {
	q.stepWith(func() queue.Input { return in })
}

func (q *queues) stepWith(in func() queue.Input) {
	q.mu.Lock()
	if q.closed {
		q.mu.Unlock()
		return
	}
	var away []string
	for _, e := range q.machine.Step(in()) {
		if e.Act == queue.SetAway {
			away = append(away, string(e.Agent))
			continue
		}
		q.perform(e)
	}
	q.mu.Unlock()
	for _, agent := range away {
		q.m.setAway(agent, true, "no_answer")
	}
}

// perform carries out one effect; the mutex is held.
func (q *queues) perform(e queue.Effect) {
	switch e.Act {
	case queue.Arm:
		key := queueTimer{e.Contact, e.Timer}
		q.stopTimer(key)
		q.timers[key] = time.AfterFunc(e.For, func() {
			q.step(queue.TimerFired{Contact: e.Contact, Timer: e.Timer})
		})
		return
	case queue.Disarm:
		q.stopTimer(queueTimer{e.Contact, e.Timer})
		return
	}
	t := q.tickets[e.Contact]
	if t == nil {
		return
	}
	switch e.Act {
	case queue.Offer:
		t.offer(string(e.Agent))
	case queue.Withdraw:
		t.withdraw(string(e.Agent))
	case queue.Position:
		t.position(e.N)
	case queue.GaveUp:
		delete(q.tickets, e.Contact)
		t.gaveUp()
	}
}

func (q *queues) stopTimer(key queueTimer) {
	if t := q.timers[key]; t != nil {
		t.Stop()
		delete(q.timers, key)
	}
}

// waiting counts the contacts of a queue and says how long the first has waited.
func (q *queues) info(id string, now time.Time) (info QueueInfo) {
	q.mu.Lock()
	defer q.mu.Unlock()
	info.LoggedIn = q.machine.LoggedIn(id)
	info.Free = q.machine.Free(id)
	for _, contact := range q.machine.Waiting(id) {
		info.Waiting++
		if t := q.tickets[contact]; t != nil {
			info.LongestWait = max(info.LongestWait, now.Sub(t.joined).Seconds())
		}
	}
	if d, ok := q.machine.ExpectedWait(id); ok {
		info.ExpectedWait = d.Seconds()
	}
	return info
}

func (q *queues) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	for key := range q.timers {
		q.stopTimer(key)
	}
}
