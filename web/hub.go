package web

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"warmline/conference"
)

// What is kept for clients that resume: so many events, and no more than so
// many bytes of them (snapshots of large rooms are large).
const (
	ringEvents = 10_000
	ringBytes  = 64 << 20
)

var (
	errClosed = errors.New("the server is shutting down")
	errSlow   = errors.New("the client did not keep up")
	errKey    = errors.New("the API key is no longer in force")
	errChange = errors.New("a change without a subject")
)

// hub keeps the latest events, numbered, and the last state of each live
// conference. It knows no client: each stream reads on from the event it saw
// last, at its own pace, and one that is so slow that its next event is gone
// is dropped. Publishing therefore costs the same whoever listens, and the
// ring is all the memory that slow clients can use.
type hub struct {
	epoch string
	now   func() time.Time
	limit int // bytes the ring may hold

	streams sync.WaitGroup          // streams let in
	newest  atomic.Pointer[encoded] // the last snapshot published: several events may have it

	mu      sync.Mutex
	ring    []event // ring[seq % len(ring)], for first <= seq <= last
	first   uint64  // sequence of the oldest event; last+1 when there is none
	last    uint64  // sequence of the newest event; 0 before any
	bytes   int
	live    map[string]liveState
	changed chan struct{} // closed by the next event; nil when nobody waits
	closed  bool
}

// event is a published change, encoded once for all clients.
type event struct {
	seq        uint64
	kind       string          // "conference", "agent", "queue"
	conference string          // id, of kind "conference"
	front      []byte          // the JSON object without its id, which follows from seq, up to the state
	state      json.RawMessage // events of one snapshot share it
}

// body is the event's JSON object without its id.
func (e *event) body() []byte {
	out := make([]byte, 0, len(e.front)+len(e.state)+1)
	return append(append(append(out, e.front...), e.state...), '}')
}

// shares says whether two events have their state in one place.
func (e *event) shares(other *event) bool {
	return len(e.state) > 0 && len(other.state) > 0 && &e.state[0] == &other.state[0]
}

// encoded is a snapshot and its JSON.
type encoded struct {
	snap *conference.Snapshot
	raw  json.RawMessage
}

// liveState is the newest state of a live conference.
type liveState struct {
	created time.Time
	version uint64
	body    json.RawMessage // the snapshot
}

func newHub(epoch string, events, bytes int, now func() time.Time) *hub {
	return &hub{
		epoch: epoch, now: now, limit: bytes,
		ring: make([]event, max(events, 1)), first: 1, live: make(map[string]liveState),
	}
}

// newEpoch returns a prefix for event ids that no other run of a server used:
// the time tells runs apart for people, the random part for certain.
func newEpoch(now time.Time) string {
	var b [6]byte
	rand.Read(b[:])
	return strconv.FormatInt(now.UnixMilli(), 36) + hex.EncodeToString(b[:])
}

// head is what every event carries, in front of its state.
type head struct {
	Time       time.Time `json:"time"`
	Type       string    `json:"type"`
	Event      string    `json:"event"`
	Conference string    `json:"conference,omitempty"`
	Version    uint64    `json:"version,omitempty"`
	Agent      string    `json:"agent,omitempty"`
	Queue      string    `json:"queue,omitempty"`
}

// publish encodes a change, numbers it and wakes whoever waits for it.
func (h *hub) publish(c conference.Change) error {
	hd := head{Time: c.Time, Type: c.Kind, Event: c.Event}
	if hd.Time.IsZero() {
		hd.Time = h.now()
	}
	var state any
	switch {
	case c.Conference != nil:
		hd.Type, hd.Conference, hd.Version = "conference", c.Conference.ID, c.Conference.Version
		state = tidy(*c.Conference)
	case c.Agent != nil:
		hd.Type, hd.Agent, state = "agent", c.Agent.ID, tidyAgent(*c.Agent)
	case c.Queue != nil:
		hd.Type, hd.Queue, state = "queue", c.Queue.ID, *c.Queue
	default:
		return errChange
	}
	front, err := encodeHead(hd)
	if err != nil {
		return err
	}
	raw, err := h.encode(c.Conference, state)
	if err != nil {
		return err
	}
	h.add(event{kind: hd.Type, conference: hd.Conference, front: front, state: raw}, c.Conference)
	return nil
}

// encodeHead returns the event's JSON object up to where its state starts.
func encodeHead(hd head) ([]byte, error) {
	front, err := json.Marshal(hd)
	if err != nil {
		return nil, err
	}
	return append(front[:len(front)-1], `,"state":`...), nil
}

