package mixer

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// calls collects what callbacks report, in order.
type calls struct {
	mu   sync.Mutex
	list []string
}

func (c *calls) released(name string) func() { return func() { c.add(name) } }

func (c *calls) done(name string) func(bool) {
	return func(whole bool) { c.add(fmt.Sprintf("%s %v", name, whole)) }
}

func (c *calls) add(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, s)
}

func (c *calls) want(t *testing.T, why string, want ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.list, want) {
		t.Errorf("%s: callbacks %q, want %q", why, c.list, want)
	}
	c.list = nil
}

func TestCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMixer(t, Config{Workers: 1, Plain: true})
		m.Start()
		defer m.Close()
		var got calls
		room := m.NewRoom()
		clip := NewClip(sine(500, 0.1, 10*FrameSamples))
		soon := 3*FrameDuration + noticePoll

		room.Join(0, &peer{}, Row{})
		room.Play(0, clip, got.done("clip"))
		time.Sleep(100 * time.Millisecond)
		got.want(t, "while it plays")
		time.Sleep(100*time.Millisecond + soon)
		got.want(t, "after its last frame", "clip true")

		room.Play(0, clip, got.done("first"))
		time.Sleep(soon)
		room.Play(0, clip, got.done("second"))
		time.Sleep(soon)
		got.want(t, "another takes over", "first false")
		room.Play(0, NewClip(nil), got.done("stop"))
		time.Sleep(soon)
		got.want(t, "cut off", "second false", "stop true")

		room.Play(0, clip, got.done("clip"))
		room.Leave(0, got.released("left"))
		time.Sleep(soon)
		got.want(t, "the port leaves", "clip false", "left")

		room.Play(0, clip, got.done("nobody"))
		room.Leave(0, got.released("gone"))
		time.Sleep(soon)
		got.want(t, "no such port", "nobody false", "gone")

		room.Join(1, &peer{}, Row{})
		room.Play(1, clip, got.done("clip"))
		room.Close(got.released("closed"))
		time.Sleep(soon)
		got.want(t, "the room closes", "clip false", "closed")

		room.Join(2, &peer{}, Row{})
		room.Set([]Change{{2, Row{}}})
		room.Play(2, clip, got.done("late"))
		room.Leave(2, got.released("later"))
		room.Close(got.released("again"))
		time.Sleep(soon)
		got.want(t, "after the room's end", "late false", "later", "again")
	})
}

// released means that the stream is not touched again: not by the tick that was
// under way, not by the next.
func TestReleasedStreamIsNotTouched(t *testing.T) {
	m := newMixer(t, Config{Workers: 1})
	m.Start()
	defer m.Close()
	room := m.NewRoom()
	room.Join(0, &peer{voice: constant(1)}, Row{Voice: 1, Hears: 1})
	for range 40 {
		p := &peer{voice: constant(2)} // its fields are not synchronised: the race detector sees a touch
		room.Join(1, p, Row{Voice: 1, Hears: 1})
		time.Sleep(3 * time.Millisecond)
		released := make(chan struct{})
		room.Leave(1, func() { close(released) })
		<-released
		p.frames, p.heard, p.voice = -1, nil, nil
	}
	room.Close(nil)
}

// Closing the mixer makes every callback that is due before it returns; what
// is asked for later is answered at once.
func TestCloseCallsBack(t *testing.T) {
	for _, started := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			m := newMixer(t, Config{Workers: 2, Plain: true})
			if started {
				m.Start()
			}
			var got calls
			rooms := []*Room{m.NewRoom(), m.NewRoom(), m.NewRoom()}
			for i, r := range rooms {
				r.Join(0, &peer{}, Row{})
				r.Join(1, &peer{}, Row{})
				if i == 1 {
					time.Sleep(time.Second)
				}
			}
			rooms[0].Play(0, NewClip(sine(500, 0.1, SampleRate)), got.done("clip"))
			rooms[1].Leave(0, got.released("left"))
			rooms[2].Close(got.released("closed"))
			m.Close()
			slices.Sort(got.list)
			got.want(t, "close", "clip false", "closed", "left")

			rooms[0].Leave(0, got.released("left late"))
			rooms[0].Join(3, &peer{}, Row{})
			rooms[0].Play(3, nil, got.done("clip late"))
			rooms[0].Close(got.released("closed late"))
			fresh := m.NewRoom()
			fresh.Join(0, &peer{}, Row{})
			fresh.Leave(0, got.released("left new"))
			fresh.Close(got.released("closed new"))
			got.want(t, "after close", "left late", "clip late false", "closed late", "left new", "closed new")
			if due := m.due.Load(); due != 0 {
				t.Errorf("%d callbacks still due", due)
			}
		})
	}
}

// Conferences that go on while the mixer closes lose no callback either.
func TestCloseCrossesControl(t *testing.T) {
	for range 30 {
		m := newMixer(t, Config{Workers: 2, Plain: true})
		m.Start()
		var conferences, callbacks sync.WaitGroup
		for range 4 {
			conferences.Go(func() {
				for i := range 40 {
					room := m.NewRoom()
					room.Join(0, &peer{deaf: true}, Row{})
					callbacks.Add(2)
					room.Play(0, NewClip(sine(500, 0.1, 400)), func(bool) { callbacks.Done() })
					if i%2 == 0 {
						room.Leave(0, callbacks.Done)
					} else {
						room.Close(callbacks.Done)
					}
				}
			})
		}
		m.Close()
		conferences.Wait()
		callbacks.Wait() // hangs if one is lost
	}
}

func TestQueueKeepsEachProducersOrder(t *testing.T) {
	const producers, items = 4, 20_000
	var q queue[[2]int]
	q.init()
	var pushing sync.WaitGroup
	start := make(chan struct{})
	for p := range producers {
		pushing.Go(func() {
			<-start
			for i := range items {
				q.push(&node[[2]int]{value: [2]int{p, i}})
			}
		})
	}
	close(start)
	var next [producers]int
	for got := 0; got < producers*items; {
		v, ok := q.pop()
		if !ok {
			runtime.Gosched()
			continue
		}
		if v[1] != next[v[0]] {
			t.Fatalf("producer %d: item %d after %d", v[0], v[1], next[v[0]]-1)
		}
		next[v[0]]++
		got++
	}
	pushing.Wait()
	if v, ok := q.pop(); ok {
		t.Errorf("%v is left over", v)
	}
}
