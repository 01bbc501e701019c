package transfer

import "fmt"

// Check says whether a State keeps what every State must. It is meant to run
// after each Step in production too: an error is a fault of this package, to
// be counted and logged; the conference is still served.
func Check(s State) error {
	for _, f := range []func(*State) error{checkSlots, checkConsult, checkRoles, checkStrand, checkAudible} {
		if err := f(&s); err != nil {
			return fmt.Errorf("%w in %v", err, s)
		}
	}
	return nil
}

// checkSlots: each party's fields fit its leg.
func checkSlots(s *State) error {
	for p := range s.parties {
		x := &s.parties[p]
		bad := ""
		switch {
		case x.leg == NoLeg:
			if *x != (slot{}) {
				bad = "a free slot is not empty"
			}
			if bad == "" {
				continue
			}
		case x.leg > Ending || x.role > Supervisor || x.fin > finReject || x.via > viaPolicy:
			bad = "unknown values"
		case x.role == NoRole && !(x.leg == Ending && x.fin == finHangUp):
			bad = "no role"
		case (x.leg == Ending) != (x.fin != finNone):
			bad = "it ends without a reason, or has one and does not"
		case x.leg == Incoming && (p != 0 || s.phase != Opening):
			bad = "only the first party calls in, and only at the opening"
		case x.leg == Searching && !x.search || x.search && !x.reached():
			bad = "no queue searches"
		case x.leg == Seat && !x.seat, x.seat && x.leg != Seat && x.leg != Ringing, x.out && !x.seat:
			bad = "seat and leg differ"
		case x.seat && (x.role != Agent || !x.answered):
			bad = "a seat is kept for somebody who was no agent on the call"
		case (x.via != viaNone) != x.reached():
			bad = "reached for nothing, or for something and not reached"
		case x.hold != NotHeld && !x.present(), (x.remote || x.muted) && !x.present():
			bad = "held or muted and not on the call"
		case x.tell && x.via != viaCold:
			bad = "a consult to tell of that is none"
		}
		if bad != "" {
			return fmt.Errorf("%v: %s", Party(p), bad)
		}
	}
	return nil
}

// checkConsult: at most one consult is pending, of an agent who is there.
func checkConsult(s *State) error {
	n := s.count(func(x *slot) bool { return x.reached() && x.via == viaConsult })
	if !s.consult.on {
		if n > 0 || s.consult != (consult{}) {
			return fmt.Errorf("a consult is rung and none is pending")
		}
		return nil
	}
	by, party := s.consult.by, s.consult.party
	switch {
	case n > 1:
		return fmt.Errorf("two consults are pending")
	case !by.valid() || !party.valid() || by == party:
		return fmt.Errorf("the consult is of nobody")
	case s.parties[by].role != Agent || !s.parties[by].present():
		return fmt.Errorf("the consult's initiator is not there")
	case !s.parties[party].in():
		return fmt.Errorf("the consulted party is not there")
	case s.parties[party].reached() && s.parties[party].by != by:
		return fmt.Errorf("the consulted party is rung by another")
	}
	return nil
}

// checkRoles: a call goes on exactly while its roles give it a reason to.
func checkRoles(s *State) error {
	switch s.phase {
	case Fresh, Over:
		if s.count(func(*slot) bool { return true }) > 0 {
			return fmt.Errorf("legs without a conference")
		}
	case Closing:
		if s.count(func(x *slot) bool { return x.leg != Ending }) > 0 {
			return fmt.Errorf("a leg outlives its conference")
		}
		if s.count(func(x *slot) bool { return x.leg == Ending }) == 0 {
			return fmt.Errorf("every leg has gone and the conference is not over")
		}
	default:
		if s.finished() {
			return fmt.Errorf("nobody has a reason to go on")
		}
		if s.count(func(x *slot) bool { return x.role == Agent && (x.present() || x.reached()) }) == 0 {
			if s.count(func(x *slot) bool { return x.hold != NotHeld && x.holdBy.valid() }) > 0 {
				return fmt.Errorf("held by an agent who is not there")
			}
		}
	}
	for p := range s.parties {
		x := &s.parties[p]
		if x.hold != NotHeld && x.holdBy.valid() && !(s.parties[x.holdBy].role == Agent && s.parties[x.holdBy].present()) {
			return fmt.Errorf("%v is held by %v, who is not there", Party(p), x.holdBy)
		}
	}
	return nil
}

// checkStrand: a customer alone is inside the policy, and only then is it
// under way.
func checkStrand(s *State) error {
	stage := s.strand.stage
	if (stage != idle) != (s.phase == Alone) {
		return fmt.Errorf("phase and policy differ")
	}
	if lone, ok := s.loneCustomer(); ok && stage == idle && s.phase != Closing {
		return fmt.Errorf("%v is stranded", lone)
	}
	if stage == idle {
		return nil
	}
	reached := s.count(func(x *slot) bool { return x.reached() && x.via == viaPolicy })
	want := 0
	if stage == requeueing || stage == recalling {
		want = 1
	}
	lone, ok := s.LoneCustomer()
	switch {
	case reached != want:
		return fmt.Errorf("the policy reaches for %d", reached)
	case !ok || lone != s.strand.party:
		return fmt.Errorf("the policy is for somebody who is not alone")
	case s.strand.tries > maxRecalls:
		return fmt.Errorf("recalled too often")
	}
	return nil
}

// checkAudible: who is held hears its treatment alone and is heard by nobody;
// nobody hears itself; nobody who listens is in silence.
func checkAudible(s *State) error {
	rows := s.Audibility()
	for p := range s.parties {
		x, row := &s.parties[p], rows[p]
		switch {
		case row.Hears&(1<<p) != 0:
			return fmt.Errorf("%v hears itself", Party(p))
		case row != (Row{}) && x.leg != Up:
			return fmt.Errorf("%v hears something without a leg", Party(p))
		case !x.live() && row.Hears != 0:
			return fmt.Errorf("held %v hears voices", Party(p))
		case x.leg == Up && x.hold != NotHeld && !x.remote && row.Treatment != Music && row.Treatment != HoldTone:
			return fmt.Errorf("held %v hears %v", Party(p), row.Treatment)
		case x.leg == Up && !x.remote && row == (Row{}):
			return fmt.Errorf("%v is in silence", Party(p))
		}
		for o := range s.parties {
			y := &s.parties[o]
			if row.Hears&(1<<o) != 0 && (!y.live() || y.muted || y.role == Supervisor) {
				return fmt.Errorf("%v hears %v", Party(p), Party(o))
			}
		}
	}
	return nil
}
