package conference

import (
	"errors"
	"net/netip"
	"strings"

	"warmline/directory"
	"warmline/sip"
	"warmline/transfer"
)

// dial rings whom the machine wants in a slot. What goes wrong at once is a
// fact like what goes wrong later.
func (s *call) dial(e *transfer.Effect) {
	who, target := s.invitee(e)
	if who == nil {
		s.fact(transfer.Input{Kind: transfer.LegFailed, Party: e.Party, Cause: transfer.Unreachable})
		return
	}
	if err := s.ring(who, target); err != nil {
		s.c.log.Info("cannot ring", "leg", who.id, "err", err)
		if errors.Is(err, ErrBusy) {
			s.full = true
			who.noteStatus(503)
		}
		s.fact(transfer.Input{Kind: transfer.LegFailed, Party: e.Party, Cause: causeOfDial(err)})
	}
}

// invitee seats whoever is to be rung, and says where. A rejoining agent keeps
// its seat and its place in the list.
func (s *call) invitee(e *transfer.Effect) (*participant, directory.Target) {
	switch e.Whom {
	case transfer.WhomSelf:
		who := s.seats[e.Party]
		if who == nil {
			return nil, directory.Target{}
		}
		who.closeSegment()
		who.via = "rejoin"
		if who.leg != nil && !who.leg.finished {
			who.leg.lost = true
		}
		return who, directory.Target{Kind: directory.ToAgent, ID: who.agent}
	case transfer.WhomLast:
		t := directory.Target{Kind: directory.ToAgent, ID: s.last}
		return s.seat(e.Party, s.person(t, e.Role, "direct")), t
	case transfer.WhomClick:
		t := directory.Target{Kind: directory.ToAgent, ID: s.last}
		return s.seat(e.Party, s.person(t, e.Role, "direct")), t
	default:
		t := s.target
		via := s.via
		if t.Kind == directory.NoTarget {
			t, via = s.first, "direct"
		}
		return s.seat(e.Party, s.person(t, e.Role, via)), t
	}
}

// person is a new participant for a target.
func (s *call) person(t directory.Target, role transfer.Role, via string) *participant {
	who := &participant{role: role.String(), name: t.Name, number: t.Number, via: via, status: "dialing"}
	if t.Kind == directory.ToAgent {
		who.setAgent(s.c.m.cfg.Directory, t.ID)
	}
	return who
}

// errUnregistered: the agent has no phone.
var errUnregistered = errors.New("no phone is registered")

// ring starts the leg of a participant.
func (s *call) ring(who *participant, t directory.Target) error {
	req := sip.DialRequest{From: s.callerShown(), MaxForwards: s.maxForwards}
	switch t.Kind {
	case directory.ToAgent:
		req.Targets = targetsOf(s.c.m.cfg.Directory.Bindings(t.ID, s.c.now))
		req.To = sip.Party{Name: who.name, User: t.ID}
		if len(req.Targets) == 0 {
			return errUnregistered
		}
	case directory.ToNumber:
		trunk, ok := s.c.m.cfg.Directory.Trunk(t.Trunk)
		if !ok {
			return directory.ErrUnknown
		}
		req.Targets = []sip.Target{{URI: trunkURI(trunk.URI, t.Number)}}
		req.To = sip.Party{User: t.Number}
		req.Username, req.Password = trunk.Username, trunk.Password
		if trunk.Username != "" {
			req.From.User = trunk.Username // carriers reject callers they did not assign
		}
	default:
		return directory.ErrUnknown
	}
	l, err := s.c.newLeg(who, false, t.Trunk, localOf(req.Targets))
	if err != nil {
		return err
	}
	l.signals = s.c.m.signalsHold(t.Trunk)
	if err := l.dial(req); err != nil {
		l.finish()
		return err
	}
	who.become("dialing")
	return nil
}

// localOf is the address our audio has for all these phones: one that is not
// loopback if any of them is elsewhere, zero if nothing tells.
func localOf(targets []sip.Target) (local netip.Addr) {
	for _, t := range targets {
		if a := t.Flow.Local.Addr(); !local.IsValid() || local.IsLoopback() {
			local = a
		}
	}
	return local
}

// trunkURI puts a number in front of a trunk's address.
func trunkURI(trunk, number string) string {
	scheme, rest, ok := strings.Cut(trunk, ":")
	if !ok {
		scheme, rest = "sip", trunk
	}
	if i := strings.LastIndexByte(rest, '@'); i >= 0 {
		rest = rest[i+1:]
	}
	return scheme + ":" + number + "@" + rest
}

func causeOfDial(err error) transfer.Cause {
	switch {
	case errors.Is(err, errUnregistered):
		return transfer.Unregistered
	case errors.Is(err, ErrBusy):
		return transfer.Rejected
	}
	return transfer.Unreachable
}

// stop ends the ringing or searching for a slot. The leg's own end confirms
// it; a slot without a leg is confirmed here.
func (s *call) stop(p transfer.Party) {
	who := s.seats[p]
	if who == nil {
		return
	}
	s.unqueue(who)
	if who.leg != nil && !who.leg.finished {
		who.leg.hangUp()
		return
	}
	s.fact(transfer.Input{Kind: transfer.LegFailed, Party: p, Cause: transfer.Cancelled})
}

// reject refuses an unanswered caller. The status is what the party it wanted
// gave, where the caller understands it.
func (s *call) reject(p transfer.Party, cause transfer.Cause) {
	s.withLeg(p, func(l *leg) {
		if s.full && cause == transfer.Rejected {
			s.c.m.cfg.Metrics.CallRefused("limit")
			l.reject(503, RetryAfter())
		} else {
			l.reject(refusalStatus(cause), 0)
		}
		s.fact(transfer.Input{Kind: transfer.LegGone, Party: p, Cause: transfer.Finished})
	})
}

// reachOf says what the directory knows of a target before it is rung.
func (s *call) reachOf(t directory.Target) transfer.Target {
	out := transfer.Target{}
	switch t.Kind {
	case directory.ToAgent:
		out.Kind = transfer.ToAgent
		out.Present = s.c.agent(t.ID) != nil
		if !s.c.m.takesCall(t.ID, s.c.now) {
			out.Reach = transfer.NotReachable
		}
	case directory.ToQueue:
		out.Kind = transfer.ToQueue
		if s.c.m.queues.loggedIn(t.ID, s.agentsHere()...) == 0 {
			out.Reach = transfer.NobodyLoggedIn
		}
	case directory.ToNumber:
		out.Kind = transfer.ToNumber
		for _, who := range s.seats {
			if who != nil && !who.final && who.agent == "" && who.number == t.Number {
				out.Present = true
			}
		}
	}
	return out
}
