package media

import (
	"net/netip"

	"warmline/internal/uring"
)

// kernelBatch is a batch of the kernel's sockets.
type kernelBatch struct {
	io      *uring.Batch
	broken  error                     // its sockets work one by one since; nil: it works
	readers [uring.Size]*kernelSocket // by the index of their reads
	writers [uring.Size]*kernelSocket
}

// NewBatch implements Batcher.
func (kernelNetwork) NewBatch() (Batch, error) {
	io, err := uring.NewBatch()
	if err != nil {
		return nil, err
	}
	return &kernelBatch{io: io}, nil
}

// Add implements Batch.
func (b *kernelBatch) Add(s Socket) {
	if s, ok := s.(*kernelSocket); ok {
		s.batch = b
	}
}

// Remove implements Batch.
func (b *kernelBatch) Remove(s Socket) {
	if s, ok := s.(*kernelSocket); ok {
		s.flush()
		s.drop()
		s.batch = nil
	}
}

// Fetch implements Batch.
func (b *kernelBatch) Fetch(s Socket) bool {
	k, ok := s.(*kernelSocket)
	if !ok || k.fetched != 0 {
		return true
	}
	if b.broken != nil || b.io.Reads() == uring.Size {
		return false
	}
	i := b.io.Read(k.fd, !k.alone)
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

// write queues a packet for a socket's peer; false: send it otherwise.
func (b *kernelBatch) write(s *kernelSocket, p []byte) bool {
	if b == nil || b.broken != nil || len(p) > uring.Datagram {
		return false
	}
	if b.io.Writes() == uring.Size {
		b.Run()
	}
	b.writers[b.io.Write(s.fd, p)] = s
	s.pending = true
	return true
}

// Run implements Batch.
func (b *kernelBatch) Run() {
	n := b.io.Writes()
	if n == 0 && b.io.Reads() == 0 {
		return
	}
	if err := b.io.Run(); err != nil {
		b.broken = err
	}
	for i, s := range b.writers[:n] {
		s.pending = false
		if errno := b.io.Sent(i); errno != 0 {
			s.failed = errno
		}
	}
}

// Err implements Batch.
func (b *kernelBatch) Err() error { return b.broken }

// Close implements Batch.
func (b *kernelBatch) Close() { b.io.Close() }

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
