package transfer

import (
	"strings"
	"testing"
)

// TestCheckFinds breaks a sound State in every way that Check is to find: a
// check that cannot fail would prove nothing in the explorations.
func TestCheckFinds(t *testing.T) {
	talking := stepAll(t, Policy{HasQueue: true}, "arrive customer agent", "up p1")
	consulting := stepAll(t, Policy{HasQueue: true}, "arrive customer agent", "up p1", "p1 consult agent")
	alone := stepAll(t, Policy{HasQueue: true}, "arrive customer agent", "up p1", "gone p1 lost", "timer rejoin p1")
	closing := stepAll(t, Policy{}, "arrive customer agent", "up p1", "- end")
	over := stepAll(t, Policy{}, "arrive customer agent", "gone p0 cancelled", "failed p1 cancelled")
	for _, c := range []struct {
		want string
		from State
		harm func(s *State)
	}{
		{"free slot", talking, func(s *State) { s.parties[5].muted = true }},
		{"unknown values", talking, func(s *State) { s.parties[1].leg = 99 }},
		{"no role", talking, func(s *State) { s.parties[1].role = NoRole }},
		{"ends without", talking, func(s *State) { s.parties[1].fin = finStop }},
		{"only the first", talking, func(s *State) { s.parties[1].leg = Incoming }},
		{"no queue", talking, func(s *State) { s.parties[1].search = true }},
		{"seat and leg", talking, func(s *State) { s.parties[1].leg = Seat }},
		{"no agent on the call", talking, func(s *State) { s.parties[0].leg, s.parties[0].seat = Seat, true }},
		{"reached for", talking, func(s *State) { s.parties[1].via = viaAdd }},
		{"held or muted", consulting, func(s *State) { s.parties[2].hold = Explicit }},
		{"a consult to tell", consulting, func(s *State) { s.parties[2].tell = true }},
		{"none is pending", consulting, func(s *State) { s.consult = consult{} }},
		{"two consults", consulting, func(s *State) { s.parties[3] = s.parties[2] }},
		{"of nobody", consulting, func(s *State) { s.consult.by = Departed }},
		{"initiator is not there", consulting, func(s *State) { s.consult.by = 0 }},
		{"consulted party is not there", talking, func(s *State) { s.consult = consult{on: true, by: 1, party: 4} }},
		{"rung by another", consulting, func(s *State) { s.parties[2].by = 0 }},
		{"legs without a conference", over, func(s *State) { s.parties[1] = slot{role: Agent, leg: Ending, fin: finStop} }},
		{"outlives", closing, func(s *State) { s.parties[1] = slot{role: Agent, leg: Up} }},
		{"not over", closing, func(s *State) { s.parties = over.parties }},
		{"reason to go on", talking, func(s *State) { s.parties[0] = slot{} }},
		{"who is not there", talking, func(s *State) { s.parties[0].hold, s.parties[0].holdBy = Explicit, 6 }},
		{"phase and policy", alone, func(s *State) { s.phase = Serving }},
		{"is stranded", talking, func(s *State) { s.parties[1] = slot{} }},
		{"the policy reaches", alone, func(s *State) { s.strand.stage = pausing }},
		{"not alone", alone, func(s *State) { s.strand.party = 3 }},
		{"too often", alone, func(s *State) { s.strand.tries = maxRecalls + 1 }},
	} {
		s := c.from
		if err := Check(s); err != nil {
			t.Fatalf("before the harm: %v", err)
		}
		c.harm(&s)
		if err := Check(s); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: Check says %v", c.want, err)
		}
	}
}

func stepAll(t *testing.T, p Policy, lines ...string) State {
	t.Helper()
	s := New(p)
	for _, line := range lines {
		in, err := ParseInput(line)
		if err != nil {
			t.Fatal(err)
		}
		s, _ = Step(s, in)
	}
	return s
}

func TestSupervisorListens(t *testing.T) {
	s := stepAll(t, Policy{}, "arrive customer agent", "up p1")
	s.parties[4] = slot{role: Supervisor, leg: Up, answered: true}
	if err := Check(s); err != nil {
		t.Fatal(err)
	}
	if got, want := s.Audibility().String(), "p0<p1 p1<p0 p4<p0+p1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	in, _ := ParseInput("p1 remove p4")
	if _, effects := Step(s, in); effects[len(effects)-1].Reason != NotAllowed {
		t.Errorf("an agent removes a supervisor: %v", effects)
	}
	in, _ = ParseInput("gone p1 hangup")
	next, _ := Step(s, in)
	if next.Phase() != Closing {
		t.Errorf("a supervisor keeps a finished call alive: %v", next)
	}
	in, _ = ParseInput("gone p4 hangup")
	next, _ = Step(s, in)
	if err := Check(next); err != nil || next.Phase() != Serving {
		t.Errorf("the supervisor leaves: %v, %v", next, err)
	}
}
