package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"warmline/conference"
)

// changed is a change of a conference.
func changed(id string, version uint64) conference.Change {
	return conference.Change{Kind: "conference", Event: "changed", Time: at(1),
		Conference: &conference.Snapshot{ID: id, Version: version, State: "active", Created: at(0)}}
}

func ended(id string, version uint64) conference.Change {
	c := changed(id, version)
	c.Event, c.Conference.State = "ended", "ended"
	return c
}

func testHub(events, bytes int) *hub { return newHub("e", events, bytes, time.Now) }

func (h *hub) mustPublish(t testing.TB, changes ...conference.Change) {
	t.Helper()
	for _, c := range changes {
		if err := h.publish(c); err != nil {
			t.Fatal(err)
		}
	}
}

func TestEventsAsJSON(t *testing.T) {
	h := testHub(10, 1<<20)
	h.mustPublish(t,
		changed("c1", 3),
		conference.Change{Kind: "agent", Event: "presence", Time: at(2), Agent: &conference.AgentInfo{ID: "alice", Presence: "away"}},
		conference.Change{Kind: "queue", Event: "changed", Queue: &conference.QueueInfo{ID: "support", Waiting: 2}},
	)
	if err := h.publish(conference.Change{Kind: "conference", Event: "changed"}); !errors.Is(err, errChange) {
		t.Errorf("a change of nothing: %v", err)
	}
	got, _, err := h.after(0, make([]event, 0, 10))
	if err != nil || len(got) != 3 {
		t.Fatalf("%d events, %v", len(got), err)
	}
	for i, want := range []string{
		`{"time":"2026-03-02T09:30:01Z","type":"conference","event":"changed","conference":"c1","version":3,"state":{"id":"c1","contact":"","version":3,"created":"2026-03-02T09:30:00Z","state":"active","participants":[],"segments":[]}}`,
		`{"time":"2026-03-02T09:30:02Z","type":"agent","event":"presence","agent":"alice","state":{"id":"alice","name":"","extension":"","queues":[],"presence":"away","contacts":0}}`,
	} {
		if string(got[i].body()) != want {
			t.Errorf("event %d\n got %s\nwant %s", i+1, got[i].body(), want)
		}
	}
	var q QueueEvent
	if err := json.Unmarshal(got[2].body(), &q); err != nil || q.State.Waiting != 2 || q.Time.IsZero() {
		t.Errorf("%v: %s", err, got[2].body())
	}
}

func TestResume(t *testing.T) {
	h := testHub(4, 1<<20)
	for v := range uint64(10) {
		h.mustPublish(t, changed("c1", v))
	}
	for id, want := range map[string]string{
		"":                        "start",
		"e.10":                    "",
		"e.6":                     "", // events 7 to 10 are kept
		"e.5":                     "expired",
		"e.0":                     "expired",
		"e.11":                    "unknown", // never given out
		"e.-1":                    "unknown",
		"e.99999999999999999999":  "unknown",
		"e.":                      "unknown",
		"f.10":                    "restart",
		"10":                      "restart",
		"nonsense":                "restart",
		strings.Repeat("e.1", 40): "unknown",
	} {
		seq, why := h.resume(id)
		if why != want {
			t.Errorf("%q: %q, want %q", id, why, want)
		}
		if why == "" && h.id(seq) != id {
			t.Errorf("%q resumes at %s", id, h.id(seq))
		}
	}
	if _, why := testHub(4, 1<<20).resume("e.0"); why != "" {
		t.Errorf("resume before the first event: %s", why)
	}
}

