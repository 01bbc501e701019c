package conference

import (
	"strings"
	"time"

	"warmline/transfer"
)

// keypad collects what an agent types in a call: feature codes, the digits of
// a consult's target, and digits meant for the customer.
type keypad struct {
	code      string // a code begun, with its star
	number    []byte // the target being typed
	targeting bool
}

const (
	maxTarget   = 32              // digits of a target
	pauseTarget = 3 * time.Second // ends a target, or drops a code begun
	digitLength = 100 * time.Millisecond
)

// digit is a key on some leg. Keys of customers and externals control nothing.
func (s *call) digit(l *leg, d byte) {
	if l.who.agent == "" {
		l.who.history.key(d)
		s.c.note("digit")
		return
	}
	k := &l.keys
	switch {
	case k.targeting:
		s.targetKey(l, d)
	case k.code != "" || d == '*':
		s.codeKey(l, d)
	default:
		s.passOn(l, d)
	}
}

// codeKey adds a key to a feature code. What cannot become a code any more is
// refused with a tone; two stars are a star for the far end.
func (s *call) codeKey(l *leg, d byte) {
	k := &l.keys
	k.code += string(d)
	if k.code == "**" {
		s.dropCode(l)
		s.passOn(l, '*')
		return
	}
	f := &s.c.settings.Features
	if k.code == f.Consult {
		k.code, k.targeting = "", true
		s.c.arm(deadline{kind: keyPause, leg: l}, pauseTarget)
		l.play(promptClip)
		return
	}
	if act, ok := s.feature(k.code); ok {
		s.dropCode(l)
		s.press(l, act)
		return
	}
	if !f.begins(k.code) {
		s.dropCode(l)
		l.play(refuseClip)
		return
	}
	s.c.arm(deadline{kind: keyPause, leg: l}, pauseTarget)
}

func (s *call) dropCode(l *leg) {
	l.keys = keypad{}
	s.c.disarm(deadline{kind: keyPause, leg: l})
}

// begins reports whether some code starts with these keys.
func (f *Features) begins(keys string) bool {
	for _, code := range []string{f.Cancel, f.Leave, f.Merge, f.Swap, f.Resume, f.Hold, f.Consult, f.Remove} {
		if code != "" && strings.HasPrefix(code, keys) {
			return true
		}
	}
	return false
}

// targetKey adds a key to the target of a consult; # ends it.
func (s *call) targetKey(l *leg, d byte) {
	k := &l.keys
	if d == '#' {
		s.consultTyped(l)
		return
	}
	if len(k.number) >= maxTarget {
		s.dropCode(l)
		l.play(refuseClip)
		return
	}
	k.number = append(k.number, d)
	s.c.arm(deadline{kind: keyPause, leg: l}, pauseTarget)
}

// keysPaused: the agent stopped typing. A target is complete; a code is not.
func (s *call) keysPaused(l *leg) {
	if l.finished {
		return
	}
	if l.keys.targeting && len(l.keys.number) > 0 {
		s.consultTyped(l)
		return
	}
	s.dropCode(l)
	l.play(refuseClip)
}

func (s *call) consultTyped(l *leg) {
	number := string(l.keys.number)
	s.dropCode(l)
	// A star in place of the + that no phone can dial.
	if strings.HasPrefix(number, "*") {
		number = "+" + number[1:]
	}
	s.press(l, Command{Verb: transfer.DoConsult, Target: number})
}

// feature is the command a code stands for.
func (s *call) feature(code string) (Command, bool) {
	f := &s.c.settings.Features
	switch code {
	case "":
		return Command{}, false
	case f.Cancel:
		return Command{Verb: transfer.DoCancel}, true
	case f.Leave:
		return Command{Verb: transfer.DoLeave}, true
	case f.Merge:
		return Command{Verb: transfer.DoMerge}, true
	case f.Swap:
		return Command{Verb: transfer.DoSwap}, true
	case f.Resume:
		return Command{Verb: transfer.DoUnhold, Participant: "self"}, true
	case f.Hold:
		return Command{Verb: transfer.DoHold, Participant: "customer"}, true
	case f.Remove:
		return Command{Verb: transfer.DoRemove, Participant: "other"}, true
	}
	return Command{}, false
}

// press does what the agent typed and tells it by a tone whether it was done.
func (s *call) press(l *leg, cmd Command) {
	cmd.By, cmd.Surface = l.who.agent, "dtmf"
	if cmd.Participant != "" {
		who := s.meant(l, &cmd)
		if who == nil {
			l.play(refuseClip)
			return
		}
		cmd.Participant = who.id
	}
	if _, err := s.c.do(cmd); err != nil {
		l.play(refuseClip)
		return
	}
	l.play(confirmClip)
}

// meant finds the participant a code is about. The hold code is a switch: it
// unholds a customer who is held.
func (s *call) meant(l *leg, cmd *Command) *participant {
	switch cmd.Participant {
	case "self":
		return l.who
	case "customer":
		who := s.other(l, func(p *participant) bool { return p.role == transfer.Customer.String() })
		if who == nil {
			who = s.other(l, func(*participant) bool { return true })
		}
		if who != nil && who.serverHold != "" {
			cmd.Verb = transfer.DoUnhold
		}
		return who
	default:
		return s.other(l, func(p *participant) bool { return p.role != transfer.Customer.String() })
	}
}

// other finds the latest present participant but this one that fits.
func (s *call) other(l *leg, fits func(*participant) bool) *participant {
	for i := len(s.c.people) - 1; i >= 0; i-- {
		p := s.c.people[i]
		if p != l.who && !p.final && fits(p) {
			return p
		}
	}
	return nil
}

// passOn sends an agent's digit to the live customers and externals, who may
// be menus; never to agents.
func (s *call) passOn(from *leg, d byte) {
	if s.held(from) {
		return
	}
	for _, who := range s.seats {
		if who == nil || who.agent != "" || who.leg == nil || !who.leg.joined || s.held(who.leg) {
			continue
		}
		if !who.leg.media.SendDigit(d, digitLength) {
			who.leg.call.Info("application/dtmf-relay", []byte("Signal="+string(d)+"\r\nDuration=100\r\n"))
		}
	}
}
