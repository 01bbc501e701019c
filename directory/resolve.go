package directory

import (
	"net/netip"
	"strings"
)

// Dialled is the target of a route that leads to the agent, queue or room with
// the number the trunk's call dialled.
const Dialled = "dialled"

// Kind tells Targets apart.
type Kind uint8

// The kinds of Target.
const (
	NoTarget Kind = iota
	ToAgent
	ToQueue
	ToRoom
	ToNumber
)

// Target is a resolved destination.
type Target struct {
	Kind   Kind
	ID     string // of the agent or queue; the number of a room
	Number string // ToNumber: what to dial
	Trunk  string // ToNumber: over which trunk
	Name   string // for people
}

// Resolve finds what an agent or API client names: "agent:ID", "queue:ID",
// "room:NUMBER", "tel:+NUMBER", or dialled digits (an extension, an agent's
// id, a room, an outbound number). The error is an UnknownError.
func (s *Store) Resolve(target string) (Target, error) {
	x := s.index.Load()
	if kind, name, ok := strings.Cut(target, ":"); ok {
		if kind == "tel" {
			return x.number(telDigits(name))
		}
		if t, ok, err := x.named(kind, name); ok {
			return t, err
		}
		return Target{}, unknown("target", target)
	}
	if t, ok := x.inHouse(target); ok {
		return t, nil
	}
	if a := x.agentID[target]; a != nil {
		return agentTarget(a), nil
	}
	return x.number(target)
}

// RouteTrunk finds the target of a trunk's call: the first route whose pattern
// fits decides, also when it leads nowhere. It never returns ToNumber.
func (s *Store) RouteTrunk(number string) (Target, error) {
	x := s.index.Load()
	for _, r := range x.routes {
		if !r.to.Match(number) {
			continue
		}
		if !r.dialled {
			return r.target, nil
		}
		if t, ok := x.inHouse(number); ok {
			return t, nil
		}
		return Target{}, unknown("number", number)
	}
	return Target{}, unknown("route for", number)
}

// TrunkOf finds the trunk an address belongs to: the one with the longest
// prefix that covers it, of equals the one configured first.
func (s *Store) TrunkOf(addr netip.Addr) (id string, ok bool) {
	addr = addr.Unmap().WithZone("")
	bits := -1
	x := s.index.Load()
	for i := range x.cfg.Trunks {
		for _, p := range x.cfg.Trunks[i].Match {
			if p.Bits() > bits && p.Contains(addr) {
				id, bits = x.cfg.Trunks[i].ID, p.Bits()
			}
		}
	}
	return id, bits >= 0
}

// named looks up agent:, queue: and room:. ok is false for another kind.
func (x *index) named(kind, name string) (t Target, ok bool, err error) {
	switch kind {
	case "agent":
		if a := x.agentID[name]; a != nil {
			return agentTarget(a), true, nil
		}
	case "queue":
		if q := x.queueID[name]; q != nil {
			return queueTarget(q), true, nil
		}
	case "room":
		if t, ok := x.room(name); ok {
			return t, true, nil
		}
	default:
		return Target{}, false, nil
	}
	return Target{}, true, unknown(kind, name)
}

// inHouse finds the agent, queue or room with a number.
func (x *index) inHouse(number string) (Target, bool) {
	if a := x.agentExt[number]; a != nil {
		return agentTarget(a), true
	}
	if q := x.queueExt[number]; q != nil {
		return queueTarget(q), true
	}
	return x.room(number)
}

func (x *index) room(number string) (Target, bool) {
	for _, p := range x.rooms {
		if p.Match(number) {
			return Target{Kind: ToRoom, ID: number, Name: "Room " + number}, true
		}
	}
	return Target{}, false
}

func (x *index) number(number string) (Target, error) {
	for _, o := range x.outbound {
		if o.pattern.Match(number) {
			return Target{Kind: ToNumber, Number: number, Trunk: o.trunk, Name: number}, nil
		}
	}
	return Target{}, unknown("number", number)
}

func agentTarget(a *Agent) Target {
	return Target{Kind: ToAgent, ID: a.ID, Name: orElse(a.Name, a.ID)}
}

func queueTarget(q *Queue) Target {
	return Target{Kind: ToQueue, ID: q.ID, Name: orElse(q.Name, q.ID)}
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// telDigits drops the visual separators of a tel URI (RFC 3966 §5.1.1) and its
// parameters, none of which are dialled.
func telDigits(s string) string {
	if len(s) > maxNumber {
		return s // matches nothing
	}
	s, _, _ = strings.Cut(s, ";")
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("-.() ", r) {
			return -1
		}
		return r
	}, s)
}
