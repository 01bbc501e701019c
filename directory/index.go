package directory

import (
	"errors"
	"fmt"
	"strings"
)

// index is a checked configuration with its lookups. It is immutable.
type index struct {
	cfg      Config
	agentID  map[string]*Agent
	queueID  map[string]*Queue
	trunkID  map[string]*Trunk
	agentExt map[string]*Agent
	queueExt map[string]*Queue
	members  map[string][]string // agents of a queue, in configuration order
	rooms    []Pattern
	routes   []route
	outbound []outbound
}

type route struct {
	to      Pattern
	target  Target
	dialled bool // the target is whatever has the dialled number
}

type outbound struct {
	pattern Pattern
	trunk   string
}

// newIndex checks cfg and returns all that is wrong with it in one error.
func newIndex(cfg Config) (*index, error) {
	x := &index{
		cfg:      cfg.clone(),
		agentID:  map[string]*Agent{},
		queueID:  map[string]*Queue{},
		trunkID:  map[string]*Trunk{},
		agentExt: map[string]*Agent{},
		queueExt: map[string]*Queue{},
		members:  map[string][]string{},
	}
	// Queues and rooms first: agents and routes refer to them.
	err := errors.Join(x.addQueues(), x.addTrunks(), x.addRooms(), x.addAgents(), x.addRoutes(), x.addOutbound())
	if err != nil {
		return nil, err
	}
	return x, nil
}

func (x *index) addQueues() error {
	var errs []error
	for i := range x.cfg.Queues {
		q := &x.cfg.Queues[i]
		if err := CheckID(q.ID); err != nil {
			errs = append(errs, fmt.Errorf("queue %d: %w", i+1, err))
			continue
		}
		if x.queueID[q.ID] != nil {
			errs = append(errs, fmt.Errorf("queue %q is there twice", q.ID))
			continue
		}
		x.queueID[q.ID] = q
		if q.Extension == "" {
			continue
		}
		if err := x.freeExtension(q.Extension); err != nil {
			errs = append(errs, fmt.Errorf("queue %q: %w", q.ID, err))
			continue
		}
		x.queueExt[q.Extension] = q
	}
	return errors.Join(errs...)
}

func (x *index) addTrunks() error {
	var errs []error
	for i := range x.cfg.Trunks {
		t := &x.cfg.Trunks[i]
		if err := CheckID(t.ID); err != nil {
			errs = append(errs, fmt.Errorf("trunk %d: %w", i+1, err))
			continue
		}
		if x.trunkID[t.ID] != nil {
			errs = append(errs, fmt.Errorf("trunk %q is there twice", t.ID))
			continue
		}
		x.trunkID[t.ID] = t
	}
	return errors.Join(errs...)
}

func (x *index) addRooms() error {
	var errs []error
	for _, r := range x.cfg.Rooms {
		p, err := ParsePattern(r.Pattern)
		if err != nil {
			errs = append(errs, fmt.Errorf("room: %w", err))
			continue
		}
		x.rooms = append(x.rooms, p)
	}
	return errors.Join(errs...)
}

func (x *index) addAgents() error {
	var errs []error
	for i := range x.cfg.Agents {
		a := &x.cfg.Agents[i]
		if err := CheckID(a.ID); err != nil {
			errs = append(errs, fmt.Errorf("agent %d: %w", i+1, err))
			continue
		}
		if x.agentID[a.ID] != nil {
			errs = append(errs, fmt.Errorf("agent %q is there twice", a.ID))
			continue
		}
		x.agentID[a.ID] = a
		for _, q := range a.Queues {
			if x.queueID[q] == nil {
				errs = append(errs, fmt.Errorf("agent %q: %w", a.ID, unknown("queue", q)))
				continue
			}
			x.members[q] = append(x.members[q], a.ID)
		}
		if a.Extension == "" {
			continue
		}
		if err := x.freeExtension(a.Extension); err != nil {
			errs = append(errs, fmt.Errorf("agent %q: %w", a.ID, err))
			continue
		}
		x.agentExt[a.Extension] = a
	}
	// An id that is another agent's extension would let one log in as the other.
	for i := range x.cfg.Agents {
		a := &x.cfg.Agents[i]
		if other := x.agentExt[a.ID]; other != nil && other.ID != a.ID {
			errs = append(errs, fmt.Errorf("agent %q: its id is the extension of agent %q", a.ID, other.ID))
		}
	}
	return errors.Join(errs...)
}

func (x *index) freeExtension(ext string) error {
	if err := CheckExtension(ext); err != nil {
		return err
	}
	if a := x.agentExt[ext]; a != nil {
		return fmt.Errorf("extension %s is that of agent %q", ext, a.ID)
	}
	if q := x.queueExt[ext]; q != nil {
		return fmt.Errorf("extension %s is that of queue %q", ext, q.ID)
	}
	return nil
}

func (x *index) addRoutes() error {
	var errs []error
	for _, r := range x.cfg.Routes {
		p, err := ParsePattern(r.To)
		if err != nil {
			errs = append(errs, fmt.Errorf("route: %w", err))
			continue
		}
		if r.Target == Dialled {
			x.routes = append(x.routes, route{to: p, dialled: true})
			continue
		}
		// A route leads into the house only: agent, queue or room.
		kind, name, ok := strings.Cut(r.Target, ":")
		var t Target
		if ok {
			t, ok, err = x.named(kind, name)
		}
		if !ok {
			err = fmt.Errorf("target %q is none of agent:ID, queue:ID, room:NUMBER and %s", r.Target, Dialled)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("route %s: %w", r.To, err))
			continue
		}
		x.routes = append(x.routes, route{to: p, target: t})
	}
	return errors.Join(errs...)
}

func (x *index) addOutbound() error {
	var errs []error
	for _, o := range x.cfg.Outbound {
		p, err := ParsePattern(o.Pattern)
		if err == nil && x.trunkID[o.Trunk] == nil {
			err = fmt.Errorf("%s: %w", o.Pattern, unknown("trunk", o.Trunk))
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("outbound: %w", err))
			continue
		}
		x.outbound = append(x.outbound, outbound{pattern: p, trunk: o.Trunk})
	}
	return errors.Join(errs...)
}
