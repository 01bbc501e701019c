package directory

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"
)

func contact(n int, life time.Duration) Binding {
	return Binding{
		URI:       fmt.Sprintf("sip:alice@10.0.0.%d", n),
		Transport: "udp",
		Local:     netip.MustParseAddrPort("127.0.0.1:5060"),
		Remote:    netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 0, 0, byte(n)}), 5060),
		CallID:    fmt.Sprint("call", n),
		CSeq:      1,
		Expires:   t0.Add(life),
	}
}

func (b Binding) with(f func(*Binding)) Binding { f(&b); return b }

// binds registers and fails the test if it is refused.
func binds(t *testing.T, s *Store, now time.Time, add ...Binding) []Binding {
	t.Helper()
	left, err := s.Bind("alice", add, false, now)
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// uris are the hosts' last numbers, newest first.
func uris(bs []Binding) string {
	var all []string
	for _, b := range bs {
		all = append(all, b.URI[strings.LastIndexByte(b.URI, '.')+1:])
	}
	return strings.Join(all, " ")
}

func TestBindNewestFirstAndExpiry(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, 10*time.Minute))
	left := binds(t, s, t0, contact(2, 5*time.Minute))
	if got := uris(left); got != "2 1" {
		t.Errorf("bindings %s, want 2 1", got)
	}
	// Refreshing makes it the newest.
	binds(t, s, t0, contact(1, 10*time.Minute).with(func(b *Binding) { b.CSeq = 2 }))
	for _, c := range []struct {
		after time.Duration
		want  string
	}{
		{0, "1 2"},
		{5*time.Minute - 1, "1 2"},
		{5 * time.Minute, "1"},
		{10 * time.Minute, ""},
	} {
		now := t0.Add(c.after)
		if got := uris(s.Bindings("alice", now)); got != c.want {
			t.Errorf("after %v: %q, want %q", c.after, got, c.want)
		}
		if got, want := s.Registered(now), len(strings.Fields(c.want)); got != want {
			t.Errorf("after %v: %d registered, want %d", c.after, got, want)
		}
	}
	if left := binds(t, s, t0.Add(5*time.Minute)); uris(left) != "1" {
		t.Errorf("a query tells %q, want 1", uris(left))
	}
}

func TestBindLifetime(t *testing.T) {
	s := newStore(t)
	left := binds(t, s, t0, contact(1, 24*time.Hour))
	if got := left[0].Expires.Sub(t0); got != MaxExpires {
		t.Errorf("granted %v, want %v", got, MaxExpires)
	}
	for _, life := range []time.Duration{1, 30 * time.Second, MinExpires - 1} {
		if _, err := s.Bind("alice", []Binding{contact(2, life)}, false, t0); !errors.Is(err, ErrTooBrief) {
			t.Errorf("%v: %v, want ErrTooBrief", life, err)
		}
	}
	if left := binds(t, s, t0, contact(2, MinExpires)); left[0].Expires.Sub(t0) != MinExpires {
		t.Errorf("the least lifetime is granted as %v", left[0].Expires.Sub(t0))
	}
}

func TestBindOrder(t *testing.T) {
	s := newStore(t)
	seq := func(n uint32) Binding { return contact(1, time.Hour).with(func(b *Binding) { b.CSeq = n }) }
	binds(t, s, t0, seq(7))
	for _, n := range []uint32{6, 7} {
		if _, err := s.Bind("alice", []Binding{seq(n)}, false, t0); !errors.Is(err, ErrCSeq) {
			t.Errorf("CSeq %d after 7: %v, want ErrCSeq", n, err)
		}
	}
	binds(t, s, t0, seq(8))
	// After a restart the phone has a new Call-ID and counts from 1.
	binds(t, s, t0, seq(1).with(func(b *Binding) { b.CallID = "restarted" }))
	// An old removal does not remove.
	old := seq(1).with(func(b *Binding) { b.CallID = "restarted"; b.Expires = t0 })
	if _, err := s.Bind("alice", []Binding{old}, false, t0); !errors.Is(err, ErrCSeq) {
		t.Errorf("an old removal: %v, want ErrCSeq", err)
	}
	if got := len(s.Bindings("alice", t0)); got != 1 {
		t.Errorf("%d bindings, want 1", got)
	}
	// The order ends with the binding.
	later := t0.Add(2 * time.Hour)
	binds(t, s, later, seq(1).with(func(b *Binding) { b.CallID = "restarted"; b.Expires = later.Add(time.Hour) }))
}

