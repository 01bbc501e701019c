package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// is compares an agent's presence and since when it has it.
func is(t *testing.T, s *Store, now time.Time, want Presence, since time.Time) {
	t.Helper()
	st, ok := s.State("alice", now)
	if !ok || st.Presence != want || !st.Since.Equal(since) {
		t.Errorf("at %v: %s since %v, want %s since %v", now.Sub(t0), st.Presence, st.Since.Sub(t0), want, since.Sub(t0))
	}
}

func at(d time.Duration) time.Time { return t0.Add(d) }

func TestPresenceOfADay(t *testing.T) {
	s := newStore(t)
	is(t, s, t0, Offline, time.Time{})
	binds(t, s, at(1*time.Second), contact(1, time.Hour))
	is(t, s, at(2*time.Second), Available, at(1*time.Second))
	s.LegRings("alice", at(3*time.Second))
	is(t, s, at(4*time.Second), Ringing, at(3*time.Second))
	s.LegUp("alice", at(5*time.Second))
	is(t, s, at(6*time.Second), Busy, at(5*time.Second))
	s.LegRings("alice", at(7*time.Second)) // call waiting
	is(t, s, at(7*time.Second), Busy, at(5*time.Second))
	s.LegEnds("alice", true, 0, at(8*time.Second))
	s.LegEnds("alice", false, 10*time.Second, at(9*time.Second))
	is(t, s, at(10*time.Second), WrapUp, at(9*time.Second))
	is(t, s, at(19*time.Second), Available, at(19*time.Second))
	is(t, s, at(30*time.Second), Available, at(19*time.Second))
	if err := s.SetAway("alice", true, "lunch", at(31*time.Second)); err != nil {
		t.Fatal(err)
	}
	is(t, s, at(32*time.Second), Away, at(31*time.Second))
	if st, _ := s.State("alice", at(32*time.Second)); st.Reason != "lunch" {
		t.Errorf("reason %q, want lunch", st.Reason)
	}
	// One who is away may still be called and dial.
	s.LegUp("alice", at(33*time.Second))
	is(t, s, at(33*time.Second), Busy, at(33*time.Second))
	if st, _ := s.State("alice", at(33*time.Second)); st.Reason != "" || st.Calls != 1 || st.Contacts != 1 {
		t.Errorf("busy: %+v, want no reason, one call, one contact", st)
	}
	s.LegEnds("alice", false, 0, at(34*time.Second))
	is(t, s, at(34*time.Second), Away, at(34*time.Second))
	if err := s.SetAway("alice", false, "ignored", at(35*time.Second)); err != nil {
		t.Fatal(err)
	}
	is(t, s, at(36*time.Second), Available, at(35*time.Second))
	// Nobody looks for two hours: the registration ended on the minute.
	end := at(time.Hour)
	is(t, s, at(3*time.Hour), Offline, end)
}

func TestPresenceOfACallThatOutlivesTheRegistration(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Minute))
	s.LegUp("alice", at(30*time.Second))
	is(t, s, at(2*time.Minute), Busy, at(30*time.Second))
	s.LegEnds("alice", false, 10*time.Second, at(3*time.Minute))
	is(t, s, at(3*time.Minute), Offline, at(3*time.Minute))
}

func TestWrapUpEndsBeforeTheRegistration(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Minute))
	s.LegUp("alice", t0)
	s.LegEnds("alice", false, 10*time.Second, at(time.Second))
	is(t, s, at(20*time.Second), Available, at(11*time.Second))
	is(t, s, at(time.Hour), Offline, at(time.Minute))
}

func TestReadyEndsWrapUp(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Hour))
	s.LegUp("alice", t0)
	s.LegEnds("alice", false, time.Minute, t0)
	is(t, s, at(time.Second), WrapUp, t0)
	if err := s.SetAway("alice", false, "", at(2*time.Second)); err != nil {
		t.Fatal(err)
	}
	is(t, s, at(3*time.Second), Available, at(2*time.Second))
}

