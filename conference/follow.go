package conference

import (
	"time"

	"warmline/directory"
	"warmline/transfer"
)

// follow brings the participants into line with the machine after a step: the
// machine's state is the truth, the list is what people are shown.
func (s *call) follow() {
	customers := s.state.Customers() > 0
	for i, who := range s.seats {
		if who == nil {
			continue
		}
		p := transfer.Party(i)
		view, ok := s.state.Party(p)
		if !ok {
			if s.state.Leg(p) == transfer.NoLeg {
				s.vacate(p)
			}
			continue
		}
		if view.Leg != transfer.Ending {
			who.become(view.Status.String())
		}
		who.setHold(holdWord(view.Hold))
		if who.leg != nil {
			who.leg.signalHold(view.Hold != transfer.NotHeld)
		}
		who.muted = view.Muted
		if held := isHeld(view); held != who.wasHeld {
			who.wasHeld = held
			if who.leg != nil {
				who.leg.oblige()
			}
		}
		if customers && who.agent != "" && who.leg != nil && who.leg.up {
			who.served = true
			s.last = who.agent
		}
	}
	s.alone.follow(s)
	s.c.dirty = true
}

// isHeld: by either side.
func isHeld(v transfer.View) bool { return v.Hold != transfer.NotHeld || v.RemoteHold }

func holdWord(h transfer.HoldCause) string {
	if h == transfer.NotHeld {
		return ""
	}
	return h.String()
}

// note records what the machine says happened.
func (s *call) note(e *transfer.Effect) {
	if e.Party >= 0 {
		if who := s.seats[e.Party]; who != nil {
			s.notePerson(e, who)
		}
	}
	if e.Event == transfer.ConsultEnded {
		s.c.m.cfg.Metrics.Consult(e.Outcome.String())
	}
	s.c.note(e.Event.String())
}

func (s *call) notePerson(e *transfer.Effect, who *participant) {
	switch e.Event {
	case transfer.PartyJoined:
		who.openSegment()
	case transfer.SeatOpened:
		who.closeSegment()
		s.c.m.keepSeat(who.agent, s.c)
	case transfer.SeatTaken:
		who.openSegment()
		s.c.m.freeSeat(who.agent, s.c)
	case transfer.SeatClosed:
		s.c.m.freeSeat(who.agent, s.c)
	case transfer.PartyLeft:
		who.finish("left", reasonWord(e.Cause, who.sipStatus))
	case transfer.PartyFailed:
		who.finish("failed", reasonWord(e.Cause, who.sipStatus))
	}
}

// describe fills in what a snapshot says of a call.
func (s *call) describe(out *Snapshot) {
	out.Queue = s.c.queue
	for _, who := range s.seats {
		if who != nil && who.search != "" {
			out.Position = who.position
		}
	}
}

// setAgent makes the participant this agent.
func (p *participant) setAgent(dir *directory.Store, id string) {
	p.agent, p.number = id, ""
	if a, ok := dir.Agent(id); ok {
		p.name, p.number = a.Name, a.Extension
	}
}

// noteStatus keeps the peer's final status for the reason shown.
func (p *participant) noteStatus(status int) { p.sipStatus = status }

// aloneness measures how long customers are alone: on the line, with nobody
// else answered, and how much of it without any sound.
type aloneness struct {
	since  time.Time // zero: not alone
	silent bool
}

func (a *aloneness) follow(s *call) {
	alone, silent := s.customerAlone()
	if alone == !a.since.IsZero() && silent == a.silent {
		return
	}
	a.close(s.c)
	if alone {
		a.since, a.silent = s.c.now, silent
	}
}

func (a *aloneness) close(c *Conference) {
	if !a.since.IsZero() {
		c.m.cfg.Metrics.CustomerAlone(!a.silent, c.now.Sub(a.since))
	}
	*a = aloneness{}
}

// customerAlone reports whether a customer is on the line and nobody else is,
// and whether it hears nothing.
func (s *call) customerAlone() (alone, silent bool) {
	p, alone := s.state.LoneCustomer()
	return alone, alone && s.rows[p] == (transfer.Row{})
}
