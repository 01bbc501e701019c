package mixer

import (
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Config configures a Mixer.
type Config struct {
	Workers int          // media workers; 0: DefaultWorkers
	Music   [][]int16    // the musics by index, 8 kHz mono loops; none: the built-in one at index 0
	Logger  *slog.Logger // nil: discard
	Plain   bool         // workers are ordinary goroutines sleeping on time.Sleep: for virtual time

	// Carrier makes a worker's carrier, on the worker's thread; nil, or a nil
	// result: each stream carries its own packets, as it does where it fails.
	Carrier func() (Carrier, error)

	// Ringback is what a caller hears while the far phone rings; the zero value
	// is 440 + 480 Hz, 2 s on and 4 s off.
	Ringback Cadence
}

// Mixer owns the media workers and places rooms on them.
type Mixer struct {
	log     *slog.Logger
	plain   bool
	carrier func() (Carrier, error)
	epoch   time.Time
	sounds  *sounds
	workers []*worker
	working sync.WaitGroup // the workers
	tidying sync.WaitGroup // the janitor

	rooms atomic.Int64

	mu      sync.Mutex // guards placement, and the consumer's side of what has no worker; held for moments only
	started bool
	closed  bool

	notices  queue[notice]
	due      atomic.Int64  // callbacks promised and not made yet
	expected chan struct{} // wakes the janitor: due has risen
	stop     chan struct{} // ends the janitor
	ended    atomic.Bool   // the janitor has ended: callbacks are made on the spot
}

// cores are those the program may use, of the machine and of its container.
// They are taken at the start: what GOMAXPROCS is set to later says nothing of
// them.
var cores = min(runtime.NumCPU(), runtime.GOMAXPROCS(0))

// DefaultWorkers is one worker less than there are cores, at least 1: the rest
// of the program needs its share.
func DefaultWorkers() int { return max(1, cores-1) }

// Processors is the GOMAXPROCS that suits so many workers. A worker's sleep
// then holds on to a processor of the Go runtime's, set aside for it, which
// saves the two system calls and the watchdog's wake-ups that giving it back
// and fetching it again every millisecond cost. It has to be set before Start.
func Processors(workers int) int { return cores + workers }

// New returns a Mixer that does not run yet. It fails on a negative number of
// workers, an empty music, or a cadence that is no sound.
func New(cfg Config) (*Mixer, error) {
	if cfg.Workers < 0 {
		return nil, fmt.Errorf("mixer: %d workers", cfg.Workers)
	}
	if cfg.Workers == 0 {
		cfg.Workers = DefaultWorkers()
	}
	for i, music := range cfg.Music {
		if len(music) == 0 {
			return nil, fmt.Errorf("mixer: music %d is empty", i)
		}
	}
	if err := cfg.Ringback.validate(); err != nil {
		return nil, fmt.Errorf("mixer: ringback: %w", err)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	m := &Mixer{
		log:      cfg.Logger,
		plain:    cfg.Plain,
		carrier:  cfg.Carrier,
		epoch:    time.Now(),
		sounds:   newSounds(cfg.Music, cfg.Ringback),
		expected: make(chan struct{}, 1),
		stop:     make(chan struct{}),
	}
	m.notices.init()
	for range cfg.Workers {
		w := newWorker(m)
		w.index = len(m.workers)
		m.workers = append(m.workers, w)
	}
	return m, nil
}

// Now is the mixer's monotonic time in nanoseconds, the one streams are given.
func (m *Mixer) Now() int64 { return int64(time.Since(m.epoch)) }

// Start starts the workers; Close ends them. A second Start, or one after
// Close, does nothing.
func (m *Mixer) Start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.started || m.closed {
		return
	}
	m.started = true
	for i, w := range m.workers {
		m.working.Go(func() { w.main(i) })
	}
	m.tidying.Go(m.janitor)
}

// Close stops the workers and waits for them. Rooms are gone afterwards: their
// streams are not touched any more, and callbacks outstanding have been called
// (one that itself waits for Close would wait for ever).
func (m *Mixer) Close() {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		m.tidying.Wait()
		return
	}
	m.closed = true
	m.mu.Unlock()
	for _, w := range m.workers {
		w.end()
	}
	m.working.Wait()
	m.mu.Lock()
	for _, w := range m.workers {
		w.admit()
		w.wheel.rooms(m.orphan)
	}
	m.mu.Unlock()
	close(m.stop)
	m.tidying.Wait()
	m.ended.Store(true)
	m.callBack()
}

// NewRoom places an empty room on the least loaded worker and slot.
func (m *Mixer) NewRoom() *Room {
	r := &Room{mixer: m, ports: make(map[Port]*port)}
	r.ops.init()
	r.farewell.value.room = r
	m.rooms.Add(1)
	m.mu.Lock()
	defer m.mu.Unlock()
	r.worker, r.slot = m.place()
	r.worker.load[r.slot].Add(1)
	if m.closed {
		m.orphan(r)
		return r
	}
	r.worker.open(r)
	return r
}

// place finds the emptiest slot of the worker with the least to do. Slots are
// counted in ports and rooms as the conferences see them.
func (m *Mixer) place() (*worker, int) {
	best := m.workers[0]
	lightest := best.burden()
	for _, w := range m.workers[1:] {
		if b := w.burden(); b.less(lightest) {
			best, lightest = w, b
		}
	}
	slot, least := 0, int64(-1)
	for i := range slots {
		// Neighbours in this order are seven slots apart, so that while slots are
		// few in use each has free ones after it to run over into.
		s := i * 7 % slots
		if load := best.load[s].Load(); least < 0 || load < least {
			slot, least = s, load
		}
	}
	return best, slot
}

// leave takes a room with so many ports out of the counts.
func (m *Mixer) leave(r *Room, ports int) {
	r.worker.load[r.slot].Add(-int64(ports) - 1)
	r.worker.ports.Add(-int64(ports))
	m.rooms.Add(-1)
}
