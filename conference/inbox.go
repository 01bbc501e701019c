package conference

import "sync"

// inboxLimit bounds what may wait for one conference. A conference handles a
// message in microseconds; a backlog of this size means that its peers flood
// it, and what comes on top is dropped and counted.
const inboxLimit = 4096

// inbox carries work to the one goroutine at a time that owns a conference.
// Posting never blocks: what does not fit is refused. There is a goroutine only
// while there is work: most conferences just talk, and the stack of one that waits
// is 4 KB.
type inbox struct {
	start func() // starts the owner; it must not call the inbox

	mu      sync.Mutex
	queue   []func()
	owned   bool // the owner is at work
	roused  bool // and has to look again before it rests
	closed  bool
	dropped uint64
}

// newInbox returns an inbox that calls start whenever there is work and nobody at
// it. Who is started is the owner until rest says that it may stop.
func newInbox(start func()) *inbox { return &inbox{start: start} }

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
	b.wake()
	return true
}

// rouse has the owner look at what is due.
func (b *inbox) rouse() {
	b.mu.Lock()
	b.wake()
}

// wake is called with the lock, and gives it back.
func (b *inbox) wake() {
	start := !b.owned && !b.closed
	b.owned = b.owned || start
	b.roused = true
	b.mu.Unlock()
	if start {
		b.start()
	}
}

// rest says whether the owner may stop; false: there is more to do.
func (b *inbox) rest() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.owned = b.roused
	return !b.roused
}

// take removes all that waits, in order, reusing spare for the next batch.
func (b *inbox) take(spare []func()) []func() {
	clear(spare)
	b.mu.Lock()
	defer b.mu.Unlock()
	batch := b.queue
	b.queue, b.roused = spare[:0], false
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