func TestTheLongerWrapUpHolds(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Hour))
	s.LegUp("alice", t0)
	s.LegUp("alice", t0)
	s.LegEnds("alice", false, time.Minute, t0)
	is(t, s, t0, Busy, t0)
	s.LegEnds("alice", false, time.Second, t0)
	is(t, s, at(59*time.Second), WrapUp, t0)
	is(t, s, at(time.Minute), Available, at(time.Minute))
}

func TestIdleSince(t *testing.T) {
	s := newStore(t)
	idle := func(now time.Duration, want time.Time) {
		t.Helper()
		if st, _ := s.State("alice", at(now)); !st.IdleSince.Equal(want) {
			t.Errorf("at %v: %s, idle since %v, want %v", now, st.Presence, st.IdleSince.Sub(t0), want.Sub(t0))
		}
	}
	idle(0, time.Time{})
	binds(t, s, t0, contact(1, time.Hour))
	idle(1, t0)
	s.LegRings("alice", at(10*time.Second))
	idle(10*time.Second, t0)
	s.LegEnds("alice", true, 0, at(15*time.Second)) // the caller hung up
	idle(16*time.Second, t0)
	s.LegRings("alice", at(20*time.Second))
	s.LegUp("alice", at(21*time.Second))
	idle(22*time.Second, time.Time{})
	s.LegEnds("alice", false, 10*time.Second, at(30*time.Second))
	idle(31*time.Second, time.Time{})
	idle(50*time.Second, at(40*time.Second))
	idle(2*time.Hour, time.Time{})
}

func TestCountsNeverFallBelowZero(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Hour))
	s.LegEnds("alice", true, 0, t0)
	s.LegEnds("alice", false, 0, t0)
	is(t, s, t0, Available, t0)
	s.LegUp("alice", at(1))
	is(t, s, at(1), Busy, at(1))
	for _, f := range []func(){
		func() { s.LegRings("nobody", t0) },
		func() { s.LegUp("nobody", t0) },
		func() { s.LegEnds("nobody", false, time.Second, t0) },
	} {
		f()
	}
	if _, ok := s.State("nobody", t0); ok {
		t.Error("a stranger has a presence")
	}
}

func TestSetAwayBounds(t *testing.T) {
	s := newStore(t)
	if err := s.SetAway("nobody", true, "", t0); !errors.Is(err, ErrUnknown) {
		t.Errorf("a stranger: %v, want ErrUnknown", err)
	}
	binds(t, s, t0, contact(1, time.Hour))
	if err := s.SetAway("alice", true, strings.Repeat("é", 300), t0); err != nil {
		t.Fatal(err)
	}
	if st, _ := s.State("alice", t0); st.Reason != strings.Repeat("é", maxReason/2) {
		t.Errorf("reason of %d bytes: %q", len(st.Reason), st.Reason)
	}
}

// watch records the hook's calls.
func watch(s *Store) func() string {
	var mu sync.Mutex
	var calls []string
	s.OnChange(func(agent string) {
		_, _ = s.State(agent, t0) // the Store may be called
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, agent)
	})
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		all := strings.Join(calls, " ")
		calls = nil
		return all
	}
}

