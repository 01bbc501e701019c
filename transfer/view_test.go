package transfer

import (
	"fmt"
	"strings"
	"testing"
)

func statuses(s State) string {
	var words []string
	for _, v := range s.Parties() {
		words = append(words, fmt.Sprintf("%v %v", v.Role, v.Status))
	}
	return strings.Join(words, ", ")
}

// TestStatus follows what people are shown through a transfer.
func TestStatus(t *testing.T) {
	s := New(Policy{HasQueue: true})
	for _, c := range []struct{ input, want string }{
		{"arrive customer agent", "customer dialing, agent dialing"},
		{"ringing p1", "customer ringing, agent ringing"},
		{"up p1", "customer live, agent live"},
		{"p1 consult queue", "customer held, agent live, agent dialing"},
		{"ringing p2", "customer held, agent live, agent ringing"},
		{"offer_ended p2", "customer held, agent live, agent dialing"},
		{"p1 cancel", "customer live, agent live, agent failed"},
		{"failed p2 cancelled", "customer live, agent live"},
		{"remote_hold p1 on", "customer live, agent held"},
		{"remote_hold p1 off", "customer live, agent live"},
		{"gone p1 lost", "customer live, agent dialing"},
		{"up p1", "customer live, agent live"},
		{"- end", "customer left, agent left"},
		{"gone p0 finished", "agent left"},
		{"gone p1 finished", ""},
	} {
		in, err := ParseInput(c.input)
		if err != nil {
			t.Fatal(err)
		}
		s, _ = Step(s, in)
		if got := statuses(s); got != c.want {
			t.Errorf("after %s: %s, want %s", c.input, got, c.want)
		}
	}
	if !s.Over() || s.Phase() != Over {
		t.Errorf("not over: %v", s)
	}
}

func TestAccessors(t *testing.T) {
	s := stepAll(t, Policy{HasQueue: true}, "arrive customer agent", "up p1", "p1 consult agent", "up p2", "p2 mute p2")
	if p, ok := s.Pending(); !ok || p != 2 {
		t.Errorf("pending %v", p)
	}
	if p, ok := s.PendingBy(); !ok || p != 1 {
		t.Errorf("pending by %v", p)
	}
	v, ok := s.Party(0)
	if want := (View{0, Customer, Up, IsHeld, Consult, 1, false, false, false, true}); !ok || v != want {
		t.Errorf("party 0 is %+v", v)
	}
	if s.LiveCustomers() != 0 || s.Customers() != 1 || s.Agents() != 2 {
		t.Errorf("%d live of %d customers, %d agents", s.LiveCustomers(), s.Customers(), s.Agents())
	}
	if !s.Held(0) || s.Held(1) || s.ServerHold(0) != Consult || !s.Muted(2) || s.Leg(2) != Up {
		t.Errorf("holds and mutes of %v", s)
	}
	for _, p := range []Party{-1, -100, 7, 8, 127} {
		if _, ok := s.Party(p); ok || s.Held(p) || s.Muted(p) || s.Leg(p) != NoLeg || s.Status(p) != NoStatus || s.ServerHold(p) != NotHeld {
			t.Errorf("there is a party %d", p)
		}
	}
	if _, ok := s.LoneCustomer(); ok {
		t.Error("a customer with two agents is alone")
	}
	s = stepAll(t, Policy{}, "arrive customer queue")
	if p, ok := s.LoneCustomer(); !ok || p != 0 {
		t.Error("a customer in a queue is not alone")
	}
	if _, ok := s.Pending(); ok {
		t.Error("a consult is pending in a queue")
	}
	if _, ok := s.PendingBy(); ok {
		t.Error("a consult is pending in a queue")
	}
}