func TestBindReplaces(t *testing.T) {
	phone := func(id string) func(*Binding) { return func(b *Binding) { b.Instance = id } }
	sameURI := func(b *Binding) { b.URI, b.CallID = contact(1, 0).URI, "other" }
	sameFlow := func(b *Binding) { b.Remote = contact(1, 0).Remote }
	for _, c := range []struct {
		name        string
		first, next Binding
		want        int // bindings left
	}{
		{"another contact", contact(1, time.Hour), contact(2, time.Hour), 2},
		{"the same URI", contact(1, time.Hour), contact(2, time.Hour).with(sameURI), 1},
		{"a phone that moved", contact(1, time.Hour).with(phone("A")), contact(2, time.Hour).with(phone("A")), 1},
		{"two phones of one private address", contact(1, time.Hour).with(phone("A")), contact(2, time.Hour).with(phone("B")).with(sameURI), 2},
		{"another phone on the same flow", contact(1, time.Hour).with(phone("A")), contact(2, time.Hour).with(phone("B")).with(sameURI).with(sameFlow), 1},
		{"a phone that begins to name itself", contact(1, time.Hour), contact(2, time.Hour).with(phone("A")).with(sameURI), 1},
	} {
		s := newStore(t)
		binds(t, s, t0, c.first)
		if left := binds(t, s, t0, c.next); len(left) != c.want {
			t.Errorf("%s: %d bindings, want %d", c.name, len(left), c.want)
		}
	}
}

func TestBindRemoves(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Hour), contact(2, time.Hour), contact(3, time.Hour))
	left := binds(t, s, t0, contact(2, 0).with(func(b *Binding) { b.CSeq = 2 }))
	if got := uris(left); got != "3 1" {
		t.Errorf("bindings %s, want 3 1", got)
	}
	// Removing what is not there is no mistake.
	binds(t, s, t0, contact(9, 0))

	star := []Binding{{CallID: "call3", CSeq: 1}}
	if _, err := s.Bind("alice", star, true, t0); !errors.Is(err, ErrCSeq) {
		t.Errorf("an old star: %v, want ErrCSeq", err)
	}
	if got := len(s.Bindings("alice", t0)); got != 2 {
		t.Errorf("%d bindings after a refused star, want 2", got)
	}
	star[0].CSeq = 2
	if left, err := s.Bind("alice", star, true, t0); err != nil || len(left) != 0 {
		t.Errorf("star: %v, %v", left, err)
	}
	if _, err := s.Bind("alice", nil, true, t0); err != nil {
		t.Errorf("star without more: %v", err)
	}
}

func TestBindIsAllOrNothing(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Hour))
	_, err := s.Bind("alice", []Binding{contact(2, time.Hour), contact(3, time.Second)}, false, t0)
	if !errors.Is(err, ErrTooBrief) {
		t.Errorf("%v, want ErrTooBrief", err)
	}
	if got := uris(s.Bindings("alice", t0)); got != "1" {
		t.Errorf("bindings %s, want 1", got)
	}
}

func TestBindBounds(t *testing.T) {
	s := newStore(t)
	for n := range MaxBindings {
		binds(t, s, t0, contact(n, time.Hour))
	}
	if _, err := s.Bind("alice", []Binding{contact(99, time.Hour)}, false, t0); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more: %v, want ErrTooMany", err)
	}
	// A refresh and an exchange of one for another fit.
	again := func(b *Binding) { b.CSeq = 2 }
	binds(t, s, t0, contact(3, time.Hour).with(again))
	binds(t, s, t0, contact(4, 0).with(again), contact(99, time.Hour))
	for _, spoil := range []func(*Binding, string){
		func(b *Binding, s string) { b.URI = s },
		func(b *Binding, s string) { b.Instance = s },
		func(b *Binding, s string) { b.CallID = s },
		func(b *Binding, s string) { b.UserAgent = s },
	} {
		b := contact(5, time.Hour).with(again)
		spoil(&b, strings.Repeat("x", maxField+1))
		if _, err := s.Bind("alice", []Binding{b}, false, t0); !errors.Is(err, ErrTooMany) {
			t.Errorf("an endless field: %v, want ErrTooMany", err)
		}
	}
	if _, err := s.Bind("mallory", []Binding{contact(1, time.Hour)}, false, t0); !errors.Is(err, ErrUnknown) {
		t.Errorf("a stranger: %v, want ErrUnknown", err)
	}
}

func TestUnbind(t *testing.T) {
	s := newStore(t)
	tcp := func(b *Binding) { b.Transport = "TCP" }
	moved := contact(2, time.Hour).with(tcp)
	binds(t, s, t0, contact(1, time.Hour).with(tcp), moved, contact(3, time.Hour))
	if _, err := s.Bind("bob", []Binding{moved}, false, t0); err != nil {
		t.Fatal(err)
	}
	if got := s.Unbind("tcp", moved.Local, moved.Remote, t0); !slices.Equal(got, []string{"alice", "bob"}) {
		t.Errorf("agents %v, want alice and bob", got)
	}
	if got := uris(s.Bindings("alice", t0)); got != "3 1" {
		t.Errorf("bindings %s, want 3 1", got)
	}
	for _, gone := range []struct {
		transport     string
		local, remote netip.AddrPort
	}{
		{"udp", moved.Local, contact(1, 0).Remote},
		{"tcp", netip.MustParseAddrPort("127.0.0.1:5062"), contact(1, 0).Remote},
		{"tcp", moved.Local, moved.Remote},
	} {
		if got := s.Unbind(gone.transport, gone.local, gone.remote, t0); got != nil {
			t.Errorf("%v took the bindings of %v", gone, got)
		}
	}
}
