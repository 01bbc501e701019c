package transfer

// doReach starts a consult, an add or a cold transfer.
//
// Preconditions: the actor is a live agent, the call's own target is reached,
// no consult is pending, the target can be tried.
// Ways in: command.
// Ways out: a party that is reached (and, cold, an actor that has left).
func (m *stepper) doReach() Reason {
	in := m.in
	if r := m.mayReach(); r != OK {
		return r
	}
	v := viaConsult
	switch in.Verb {
	case DoAdd:
		v = viaAdd
	case DoTransfer:
		v = viaCold
	}
	p, ok := m.reach(in.Target.Kind, v, in.By, WhomTarget)
	if !ok {
		return Full
	}
	switch in.Verb {
	case DoConsult:
		m.consult = consult{on: true, by: in.By, party: p, join: in.KeepCustomer}
		m.note(ConsultStarted, p, in.By)
		if !in.KeepCustomer {
			m.holdCustomers(in.By)
		}
	case DoTransfer:
		m.drop(in.By, Hangup, finHangUp)
	}
	return OK
}

// mayReach gives the reasons in the order people are told them.
func (m *stepper) mayReach() Reason {
	t := m.in.Target
	switch {
	case m.in.By == Nobody:
		return NotAllowed
	case m.actorHeld():
		return ActorHeld
	case m.phase == Opening:
		return NotAnswered
	case m.consult.on:
		return ConsultPending
	case t.Present:
		return AlreadyPresent
	case t.Kind == NoTarget || t.Kind > ToNumber || t.Reach == NotReachable || t.Reach > NobodyLoggedIn:
		return TargetUnreachable
	case t.Reach == NobodyLoggedIn:
		return QueueEmpty
	}
	return OK
}

// holdCustomers holds those who talk, so that they hear nothing of a consult.
func (m *stepper) holdCustomers(by Party) {
	m.each(func(p Party, x *slot) {
		if x.role == Customer && x.leg == Up && x.hold == NotHeld {
			m.hold(p, Consult, by)
		}
	})
}

// consulted connects the consulted party with the initiator.
func (m *stepper) consulted(p Party) {
	m.note(ConsultAnswered, p, m.consult.by)
	m.keepApart(p)
}

// keepApart holds the consulted party when it comes to the call while the
// initiator talks with a customer again: a customer never hears a consult
// begin. An initiator who was lost talks to nobody: the party is then there
// for the customer at once.
func (m *stepper) keepApart(p Party) {
	by := m.consult.by
	talking := m.count(func(x *slot) bool {
		return x.role == Customer && x.leg == Up && x.hold == NotHeld
	})
	if !m.consult.join && talking > 0 && m.parties[by].leg == Up && m.parties[p].hold == NotHeld {
		m.hold(p, Consult, by)
	}
}

// mergeUnheld ends the story of an answered consult once nobody is held any
// more: all talk, whichever verbs led there.
func (m *stepper) mergeUnheld() {
	x, ok := m.pending()
	if !ok || x.leg != Up {
		return
	}
	if m.count(func(x *slot) bool { return x.present() && x.hold != NotHeld }) == 0 {
		m.consultEnd(OutMerged)
	}
}

// doCancel ends the pending consult: back to the customer.
func (m *stepper) doCancel() Reason {
	x, ok := m.pending()
	switch {
	case !ok:
		return NothingPending
	case m.in.By != Nobody && m.in.By != m.consult.by:
		return NotAllowed
	}
	p := m.consult.party
	switch {
	case x.leg == Up:
		m.drop(p, Cancelled, finHangUp)
	case x.seat:
		m.closeSeat(p, x, Cancelled)
	default:
		m.drop(p, Cancelled, finStop)
	}
	return OK
}

// doMerge brings everybody together. Done while a consult still rings, the
// party is in the talk as soon as it answers.
func (m *stepper) doMerge() Reason {
	if m.actorHeld() {
		return ActorHeld
	}
	if m.count(func(x *slot) bool { return x.present() && x.hold != NotHeld }) == 0 {
		return NothingHeld
	}
	m.unholdAll(m.in.By, func(*slot) bool { return true })
	m.consult.join = m.consult.on
	m.note(Merged, Nobody, m.in.By)
	return OK
}

