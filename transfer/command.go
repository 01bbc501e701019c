package transfer

// command decides a verb: all of it happens, or none and the Reason says why.
//
// Preconditions: the conference is Opening, Serving or Alone.
// Ways in: running.
// Ways out: to running, whatever the answer.
func (m *stepper) command() Reason {
	in := m.in
	if r := m.actor(in.By); r != OK {
		return r
	}
	switch in.Verb {
	case DoConsult, DoAdd, DoTransfer:
		return m.doReach()
	case DoCancel:
		return m.doCancel()
	case DoHold, DoUnhold:
		return m.doHold()
	case DoSwap:
		return m.doSwap()
	case DoMerge:
		return m.doMerge()
	case DoRemove:
		return m.doRemove()
	case DoLeave:
		return m.doLeave()
	case DoMute, DoUnmute:
		return m.doMute()
	case DoEnd:
		if in.By != Nobody {
			return NotAllowed
		}
		m.close(Finished)
		return OK
	}
	return NotAllowed
}

// actor checks who gives the command: Nobody is a supervisor or operator,
// anybody else must be an agent on the call.
func (m *stepper) actor(by Party) Reason {
	if by == Nobody {
		return OK
	}
	if !by.valid() || m.parties[by].leg == NoLeg {
		return NotPresent
	}
	switch x := &m.parties[by]; {
	case x.role != Agent:
		return NotAllowed
	case x.leg != Up:
		return NotLive
	}
	return OK
}

// actorHeld says that the actor is an agent who is held, by either side.
func (m *stepper) actorHeld() bool {
	by := m.in.By
	return by.valid() && !m.parties[by].live()
}

// subject returns the party a verb is about.
func (m *stepper) subject() (*slot, Reason) {
	p := m.in.Party
	if !p.valid() || !m.parties[p].in() {
		return nil, NotPresent
	}
	return &m.parties[p], OK
}

// doHold sets or clears a server hold. Only for itself may a held agent do it,
// and then only to be back.
func (m *stepper) doHold() Reason {
	in := m.in
	self := in.Verb == DoUnhold && in.By == in.Party
	if m.actorHeld() && !self {
		return ActorHeld
	}
	x, r := m.subject()
	if r != OK {
		return r
	}
	if x.leg != Up {
		return NotAnswered
	}
	if in.Verb == DoHold {
		if x.hold != Explicit {
			m.hold(in.Party, Explicit, in.By)
		}
		return OK
	}
	m.unhold(in.Party, in.By)
	m.releaseDeparted(in.Party)
	return OK
}

func (m *stepper) hold(p Party, c HoldCause, by Party) {
	x := &m.parties[p]
	x.hold, x.holdBy = c, by
	m.note(HoldSet, p, by)
}

func (m *stepper) unhold(p Party, by Party) {
	x := &m.parties[p]
	if x.hold == NotHeld {
		return
	}
	x.hold, x.holdBy = NotHeld, 0
	m.note(HoldCleared, p, by)
}

// unholdAll clears each hold that f picks.
func (m *stepper) unholdAll(by Party, f func(x *slot) bool) {
	m.each(func(p Party, x *slot) {
		if x.hold != NotHeld && f(x) {
			m.unhold(p, by)
		}
	})
}

// releaseHolds undoes, when an agent has gone, what nobody who stayed would:
// with no agent left all are to talk on; one live agent gets the customers
// that others held. An agent who is held itself first unholds itself.
func (m *stepper) releaseHolds() {
	if m.count(func(x *slot) bool { return x.role == Agent && x.present() }) == 0 {
		m.unholdAll(Nobody, func(*slot) bool { return true })
		return
	}
	only, ok := m.onlyAgent()
	if !ok || m.policy.NoAutoUnhold || !m.parties[only].live() {
		return
	}
	m.unholdAll(Nobody, func(x *slot) bool { return x.role == Customer && x.holdBy != only })
}

// releaseDeparted clears the holds of agents that have gone, once the one
// agent who is left is live again.
func (m *stepper) releaseDeparted(p Party) {
	only, ok := m.onlyAgent()
	if !ok || only != p || m.policy.NoAutoUnhold || !m.parties[p].live() {
		return
	}
	m.unholdAll(p, func(x *slot) bool { return x.holdBy == Departed })
}

// doMute makes a party unheard, or heard again; what it hears stays.
func (m *stepper) doMute() Reason {
	x, r := m.subject()
	if r != OK {
		return r
	}
	if m.in.By != Nobody && m.in.By != m.in.Party {
		return NotAllowed
	}
	if x.leg != Up {
		return NotAnswered
	}
	mute, event := m.in.Verb == DoMute, Unmuted
	if mute {
		event = Muted
	}
	if x.muted != mute {
		x.muted = mute
		m.note(event, m.in.Party, m.in.By)
	}
	return OK
}

// doRemove sends one party away; the call goes on without it.
func (m *stepper) doRemove() Reason {
	in := m.in
	x, r := m.subject()
	if r != OK {
		return r
	}
	if in.By != Nobody {
		switch {
		case in.By == in.Party:
			return m.doLeave()
		case x.role == Supervisor, x.role == Customer && !in.RemoveCustomer:
			return NotAllowed
		}
	}
	switch {
	case x.seat && x.leg != Up:
		m.closeSeat(in.Party, x, Removed)
	case x.leg == Incoming:
		m.drop(in.Party, Removed, finReject)
	case x.leg == Up:
		m.drop(in.Party, Removed, finHangUp)
	default:
		m.drop(in.Party, Removed, finStop)
	}
	return OK
}

// doLeave lets the actor go: what it began is complete. While its consult
// rings that has to be meant.
func (m *stepper) doLeave() Reason {
	by := m.in.By
	if by == Nobody {
		return NotAllowed
	}
	if x, ok := m.pending(); ok && m.consult.by == by && x.reached() && !m.in.AllowRinging {
		return ConsultRinging
	}
	m.drop(by, Hangup, finHangUp)
	return OK
}
