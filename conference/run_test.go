package conference

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"time"

	"warmline/directory"
	"warmline/media"
	"warmline/mixer"
	"warmline/sip"
)

// exchange is a Manager with an agent, alice, at her phone, who can call 600.
func exchange(t *testing.T, dialer Dialer) *Manager {
	t.Helper()
	mix, err := mixer.New(mixer.Config{Workers: 1, Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(mix.Close)
	engine, err := media.New(media.Config{Addr: netip.MustParseAddr("127.0.0.1"), PortMin: 47100, PortMax: 47199})
	if err != nil {
		t.Fatal(err)
	}
	dir, err := directory.New(directory.Config{
		Agents: []directory.Agent{{ID: "alice", Name: "Alice", Extension: "1001"}, {ID: "bob", Name: "Bob", Extension: "1002"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	for _, a := range []string{"alice", "bob"} {
		phone := directory.Binding{URI: "sip:" + a + "@127.0.0.1:5999", Transport: "udp", CallID: a, CSeq: 1, Expires: now.Add(time.Hour)}
		if _, err := dir.Bind(a, []directory.Binding{phone}, false, now); err != nil {
			t.Fatal(err)
		}
	}
	m := NewManager(Config{
		Directory: dir, Mixer: mix, Media: engine,
		Settings: Settings{Limits: Limits{Conferences: 100, Legs: 100, WorkerUse: 1, Lateness: time.Second}},
	})
	m.Use(dialer)
	return m
}

// faulty panics at every call.
type faulty struct{ Dialer }

func (faulty) Dial(sip.DialRequest, func(sip.Event)) *sip.Call { panic("a fault") }

// Who asks for a call that fails at once for a bug of ours is told so, and nothing
// stays behind.
func TestOriginateThatFails(t *testing.T) {
	m := exchange(t, faulty{})
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if _, err := m.Originate(ctx, "alice", "bob"); !errors.Is(err, errFailed) {
		t.Errorf("got %v", err)
	}
	m.Close(ctx)
	if n := m.legs.Load(); n != 0 || len(m.live) != 0 {
		t.Errorf("%d legs and %d conferences are left", n, len(m.live))
	}
}

// However posts, deadlines and the end fall together, one goroutine at a time works,
// in order, each post is done or refused, and Close waits for all.
func TestOneAtATime(t *testing.T) {
	const conferences, posters, each = 20, 4, 300
	m := exchange(t, nil)
	var all sync.WaitGroup
	type count struct{ accepted, done int }
	counts := make([][posters]count, conferences)
	for i := range counts {
		c, err := m.begin(0, func(c *Conference) story { return newCall(c, c.settings.Policy) })
		if err != nil {
			t.Fatal(err)
		}
		for p := range posters {
			n := &counts[i][p]
			all.Go(func() {
				for k := range each {
					ok := c.inbox.post(func() {
						c.version++ // a race, were there two
						if n.done++; n.done != k+1 {
							t.Errorf("post %d is done as number %d", k+1, n.done)
						}
						c.arm(deadline{kind: publication}, time.Duration(k%7)*50*time.Microsecond)
					})
					if !ok {
						return
					}
					n.accepted++
					if k%10 == 0 {
						time.Sleep(time.Duration(k%4) * 30 * time.Microsecond)
					}
				}
			})
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // no time for anything
	time.Sleep(5 * time.Millisecond)
	m.Close(ctx)
	all.Wait()
	for i := range counts {
		for p, n := range counts[i] {
			if n.done != n.accepted {
				t.Errorf("conference %d, poster %d: %d of %d are done", i, p, n.done, n.accepted)
			}
		}
	}
	if len(m.live) != 0 {
		t.Errorf("%d conferences are left", len(m.live))
	}
}

// What was posted before the end and comes after it makes no leg: nobody would end it.
func TestNoLegAfterTheEnd(t *testing.T) {
	m := exchange(t, faulty{})
	c, err := m.begin(0, func(c *Conference) story { return newCall(c, c.settings.Policy) })
	if err != nil {
		t.Fatal(err)
	}
	late := make(chan error, 1)
	c.inbox.post(func() {
		c.inbox.post(func() {
			_, err := c.newLeg(c.add(&participant{}), false, "", netip.Addr{})
			late <- err
		})
		c.abandon()
	})
	if err := <-late; !errors.Is(err, ErrDraining) {
		t.Errorf("got %v", err)
	}
	m.Close(context.Background())
	if n := m.legs.Load(); n != 0 {
		t.Errorf("%d legs are left", n)
	}
}
