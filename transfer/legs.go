package transfer

// incoming is a caller that is not answered.
//
// Preconditions: its INVITE is here, its target is rung.
// Ways in: arrive.
// Ways out: Up, by answer; gone, when it gives up; Ending, by close (a refusal).
func (m *stepper) incoming(p Party) {
	if m.in.Kind == LegFailed || m.in.Kind == LegGone {
		m.drop(p, m.in.Cause, finNone)
	}
}

// reaching is a party that is searched for, dialled or rung.
//
// Preconditions: a Dial or Search of ours is out.
// Ways in: reach.
// Ways out: Up, when it answers; gone, when it fails; Ending, when it is
// stopped: by cancel, remove, a timer, or because its call ended.
func (m *stepper) reaching(p Party, x *slot) {
	switch m.in.Kind {
	case LegRinging:
		if x.leg != Ringing && x.via == viaFirst && m.parties[0].leg == Incoming {
			m.act(Progress, 0, NoCause)
		}
		x.leg = Ringing
	case OfferEnded:
		if x.search {
			x.leg = Searching
		}
	case LegUp:
		m.answered(p, x)
	case LegFailed, LegGone:
		m.drop(p, m.in.Cause, finNone)
	}
}

// answered takes a party in that picked up.
func (m *stepper) answered(p Party, x *slot) {
	v, by, tell := x.via, x.by, x.tell
	x.leg, x.answered, x.via, x.search, x.tell, x.by = Up, true, viaNone, false, false, Nobody
	m.served = m.served || x.role == Agent
	m.note(PartyJoined, p, Nobody)
	m.strandEnd()
	switch v {
	case viaFirst, viaClick:
		m.opened(v)
	case viaConsult:
		m.consulted(p)
	case viaCold:
		if tell {
			m.tellConsult(p, by, OutCompleted)
		}
		m.note(TransferDone, p, by)
	}
}

// talking is an answered party.
//
// Preconditions: its dialog is up.
// Ways in: answer, answered, a seat that is taken.
// Ways out: gone, when it hangs up; a seat, when an agent is lost; Ending,
// when we hang up.
func (m *stepper) talking(p Party, x *slot) {
	switch m.in.Kind {
	case LegGone, LegFailed:
		if m.in.Cause == Lost && m.openSeat(p, x, false) {
			return
		}
		m.drop(p, m.in.Cause, finNone)
	case MediaLost:
		if m.openSeat(p, x, true) {
			return
		}
		m.drop(p, Lost, finHangUp)
	case RemoteHold:
		x.remote = m.in.On
		m.releaseDeparted(p)
	}
}

// ending is a leg we stopped, refused or hung up on; only its confirmation is
// awaited. For everybody else it has gone already.
//
// Preconditions: a Stop, HangUp or Reject is out.
// Ways in: drop, close.
// Ways out: free, when it is confirmed. An answer that crossed a Stop is hung
// up on, and the wait goes on.
func (m *stepper) ending(p Party, x *slot) {
	switch m.in.Kind {
	case LegUp:
		if x.fin == finStop {
			x.fin = finHangUp
			m.act(HangUp, p, Cancelled)
		}
	case LegFailed, LegGone:
		m.free(p)
	}
}

// drop takes a party out of the call for a cause. With finNone its leg has
// gone by itself; otherwise we end it that way.
func (m *stepper) drop(p Party, c Cause, f fin) {
	old := m.parties[p]
	m.leave(p, c, f)
	m.orphan(p)
	if !old.answered && (old.via == viaFirst || old.via == viaClick) {
		m.cause = c
	}
	m.aftermath(p, old, c)
}

// leave ends or forgets the leg of a party and notes that it is out.
func (m *stepper) leave(p Party, c Cause, f fin) {
	old := m.parties[p]
	if old.answered {
		m.noteCause(PartyLeft, p, c)
	} else {
		m.noteCause(PartyFailed, p, c)
	}
	switch f {
	case finNone:
		m.free(p)
		return
	case finStop:
		m.act(Stop, p, c)
	case finHangUp:
		m.act(HangUp, p, c)
	case finReject:
		m.act(Reject, p, c)
	}
	m.parties[p] = slot{role: old.role, leg: Ending, fin: f, answered: old.answered, lost: old.lost}
}

// orphan makes what a departed party did the doing of one that has gone.
func (m *stepper) orphan(p Party) {
	m.each(func(_ Party, x *slot) {
		if x.hold != NotHeld && x.holdBy == p {
			x.holdBy = Departed
		}
		if x.reached() && x.by == p {
			x.by = Departed
		}
	})
}

// aftermath is what the going of a party means for those who stay. old is the
// party as it was.
func (m *stepper) aftermath(p Party, old slot, c Cause) {
	switch {
	case m.consult.on && m.consult.party == p:
		m.consultLost(p, old, c)
	case m.consult.on && m.consult.by == p:
		m.consultLeft(p)
	case old.tell:
		m.tellConsult(p, Departed, outcomeOf(c))
	case !old.answered && (old.via == viaAdd || old.via == viaCold) && c != Removed:
		m.play(old.by, ErrorTone)
	case !old.answered && old.via == viaFirst && m.parties[0].role == Agent:
		m.play(0, ErrorTone)
	}
	if !old.answered {
		if old.via == viaPolicy {
			m.strandNext()
		}
		return
	}
	switch old.role {
	case Customer:
		m.customerGone(c)
	case Agent:
		m.agentLeft = true
		m.wilful = m.wilful || c == Hangup || c == Cancelled
	case External:
		m.wilful = m.wilful || c == Hangup
	}
}

// closing waits for the last legs.
//
// Preconditions: every party is Ending or gone.
// Ways in: close.
// Ways out: Over, when the last leg is confirmed.
func (m *stepper) closing() {
	switch m.in.Kind {
	case Command:
		m.reason = Ended
	case LegUp, LegFailed, LegGone, LostGone:
		m.fact(m.in.Party)
	}
}

// close ends the call: everybody is sent away for the cause.
func (m *stepper) close(c Cause) {
	if m.phase == Closing {
		return
	}
	m.phase = Closing
	outcome := OutCancelled
	if m.count(func(x *slot) bool { return x.role == Customer && x.leg == Up }) == 0 {
		outcome = OutCustomerLeft
	}
	if m.consult.on {
		m.consultEnd(outcome)
	}
	m.strandEnd()
	m.alone, m.target = together, Target{}
	m.each(func(p Party, x *slot) { m.shut(p, x, c, outcome) })
	m.finish()
}

// shut sends one party away at the end of its call.
func (m *stepper) shut(p Party, x *slot, c Cause, told Outcome) {
	if x.tell {
		m.tellConsult(p, Departed, told)
	}
	switch {
	case x.leg == Ending:
	case x.leg == Incoming:
		m.leave(p, c, finReject)
	case x.leg == Up:
		m.leave(p, c, finHangUp)
	case x.seat && !x.out:
		m.leave(p, Lost, finNone)
	default:
		m.leave(p, Cancelled, finStop)
	}
}

// finish makes the conference Over when its last leg has gone.
func (m *stepper) finish() {
	if m.phase == Closing && m.count(func(*slot) bool { return true }) == 0 {
		m.phase = Over
	}
}
