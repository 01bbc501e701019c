package directory

import (
	"slices"
	"strings"
	"time"
)

// Presence of an agent.
type Presence string

// The presences; the package comment says how they are derived.
const (
	Offline   Presence = "offline"
	Away      Presence = "away"
	Available Presence = "available"
	Ringing   Presence = "ringing"
	Busy      Presence = "busy"
	WrapUp    Presence = "wrap_up"
)

// AgentState is an agent with what it is doing.
type AgentState struct {
	Agent
	Presence Presence
	Reason   string    // of Away
	Since    time.Time // of the presence
	// IdleSince is when the agent last became free to take a queue's call. An
	// offer that rang without being taken leaves it, so that a caller who hangs
	// up costs the agent no turn. Zero while it is not available or ringing.
	IdleSince time.Time
	Calls     int // legs it has
	Contacts  int
}

// record is what phones and calls have done to one agent.
type record struct {
	bindings  []Binding // newest first; expired ones go on settle
	away      bool
	reason    string
	ringing   int // legs
	up        int // legs
	wrapUntil time.Time

	presence  Presence // as derived at the last change
	since     time.Time
	idleSince time.Time
}

func (r *record) legs() int { return r.ringing + r.up }

func (r *record) contacts(now time.Time) int {
	n := 0
	for _, b := range r.bindings {
		if b.Expires.After(now) {
			n++
		}
	}
	return n
}

// derive is the table of the package comment.
func (r *record) derive(now time.Time) Presence {
	switch {
	case r.up > 0:
		return Busy
	case r.ringing > 0:
		return Ringing
	case r.contacts(now) == 0:
		return Offline
	case r.away:
		return Away
	case r.wrapUntil.After(now):
		return WrapUp
	}
	return Available
}

// settle brings the record to now: what ended by itself since the last look is
// dropped in the order it ended, so that since is the instant it ended.
func (r *record) settle(now time.Time) {
	for {
		due, ok := r.nextEnd()
		if !ok || due.After(now) {
			break
		}
		r.bindings = slices.DeleteFunc(r.bindings, func(b Binding) bool { return !b.Expires.After(due) })
		if !r.wrapUntil.After(due) {
			r.wrapUntil = time.Time{}
		}
		r.note(due)
	}
	r.note(now)
}

// nextEnd is when the first binding or the wrap-up ends.
func (r *record) nextEnd() (time.Time, bool) {
	due := r.wrapUntil
	for _, b := range r.bindings {
		if due.IsZero() || b.Expires.Before(due) {
			due = b.Expires
		}
	}
	return due, !due.IsZero()
}

// note takes the derived presence over as of at.
func (r *record) note(at time.Time) {
	p := r.derive(at)
	if p == r.presence {
		return
	}
	switch {
	case p == Available && (r.presence != Ringing || r.idleSince.IsZero()):
		r.idleSince = at
	case p != Available && p != Ringing:
		r.idleSince = time.Time{}
	}
	r.presence, r.since = p, at
}

// look is what a watcher of one agent may see change.
type look struct {
	presence Presence
	since    time.Time
	reason   string
	legs     int
	contacts int
}

func (r *record) look() look {
	return look{r.presence, r.since, r.reason, r.legs(), len(r.bindings)}
}

// change runs f on the record of an agent at now and reports what came of it
// to the hook, after the lock is free. f's error means that f changed nothing.
// A removed agent has a record only while it has legs.
func (s *Store) change(agent string, now time.Time, f func(*record) error) error {
	s.mu.Lock()
	r := s.live[agent]
	if r == nil {
		s.mu.Unlock()
		return unknown("agent", agent)
	}
	before := r.look()
	r.settle(now)
	err := f(r)
	r.note(now)
	changed := r.look() != before
	if r.legs() == 0 && !s.has(agent) {
		delete(s.live, agent)
	}
	hook := s.onChange
	s.mu.Unlock()
	if changed && hook != nil {
		hook(agent)
	}
	return err
}

func (s *Store) has(agent string) bool { return s.index.Load().agentID[agent] != nil }

// State returns the live presence of an agent.
func (s *Store) State(agent string, now time.Time) (AgentState, bool) {
	a := s.index.Load().agentID[agent]
	if a == nil {
		return AgentState{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state(a, now), true
}

// States returns the live presence of all, in configuration order.
func (s *Store) States(now time.Time) []AgentState {
	x := s.index.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]AgentState, 0, len(x.cfg.Agents))
	for i := range x.cfg.Agents {
		all = append(all, s.state(&x.cfg.Agents[i], now))
	}
	return all
}

// state reads without writing, so that a reader with an older now than the last
// change does no harm, and a change by time is still there for Settle to report.
func (s *Store) state(a *Agent, now time.Time) AgentState {
	var r record // of an agent removed in this instant
	if live := s.live[a.ID]; live != nil {
		r = *live
		r.bindings = slices.Clone(live.bindings)
	}
	r.settle(now)
	st := AgentState{
		Agent: *a, Presence: r.presence, Since: r.since, IdleSince: r.idleSince,
		Calls: r.legs(), Contacts: len(r.bindings),
	}
	if r.presence == Away {
		st.Reason = r.reason
	}
	return st
}

// NextChange is when a presence next changes by itself (a binding or a wrap-up
// ends); ok is false when none will. Whoever must know of it then calls Settle.
func (s *Store) NextChange() (at time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.live {
		if due, has := r.nextEnd(); has && (!ok || due.Before(at)) {
			at, ok = due, true
		}
	}
	return at, ok
}

// Settle makes what ended by now known to the OnChange hook.
func (s *Store) Settle(now time.Time) {
	for _, a := range s.index.Load().cfg.Agents {
		_ = s.change(a.ID, now, func(*record) error { return nil }) // removed in between: nothing to tell
	}
}

// maxReason bounds the reason of an absence.
const maxReason = 200

// SetAway sets or clears the agent's own wish not to be offered queue calls.
// Clearing it also ends a wrap-up: the agent has said it is ready. The reason
// is cut to 200 bytes.
func (s *Store) SetAway(agent string, away bool, reason string, now time.Time) error {
	return s.change(agent, now, func(r *record) error {
		if !s.has(agent) {
			return unknown("agent", agent)
		}
		r.away, r.reason = away, strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
		if !away {
			r.reason, r.wrapUntil = "", time.Time{}
		}
		return nil
	})
}

// LegRings counts a leg at which the agent's phone rings.
func (s *Store) LegRings(agent string, now time.Time) {
	s.legs(agent, now, func(r *record) { r.ringing++ })
}

// LegUp counts a leg as up: one that rang, if any, else one the agent dialled.
func (s *Store) LegUp(agent string, now time.Time) {
	s.legs(agent, now, func(r *record) {
		r.ringing = max(0, r.ringing-1)
		r.up++
	})
}

// LegEnds takes back a leg that was counted; ringing says from which count.
// wrapUp, if not 0, holds the agent in wrap_up so long.
func (s *Store) LegEnds(agent string, ringing bool, wrapUp time.Duration, now time.Time) {
	s.legs(agent, now, func(r *record) {
		if ringing {
			r.ringing = max(0, r.ringing-1)
		} else {
			r.up = max(0, r.up-1)
		}
		if until := now.Add(wrapUp); wrapUp > 0 && until.After(r.wrapUntil) {
			r.wrapUntil = until
		}
	})
}

// legs changes an agent's counts. Nothing is counted for an agent that was
// never there: the call goes on without.
func (s *Store) legs(agent string, now time.Time, f func(*record)) {
	_ = s.change(agent, now, func(r *record) error { f(r); return nil })
}
