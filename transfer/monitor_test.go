package transfer

import (
	"errors"
	"fmt"
	"slices"
)

// invariants is how many rules each state and step is held to; the exploration
// prints it: 33 in Check, 24 in checkStep and expect, and that an end can be
// reached.
const invariants = 33 + 24 + 1

// wire is where the one leg of a slot is, as a SIP stack would see it: derived
// from the State before and after a step, and from the effects in between, so
// that each INVITE can be seen to end in exactly one way.
type wire uint8

const (
	noWire wire = iota
	called      // an INVITE came in
	inviting
	up
	stopping
	hanging
	refusing
	waiting // a seat without a leg
)

func wireOf(x *slot) wire {
	switch {
	case x.leg == Incoming:
		return called
	case x.leg == Up:
		return up
	case x.seat && !x.out:
		return waiting
	case x.seat, x.reached():
		return inviting
	case x.leg == Ending && x.role == NoRole:
		return noWire // kept by a lost leg alone
	case x.fin == finStop:
		return stopping
	case x.fin == finHangUp:
		return hanging
	case x.fin == finReject:
		return refusing
	}
	return noWire
}

// checkStep holds one transition to the rules of effects: their order, one
// reply to each command, one end, and every leg begun and ended once.
func checkStep(s State, in Input, next State, effects []Effect) error {
	if again, same := Step(s, in); again != next || !slices.Equal(same, effects) {
		return errors.New("not deterministic")
	}
	var replies, ends, audibles int
	for _, e := range effects {
		switch e.Act {
		case Reply:
			replies++
			if e.Reason == NoReason {
				return errors.New("a reply without a reason")
			}
		case End:
			ends++
		case Audible:
			audibles++
			if e.Rows != next.Audibility() || e.Rows == s.Audibility() {
				return errors.New("audible is not the change of the state")
			}
		}
	}
	commands := 0
	if in.Kind == Command {
		commands = 1
	}
	switch {
	case replies != commands:
		return fmt.Errorf("%d replies to %d commands", replies, commands)
	case (ends == 1) != (next.Over() && !s.Over()) || ends > 1:
		return fmt.Errorf("%d ends", ends)
	case ends == 1 && effects[len(effects)-1].Act != End:
		return errors.New("something happens after the end")
	case audibles > 1 || audibles == 0 && next.Audibility() != s.Audibility():
		return fmt.Errorf("%d audible effects", audibles)
	}
	if c := s.consult; in.Kind == LegUp && c.on && in.Party == c.party && s.parties[c.by].leg == Up && !c.join {
		for p, row := range next.Audibility() {
			if next.parties[p].role == Customer && row.Hears&(1<<c.party) != 0 {
				return fmt.Errorf("customer %v hears the consult begin", Party(p))
			}
		}
	}
	if err := checkRefused(s, next, effects); err != nil {
		return err
	}
	if err := checkWires(s, in, next, effects); err != nil {
		return err
	}
	return checkTimers(s, in, next, effects)
}

// checkRefused: a refused command has no effect but its reply.
func checkRefused(s, next State, effects []Effect) error {
	last := effects
	if n := len(last); n > 0 && last[n-1].Act == Reply && last[n-1].Reason != OK {
		if n != 1 || s != next {
			return errors.New("a refused command did something")
		}
	}
	return nil
}

// checkWires runs the effects over the wires of the slots.
func checkWires(s State, in Input, next State, effects []Effect) error {
	var w [MaxParties]wire
	var lost [MaxParties]bool
	for p := range w {
		w[p], lost[p] = wireOf(&s.parties[p]), s.parties[p].lost || s.parties[p].leg == Ending && s.parties[p].role == NoRole
	}
	if p := in.Party; p.valid() {
		factOnWire(in, &w[p], &lost[p])
	}
	if in.Kind == Arrive && s.phase == Fresh && next.phase != Fresh {
		w[0] = called
	}
	for _, e := range effects {
		if err := effectOnWire(in, e, &w, &lost); err != nil {
			return fmt.Errorf("%v: %w", e, err)
		}
	}
	for p := range w {
		x := &next.parties[p]
		isLost := x.lost || x.leg == Ending && x.role == NoRole
		got := wireOf(x)
		if w[p] == waiting || got == waiting { // a seat without a leg may be given up, or stay
			w[p], got = noWire, noWire
		}
		if got != w[p] {
			return fmt.Errorf("%v: the leg is at %d, the state says %d", Party(p), w[p], got)
		}
		if isLost != lost[p] {
			return fmt.Errorf("%v: lost leg %v, the state says %v", Party(p), lost[p], isLost)
		}
	}
	if next.Over() && w != ([MaxParties]wire{}) {
		return errors.New("a leg outlives its conference")
	}
	return nil
}

func factOnWire(in Input, w *wire, lost *bool) {
	switch in.Kind {
	case LegUp:
		if *w == inviting || *w == stopping {
			*w = up
		}
	case LegFailed, LegGone:
		switch {
		case *lost && (*w == noWire || in.Kind == LegGone && (*w == inviting || *w == waiting)):
			*lost = false // no answered leg could be meant
		case *w != waiting:
			*w = noWire
		}
	case LostGone:
		*lost = false
	}
}

