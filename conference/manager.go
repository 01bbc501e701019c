package conference

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"warmline/directory"
	"warmline/mixer"
	"warmline/transfer"
)

// Errors of the Manager's methods that are not refusals.
var (
	ErrNotFound = errors.New("not found")
	ErrTarget   = errors.New("target is not in the directory") // wrapped with what was asked for
	ErrBusy     = errors.New("a limit is reached")
	ErrDraining = errors.New("the server is shutting down")
)

// Manager owns all conferences: it lets calls in, finds a conference by its id
// and takes it off the list when it is over. It has a mutex and no goroutine.
type Manager struct {
	cfg          Config
	log          *slog.Logger
	dialer       Dialer
	settings     atomic.Pointer[Settings]
	announcement *mixer.Clip
	queues       *queues
	overload     overload
	legs         atomic.Int64
	running      sync.WaitGroup

	mu       sync.Mutex
	live     map[string]*Conference
	rooms    map[string]*Conference // meet-me, by number
	seats    map[string]*Conference // which call keeps a lost agent's seat
	ended    []*Snapshot            // the last ones, oldest first
	draining bool
	idle     chan struct{} // closed when draining and the last conference is over
	settle   *time.Timer   // presence that changes by itself
}

// Ended conferences can be looked up for a while, a bounded number of them.
const (
	keepEnded = time.Minute
	maxEnded  = 1000
)

// NewManager returns a Manager that can place no calls yet: Use gives it the
// endpoint.
func NewManager(cfg Config) *Manager {
	m := &Manager{
		cfg: cfg, log: cfg.Logger,
		live: make(map[string]*Conference), rooms: make(map[string]*Conference),
		seats: make(map[string]*Conference),
		idle:  make(chan struct{}),
	}
	if m.log == nil {
		m.log = slog.New(slog.DiscardHandler)
	}
	if cfg.Announcement != nil {
		m.announcement = mixer.NewClip(cfg.Announcement)
	} else {
		m.announcement = mixer.NewClip(builtinAnnouncement())
	}
	m.settings.Store(&cfg.Settings)
	m.queues = newQueues(m)
	m.queues.configure(cfg.Directory)
	cfg.Directory.OnChange(m.agentChanged)
	return m
}

// Use sets where outbound calls are placed. It must be called before calls come.
func (m *Manager) Use(d Dialer) { m.dialer = d }

// Settings in force for new conferences.
func (m *Manager) Settings() *Settings { return m.settings.Load() }

// Reload takes over new settings and the directory's new queues; running
// conferences keep what they began with.
func (m *Manager) Reload(s Settings) {
	m.settings.Store(&s)
	m.queues.configure(m.cfg.Directory)
}

// newID is an identifier nobody can guess and that is never used twice.
func newID() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// begin lists a new conference, whose goroutine starts with the first message, if
// there is time for it and the legs that come without asking again. The story is made before
// anything can reach it.
func (m *Manager) begin(legs int, story func(*Conference) story) (*Conference, error) {
	if err := m.admitRoom(time.Now(), legs); err != nil {
		return nil, err
	}
	c := newConference(m, m.Settings())
	c.story = story(c)
	c.note("created")
	c.refresh()
	if err := m.list(c); err != nil {
		c.timer.Stop()
		c.room.Close(nil)
		return nil, err
	}
	return c, nil
}

func (m *Manager) list(c *Conference) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.draining:
		return ErrDraining
	case c.number != "" && m.rooms[c.number] != nil:
		return errRoomTaken
	case len(m.live) >= c.settings.Limits.Conferences:
		return fmt.Errorf("%w: %d conferences", ErrBusy, len(m.live))
	}
	m.running.Add(1)
	m.live[c.id] = c
	if c.number != "" {
		m.rooms[c.number] = c
	}
	return nil
}

// errFailed: our own bug; the log has it.
var errFailed = errors.New("the conference failed")

// errRoomTaken: another caller began the room at the same moment.
var errRoomTaken = errors.New("the room exists")

// vacateRoom frees a room's number: whoever dials it next begins anew.
func (m *Manager) vacateRoom(c *Conference) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rooms[c.number] == c {
		delete(m.rooms, c.number)
	}
}

// forget takes an ended conference off the list; the last of its goroutine.
func (m *Manager) forget(c *Conference) {
	last := c.snap.Load().Snapshot
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.live, c.id)
	for agent, kept := range m.seats {
		if kept == c {
			delete(m.seats, agent)
		}
	}
	m.ended = append(m.ended, &last)
	m.expire()
	if m.draining && len(m.live) == 0 {
		close(m.idle)
	}
}

