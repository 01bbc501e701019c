package transfer

import (
	"fmt"
	"strings"
)

// String returns the voices and the treatment: "p0+p2", "music", "-".
func (r Row) String() string {
	var words []string
	for p := range Party(MaxParties) {
		if r.Hears&(1<<p) != 0 {
			words = append(words, p.String())
		}
	}
	if r.Treatment != NoTreatment {
		words = append(words, r.Treatment.String())
	}
	if len(words) == 0 {
		return "-"
	}
	return strings.Join(words, "+")
}

// String returns who hears what, those who hear nothing left out.
func (a Audibility) String() string {
	var words []string
	for p, row := range a {
		if row != (Row{}) {
			words = append(words, fmt.Sprintf("%v<%v", Party(p), row))
		}
	}
	if len(words) == 0 {
		return "nobody hears anything"
	}
	return strings.Join(words, " ")
}

// String returns the policy as "requeue" with what differs from the default.
func (p Policy) String() string {
	s := p.Stranded.String()
	for _, f := range []struct {
		on   bool
		word string
	}{
		{p.HasQueue, "queue"}, {p.KeepConsultWithoutCustomer, "keep_consult"}, {p.NoAutoUnhold, "no_auto_unhold"},
	} {
		if f.on {
			s += "+" + f.word
		}
	}
	return s
}

// String returns the whole state in one line.
func (s State) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%v(%v)", s.phase, s.policy)
	s.each(func(p Party, x *slot) { fmt.Fprintf(&b, " %v=%v", p, x) })
	if s.consult.on {
		fmt.Fprintf(&b, " consult=%v>%v", s.consult.by, s.consult.party)
		if s.consult.join {
			b.WriteString("+join")
		}
	}
	if s.strand.stage != idle {
		fmt.Fprintf(&b, " strand=%v/%v", [...]string{"idle", "requeueing", "recalling", "pausing", "announcing"}[s.strand.stage], s.strand.tries)
	}
	if s.alone != together {
		fmt.Fprintf(&b, " alone=%v", [...]string{"together", "noise", "music"}[s.alone])
	}
	if s.target.Kind != NoTarget {
		fmt.Fprintf(&b, " target=%v", s.target.Kind)
	}
	if s.served {
		b.WriteString(" served")
	}
	return b.String()
}

func (x *slot) String() string {
	words := []string{x.role.String(), x.leg.String()}
	if x.via != viaNone {
		words = append(words, [...]string{"", "first", "click", "consult", "add", "cold", "policy"}[x.via]+" by "+x.by.String())
	}
	if x.hold != NotHeld {
		words = append(words, "held("+x.hold.String()+" by "+x.holdBy.String()+")")
	}
	if x.fin != finNone {
		words = append(words, [...]string{"", "stopped", "hung up", "rejected"}[x.fin])
	}
	for _, f := range []struct {
		on   bool
		word string
	}{
		{x.remote, "remote_hold"}, {x.muted, "muted"}, {x.answered, "answered"}, {x.search, "search"},
		{x.tell, "tell"}, {x.seat, "rejoin"}, {x.out, "rung"}, {x.lost, "lost_leg"},
	} {
		if f.on {
			words = append(words, f.word)
		}
	}
	return "[" + strings.Join(words, " ") + "]"
}

// String returns the effect in one line.
func (e Effect) String() string {
	switch e.Act {
	case Dial, Search:
		return fmt.Sprintf("%v %v %v as %v", e.Act, e.Whom, e.Party, e.Role)
	case Reject, HangUp, Stop:
		return fmt.Sprintf("%v %v %v", e.Act, e.Party, e.Cause)
	case Audible:
		return "audible " + e.Rows.String()
	case Play:
		return fmt.Sprintf("play %v %v", e.Party, e.Sound)
	case Arm, Disarm:
		if e.Party == Nobody {
			return fmt.Sprintf("%v %v", e.Act, e.Timer)
		}
		return fmt.Sprintf("%v %v %v", e.Act, e.Timer, e.Party)
	case Reply:
		return "reply " + e.Reason.String()
	case Note:
		return e.note()
	case End:
		return "end"
	}
	return fmt.Sprintf("%v %v", e.Act, e.Party)
}

func (e Effect) note() string {
	s := "note " + e.Event.String()
	if e.Party != Nobody {
		s += " " + e.Party.String()
	}
	if e.By != Nobody {
		s += " by " + e.By.String()
	}
	if e.Cause != NoCause {
		s += " " + e.Cause.String()
	}
	if e.Outcome != NoOutcome {
		s += " " + e.Outcome.String()
	}
	return s
}
