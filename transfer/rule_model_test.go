package transfer_test

import (
	"fmt"
	"slices"

	"warmline/transfer"
)

// watched is a conference seen from outside: its State, and what an observer
// of inputs and effects alone knows besides. It is the reference the machine
// is compared with, and as simple as can be: no phases, no consults, no causes.
type watched struct {
	s          transfer.State
	armed      map[deadline]bool
	initiator  [transfer.MaxParties]transfer.Party // who has the slot's phone rung; Nobody: the call itself
	announcing bool
	ends       int
}

// deadline is a timer and the party it is of.
type deadline struct {
	timer transfer.Timer
	party transfer.Party
}

// deadlineOf forgets the party where the timer is the conference's.
func deadlineOf(in input) deadline {
	if in.Timer == transfer.TimerRecall || in.Timer == transfer.TimerAlone {
		return deadline{in.Timer, transfer.Nobody}
	}
	return deadline{in.Timer, in.Party}
}

func watch(p transfer.Policy) *watched {
	return &watched{s: transfer.New(p), armed: map[deadline]bool{}}
}

// step takes one input and says what rule was broken.
func (w *watched) step(in input) ([]transfer.Effect, error) {
	was := w.s
	next, effects := transfer.Step(was, in)
	w.s = next
	if err := transfer.Check(next); err != nil {
		return effects, err
	}
	if in.Kind == transfer.TimerFired {
		d := deadlineOf(in)
		if !w.armed[d] && (next != was || len(effects) > 0) {
			return effects, fmt.Errorf("%v does not run, and did %v", in, effects)
		}
		delete(w.armed, d)
	}
	replies := 0
	for i, e := range effects {
		if err := w.effect(in, e); err != nil {
			return effects, err
		}
		if e.Act == transfer.Reply {
			replies++
		}
		if e.Act == transfer.End && i != len(effects)-1 {
			return effects, fmt.Errorf("the end is not the last of %v", effects)
		}
	}
	if replies > 1 || (replies == 1) != (in.Kind == transfer.Command) {
		return effects, fmt.Errorf("%d replies to %v", replies, in)
	}
	if next.Over() && (w.ends != 1 || len(w.armed) > 0) {
		return effects, fmt.Errorf("over with %d ends, timers %v", w.ends, w.armed)
	}
	return effects, w.compare()
}

func (w *watched) effect(in input, e transfer.Effect) error {
	switch d := (deadline{e.Timer, e.Party}); e.Act {
	case transfer.Arm:
		if w.armed[d] {
			return fmt.Errorf("%v: it runs already", e)
		}
		w.armed[d] = true
	case transfer.Disarm:
		if !w.armed[d] {
			return fmt.Errorf("%v: it does not run", e)
		}
		delete(w.armed, d)
	case transfer.Dial, transfer.Search:
		w.initiator[e.Party] = transfer.Nobody
		if in.Kind == transfer.Command && in.Verb != transfer.DoTransfer {
			w.initiator[e.Party] = in.By
		}
	case transfer.Announce:
		w.announcing = true
	case transfer.End:
		w.ends++
	case transfer.Note:
		w.told(e)
	}
	return nil
}

func (w *watched) told(e transfer.Effect) {
	switch e.Event {
	case transfer.StrandEnded:
		w.announcing = false
	case transfer.PartyLeft: // what it had rung is rung for the others now
		for p, by := range w.initiator {
			if by == e.Party {
				w.initiator[p] = transfer.Nobody
			}
		}
	}
}

// compare holds Audibility to the model.
func (w *watched) compare() error {
	rows := w.s.Audibility()
	listed := map[transfer.Party]bool{}
	for _, v := range w.s.Parties() {
		listed[v.Party] = true
		row := rows[v.Party]
		voices, treatments := w.mustHear(v)
		if row.Hears != voices || !slices.Contains(treatments, row.Treatment) {
			return fmt.Errorf("%v hears %v, must hear %v and one of %v, in %v",
				v.Party, row, transfer.Row{Hears: voices}, treatments, w.s)
		}
	}
	for p, row := range rows {
		if !listed[transfer.Party(p)] && row != (transfer.Row{}) {
			return fmt.Errorf("there is no %v, and it hears %v", transfer.Party(p), row)
		}
	}
	return nil
}

func live(v transfer.View) bool {
	return v.Leg == transfer.Up && v.Hold == transfer.NotHeld && !v.RemoteHold
}

func heldByVerb(v transfer.View) bool {
	return v.Leg == transfer.Up && v.Hold != transfer.NotHeld
}

// phoneRings leaves out rejoin seats: they are no news to anybody but their
// agent, and a customer who is alone.
func phoneRings(v transfer.View) bool {
	return !v.Seat && (v.Leg == transfer.Dialing || v.Leg == transfer.Ringing)
}

func outside(v transfer.View) bool {
	return v.Role == transfer.Customer || v.Role == transfer.External
}

// mustHear says which voices a party hears, and of which treatments it hears
// one: more than one only where no rule decides.
func (w *watched) mustHear(me transfer.View) (voices uint8, treatments []transfer.Treatment) {
	one := func(t ...transfer.Treatment) []transfer.Treatment { return t }
	switch {
	case me.Leg != transfer.Up, me.RemoteHold: // nobody listens there
		return 0, one(transfer.NoTreatment)
	case heldByVerb(me) && outside(me):
		return 0, one(transfer.Music)
	case heldByVerb(me):
		return 0, one(transfer.HoldTone)
	}
	company := false
	for _, v := range w.others(me) {
		if !live(v) || v.Role == transfer.Supervisor {
			continue
		}
		company = true
		if !v.Muted {
			voices |= 1 << v.Party
		}
	}
	switch {
	case voices != 0:
		return voices, one(transfer.NoTreatment)
	case !outside(me):
		return 0, w.waitingAgent(me, company)
	case company: // who is muted there hears the customer: it is not on hold
		return 0, one(transfer.ComfortNoise)
	}
	return 0, one(w.waitingOutside(me))
}

func (w *watched) others(me transfer.View) []transfer.View {
	return slices.DeleteFunc(w.s.Parties(), func(v transfer.View) bool { return v.Party == me.Party })
}

// waitingOutside is what a customer or external hears who is not held and to
// whom nobody talks.
func (w *watched) waitingOutside(me transfer.View) transfer.Treatment {
	if w.announcing {
		return transfer.Announcement
	}
	for _, v := range w.others(me) {
		seatRings := v.Seat && v.Leg == transfer.Ringing
		if seatRings || phoneRings(v) && w.initiator[v.Party] == transfer.Nobody {
			return transfer.Ringback
		}
	}
	if w.armed[deadline{transfer.TimerAlone, transfer.Nobody}] {
		return transfer.ComfortNoise // the first 2 s
	}
	return transfer.Music
}

// waitingAgent is what an agent hears who is not held and to whom nobody talks.
func (w *watched) waitingAgent(me transfer.View, company bool) []transfer.Treatment {
	others := w.others(me)
	searches := func(v transfer.View) bool { return v.Leg == transfer.Searching }
	switch {
	case slices.ContainsFunc(others, phoneRings):
		return []transfer.Treatment{transfer.Ringback}
	case slices.ContainsFunc(others, searches):
		return []transfer.Treatment{transfer.QueueTone}
	case slices.ContainsFunc(others, heldByVerb) && company:
		return []transfer.Treatment{transfer.AloneTone, transfer.ComfortNoise}
	case slices.ContainsFunc(others, heldByVerb):
		return []transfer.Treatment{transfer.AloneTone}
	}
	return []transfer.Treatment{transfer.ComfortNoise}
}
