package transfer

// openSeat keeps the seat of a lost agent and has its phones rung. dialog says
// that the lost dialog still stands and is to be hung up. It reports false
// when there is nobody to come back to, when the party is no agent, or when
// one lost leg of it is still unconfirmed: then it has left.
func (m *stepper) openSeat(p Party, x *slot, dialog bool) bool {
	if x.role != Agent || x.lost {
		return false
	}
	old := *x
	x.leg, x.seat, x.out, x.remote = Seat, true, true, false
	if m.finished() {
		*x = old
		return false
	}
	if dialog {
		x.lost = true
		m.act(HangUp, p, Lost)
	}
	m.ringSeat(p)
	m.note(SeatOpened, p, Nobody)
	return true
}

func (m *stepper) ringSeat(p Party) {
	m.legs = append(m.legs, Effect{Act: Dial, Party: p, By: Nobody, Role: Agent, Whom: WhomSelf})
}

// seated is the seat of a lost agent: it still belongs to the call, holds and
// all, but there is no leg to talk over.
//
// Preconditions: an agent was lost, somebody to come back to is there.
// Ways in: openSeat.
// Ways out: Up, when a phone of the agent is answered; gone or Ending, when
// the agent declines, the time is over or it is removed.
func (m *stepper) seated(p Party, x *slot) {
	switch m.in.Kind {
	case LegRinging:
		if x.out {
			x.leg = Ringing
		}
	case LegUp:
		if x.out {
			x.leg, x.seat, x.out = Up, false, false
			m.note(SeatTaken, p, Nobody)
			if m.consult.on && m.consult.party == p {
				m.keepApart(p)
			}
			m.releaseDeparted(p)
		}
	case LegFailed, LegGone:
		if !x.out {
			return
		}
		x.leg, x.out = Seat, false
		if m.in.Cause == Declined || m.in.Cause == Busy {
			m.closeSeat(p, x, Lost)
		}
	case Registered:
		if !x.out {
			x.out = true
			m.ringSeat(p)
		}
	}
}

// closeSeat gives the seat up: the agent has left.
func (m *stepper) closeSeat(p Party, x *slot, c Cause) {
	f := finNone
	if x.out {
		f = finStop
	}
	m.note(SeatClosed, p, Nobody)
	m.drop(p, c, f)
}

// lostGone takes the confirmation of a leg that was lost before the one the
// slot is about now. A shell that says LegGone for it is understood wherever
// no answered leg could be meant.
func (m *stepper) lostGone(p Party, x *slot) bool {
	switch {
	case m.in.Kind == LostGone:
	case m.in.Kind == LegGone && x.lost && x.seat:
	default:
		return false
	}
	if x.lost {
		x.lost = false
		return true
	}
	// Only the lost leg had kept the slot.
	if x.leg == Ending && x.role == NoRole {
		m.free(p)
	}
	return true
}
