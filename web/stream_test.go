package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"warmline/conference"
)

var errGone = errors.New("the client went away")

// seen is an event as a client sees it.
type seen struct {
	id, kind string
	body     map[string]any
}

// fakeClient is a sink that keeps what it is sent, and may go away or stall.
type fakeClient struct {
	mu      sync.Mutex
	events  []seen
	beats   []string
	flushes int
	quota   int           // goes away after so many events; 0: never
	stall   chan struct{} // if not nil, each event waits for it
}

func (c *fakeClient) event(id, kind string, body []byte) error {
	if c.stall != nil {
		<-c.stall
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var v map[string]any
	if err := json.Unmarshal(body, &v); err != nil {
		return err
	}
	c.events = append(c.events, seen{id, kind, v})
	if c.quota > 0 && len(c.events) >= c.quota {
		return errGone
	}
	return nil
}

func (c *fakeClient) heartbeat(id string) error {
	c.beats = append(c.beats, id)
	return nil
}

func (c *fakeClient) flush() error {
	c.flushes++
	return nil
}

// ids are the ids of the client's events, resets marked.
func (c *fakeClient) ids() string {
	var out []string
	for _, e := range c.events {
		id := e.id
		if e.kind == "reset" {
			id = fmt.Sprint("reset:", e.body["reason"], "@", id)
		}
		out = append(out, id)
	}
	return strings.Join(out, " ")
}

// follow runs a stream in a bubble until it has nothing to do, and ends it.
func follow(t *testing.T, s *Server, f follower) *fakeClient {
	t.Helper()
	c := &fakeClient{}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.stream(ctx, f, c) }()
	synctest.Wait()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("the stream ended with %v", err)
	}
	return c
}

func TestStreamBeginsWhereTheClientLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, populated(), func(c *Config) { c.Ring = 4 })
		for v := range uint64(6) {
			s.Publish(changed("c1", v+1))
		}
		for last, want := range map[string]string{
			"e.6":   "",
			"e.3":   "e.4 e.5 e.6",
			"e.2":   "e.3 e.4 e.5 e.6",
			"e.1":   "reset:expired@e.6",
			"":      "reset:start@e.6",
			"old.6": "reset:restart@e.6",
			"e.7":   "reset:unknown@e.6",
		} {
			if got := follow(t, s, follower{lastID: last}).ids(); got != want {
				t.Errorf("after %q: %q, want %q", last, got, want)
			}
		}
	})
}

func TestResetHoldsTheWholeState(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, populated())
		s.Publish(changed("c1", 1))
		s.Publish(changed("c2", 4))
		c := follow(t, s, follower{})
		if len(c.events) != 1 {
			t.Fatalf("events %s", c.ids())
		}
		got, _ := json.Marshal(c.events[0].body["state"])
		for _, want := range []string{`"id":"c1"`, `"id":"c2"`, `"version":4`, `"id":"alice"`, `"id":"support"`} {
			if !strings.Contains(string(got), want) {
				t.Errorf("%s is not in %s", want, got)
			}
		}
		c = follow(t, s, follower{only: "c2"})
		got, _ = json.Marshal(c.events[0].body["state"])
		if strings.Contains(string(got), "c1") || strings.Contains(string(got), "alice") || !strings.Contains(string(got), "c2") {
			t.Errorf("of c2 only: %s", got)
		}
	})
}

func TestFilterAndHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, populated())
		c := &fakeClient{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.stream(ctx, follower{lastID: "e.0", only: "c2"}, c) }()
		synctest.Wait()
		s.Publish(changed("c1", 1))
		s.Publish(changed("c2", 1))
		s.Publish(conference.Change{Kind: "agent", Agent: &conference.AgentInfo{ID: "alice"}})
		s.Publish(changed("c2", 2))
		s.Publish(changed("c1", 2))
		time.Sleep(2*heartbeatEvery + time.Second)
		synctest.Wait()
		if got := c.ids(); got != "e.2 e.4" {
			t.Errorf("events %s", got)
		}
		// The heartbeats carry on the id past events that were not wanted.
		if got := fmt.Sprint(c.beats); got != "[e.5 e.5]" {
			t.Errorf("heartbeats %s", got)
		}
		cancel()
		<-done
	})
}

// A client that stalls is dropped once its next event is gone; until then and
// after, publishing does not wait for it, and other clients get everything.
func TestSlowClientIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, populated(), func(c *Config) { c.Ring = 100 })
		slow, good := &fakeClient{stall: make(chan struct{})}, &fakeClient{}
		ctx, cancel := context.WithCancel(t.Context())
		slowDone, goodDone := make(chan error, 1), make(chan error, 1)
		go func() { slowDone <- s.stream(ctx, follower{lastID: "e.0"}, slow) }()
		go func() { goodDone <- s.stream(ctx, follower{lastID: "e.0"}, good) }()
		synctest.Wait()
		for v := range uint64(500) {
			s.Publish(changed("c1", v+1)) // returns though slow stalls
			synctest.Wait()
		}
		close(slow.stall)
		if err := <-slowDone; !errors.Is(err, errSlow) {
			t.Errorf("the slow client's stream ended with %v", err)
		}
		if n := len(slow.events); n == 0 || n > streamBatch {
			t.Errorf("the slow client got %d events", n)
		}
		if n := len(good.events); n != 500 || good.events[499].id != "e.500" {
			t.Errorf("the good client got %d events", n)
		}
		cancel()
		<-goodDone
	})
}