// doSwap exchanges the one other who is held and the one who is live. The hold
// moves with its cause: a cancel undoes those of the consult alone.
func (m *stepper) doSwap() Reason {
	by := m.in.By
	switch {
	case by == Nobody:
		return NotAllowed
	case m.actorHeld():
		return ActorHeld
	}
	held, live, others := Nobody, Nobody, 0
	m.each(func(p Party, x *slot) {
		switch {
		case p == by || x.leg != Up || !x.serves():
			return
		case x.hold != NotHeld:
			held = p
		default:
			live = p
		}
		others++
	})
	if x, ok := m.pending(); ok && x.reached() && m.consult.by == by && others == 1 {
		m.swapRinging(held, live)
		return OK
	}
	if others != 2 || held == Nobody || live == Nobody {
		return NotSwappable
	}
	cause := m.parties[held].hold
	m.unhold(held, by)
	m.hold(live, cause, by)
	m.note(Swapped, held, by)
	return OK
}

// swapRinging goes back to the one other while the consult rings, and away
// again. The consulted party counts as the one who is not talked to.
func (m *stepper) swapRinging(held, live Party) {
	by := m.in.By
	m.consult.join = false
	if held != Nobody {
		m.unhold(held, by)
		m.note(Swapped, held, by)
		return
	}
	m.hold(live, Consult, by)
	m.note(Swapped, m.consult.party, by)
}

// consultLost: the consulted party is out before a merge. Back to the
// customer: the holds of the consult, and only those, are undone.
func (m *stepper) consultLost(p Party, old slot, c Cause) {
	by := m.consult.by
	m.consultEnd(outcomeOf(c))
	m.unholdAll(by, func(x *slot) bool { return x.hold == Consult })
	if !old.answered && c != Cancelled && c != Removed {
		m.play(by, ErrorTone)
	}
}

// consultLeft: the initiator is out. If its party has answered, the transfer
// is complete; if it still rings, the answer will complete it.
func (m *stepper) consultLeft(by Party) {
	p := m.consult.party
	x := &m.parties[p]
	if x.reached() {
		x.via, x.tell = viaCold, true
		m.consult = consult{}
		return
	}
	m.consultEnd(OutCompleted)
	m.note(TransferDone, p, by)
}

// customerGone: those who stay have no customer any more. They stay connected;
// what still rings for the customer's sake is stopped, by default.
func (m *stepper) customerGone(c Cause) {
	if m.count(func(x *slot) bool { return x.role == Customer && x.in() }) > 0 {
		return
	}
	by := Nobody
	if x, ok := m.pending(); ok {
		by = m.consult.by
		if x.present() {
			m.unholdAll(by, func(x *slot) bool { return x.hold == Consult })
		}
		if x.present() || !m.policy.KeepConsultWithoutCustomer {
			m.consultEnd(OutCustomerLeft)
		}
	}
	if !m.policy.KeepConsultWithoutCustomer {
		m.stopConsults()
	}
	if c != Removed {
		m.play(by, CustomerGone)
	}
}

// stopConsults stops what is rung to talk to, or about, a customer who is gone.
func (m *stepper) stopConsults() {
	m.each(func(p Party, x *slot) {
		if !x.reached() || x.via != viaConsult && x.via != viaCold {
			return
		}
		if x.tell {
			x.tell = false
			m.tellConsult(p, Departed, OutCustomerLeft)
		}
		m.drop(p, Cancelled, finStop)
	})
}

// consultEnd ends the pending consult's story.
func (m *stepper) consultEnd(o Outcome) {
	m.tellConsult(m.consult.party, m.consult.by, o)
	m.consult = consult{}
}

func (m *stepper) tellConsult(p, by Party, o Outcome) {
	m.rest = append(m.rest, Effect{Act: Note, Event: ConsultEnded, Party: p, By: by, Outcome: o})
}

// outcomeOf is how a consult ended whose party is out for a cause.
func outcomeOf(c Cause) Outcome {
	switch c {
	case Busy:
		return OutBusy
	case Declined:
		return OutDeclined
	case NoAnswer, QueueGaveUp:
		return OutNoAnswer
	case Cancelled, Removed, Hangup:
		return OutCancelled
	}
	return OutFailed
}
