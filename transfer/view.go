package transfer

// Status is the word for where a party stands that people and the API see.
type Status uint8

const (
	NoStatus Status = iota // no such party
	IsDialing
	IsRinging
	IsLive
	IsHeld // by either side
	IsLeft
	IsFailed
)

// View is a party as the shell may want to look at it. The party that has
// gone and whose leg's end is still awaited is there with Leg Ending.
type View struct {
	Party      Party
	Role       Role
	Leg        Leg
	Status     Status
	Hold       HoldCause
	HoldBy     Party // of Hold: a slot, Nobody (a supervisor) or Departed
	RemoteHold bool
	Muted      bool
	Seat       bool // a lost agent whose seat is kept
	Answered   bool // was on the call
}

// Status returns where a party stands.
func (s State) Status(p Party) Status {
	if !p.valid() || s.parties[p].role == NoRole {
		return NoStatus
	}
	x := &s.parties[p]
	switch x.leg {
	case Incoming:
		for o := range s.parties {
			if y := &s.parties[o]; y.via == viaFirst && y.leg == Ringing {
				return IsRinging
			}
		}
		return IsDialing
	case Ringing:
		return IsRinging
	case Up:
		if x.live() {
			return IsLive
		}
		return IsHeld
	case Ending:
		if x.answered {
			return IsLeft
		}
		return IsFailed
	}
	return IsDialing
}

// Party returns one party; ok is false when the slot is free.
func (s State) Party(p Party) (v View, ok bool) {
	if !p.valid() || s.parties[p].role == NoRole {
		return View{Party: p}, false
	}
	x := s.parties[p]
	v = View{
		Party: p, Role: x.role, Leg: x.leg, Status: s.Status(p), Hold: x.hold,
		RemoteHold: x.remote, Muted: x.muted, Seat: x.seat, Answered: x.answered,
	}
	v.HoldBy = Nobody
	if x.hold != NotHeld {
		v.HoldBy = x.holdBy
	}
	return v, true
}

// Leg returns where the leg of a slot stands, NoLeg when it is free.
func (s State) Leg(p Party) Leg {
	if !p.valid() {
		return NoLeg
	}
	return s.parties[p].leg
}

// Held says that the party is held, by a verb or by its own SDP.
func (s State) Held(p Party) bool {
	return p.valid() && (s.parties[p].hold != NotHeld || s.parties[p].remote)
}

// ServerHold returns why a verb holds the party, NotHeld if none does.
func (s State) ServerHold(p Party) HoldCause {
	if !p.valid() {
		return NotHeld
	}
	return s.parties[p].hold
}

// Muted says that the party is muted.
func (s State) Muted(p Party) bool { return p.valid() && s.parties[p].muted }

// Parties returns the parties in the order of their slots.
func (s State) Parties() []View {
	var views []View
	for p := range Party(MaxParties) {
		if v, ok := s.Party(p); ok {
			views = append(views, v)
		}
	}
	return views
}

// Over says that the conference is over and every leg has gone.
func (s State) Over() bool { return s.phase == Over }

// Phase returns where the conference stands as a whole.
func (s State) Phase() Phase { return s.phase }

// Policy returns the policy the conference was made with.
func (s State) Policy() Policy { return s.policy }

// Pending returns the consulted party while a consult is pending: being
// reached, or answered and not merged, cancelled or left yet.
func (s State) Pending() (Party, bool) {
	if !s.consult.on {
		return Nobody, false
	}
	return s.consult.party, true
}

// PendingBy returns the agent who started the pending consult.
func (s State) PendingBy() (Party, bool) {
	if !s.consult.on {
		return Nobody, false
	}
	return s.consult.by, true
}

// LiveCustomers returns how many customers are on the call, held by nobody.
func (s State) LiveCustomers() int {
	return s.count(func(x *slot) bool { return x.role == Customer && x.live() })
}

// Customers returns how many customers are answered, held or not.
func (s State) Customers() int {
	return s.count(func(x *slot) bool { return x.role == Customer && x.leg == Up })
}

// Agents returns how many agents are on the call, seats of lost ones not
// counted.
func (s State) Agents() int {
	return s.count(func(x *slot) bool { return x.role == Agent && x.leg == Up })
}

// LoneCustomer returns the answered customer with whom nobody is on the call,
// whether somebody is reached for it or not. What it hears is in Audibility:
// the two give the seconds a customer spent alone, with and without sound.
func (s State) LoneCustomer() (Party, bool) {
	lone, up := Nobody, 0
	s.each(func(p Party, x *slot) {
		if x.leg != Up || !x.serves() {
			return
		}
		up++
		if x.role == Customer {
			lone = p
		}
	})
	return lone, up == 1 && lone != Nobody
}
