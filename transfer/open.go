package transfer

// fresh takes the first input.
//
// Preconditions: nothing has happened.
// Ways in: New.
// Ways out: Opening; Closing, when the caller is refused at once; Over, when a
// click reaches for a target that cannot be reached.
func (m *stepper) fresh() {
	switch in := m.in; in.Kind {
	case Arrive:
		if in.Role == Customer || in.Role == Agent {
			m.arrive()
		}
	case ClickDial:
		m.phase = Opening
		m.parties[0] = slot{role: Agent, leg: Dialing, via: viaClick, by: Nobody}
		if c := unreachable(in.Target, Agent); c != NoCause {
			m.parties[0] = slot{}
			m.phase = Closing
			m.noteCause(PartyFailed, 0, c)
			return
		}
		m.target = in.Target
		m.legs = append(m.legs, Effect{Act: Dial, Party: 0, By: Nobody, Role: Agent, Whom: WhomClick})
	case Command:
		m.reason = NotLive
	}
}

// arrive lets a caller in: refused, answered into a queue, or left unanswered
// while its target is rung.
func (m *stepper) arrive() {
	in := m.in
	m.phase = Opening
	m.parties[0] = slot{role: in.Role, leg: Incoming, by: Nobody}
	if c := unreachable(in.Target, in.Role); c != NoCause {
		m.close(c)
		return
	}
	if in.Target.Kind == ToQueue {
		m.answer()
	}
	m.reach(in.Target.Kind, viaFirst, Nobody, WhomTarget)
}

// unreachable says why a first target cannot be tried. A queue takes a
// customer even when nobody is logged in: somebody may come, and the stranded
// policy looks after a queue that gives up.
func unreachable(t Target, caller Role) Cause {
	switch {
	case t.Kind == NoTarget || t.Kind > ToNumber:
		return Unreachable
	case t.Present:
		return Busy
	case t.Reach == Reachable:
		return NoCause
	case t.Kind == ToAgent:
		return Unregistered
	case t.Kind == ToQueue && t.Reach == NobodyLoggedIn && caller == Customer:
		return NoCause
	}
	return Unreachable
}

// answer lets the waiting caller in.
func (m *stepper) answer() {
	x := &m.parties[0]
	m.act(Answer, 0, NoCause)
	x.leg, x.answered = Up, true
	m.served = m.served || x.role == Agent
	m.note(PartyJoined, 0, Nobody)
}

// reach has somebody rung or searched for, into a free slot.
func (m *stepper) reach(k TargetKind, v via, by Party, w Whom) (Party, bool) {
	p, ok := m.vacant()
	if !ok {
		return Nobody, false
	}
	x := slot{role: Agent, leg: Dialing, via: v, by: by}
	act := Dial
	switch {
	case k == ToQueue:
		x.leg, x.search, act = Searching, true, Search
	case k == ToNumber && v == viaFirst && m.parties[0].role == Agent:
		x.role = Customer // whom an agent calls is the customer of that call
	case k == ToNumber:
		x.role = External
	}
	m.parties[p] = x
	m.legs = append(m.legs, Effect{Act: act, Party: p, By: Nobody, Role: x.role, Whom: w})
	return p, true
}

// opened goes on when the call's own target, or the agent who clicked, has
// answered.
func (m *stepper) opened(v via) {
	switch {
	case v == viaClick:
		m.reach(m.target.Kind, viaFirst, Nobody, WhomTarget)
		m.target = Target{}
		return
	case m.parties[0].leg == Incoming:
		m.answer()
	}
	m.phase = Serving
}
