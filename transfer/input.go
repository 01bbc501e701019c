package transfer

import (
	"fmt"
	"strings"
)

// String returns the input in the language ParseInput reads:
//
//	arrive customer agent           click number unreachable
//	p1 consult queue keep           - hold p0
//	ringing p2                      gone p0 hangup
//	remote_hold p1 on               timer ring p2
//
// A command begins with who gives it, "-" being a supervisor or operator.
func (in Input) String() string {
	var w []string
	add := func(words ...string) { w = append(w, words...) }
	switch in.Kind {
	case Command:
		add(in.By.String(), in.Verb.String())
		in.arguments(add)
	case Arrive:
		add(in.Kind.String(), in.Role.String())
		in.Target.words(add)
	case ClickDial:
		add(in.Kind.String())
		in.Target.words(add)
	case TimerFired:
		add(in.Kind.String(), in.Timer.String())
		if in.Party != Nobody {
			add(in.Party.String())
		}
	case AnnounceDone, AnnounceFailed:
		add(in.Kind.String())
	case RemoteHold:
		add(in.Kind.String(), in.Party.String())
		if in.On {
			add("on")
		} else {
			add("off")
		}
	default:
		add(in.Kind.String(), in.Party.String())
		if in.Cause != NoCause {
			add(in.Cause.String())
		}
	}
	return strings.Join(w, " ")
}

func (in Input) arguments(add func(...string)) {
	switch in.Verb {
	case DoConsult, DoAdd, DoTransfer:
		in.Target.words(add)
		if in.KeepCustomer {
			add("keep")
		}
	case DoHold, DoUnhold, DoRemove, DoMute, DoUnmute:
		add(in.Party.String())
		if in.RemoveCustomer {
			add("right")
		}
	case DoLeave:
		if in.AllowRinging {
			add("ringing")
		}
	}
}

func (t Target) words(add func(...string)) {
	add(t.Kind.String())
	if t.Reach != Reachable {
		add(t.Reach.String())
	}
	if t.Present {
		add("present")
	}
}

// ParseInput is the inverse of Input.String. The fields that an input of its
// kind has no use for are Nobody or zero.
func ParseInput(s string) (Input, error) {
	w := words{rest: strings.Fields(s)}
	in := Input{By: Nobody, Party: Nobody}
	first := w.next()
	if by, ok := ParseParty(first); ok {
		in.Kind, in.By = Command, by
		w.command(&in)
	} else if kind, ok := meaning[Kind](kindNames, first); ok && kind != NoInput && kind != Command {
		in.Kind = kind
		w.fact(&in)
	} else {
		return Input{}, fmt.Errorf("transfer: no input begins with %q", first)
	}
	if w.bad || len(w.rest) > 0 {
		return Input{}, fmt.Errorf("transfer: cannot read input %q", s)
	}
	return in, nil
}

// words reads an input word by word; bad is set once one does not fit.
type words struct {
	rest []string
	bad  bool
}

func (w *words) next() string {
	if len(w.rest) == 0 {
		w.bad = true
		return ""
	}
	first := w.rest[0]
	w.rest = w.rest[1:]
	return first
}

// option takes the next word if it is this one.
func (w *words) option(s string) bool {
	if len(w.rest) == 0 || w.rest[0] != s {
		return false
	}
	w.rest = w.rest[1:]
	return true
}

func (w *words) party() Party {
	p, ok := ParseParty(w.next())
	w.bad = w.bad || !ok
	return p
}

func pick[T ~uint8](w *words, names []string) T {
	v, ok := meaning[T](names, w.next())
	w.bad = w.bad || !ok
	return v
}

func (w *words) target() (t Target) {
	t.Kind = pick[TargetKind](w, targetNames)
	for r := NotReachable; r <= NobodyLoggedIn; r++ {
		if w.option(r.String()) {
			t.Reach = r
		}
	}
	t.Present = w.option("present")
	return t
}

func (w *words) command(in *Input) {
	in.Verb = pick[Verb](w, verbNames)
	switch in.Verb {
	case DoConsult, DoAdd, DoTransfer:
		in.Target = w.target()
		in.KeepCustomer = w.option("keep")
	case DoHold, DoUnhold, DoRemove, DoMute, DoUnmute:
		in.Party = w.party()
		in.RemoveCustomer = w.option("right")
	case DoLeave:
		in.AllowRinging = w.option("ringing")
	}
}

func (w *words) fact(in *Input) {
	switch in.Kind {
	case Arrive:
		in.Role = pick[Role](w, roleNames)
		in.Target = w.target()
	case ClickDial:
		in.Target = w.target()
	case TimerFired:
		in.Timer = pick[Timer](w, timerNames)
		if len(w.rest) > 0 {
			in.Party = w.party()
		}
	case AnnounceDone, AnnounceFailed:
	case RemoteHold:
		in.Party = w.party()
		in.On = w.option("on")
		if !in.On && !w.option("off") {
			w.bad = true
		}
	default:
		in.Party = w.party()
		if len(w.rest) > 0 {
			in.Cause = pick[Cause](w, causeNames)
		}
	}
}
