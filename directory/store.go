package directory

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Store is the directory; safe for concurrent use, time comes as an argument.
type Store struct {
	index atomic.Pointer[index]

	mu       sync.Mutex
	live     map[string]*record // by agent id: all of index, and removed agents with a leg
	onChange func(agent string)
}

// New checks the configuration and returns a Store.
func New(cfg Config) (*Store, error) {
	x, err := newIndex(cfg)
	if err != nil {
		return nil, err
	}
	s := &Store{live: map[string]*record{}}
	s.install(x)
	return s, nil
}

// Update replaces the configuration. Bindings and presence of agents that
// stay are kept; the error leaves all as it was. Removed agents lose their
// bindings; their calls go on and are still counted, should they come back.
func (s *Store) Update(cfg Config) error {
	x, err := newIndex(cfg)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.install(x)
	hook := s.onChange
	s.mu.Unlock()
	if hook != nil {
		hook("")
	}
	return nil
}

// install makes x current and gives each agent a record. The caller holds mu,
// or is New.
func (s *Store) install(x *index) {
	for id, r := range s.live {
		if x.agentID[id] == nil {
			r.bindings, r.away, r.reason, r.wrapUntil = nil, false, "", time.Time{}
			if r.legs() == 0 {
				delete(s.live, id)
			}
		}
	}
	for id := range x.agentID {
		if s.live[id] == nil {
			s.live[id] = &record{presence: Offline}
		}
	}
	s.index.Store(x)
}

// OnChange sets the function called after the bindings or the presence of an
// agent changed, with its id, and after Update, with "". It is called without
// any lock and on the goroutine of whoever made the change; it may call the
// Store. Two changes of one agent at the same time may be reported in either
// order: read the state, do not infer it.
func (s *Store) OnChange(f func(agent string)) {
	s.mu.Lock()
	s.onChange = f
	s.mu.Unlock()
}

// Trunk finds a trunk by id.
func (s *Store) Trunk(id string) (Trunk, bool) { return deref(s.index.Load().trunkID[id]) }

// Agent finds an agent by id. Its Queues are the Store's: read them only.
func (s *Store) Agent(id string) (Agent, bool) { return deref(s.index.Load().agentID[id]) }

// Queue finds a queue by id.
func (s *Store) Queue(id string) (Queue, bool) { return deref(s.index.Load().queueID[id]) }

// Agents lists the agents in configuration order.
func (s *Store) Agents() []Agent { return slices.Clone(s.index.Load().cfg.Agents) }

// Queues lists the queues in configuration order.
func (s *Store) Queues() []Queue { return slices.Clone(s.index.Load().cfg.Queues) }

// Trunks lists the trunks in configuration order.
func (s *Store) Trunks() []Trunk { return slices.Clone(s.index.Load().cfg.Trunks) }

// Members lists the ids of a queue's agents in configuration order.
func (s *Store) Members(queue string) []string {
	return slices.Clone(s.index.Load().members[queue])
}

// AgentByUser finds the agent of a SIP user part: its id or extension.
func (s *Store) AgentByUser(user string) (Agent, bool) {
	x := s.index.Load()
	if a := x.agentID[user]; a != nil {
		return *a, true
	}
	return deref(x.agentExt[user])
}

func deref[T any](p *T) (T, bool) {
	if p == nil {
		var zero T
		return zero, false
	}
	return *p, true
}
