package directory

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Limits of a binding.
const (
	MinExpires  = 60 * time.Second // shorter is refused with ErrTooBrief
	MaxExpires  = time.Hour        // longer is cut to this
	MaxBindings = 10               // per agent

	maxField = 1024 // of each string a phone sends
)

// Binding is one registered contact of an agent.
type Binding struct {
	URI       string
	Instance  string
	Transport string
	Local     netip.AddrPort
	Remote    netip.AddrPort
	CallID    string
	CSeq      uint32
	UserAgent string
	Expires   time.Time
}

// sameContact reports whether b replaces old. A phone that names its instance
// (RFC 5626) is known by that wherever it moves. Without it the URI tells
// (RFC 3261 §10.3); two instances may use one URI, since private addresses
// repeat behind different routers, but not over one flow.
func (b Binding) sameContact(old Binding) bool {
	if b.Instance != "" && b.Instance == old.Instance {
		return true
	}
	return b.URI == old.URI && (b.Instance == "" || old.Instance == "" || b.Remote == old.Remote)
}

// outOfOrder reports whether b comes from a REGISTER that is not younger than
// the one old stems from. Only requests of one Call-ID have an order.
func (b Binding) outOfOrder(old Binding) bool {
	return b.CallID == old.CallID && b.CSeq <= old.CSeq
}

func (b Binding) tooLong() bool {
	return max(len(b.URI), len(b.Instance), len(b.CallID), len(b.UserAgent)) > maxField
}

// Bind applies a REGISTER's contacts to the agent's bindings and returns all
// that are left, newest first, or an error (ErrCSeq, ErrTooMany, ErrTooBrief,
// ErrUnknown) and no change.
//
// A Binding whose Expires is not after now removes; the others are granted
// until Expires, at most MaxExpires. With removeAll all go, whatever add lists;
// add may then hold one Binding for its CallID and CSeq, which must be younger
// than those of the bindings they made. With neither it is a query. A contact
// with a field too long to be honest counts as one too many.
func (s *Store) Bind(agent string, add []Binding, removeAll bool, now time.Time) ([]Binding, error) {
	var left []Binding
	err := s.change(agent, now, func(r *record) error {
		if !s.has(agent) {
			return unknown("agent", agent)
		}
		next, err := rebind(r.bindings, add, removeAll, now)
		if err != nil {
			return err
		}
		r.bindings = next
		left = slices.Clone(next)
		return nil
	})
	return left, err
}

// rebind returns what a REGISTER makes of old, which it leaves as it is.
func rebind(old, add []Binding, removeAll bool, now time.Time) ([]Binding, error) {
	if removeAll {
		for _, b := range add {
			if slices.ContainsFunc(old, b.outOfOrder) {
				return nil, ErrCSeq
			}
		}
		return nil, nil
	}
	for _, b := range add {
		if life := b.Expires.Sub(now); life > 0 && life < MinExpires {
			return nil, ErrTooBrief
		}
		if b.tooLong() {
			return nil, ErrTooMany
		}
		if slices.ContainsFunc(old, func(o Binding) bool { return b.sameContact(o) && b.outOfOrder(o) }) {
			return nil, ErrCSeq
		}
	}
	next := slices.Clone(old)
	for _, b := range add {
		next = slices.DeleteFunc(next, b.sameContact)
		if !b.Expires.After(now) {
			continue
		}
		if limit := now.Add(MaxExpires); b.Expires.After(limit) {
			b.Expires = limit
		}
		next = slices.Insert(next, 0, b)
	}
	if len(next) > MaxBindings {
		return nil, ErrTooMany
	}
	return next, nil
}

// Unbind removes the bindings that came over a flow which is gone, and returns
// the agents concerned, in configuration order.
func (s *Store) Unbind(transport string, local, remote netip.AddrPort, now time.Time) []string {
	var gone []string
	for _, a := range s.index.Load().cfg.Agents {
		lost := false
		_ = s.change(a.ID, now, func(r *record) error { // a removed agent has no bindings
			r.bindings = slices.DeleteFunc(r.bindings, func(b Binding) bool {
				over := strings.EqualFold(b.Transport, transport) && b.Local == local && b.Remote == remote
				lost = lost || over
				return over
			})
			return nil
		})
		if lost {
			gone = append(gone, a.ID)
		}
	}
	return gone
}

// Bindings are the agent's live contacts, newest first.
func (s *Store) Bindings(agent string, now time.Time) []Binding {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.live[agent]
	if r == nil {
		return nil
	}
	var alive []Binding
	for _, b := range r.bindings {
		if b.Expires.After(now) {
			alive = append(alive, b)
		}
	}
	return alive
}

// Registered counts live bindings.
func (s *Store) Registered(now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.live {
		n += r.contacts(now)
	}
	return n
}
