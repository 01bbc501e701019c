package media

import (
	"fmt"
	"slices"
	"testing"

	"warmline/mixer"
)

// fakeBatch is a batch with room for so many fetches, and remembers what it was told.
type fakeBatch struct {
	room     int
	fetched  []Socket
	expected []Socket
}

func (b *fakeBatch) Add(Socket)    {}
func (b *fakeBatch) Stop(Socket)   {}
func (b *fakeBatch) Remove(Socket) {}
func (b *fakeBatch) Run()          {}
func (b *fakeBatch) Err() error    { return nil }
func (b *fakeBatch) Close()        {}

func (b *fakeBatch) Fetch(soon []Socket) int {
	n := min(len(soon), b.room)
	b.room -= n
	b.fetched = append(b.fetched, soon[:n]...)
	return n
}

func (b *fakeBatch) Expect(s Socket) int {
	b.expected = append(b.expected, s)
	return 0
}

// alien is a stream that is no session.
type alien struct{ mixer.Stream }

// newcomers are so many sessions without an agreement.
func newcomers(t testing.TB, n int) []*Session {
	e, err := New(Config{Network: newFakeNetwork(), Addr: ourAddr, PortMin: 20000, PortMax: 20999})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	list := make([]*Session, n)
	for i := range list {
		if list[i], err = e.NewSession(SessionConfig{}); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(list[i].Close)
	}
	return list
}

// streamsOf is a list of streams, by letters: a session, or something else.
func streamsOf(t testing.TB, letters string) (streams []mixer.Stream, sockets []Socket) {
	sessions := newcomers(t, len(letters))
	for i, letter := range letters {
		if letter != 's' {
			streams = append(streams, alien{})
			continue
		}
		streams, sockets = append(streams, sessions[i]), append(sockets, sessions[i].rtp)
	}
	return streams, sockets
}

// For streams that are no sessions there is always room, up to the first session for
// which there is none.
func TestCarrierFetchesSessionsAmongOthers(t *testing.T) {
	for _, c := range []struct {
		streams    string
		room, want int
	}{
		{"", 9, 0}, {"", 0, 0},
		{"s", 1, 1}, {"s", 0, 0},
		{"a", 0, 1}, {"aaa", 0, 3},
		{"asa", 0, 1}, {"asa", 1, 3},
		{"sasas", 0, 0}, {"sasas", 1, 2}, {"sasas", 2, 4}, {"sasas", 3, 5},
		{"ssaaa", 1, 1}, {"ssaaa", 2, 5},
	} {
		t.Run(fmt.Sprintf("%s room %d", c.streams, c.room), func(t *testing.T) {
			b := &fakeBatch{room: c.room}
			streams, sockets := streamsOf(t, c.streams)
			if got := (&carrier{batch: b}).Fetch(streams); got != c.want {
				t.Errorf("%d are fetched for, want %d", got, c.want)
			}
			if !slices.Equal(b.fetched, sockets[:len(b.fetched)]) || len(b.fetched) != min(c.room, len(sockets)) {
				t.Errorf("%d sockets are fetched for, or others", len(b.fetched))
			}
		})
	}
}

// However many streams it is told of at once, each session is fetched for and
// expected once, and none of them is kept.
func TestCarrierIsToldOfMany(t *testing.T) {
	for _, n := range []int{together - 1, together, together + 1, 3*together + 5} {
		letters := make([]byte, n)
		for i := range letters {
			letters[i] = "ssas"[i%4]
		}
		streams, sockets := streamsOf(t, string(letters))
		b := &fakeBatch{room: n}
		c := &carrier{batch: b}
		for rest := streams; len(rest) > 0; {
			n := c.Fetch(rest)
			if n != min(len(rest), together) {
				t.Fatalf("%d of %d are fetched for", n, len(rest))
			}
			rest = rest[n:]
		}
		c.Expect(streams)
		c.Hear(streams)
		if !slices.Equal(b.fetched, sockets) || !slices.Equal(b.expected, sockets) {
			t.Errorf("of %d sockets %d are fetched for and %d expected", len(sockets), len(b.fetched), len(b.expected))
		}
		if c.sessions != [together]*Session{} || c.sockets != [together]Socket{} {
			t.Error("some are kept")
		}
	}
}

// What is read ahead is there at every stage of a session's life, and takes no
// memory.
func TestCarrierReadsAheadAtEveryStage(t *testing.T) {
	ahead := func(codec, stage string, s *Session) {
		t.Helper()
		c := &carrier{batch: new(fakeBatch)}
		streams := []mixer.Stream{s, alien{}}
		n := testing.AllocsPerRun(10, func() {
			c.Fetch(streams)
			c.Expect(streams)
			c.Hear(streams)
		})
		if n != 0 {
			t.Errorf("%s: %s: %v allocations", codec, stage, n)
		}
	}
	ahead("none", "new", newcomers(t, 1)[0])
	for _, codec := range []string{"pcmu", "pcma", "g722", "opus"} {
		l := newLoop(t, codec, 0)
		s := l.p.s
		frame := make([]int16, wideFrame)
		ahead(codec, "agreed", s)
		l.batch(10)
		for range 20 { // the last ones without packets
			l.now += frameNanos
			s.Next(l.now)
			ahead(codec, "moved on", s)
			s.Samples(mixer.Narrow)
			s.Samples(mixer.Wide)
			ahead(codec, "heard", s)
			s.Push(l.now, mixer.NewFrame(frame[:s.Rate()/framesPerSecond]))
			ahead(codec, "served", s)
		}
		if s.Stats().PacketsIn == 0 || s.taken == nil {
			t.Errorf("%s: nothing came", codec)
		}
		s.in.playing = kindUnknown
		ahead(codec, "nothing plays", s)
		s.Close()
		ahead(codec, "closed", s)
	}
}
