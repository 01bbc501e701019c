package conference

import (
	"log/slog"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"warmline/media"
	"warmline/mixer"
)

// hall is a meet-me room without signalling, whose legs share one RTP session.
type hall struct {
	*Conference
	*meeting
	session   *media.Session
	changes   []Change
	snapshots int
}

func newHall(t testing.TB) *hall {
	t.Helper()
	mix, err := mixer.New(mixer.Config{Workers: 1, Plain: true})
	if err != nil {
		t.Fatal(err)
	}
	engine, err := media.New(media.Config{Addr: netip.MustParseAddr("127.0.0.1"), PortMin: 47000, PortMax: 47099})
	if err != nil {
		t.Fatal(err)
	}
	h := &hall{}
	if h.session, err = engine.NewSession(media.SessionConfig{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.session.Close()
		mix.Close()
	})
	m := &Manager{cfg: Config{Mixer: mix, OnChange: h.changed}, log: slog.New(slog.DiscardHandler)}
	h.Conference = newConference(m, &Settings{})
	m.live = map[string]*Conference{h.id: h.Conference}
	h.meeting = newMeeting(h.Conference)
	h.story = h.meeting
	return h
}

func (h *hall) changed(c Change) {
	if n := len(h.changes); n == 0 || h.changes[n-1].Conference != c.Conference {
		h.snapshots++
	}
	h.changes = append(h.changes, c)
}

// join brings in a member, in a wake-up of its own.
func (h *hall) join() *leg {
	who := h.add(&participant{role: "member"})
	l := &leg{c: h.Conference, who: who, log: h.log, media: h.session, up: true, joined: true}
	h.ports++
	l.port, who.leg = h.ports, l
	l.row = h.row(l)
	h.room.Join(l.port, l.media, l.row)
	who.become("live")
	h.note("party_joined")
	h.rearrange()
	h.publish()
	return l
}

// Who asks a conference that does not answer gets what it has told last: one that
// hangs must not take the list of all with it.
func TestLookDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Conference{inbox: newInbox(func() {})}
		c.snap.Store(&view{Snapshot: Snapshot{ID: "c1", Version: 7}})
		c.stale.Store(true)
		began := time.Now()
		if s := c.look(began); s.ID != "c1" || s.Version != 7 {
			t.Errorf("%+v", s)
		}
		if took := time.Since(began); took != lookTime {
			t.Errorf("after %v", took)
		}
	})
}

// A large room is described at intervals that grow with it. No event is lost or
// late by more than that, versions rise, and who asks gets the present state.
func TestLargeRoomsAreDescribedAtIntervals(t *testing.T) {
	h := newHall(t)
	const n = 300
	for i := range n {
		h.now = h.now.Add(10 * time.Millisecond)
		delete(h.deadlines, deadline{kind: publication})
		h.join()
		if i < promptPeople && len(h.changes) != i+1 {
			t.Fatalf("%d changes after %d members", len(h.changes), i+1)
		}
	}
	if h.snapshots < promptPeople+5 || h.snapshots > promptPeople+40 {
		t.Errorf("%d snapshots for %d changes", h.snapshots, n)
	}
	if !h.stale.Load() {
		t.Fatal("the last change is published already")
	}
	h.inbox.start = func() {
		go func() {
			for _, f := range h.inbox.take(nil) {
				f()
			}
		}()
	}
	if s, ok := h.m.Get(h.id); !ok || len(s.Participants) != n {
		t.Errorf("who asks is told of %d of %d members", len(s.Participants), n)
	}
	h.now = h.now.Add(h.untilNextFrom())
	h.publish()
	if len(h.changes) != n {
		t.Errorf("%d changes for %d members", len(h.changes), n)
	}
	for i, c := range h.changes {
		if late := c.Time.Sub(h.created); late != time.Duration(i+1)*10*time.Millisecond {
			t.Errorf("change %d is said to be of %v", i, late)
		}
		if i > 0 && c.Conference.Version < h.changes[i-1].Conference.Version {
			t.Errorf("change %d goes back a version", i)
		}
	}
}

// untilNextFrom is how long after now the next deadline is.
func (h *hall) untilNextFrom() time.Duration {
	return h.deadlines[deadline{kind: publication}].Sub(h.now)
}

// A change sets the rows that are others by it, and no more.
func TestMeetingSetsRowsThatChange(t *testing.T) {
	h := newHall(t)
	a := h.join()
	if a.row.Treatment != mixer.Music {
		t.Error("the first one hears no music")
	}
	b := h.join()
	if a.row.Treatment != mixer.Silence || b.row != a.row {
		t.Errorf("two have the rows %v and %v", a.row, b.row)
	}
	h.join()
	b.who.muted = true
	h.rearrange()
	if b.row.Voice != 0 || a.row.Voice == 0 {
		t.Errorf("one is muted: rows %v and %v", b.row, a.row)
	}
	rows := testing.AllocsPerRun(10, h.rearrange)
	if rows != 0 {
		t.Errorf("nothing has changed, and %v allocations", rows)
	}
}

// BenchmarkJoin is a thousand members who come one after the other, 100 a second.
func BenchmarkJoin(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		h := newHall(b)
		h.m.cfg.OnChange = nil
		for range 1000 {
			h.now = h.now.Add(10 * time.Millisecond)
			h.join()
		}
		h.session.Close()
	}
}