// encode returns a state's JSON; that of a snapshot is made once for all its
// events.
func (h *hub) encode(snap *conference.Snapshot, state any) (json.RawMessage, error) {
	if last := h.newest.Load(); snap != nil && last != nil && last.snap == snap {
		return last.raw, nil
	}
	raw, err := json.Marshal(state)
	if err == nil && snap != nil {
		h.newest.Store(&encoded{snap, raw})
	}
	return raw, err
}

// add puts an event into the ring; snap, if any, is the conference's state.
func (h *hub) add(e event, snap *conference.Snapshot) {
	h.mu.Lock()
	if h.closed {
		h.mu.Unlock()
		return
	}
	if h.last+1-h.first >= uint64(len(h.ring)) {
		h.evict()
	}
	h.last++
	e.seq = h.last
	h.bytes += len(e.front)
	if before := h.at(h.last - 1); h.last == h.first || !before.shares(&e) {
		h.bytes += len(e.state)
	}
	*h.at(e.seq) = e
	for h.bytes > h.limit && h.first < h.last {
		h.evict()
	}
	if snap != nil {
		h.remember(snap, e.state)
	}
	h.mu.Unlock()
	h.wake()
}

// wake makes every stream that waits look again.
func (h *hub) wake() {
	h.mu.Lock()
	waiting := h.changed
	h.changed = nil
	h.mu.Unlock()
	if waiting != nil {
		close(waiting)
	}
}

// at is where an event is kept. The caller holds the lock.
func (h *hub) at(seq uint64) *event { return &h.ring[seq%uint64(len(h.ring))] }

// evict forgets the oldest event. The caller holds the lock.
func (h *hub) evict() {
	oldest := h.at(h.first)
	h.bytes -= len(oldest.front)
	if h.first == h.last || !oldest.shares(h.at(h.first+1)) {
		h.bytes -= len(oldest.state)
	}
	*oldest = event{}
	h.first++
}

// remember keeps the conference's state for clients that start, until it has
// ended. The caller holds the lock.
func (h *hub) remember(snap *conference.Snapshot, raw json.RawMessage) {
	if snap.State == "ended" {
		delete(h.live, snap.ID)
		return
	}
	if h.live[snap.ID].version <= snap.Version {
		h.live[snap.ID] = liveState{snap.Created, snap.Version, raw}
	}
}

// id is the public id of a sequence number.
func (h *hub) id(seq uint64) string {
	return h.epoch + "." + strconv.FormatUint(seq, 10)
}

// resume finds the sequence number that a client's last id stands for. If the
// events after it are not all there, why says so and the client has to start
// again from a snapshot.
func (h *hub) resume(id string) (seq uint64, why string) {
	if id == "" {
		return 0, "start"
	}
	epoch, number, ok := strings.Cut(id, ".")
	if !ok || epoch != h.epoch {
		return 0, "restart"
	}
	seq, err := strconv.ParseUint(number, 10, 64)
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case err != nil || seq > h.last:
		return 0, "unknown"
	case seq+1 < h.first:
		return 0, "expired"
	}
	return seq, ""
}

// snapshot returns the states of the live conferences, oldest first, and the
// sequence number they stand at: what comes after it has not happened in them.
// only, if not empty, is the one conference wanted.
func (h *hub) snapshot(only string) (seq uint64, conferences []json.RawMessage) {
	h.mu.Lock()
	states := make([]liveState, 0, len(h.live))
	for id, s := range h.live {
		if only == "" || only == id {
			states = append(states, s)
		}
	}
	seq = h.last
	h.mu.Unlock()
	slices.SortFunc(states, func(a, b liveState) int {
		return cmp.Or(a.created.Compare(b.created), slices.Compare(a.body, b.body))
	})
	conferences = make([]json.RawMessage, 0, len(states))
	for _, s := range states {
		conferences = append(conferences, s.body)
	}
	return seq, conferences
}

// after returns events that follow seq, into buf, as many as fit. When there
// is none yet it returns a channel that is closed once there may be. errSlow:
// the next event is gone. errClosed, which may come with events: there will be
// no more.
func (h *hub) after(seq uint64, buf []event) (got []event, changed <-chan struct{}, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if seq+1 < h.first {
		return nil, nil, errSlow
	}
	got = buf[:0]
	for next := seq + 1; next <= h.last && len(got) < cap(got); next++ {
		got = append(got, h.ring[next%uint64(len(h.ring))])
	}
	if h.closed {
		return got, nil, errClosed
	}
	if len(got) > 0 {
		return got, nil, nil
	}
	if h.changed == nil {
		h.changed = make(chan struct{})
	}
	return nil, h.changed, nil
}

// enter lets a stream in, unless the hub is closed; leave goes with it.
func (h *hub) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.streams.Add(1)
	return true
}

func (h *hub) leave() { h.streams.Done() }

// close ends all streams.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.wake()
}