// expire drops ended conferences that are too old or too many.
func (m *Manager) expire() {
	drop := max(0, len(m.ended)-maxEnded)
	for drop < len(m.ended) && time.Since(m.ended[drop].Ended) > keepEnded {
		drop++
	}
	m.ended = slices.Delete(m.ended, 0, drop)
}

func (m *Manager) find(id string) *Conference {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.live[id]
}

// conferences lists the live ones, oldest first.
func (m *Manager) conferences() []*Conference {
	m.mu.Lock()
	all := make([]*Conference, 0, len(m.live))
	for _, c := range m.live {
		all = append(all, c)
	}
	m.mu.Unlock()
	slices.SortFunc(all, func(a, b *Conference) int {
		if d := a.created.Compare(b.created); d != 0 {
			return d
		}
		return cmpString(a.id, b.id)
	})
	return all
}

func cmpString(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// List returns the live conferences, oldest first.
func (m *Manager) List() []Snapshot {
	now, all := time.Now(), m.conferences()
	out := make([]Snapshot, len(all))
	for i, c := range all {
		out[i] = c.look(now)
	}
	return out
}

// Get returns a conference; ended ones are kept for a minute.
func (m *Manager) Get(id string) (Snapshot, bool) {
	if c := m.find(id); c != nil {
		return c.look(time.Now()), true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.expire()
	for _, s := range m.ended {
		if s.ID == id {
			return *s, true
		}
	}
	return Snapshot{}, false
}

// Do has the conference decide a command, and returns its new state; the error
// is ErrNotFound, ErrTarget, a *Refusal, or the context's.
func (m *Manager) Do(ctx context.Context, cmd Command) (Snapshot, error) {
	type answer struct {
		snapshot Snapshot
		err      error
	}
	over := func() (Snapshot, error) {
		last, ok := m.Get(cmd.Conference)
		if !ok {
			return Snapshot{}, fmt.Errorf("conference %q: %w", cmd.Conference, ErrNotFound)
		}
		return last, &Refusal{Reason: transfer.Ended.String(), Detail: refusalText[transfer.Ended]}
	}
	c := m.find(cmd.Conference)
	if c == nil {
		return over()
	}
	done := make(chan answer, 1)
	posted := c.inbox.post(func() {
		a := answer{err: errFailed}
		defer func() { done <- a }() // also when the conference fails at it
		a.snapshot, a.err = c.do(cmd)
	})
	if !posted {
		return over()
	}
	select {
	case a := <-done:
		return a.snapshot, a.err
	case <-ctx.Done():
		return Snapshot{}, ctx.Err()
	}
}

// Draining reports whether no new calls are taken.
func (m *Manager) Draining() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.draining
}

// Drain takes no new calls and returns when the last conference is over or the
// context ends, whichever is first.
func (m *Manager) Drain(ctx context.Context) error {
	m.stopAdmitting()
	select {
	case <-m.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stopAdmitting refuses new conferences from now on.
func (m *Manager) stopAdmitting() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.draining {
		m.draining = true
		if len(m.live) == 0 {
			close(m.idle)
		}
	}
}

// Close ends what is left: every conference is told to end and gets the
// context's time for its BYEs; then its goroutine is stopped. It waits for all.
func (m *Manager) Close(ctx context.Context) {
	m.stopAdmitting()
	for _, c := range m.conferences() {
		c.inbox.post(func() { c.story.endAll(transfer.Finished) })
	}
	_ = m.Drain(ctx)
	for _, c := range m.conferences() {
		c.inbox.post(c.abandon)
	}
	m.running.Wait()
	m.queues.close()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.settle != nil {
		m.settle.Stop()
	}
}

// takeLeg counts a new leg against the limit.
func (m *Manager) takeLeg(limit int) bool {
	if m.legs.Add(1) > int64(limit) {
		m.legs.Add(-1)
		return false
	}
	return true
}

func (m *Manager) freeLeg() { m.legs.Add(-1) }

// resolve finds a target named by a person or program.
func (m *Manager) resolve(target string) (directory.Target, error) {
	t, err := m.cfg.Directory.Resolve(target)
	switch {
	case err != nil:
		return t, fmt.Errorf("%w: %w", ErrTarget, err)
	case t.Kind == directory.ToRoom:
		return t, fmt.Errorf("%w: %q is a meet-me room, which cannot be called into a conference", ErrTarget, target)
	}
	return t, nil
}

func (m *Manager) musicOf(queue string) int {
	q, _ := m.cfg.Directory.Queue(queue)
	return m.cfg.Music[q.Music]
}

func (m *Manager) changed(ch Change) {
	if m.cfg.OnChange != nil {
		m.cfg.OnChange(ch)
	}
}