func effectOnWire(in Input, e Effect, w *[MaxParties]wire, lost *[MaxParties]bool) error {
	need := func(ok bool, to wire) error {
		if !ok {
			return fmt.Errorf("the leg is at %d", w[e.Party])
		}
		w[e.Party] = to
		return nil
	}
	switch e.Act {
	case Dial, Search:
		if e.Whom == WhomSelf && in.Kind == MediaLost && w[e.Party] == hanging && !lost[e.Party] {
			lost[e.Party], w[e.Party] = true, noWire // the old leg ends beside the new one
		}
		return need(w[e.Party] == noWire || w[e.Party] == waiting && e.Whom == WhomSelf, inviting)
	case Stop:
		return need(w[e.Party] == inviting, stopping)
	case HangUp:
		return need(w[e.Party] == up, hanging)
	case Reject:
		return need(w[e.Party] == called, refusing)
	case Answer:
		return need(w[e.Party] == called, up)
	case Progress:
		return need(w[e.Party] == called, called)
	case Announce, Play:
		return need(w[e.Party] == up, up)
	}
	return nil
}

// checkTimers: the timers that run are those that were armed, and no step
// leaves one without the state that waits for it.
func checkTimers(s State, in Input, next State, effects []Effect) error {
	// Row MaxParties is that of the timers without a party.
	var running, want [MaxParties + 1][TimerAlone + 1]bool
	row := func(p Party) int {
		if p.valid() {
			return int(p)
		}
		return MaxParties
	}
	for p := range Party(MaxParties + 1) {
		for t := TimerRing; t <= TimerAlone; t++ {
			ofParty := t <= TimerRejoin
			if ofParty != p.valid() {
				continue
			}
			running[p][t], want[p][t] = s.runs(t, p), next.runs(t, p)
		}
	}
	if in.Kind == TimerFired && in.Timer <= TimerAlone {
		running[row(in.Party)][in.Timer] = false
	}
	for _, e := range effects {
		timer := &running[row(e.Party)][e.Timer]
		switch e.Act {
		case Arm:
			*timer = true
		case Disarm:
			if !*timer {
				return fmt.Errorf("%v: it does not run", e)
			}
			*timer = false
		}
	}
	if running != want {
		return errors.New("armed timers and those the state waits for differ")
	}
	return nil
}

// expect holds a State to the rules of the service, said again from scratch:
// roles, legs and holds in, what everybody must hear out. It shares no code
// with row or Check.
func expect(s State) error {
	rows := s.Audibility()
	customers, others, agentsUp, seats, reached := 0, 0, 0, 0, 0
	var customer Party
	for p := range Party(MaxParties) {
		v, ok := s.Party(p)
		if !ok {
			continue
		}
		up := v.Leg == Up
		switch {
		case v.Seat:
			seats++
		case v.Leg == Searching || v.Leg == Dialing || v.Leg == Ringing:
			reached++
		case up && v.Role == Customer:
			customers++
			customer = p
		case up && v.Role == Agent:
			agentsUp++
		case up && v.Role == External:
			others++
		}
		row := rows[p]
		for o := range Party(MaxParties) {
			hears := row.Hears&(1<<o) != 0
			if hears && (v.Status != IsLive || s.Status(o) != IsLive) {
				return fmt.Errorf("%v hears %v, and one of them is not live", p, o)
			}
			both := o != p && v.Status == IsLive && s.Status(o) == IsLive && !s.Muted(o)
			if w, _ := s.Party(o); both && !hears && w.Role != Supervisor {
				return fmt.Errorf("%v does not hear live %v", p, o)
			}
		}
		if up && v.Hold != NotHeld && v.Role == Customer && !v.RemoteHold && row != (Row{Treatment: Music}) {
			return fmt.Errorf("held customer %v hears %v", p, row)
		}
		if up && !v.RemoteHold && row == (Row{}) {
			return fmt.Errorf("%v is in silence", p)
		}
		if row.Hears != 0 && row.Treatment != NoTreatment {
			return fmt.Errorf("%v hears %v: voices and a treatment", p, row)
		}
	}
	if s.Phase() == Closing || s.Phase() == Over || s.Phase() == Fresh {
		return nil
	}
	alone := customers == 1 && others+agentsUp+seats+reached == 0
	if alone && s.Phase() != Alone {
		return fmt.Errorf("customer %v is alone outside the policy", customer)
	}
	if v, _ := s.Party(customer); customers == 1 && others+agentsUp == 0 && v.Hold == NotHeld && !v.RemoteHold {
		switch t := rows[customer].Treatment; t {
		case Music, Ringback, Announcement:
		default:
			return fmt.Errorf("waiting customer %v hears %v", customer, t)
		}
	}
	if customers+others == 0 && agentsUp+seats <= 1 && reached == 0 && s.Phase() != Opening {
		return errors.New("one agent is left and the conference goes on")
	}
	return nil
}
