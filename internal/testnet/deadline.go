package testnet

import (
	"sync"
	"time"
)

// deadline is a point in time that can be moved, and a channel that is closed
// once it has passed.
type deadline struct {
	mu    sync.Mutex
	timer *time.Timer
	set   uint64 // counts the calls of move: an older timer that fires late does nothing
	past  chan struct{}
}

func newDeadline() *deadline { return &deadline{past: make(chan struct{})} }

// expired returns the channel that is closed when the deadline passes.
func (d *deadline) expired() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.past
}

// move sets the deadline to t; the zero time removes it.
func (d *deadline) move(t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	d.set++
	select {
	case <-d.past:
		d.past = make(chan struct{})
	default: // those who wait already wait for the new deadline
	}
	if t.IsZero() {
		return
	}
	wait := time.Until(t)
	if wait <= 0 {
		close(d.past)
		return
	}
	mine := d.set
	d.timer = time.AfterFunc(wait, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.set == mine {
			close(d.past)
		}
	})
}
