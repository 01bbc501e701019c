package media

import (
	"net/netip"
	"syscall"

	"warmline/internal/steer"
	"warmline/internal/uring"
)

// kernelBatch is a batch of the kernel's sockets.
type kernelBatch struct {
	io      *uring.Batch              // nil: sockets that are not steered work one by one
	lane    *steer.Lane               // nil: no socket is steered
	broken  error                     // io works no more; nil: it does
	warmed  int                       // what Warm returned, so that it is not found to be for nothing
	asked   int                       // steered sockets fetched for since the last Run
	readers [uring.Size]*kernelSocket // by the index of their reads
	writers [uring.Size]*kernelSocket
	steered [steer.Size]*kernelSocket // by the index of their writes
}

// NewBatch implements Batcher.
func (k *Kernel) NewBatch() (Batch, error) {
	b := new(kernelBatch)
	var failed error
	if k.table != nil {
		if b.lane, failed = k.table.NewLane(); failed != nil {
			k.log.Warn("a worker's packets are not steered", "err", failed)
		}
	}
	if k.ring {
		if b.io, failed = uring.NewBatch(); failed != nil && b.lane != nil {
			k.log.Info("a worker has no io_uring", "err", failed)
		}
	}
	if b.io == nil && b.lane == nil {
		return nil, failed
	}
	return b, nil
}

// Add implements Batch.
func (b *kernelBatch) Add(s Socket) {
	if s, ok := s.(*kernelSocket); ok {
		s.batch = b
		s.steer()
	}
}

// Stop implements Batch.
func (b *kernelBatch) Stop(s Socket) {
	if s, ok := s.(*kernelSocket); ok {
		s.flush()
		if s.steered {
			b.lane.Stop(s.local.Port()) // whether its own is still to be read first, alone has
		}
	}
}

// Remove implements Batch.
func (b *kernelBatch) Remove(s Socket) {
	if s, ok := s.(*kernelSocket); ok {
		s.flush()
		s.drop()
		s.unsteer()
		s.batch = nil
	}
}

// Fetch implements Batch. What each socket leads to is read for all of them
// before what that leads to in turn.
func (b *kernelBatch) Fetch(soon []Socket) int {
	for _, s := range soon {
		b.warmed += b.Expect(s)
	}
	if b.lane != nil {
		b.warmLane(soon)
	}
	for i, s := range soon {
		if !b.fetch(s) {
			return i
		}
	}
	return len(soon)
}

// fetch has the next Run read from a socket; false: there is room for no more.
func (b *kernelBatch) fetch(s Socket) bool {
	k, ok := s.(*kernelSocket)
	switch {
	case !ok || k.fetched != 0:
		return true
	case k.steered:
		// The lane reads for all.
		if b.asked == uring.Size {
			return false
		}
		b.asked++
		return true
	case b.io == nil || b.broken != nil:
		return true // it reads for itself
	case b.io.Reads() == uring.Size:
		return false
	}
	i := b.io.Read(int(k.fd), !k.alone)
	if old := b.readers[i]; old != nil && old.fetched == int32(i)+1 {
		old.fetched = 0 // nobody asked for it
	}
	b.readers[i], k.fetched = k, int32(i)+1
	return true
}

// Expect implements Batch.
func (b *kernelBatch) Expect(s Socket) int {
	if k, ok := s.(*kernelSocket); ok {
		return int(k.fetched) + int(k.failed)
	}
	return 0
}

// write queues a packet of a socket's; false: send it otherwise.
func (b *kernelBatch) write(s *kernelSocket, p []byte, to netip.AddrPort) bool {
	switch {
	case b == nil:
		return false
	case s.steered:
		return b.writeSteered(s, p, to)
	case to != s.peer || b.io == nil || b.broken != nil || len(p) > uring.Datagram:
		return false
	}
	if b.io.Writes() == uring.Size {
		b.Run()
	}
	b.writers[b.io.Write(int(s.fd), p)] = s
	s.pending = true
	return true
}

// Run implements Batch.
func (b *kernelBatch) Run() {
	if b.asked > 0 {
		b.asked = 0
		b.lane.Receive()
	}
	if b.lane != nil && b.lane.Writes() > 0 {
		b.sendSteered()
	}
	if b.io != nil && b.io.Reads()+b.io.Writes() > 0 {
		b.runRing()
	}
}

// runRing does it for sockets that are not steered.
func (b *kernelBatch) runRing() {
	n := b.io.Writes()
	if err := b.io.Run(); err != nil {
		b.broken = err
	}
	for i, s := range b.writers[:n] {
		s.written(b.io.Sent(i))
	}
}

// written notes how it went with a packet that waited.
func (s *kernelSocket) written(errno syscall.Errno) {
	s.pending = false
	if errno != 0 {
		s.failed = int32(errno)
	}
}

// Err implements Batch.
func (b *kernelBatch) Err() error { return b.broken }

// Close implements Batch.
func (b *kernelBatch) Close() {
	if b.io != nil {
		b.io.Close()
	}
	if b.lane != nil {
		b.lane.Close()
	}
}

// takeFetched is TryRead for what the batch has read.
func (s *kernelSocket) takeFetched(p []byte) (int, netip.AddrPort, int64, bool) {
	io, i := s.batch.io, int(s.fetched)-1
	s.fetched = 0
	data, errno := io.Received(i)
	if errno != 0 {
		s.noted(errno)
		return 0, netip.AddrPort{}, 0, false
	}
	from := s.peer
	if sender := io.Sender(i); sender != nil {
		from = decodeSockaddr(sender)
	}
	return copy(p, data), from, io.At(i), true
}

// flush sends what waits in the batch.
func (s *kernelSocket) flush() {
	if s.pending {
		s.batch.Run()
	}
}

// drop forgets what the batch has read: it is of a peer that is no more.
func (s *kernelSocket) drop() { s.fetched = 0 }
