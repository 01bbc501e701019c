package records

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Bounds of what a store holds at one time.
const (
	maxQueue      = 4096     // records that wait for the disk
	maxQueueBytes = 16 << 20 // of them
	maxLine       = 1 << 20  // bytes of one record
)

// Config configures a Store.
type Config struct {
	Dir    string        // of the files; it is made if need be
	Keep   time.Duration // how long records live; 0: for ever
	Logger *slog.Logger  // nil: discard
}

// Stats counts since the store was opened.
type Stats struct {
	Written uint64
	Dropped uint64 // the disk failed or was too slow, or the record was too long
}

// Store keeps records. Its methods are safe for concurrent use.
type Store struct {
	dir     string
	log     *slog.Logger
	open    opener
	keep    atomic.Int64 // a time.Duration
	written atomic.Uint64
	dropped atomic.Uint64
	wake    chan struct{} // has room for one: look at the queue
	stopped chan struct{} // closed by run, at its end
	readers chan struct{} // a place for each who reads

	mu     sync.Mutex
	queue  []line
	bytes  int           // of queue
	added  uint64        // to the queue, ever
	done   uint64        // of these: written or dropped
	moved  chan struct{} // closed when done rises; nil when nobody waits
	full   bool          // records were dropped since the queue was last taken
	closed bool
}

// line is one record as it is written.
type line struct {
	contact string
	ended   time.Time
	text    []byte // with its newline
}

// written is what a line says.
type written struct {
	Contact string          `json:"contact"`
	Ended   time.Time       `json:"ended"`
	Record  json.RawMessage `json:"record"`
}

// Open returns a store of the files in a directory. Its goroutine runs until
// Close.
func Open(cfg Config) (*Store, error) {
	return open(cfg, func(name string) (file, error) {
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			return nil, err // not a file that is nil
		}
		return f, nil
	})
}

func open(cfg Config, files opener) (*Store, error) {
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("records: %w", err)
	}
	s := &Store{
		dir: cfg.Dir, log: cfg.Logger, open: files,
		wake: make(chan struct{}, 1), stopped: make(chan struct{}), readers: make(chan struct{}, maxReaders),
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.keep.Store(int64(cfg.Keep))
	go s.run()
	return s, nil
}

// Add queues a record, a JSON value, and reports whether there was room for it.
// It never waits for the disk. contact is what Get finds it by.
func (s *Store) Add(contact string, ended time.Time, record []byte) bool {
	text, err := json.Marshal(written{contact, ended.UTC().Round(0), record})
	if err != nil || len(text) >= maxLine {
		s.dropped.Add(1)
		s.log.Error("a call record cannot be kept", "contact", contact, "bytes", len(text), "err", err)
		return false
	}
	ok, first := s.put(line{contact, ended, append(text, '\n')})
	if !ok {
		s.dropped.Add(1)
	}
	if first {
		s.log.Error("call records are dropped: the disk is too slow", "waiting", maxQueue)
	}
	return ok
}

// put queues a line; first says that it is the first one in a row without room.
func (s *Store) put(l line) (ok, first bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false, false
	}
	if len(s.queue) == maxQueue || s.bytes+len(l.text) > maxQueueBytes {
		first, s.full = !s.full, true
		return false, first
	}
	s.queue = append(s.queue, l)
	s.bytes += len(l.text)
	s.added++
	s.nudge()
	return true, false
}

// nudge makes run look.
func (s *Store) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take empties the queue; closed says that nothing more will come.
func (s *Store) take() (batch []line, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch, closed = s.queue, s.closed
	s.queue, s.bytes, s.full = nil, 0, false
	return batch, closed
}

// finished tells those who wait that so many lines are written or dropped.
func (s *Store) finished(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done += uint64(n)
	if s.moved != nil {
		close(s.moved)
		s.moved = nil
	}
}

// SetKeep changes how long records live; 0 is for ever.
func (s *Store) SetKeep(d time.Duration) {
	s.keep.Store(int64(d))
	s.nudge()
}

// Stats returns the counters.
func (s *Store) Stats() Stats { return Stats{Written: s.written.Load(), Dropped: s.dropped.Load()} }

// Close writes what the queue holds, and waits until it is on the disk. What is
// added afterwards is dropped.
func (s *Store) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.nudge()
	<-s.stopped
}