func TestOnChange(t *testing.T) {
	s := newStore(t)
	told := watch(s)
	for _, c := range []struct {
		do   func()
		want string
	}{
		{func() { binds(t, s, t0, contact(1, time.Minute)) }, "alice"},
		{func() { binds(t, s, t0) }, ""},
		{func() { _, _ = s.Bind("alice", []Binding{contact(2, 1)}, false, t0) }, ""},
		{func() { binds(t, s, t0, contact(1, 90*time.Second).with(func(b *Binding) { b.CSeq = 2 })) }, ""},
		{func() { binds(t, s, t0, contact(2, time.Minute)) }, "alice"},
		{func() { s.LegRings("alice", t0) }, "alice"},
		{func() { s.LegUp("alice", t0) }, "alice"},
		{func() { s.LegEnds("alice", false, time.Second, t0) }, "alice"},
		{func() { s.LegEnds("alice", false, 0, t0) }, ""},
		{func() { _ = s.SetAway("alice", true, "x", t0) }, "alice"},
		{func() { _ = s.SetAway("alice", true, "x", t0) }, ""},
		{func() { _ = s.SetAway("nobody", true, "x", t0) }, ""},
		{func() { s.Settle(t0) }, ""},
		{func() { s.Settle(at(time.Minute)) }, "alice"}, // one contact of two ended
		{func() { s.Settle(at(90 * time.Second)) }, "alice"},
		{func() { s.Settle(at(time.Hour)) }, ""},
		{func() { _ = s.Update(testConfig()) }, ""},
	} {
		c.do()
		if got := told(); got != c.want {
			t.Errorf("told of %q, want %q", got, c.want)
		}
	}
	s.OnChange(nil)
	s.LegUp("alice", t0)
}

// TestReadingHidesNoChange: what a reader sees settled still reaches the hook.
func TestReadingHidesNoChange(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Minute))
	told := watch(s)
	is(t, s, at(time.Hour), Offline, at(time.Minute))
	s.Settle(at(time.Hour))
	if got := told(); got != "alice" {
		t.Errorf("told of %q, want alice", got)
	}
}

func TestNextChange(t *testing.T) {
	s := newStore(t)
	next := func(want time.Duration) {
		t.Helper()
		got, ok := s.NextChange()
		if !ok || !got.Equal(at(want)) {
			t.Errorf("next change at %v (%v), want %v", got.Sub(t0), ok, want)
		}
	}
	if _, ok := s.NextChange(); ok {
		t.Error("something changes where nothing is")
	}
	binds(t, s, t0, contact(1, time.Hour), contact(2, time.Minute))
	next(time.Minute)
	s.LegUp("alice", t0)
	s.LegEnds("alice", false, 10*time.Second, t0)
	next(10 * time.Second)
	s.Settle(at(10 * time.Second))
	next(time.Minute)
	s.Settle(at(2 * time.Minute))
	next(time.Hour)
	s.Settle(at(2 * time.Hour))
	if _, ok := s.NextChange(); ok {
		t.Error("something changes after all has ended")
	}
}

func TestUpdateKeepsWhoStays(t *testing.T) {
	s := newStore(t)
	binds(t, s, t0, contact(1, time.Hour))
	if _, err := s.Bind("bob", []Binding{contact(2, time.Hour)}, false, t0); err != nil {
		t.Fatal(err)
	}
	s.LegUp("bob", t0)
	cfg := testConfig()
	cfg.Agents = slices.Delete(cfg.Agents, 1, 2) // bob
	cfg.Agents[0].Name = "Alice B."
	cfg.Agents = append(cfg.Agents, Agent{ID: "dave"})
	if err := s.Update(cfg); err != nil {
		t.Fatal(err)
	}
	is(t, s, t0, Available, t0)
	if st, _ := s.State("alice", t0); st.Name != "Alice B." || st.Contacts != 1 {
		t.Errorf("alice after the update: %+v", st)
	}
	if _, ok := s.State("bob", t0); ok || s.Registered(t0) != 1 {
		t.Errorf("bob is still there, or %d registrations, want 1", s.Registered(t0))
	}
	if st, ok := s.State("dave", t0); !ok || st.Presence != Offline {
		t.Errorf("dave: %+v, %v", st, ok)
	}
	if _, err := s.Bind("bob", []Binding{contact(2, time.Hour)}, false, t0); !errors.Is(err, ErrUnknown) {
		t.Errorf("bob registers: %v, want ErrUnknown", err)
	}
	if err := s.SetAway("bob", true, "", t0); !errors.Is(err, ErrUnknown) {
		t.Errorf("bob is away: %v, want ErrUnknown", err)
	}
	// Bob comes back while his call goes on: he is not free.
	if err := s.Update(testConfig()); err != nil {
		t.Fatal(err)
	}
	if st, _ := s.State("bob", t0); st.Presence != Busy || st.Contacts != 0 {
		t.Errorf("bob is back: %s with %d contacts, want busy with none", st.Presence, st.Contacts)
	}
}

