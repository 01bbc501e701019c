package conference

import "sync"

// inboxLimit bounds what may wait for one conference. A conference handles a
// message in microseconds; a backlog of this size means that its peers flood
// it, and what comes on top is dropped and counted.
const inboxLimit = 4096

// inbox carries work to the one goroutine that owns a conference. Posting
// never blocks: what does not fit is refused.
type inbox struct {
	mu      sync.Mutex
	queue   []func()
	closed  bool
	dropped uint64
	wake    chan struct{}
}

func newInbox() *inbox {
	return &inbox{wake: make(chan struct{}, 1)}
}

// post adds work. It reports false when the owner is gone or the limit is
// reached.
func (b *inbox) post(f func()) bool {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return false
	}
	if len(b.queue) >= inboxLimit {
		b.dropped++
		b.mu.Unlock()
		return false
	}
	b.queue = append(b.queue, f)
	b.mu.Unlock()
	select {
	case b.wake <- struct{}{}:
	default: // the owner has a wake-up waiting already
	}
	return true
}

// take removes all that waits, in order, reusing spare for the next batch.
func (b *inbox) take(spare []func()) []func() {
	clear(spare)
	b.mu.Lock()
	defer b.mu.Unlock()
	batch := b.queue
	b.queue = spare[:0]
	return batch
}

// close refuses further work and returns what was still waiting, so that the
// owner can answer it.
func (b *inbox) close() []func() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	rest := b.queue
	b.queue = nil
	return rest
}