// resumer follows events over connections that break, and checks that they are
// one whole story.
type resumer struct {
	last     string
	versions map[string]uint64 // of each conference
	events   int
	resets   int
}

func (r *resumer) take(t *testing.T, e seen) {
	t.Helper()
	if e.kind == "reset" {
		r.resets++
		clear(r.versions)
		for _, raw := range e.body["state"].(map[string]any)["conferences"].([]any) {
			c := raw.(map[string]any)
			r.versions[c["id"].(string)] = uint64(c["version"].(float64))
		}
		r.last = e.id
		return
	}
	if prev, next := number(t, r.last), number(t, e.id); next != prev+1 {
		t.Fatalf("event %s follows %s", e.id, r.last)
	}
	id, version := e.body["conference"].(string), uint64(e.body["version"].(float64))
	if version != r.versions[id]+1 {
		t.Fatalf("%s: version %d of %s follows %d", e.id, version, id, r.versions[id])
	}
	r.last, r.versions[id] = e.id, version
	r.events++
}

func number(t *testing.T, id string) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(id, "e."), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Clients whose connections break at random see every event exactly once, in
// order, while several conferences publish; with a small ring, they see resets
// instead of gaps.
func TestResumeUnderConcurrentPublishing(t *testing.T) {
	const conferences, versions, clients = 4, 400, 3
	for _, ring := range []int{conferences * versions, 50} {
		t.Run(fmt.Sprint("ring ", ring), func(t *testing.T) {
			s := newTestServer(t, populated(), func(c *Config) { c.Ring = ring })
			var publishers, followers sync.WaitGroup
			for c := range conferences {
				publishers.Go(func() {
					for v := range uint64(versions) {
						s.Publish(changed(fmt.Sprint("c", c), v+1))
					}
				})
			}
			for seed := range uint64(clients) {
				followers.Go(func() { followToTheEnd(t, s, seed, conferences, versions, ring) })
			}
			publishers.Wait()
			followers.Wait()
		})
	}
}

func followToTheEnd(t *testing.T, s *Server, seed uint64, conferences, versions, ring int) {
	random := rand.New(rand.NewPCG(seed, 1))
	r := &resumer{versions: map[string]uint64{}}
	total := uint64(conferences * versions)
	for r.last == "" || number(t, r.last) < total {
		c := &fakeClient{quota: 1 + random.IntN(40)}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		err := s.stream(ctx, follower{lastID: r.last}, c)
		cancel()
		if !errors.Is(err, errGone) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errSlow) {
			t.Errorf("the stream ended with %v", err)
			return
		}
		for _, e := range c.events {
			r.take(t, e)
		}
	}
	for id, v := range r.versions {
		if v != uint64(versions) {
			t.Errorf("%s ends at version %d", id, v)
		}
	}
	if len(r.versions) != conferences {
		t.Errorf("conferences %v", r.versions)
	}
	if uint64(ring) >= total && r.resets != 1 {
		t.Errorf("%d resets with a ring that keeps everything", r.resets)
	}
}

// What was published before Close reaches the clients; then they are told.
func TestCloseEndsStreams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newTestServer(t, populated())
		c := &fakeClient{}
		done := make(chan error, 1)
		go func() { done <- s.stream(t.Context(), follower{lastID: "e.0"}, c) }()
		synctest.Wait()
		s.Publish(ended("c1", 9))
		s.Close()
		if err := <-done; !errors.Is(err, errClosed) || c.ids() != "e.1" {
			t.Errorf("%v, events %s", err, c.ids())
		}
		s.Publish(changed("c1", 10)) // nothing happens
		s.Close()                    // nor here
	})
}

// discard is a client that takes everything.
type discard struct{}

func (discard) event(string, string, []byte) error { return nil }
func (discard) heartbeat(string) error             { return nil }
func (discard) flush() error                       { return nil }

func BenchmarkPublish(b *testing.B) {
	for _, subscribers := range []int{0, 100} {
		b.Run(fmt.Sprint("subscribers ", subscribers), func(b *testing.B) {
			s := newTestServer(b, populated())
			ctx, cancel := context.WithCancel(b.Context())
			var running sync.WaitGroup
			for range subscribers {
				running.Go(func() { s.stream(ctx, follower{}, discard{}) })
			}
			change := conference.Change{Kind: "conference", Event: "changed", Time: at(0), Conference: &exampleConference}
			b.ReportAllocs()
			for b.Loop() {
				s.Publish(change)
			}
			cancel()
			running.Wait()
		})
	}
}
