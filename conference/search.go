package conference

import (
	"cmp"

	"warmline/directory"
	"warmline/queue"
	"warmline/transfer"
)

// search lets a queue find an agent for a slot. The queue offers one phone
// after another; each offer is a leg of the same participant.
func (s *call) search(e *transfer.Effect) {
	id, front := s.target.ID, false
	if e.Whom == transfer.WhomOrigin {
		id, front = s.originQueue(), true
	}
	q, ok := s.c.m.cfg.Directory.Queue(id)
	if !ok {
		s.fact(transfer.Input{Kind: transfer.LegFailed, Party: e.Party, Cause: transfer.QueueGaveUp})
		return
	}
	via := "consult"
	serves := !s.agentUp() || s.via == "cold" // who transfers is about to go
	if serves {
		via, s.origin, s.c.queue = cmp.Or(s.via, "queue"), id, id
		if via == "direct" {
			via = "queue"
		}
	} else if s.via != "" {
		via = s.via
	}
	who := s.seat(e.Party, &participant{role: e.Role.String(), name: q.Name, number: q.Extension, status: "dialing", via: via})
	who.search, who.serves, who.searchSince = id, serves, s.c.now
	party := e.Party
	// Whoever is here is not to be consulted; but a customer may be served by an
	// agent who has just refused, or there might be nobody for ever.
	var exclude []string
	if !serves {
		exclude = s.agentsHere()
	}
	who.ticket = s.c.m.queues.join(ticketRequest{
		queue: id, front: front, limited: !serves, exclude: exclude,
		offer:    func(agent string) { s.c.inbox.post(func() { s.offered(who, agent) }) },
		withdraw: func(agent string) { s.c.inbox.post(func() { s.withdrawn(who, agent) }) },
		gaveUp: func() {
			s.c.inbox.post(func() {
				if s.seats[party] == who && who.search != "" {
					who.search = ""
					s.step(transfer.Input{Kind: transfer.LegFailed, Party: party, Cause: transfer.QueueGaveUp})
				}
			})
		},
		position: func(n int) {
			s.c.inbox.post(func() {
				if who.search != "" && who.position != n {
					who.position = n
					s.c.note("position")
				}
			})
		},
	})
}

// originQueue is where a stranded customer goes back to.
func (s *call) originQueue() string {
	if s.origin != "" {
		return s.origin
	}
	return s.c.settings.DefaultQueue
}

// agentUp reports whether an agent is on the line: then a search is a consult,
// else it serves the customer.
func (s *call) agentUp() bool {
	for _, who := range s.seats {
		if who != nil && !who.final && who.role == transfer.Agent.String() && who.leg != nil && who.leg.up && !who.leg.finished {
			return true
		}
	}
	return false
}

func (s *call) agentsHere() []string {
	var ids []string
	for _, who := range s.seats {
		if who != nil && who.agent != "" && !who.final {
			ids = append(ids, who.agent)
		}
	}
	return ids
}

// offered rings the phones of the agent the queue chose.
func (s *call) offered(who *participant, agent string) {
	if s.c.ended || s.seats[who.party] != who || who.search == "" {
		s.c.m.queues.refused(who.ticket, agent, offerFailed)
		return
	}
	who.setAgent(s.c.m.cfg.Directory, agent)
	if err := s.ring(who, directory.Target{Kind: directory.ToAgent, ID: agent}); err != nil {
		s.c.log.Info("cannot ring", "leg", who.id, "err", err)
		s.unoffer(who)
		s.c.m.queues.refused(who.ticket, agent, offerFailed)
	} else {
		who.leg.ticket = who.ticket
	}
	s.c.dirty = true
}

// withdrawn stops the phone: it rang too long, or the queue found better.
func (s *call) withdrawn(who *participant, agent string) {
	if who.search == "" || who.agent != agent || who.leg == nil {
		return
	}
	l := who.leg
	s.unoffer(who)
	l.hangUp()
	if l.rang {
		s.step(transfer.Input{Kind: transfer.OfferEnded, Party: who.party})
	}
}

// notTaken: the offered agent refused, was busy or could not be reached.
func (s *call) notTaken(l *leg, cause transfer.Cause) {
	who := l.who
	s.unoffer(who)
	outcome := offerFailed
	switch cause {
	case transfer.Busy, transfer.Declined:
		outcome = offerDeclined
	case transfer.NoAnswer:
		outcome = offerRangOut
	}
	s.tell(l, outcome)
	if l.rang {
		s.step(transfer.Input{Kind: transfer.OfferEnded, Party: who.party})
	}
}

// tell reports the end of an offer to the queue, once.
func (s *call) tell(l *leg, why queue.Why) {
	if l.ticket != nil {
		s.c.m.queues.refused(l.ticket, l.agent, why)
		l.ticket = nil
	}
}

// unoffer makes the participant the queue again.
func (s *call) unoffer(who *participant) {
	q, _ := s.c.m.cfg.Directory.Queue(who.search)
	who.leg, who.agent, who.name, who.number = nil, "", q.Name, q.Extension
	who.become("dialing")
}

// found: the offered agent answered; the search is over.
func (s *call) found(l *leg) {
	who := l.who
	l.ticket = nil
	s.c.m.queues.accepted(who.ticket, l.agent)
	s.c.m.cfg.Metrics.QueueWait(who.search, s.c.now.Sub(who.searchSince))
	who.search = ""
}

// unqueue ends a search that is not wanted any more.
func (s *call) unqueue(who *participant) {
	if who.search == "" {
		return
	}
	if who.serves {
		s.c.m.cfg.Metrics.QueueAbandoned(who.search)
	}
	s.c.m.queues.leave(who.ticket)
	who.search = ""
}