// The ring is bound by events and by bytes; what is left has no holes.
func TestRingIsBounded(t *testing.T) {
	for _, limits := range [][2]int{{8, 1 << 20}, {1000, 2000}, {1, 1 << 20}, {1000, 1}} {
		t.Run(fmt.Sprint(limits), func(t *testing.T) {
			h := testHub(limits[0], limits[1])
			for v := range uint64(100) {
				c := changed("c1", v)
				for range v % 4 {
					h.mustPublish(t, c)
				}
				h.mustPublish(t, c)
				held := 0
				for seq := h.first; seq <= h.last; seq++ {
					e := h.ring[seq%uint64(len(h.ring))]
					if e.seq != seq {
						t.Fatalf("event %d is where %d should be", e.seq, seq)
					}
					held += len(e.front) + len(e.state)
					if seq > h.first && e.shares(h.at(seq-1)) {
						held -= len(e.state)
					}
				}
				n := int(h.last - h.first + 1)
				if held != h.bytes || n > limits[0] || n < 1 || (held > limits[1] && n > 1) {
					t.Fatalf("%d events of %d bytes (counted %d) are kept", n, held, h.bytes)
				}
			}
		})
	}
}

// Events of one snapshot keep its state once, and differ in their heads alone.
func TestEventsShareTheirState(t *testing.T) {
	h := testHub(10, 1<<20)
	c := changed("c1", 1)
	h.mustPublish(t, c, c, changed("c1", 1))
	got, _, err := h.after(0, make([]event, 10))
	if err != nil || len(got) != 3 {
		t.Fatalf("%d events, %v", len(got), err)
	}
	if !got[0].shares(&got[1]) || got[1].shares(&got[2]) {
		t.Error("state is not shared by snapshot")
	}
	if string(got[0].body()) != string(got[2].body()) {
		t.Errorf("%s is not %s", got[0].body(), got[2].body())
	}
}

func TestSnapshotIsTheLastStateOfTheLiveOnes(t *testing.T) {
	h := testHub(4, 1<<20)
	older := changed("c0", 1)
	older.Conference.Created = at(-5)
	h.mustPublish(t, changed("c1", 1), changed("c2", 1), changed("c1", 2), older, ended("c2", 2), changed("c1", 1))
	show := func(only string) string {
		seq, states := h.snapshot(only)
		var out []string
		for _, raw := range states {
			var c conference.Snapshot
			if err := json.Unmarshal(raw, &c); err != nil {
				t.Fatal(err)
			}
			out = append(out, fmt.Sprint(c.ID, "@", c.Version))
		}
		return fmt.Sprint(seq, out)
	}
	for only, want := range map[string]string{"": "6 [c0@1 c1@2]", "c1": "6 [c1@2]", "c2": "6 []"} {
		if got := show(only); got != want {
			t.Errorf("only %q: %s, want %s", only, got, want)
		}
	}
}

func TestAfterWaitsAndEnds(t *testing.T) {
	h := testHub(4, 1<<20)
	buf := make([]event, 0, 2)
	_, wake, err := h.after(0, buf)
	if err != nil || wake == nil {
		t.Fatalf("%v, %v", wake, err)
	}
	h.mustPublish(t, changed("c1", 1), changed("c1", 2), changed("c1", 3))
	<-wake
	if got, _, _ := h.after(0, buf); len(got) != 2 || got[1].seq != 2 {
		t.Errorf("first batch %v", got)
	}
	h.mustPublish(t, changed("c1", 4), changed("c1", 5))
	if _, _, err := h.after(0, buf); !errors.Is(err, errSlow) {
		t.Errorf("the next event is gone: %v", err)
	}
	_, wake, _ = h.after(5, buf)
	h.close()
	<-wake
	if got, _, err := h.after(4, buf); !errors.Is(err, errClosed) || len(got) != 1 {
		t.Errorf("after the end: %v, %v", got, err)
	}
	h.mustPublish(t, changed("c1", 6))
	if h.last != 5 {
		t.Error("a closed hub took an event in")
	}
	if h.enter() {
		t.Error("a closed hub let a stream in")
	}
}

func TestEpochsDiffer(t *testing.T) {
	now := at(0)
	seen := map[string]bool{}
	for range 1000 {
		e := newEpoch(now)
		if seen[e] || strings.Contains(e, ".") {
			t.Fatalf("epoch %q again, or with a dot", e)
		}
		seen[e] = true
	}
}