func TestUpdateForgetsWhoLeftWhenTheCallEnds(t *testing.T) {
	s := newStore(t)
	s.LegUp("bob", t0)
	cfg := testConfig()
	cfg.Agents = cfg.Agents[:1]
	if err := s.Update(cfg); err != nil {
		t.Fatal(err)
	}
	s.LegEnds("bob", false, time.Second, t0)
	if n := len(s.live); n != 1 {
		t.Errorf("%d records for one agent", n)
	}
}

func TestUpdateRefusesAsAWhole(t *testing.T) {
	s := newStore(t)
	told := watch(s)
	bad := testConfig()
	bad.Agents[0].Name = "changed"
	bad.Outbound[0].Trunk = "none"
	if err := s.Update(bad); !errors.Is(err, ErrUnknown) {
		t.Errorf("%v, want ErrUnknown", err)
	}
	if a, _ := s.Agent("alice"); a.Name != "Alice Adams" || told() != "" {
		t.Errorf("a refused update changed alice to %q", a.Name)
	}
}

// TestPresenceAgainstATwin compares the settled record with one that is asked
// at every instant: looking late must not change what is seen.
func TestPresenceAgainstATwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lazy, eager := &record{presence: Offline}, &record{presence: Offline}
		now := t0
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			do := rapid.IntRange(0, 5).Draw(t, "do")
			life := time.Duration(rapid.IntRange(1, 90).Draw(t, "seconds")) * time.Second
			for _, r := range []*record{lazy, eager} {
				r.settle(now)
				switch do {
				case 0:
					r.bindings = append(r.bindings, Binding{Expires: now.Add(life)})
				case 1:
					r.ringing++
				case 2:
					r.up++
				case 3:
					r.ringing, r.up = 0, 0
				case 4:
					r.wrapUntil = now.Add(life)
				case 5:
					r.away = !r.away
				}
				r.note(now)
			}
			gap := rapid.IntRange(0, 60).Draw(t, "gap")
			for range gap {
				now = now.Add(time.Second)
				eager.settle(now)
			}
		}
		lazy.settle(now)
		got := fmt.Sprint(lazy.presence, lazy.since, lazy.idleSince, len(lazy.bindings))
		want := fmt.Sprint(eager.presence, eager.since, eager.idleSince, len(eager.bindings))
		if got != want {
			t.Fatalf("looked at late: %s; looked at each second: %s", got, want)
		}
	})
}

// TestTogether is for the race detector: everything at once.
func TestTogether(t *testing.T) {
	s := newStore(t)
	var calls sync.Map
	s.OnChange(func(agent string) { calls.Store(agent, true) })
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			for i := range 200 {
				now := at(time.Duration(i) * time.Second)
				b := contact(n, 0)
				b.CSeq, b.Expires = uint32(i+2), now.Add(time.Hour)
				_, _ = s.Bind("alice", []Binding{b}, false, now)
				s.LegRings("alice", now)
				s.LegUp("alice", now)
				s.LegEnds("alice", false, time.Second, now)
				_, _ = s.Resolve("1001")
				_, _ = s.RouteTrunk("+15550100")
				s.TrunkOf(b.Remote.Addr())
				s.States(now)
				s.Bindings("alice", now)
				s.Registered(now)
				s.Settle(now)
				s.NextChange()
				s.Unbind("udp", b.Local, b.Remote, now)
				if n == 0 {
					_ = s.Update(testConfig())
				}
			}
		})
	}
	all.Wait()
	if st, _ := s.State("alice", at(time.Hour)); st.Calls != 0 || st.Presence != Offline {
		t.Errorf("after all: %s with %d calls, want offline with none", st.Presence, st.Calls)
	}
	if _, ok := calls.Load("alice"); !ok {
		t.Error("no change of alice was told")
	}
}
