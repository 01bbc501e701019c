package transfer

// State is a whole conference as a value: who is in it, where each leg
// stands, what is held by whom and what is under way. It is comparable and
// holds no pointers, times or growing counters: == works, a copy is a
// snapshot, and the same inputs always lead to the same State.
type State struct {
	policy  Policy
	phase   Phase
	parties [MaxParties]slot
	consult consult
	strand  strand
	alone   aloneStage
	target  Target // of the first input, until it is reached for
	served  bool   // an agent has been on the call: a last agent exists
}

// New returns the State before the first input.
func New(p Policy) State { return State{policy: p} }

// Phase is where a conference stands as a whole; doc.go draws it.
type Phase uint8

const (
	Fresh   Phase = iota // nothing happened yet
	Opening              // the first target is not reached
	Serving              // people talk, or could
	Alone                // a customer is in the hands of the stranded policy
	Closing              // everybody is sent away; the legs' ends are awaited
	Over                 // every leg has gone
)

// slot is a party; the zero slot is free.
type slot struct {
	role   Role
	leg    Leg
	via    via
	by     Party // who had it reached: an agent's slot, Nobody (the call itself), Departed
	hold   HoldCause
	holdBy Party
	fin    fin

	remote   bool // held by its own SDP
	muted    bool
	answered bool // was on the call: it leaves, it does not fail
	search   bool // a queue fills the slot
	tell     bool // a consult whose initiator left: its story still has to be told
	seat     bool // a lost agent's seat
	out      bool // seat: our INVITE is out
	lost     bool // the leg lost before this one is not confirmed gone
}

// via is what an unanswered party is reached for.
type via uint8

const (
	viaNone    via = iota
	viaFirst       // what the call was made to
	viaClick       // the agent who clicked
	viaConsult     // a consult
	viaAdd         // an add
	viaCold        // a cold transfer, or a consult whose initiator left
	viaPolicy      // the stranded policy
)

// fin is what we did to a leg that is Ending.
type fin uint8

const (
	finNone   fin = iota
	finStop       // CANCEL: an answer may still cross it
	finHangUp     // BYE
	finReject     // a final refusal
)

// consult is the one pending consult of a conference; the zero value is none.
type consult struct {
	on    bool
	by    Party
	party Party
	join  bool // on answer everybody is to talk at once: nobody is held for it
}

func (p Party) valid() bool { return p >= 0 && p < MaxParties }

// in says that the party takes or may yet take part: it is neither gone nor
// being sent away.
func (x *slot) in() bool { return x.leg != NoLeg && x.leg != Ending }

// reached says that somebody is rung or searched for this slot, a rejoin seat
// not counted.
func (x *slot) reached() bool {
	return !x.seat && (x.leg == Searching || x.leg == Dialing || x.leg == Ringing)
}

// live says that neither side holds the answered party.
func (x *slot) live() bool { return x.leg == Up && x.hold == NotHeld && !x.remote }

// present says that the party is on the call or its seat is kept.
func (x *slot) present() bool { return x.leg == Up || x.seat && x.in() }

// serves says that the role counts in a call: a supervisor only listens.
func (x *slot) serves() bool { return x.role != NoRole && x.role != Supervisor }

// each calls f for each slot that is not free.
func (s *State) each(f func(p Party, x *slot)) {
	for p := range s.parties {
		if x := &s.parties[p]; x.leg != NoLeg {
			f(Party(p), x)
		}
	}
}

// count returns how many parties f is true for.
func (s *State) count(f func(x *slot) bool) int {
	n := 0
	s.each(func(_ Party, x *slot) {
		if f(x) {
			n++
		}
	})
	return n
}

// pending returns the consulted party's slot while a consult is pending.
func (s *State) pending() (*slot, bool) {
	if !s.consult.on {
		return nil, false
	}
	return &s.parties[s.consult.party], true
}

// onlyAgent returns the one agent that is on the call or in a seat, if there
// is exactly one.
func (s *State) onlyAgent() (Party, bool) {
	only, n := Nobody, 0
	s.each(func(p Party, x *slot) {
		if x.role == Agent && x.present() {
			only, n = p, n+1
		}
	})
	return only, n == 1
}

// loneCustomer returns the customer for whom nobody is there, comes back or is
// reached.
func (s *State) loneCustomer() (Party, bool) {
	lone, others := Nobody, 0
	s.each(func(p Party, x *slot) {
		switch {
		case !x.in() || !x.serves():
		case x.role == Customer && x.leg == Up && lone == Nobody:
			lone = p
		default:
			others++
		}
	})
	return lone, lone != Nobody && others == 0
}

// finished says that the call has no reason to go on: nobody is on it, or one
// party that is not a customer is all that is left of it. Somebody who is
// reached for, or whose seat is kept, counts as a party; a supervisor does not.
func (s *State) finished() bool {
	up, parties, click := 0, 0, false
	s.each(func(_ Party, x *slot) {
		if !x.in() || !x.serves() {
			return
		}
		parties++
		click = click || x.via == viaClick
		if x.leg == Up || x.leg == Incoming {
			up++
		}
	})
	if click {
		return false // the agent who clicked is rung before anybody is there
	}
	_, lone := s.loneCustomer()
	return up == 0 || parties == 1 && !lone
}
