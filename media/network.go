package media

import (
	"log/slog"
	"net/netip"
)

// Socket is a bound datagram socket that never waits.
type Socket interface {
	// TryRead copies one waiting datagram into p; ok is false when none waits. at
	// is when it arrived, in nanoseconds of Unix time; 0: not known.
	TryRead(p []byte) (n int, from netip.AddrPort, at int64, ok bool)
	// TryWrite sends one datagram; a full send buffer drops it (an error, counted).
	TryWrite(p []byte, to netip.AddrPort) error
	// Connect fixes the peer, so that the kernel filters strangers; the zero
	// AddrPort undoes it.
	Connect(to netip.AddrPort) error
	LocalAddr() netip.AddrPort
	Close() error
}

// Network opens sockets: the kernel's by default, an in-memory one in tests.
type Network interface {
	Listen(addr netip.AddrPort) (Socket, error)
}

// Batcher is a Network whose sockets can be read and written many at a time.
type Batcher interface {
	// NewBatch makes a batch for the calling thread; nil: there is none to be had.
	// It fails where the system does not permit it. Sockets then work one by one.
	NewBatch() (Batch, error)
}

// Batch reads and writes many of its network's sockets with one system call.
// One thread uses it and, while they are in it, its sockets.
type Batch interface {
	// Add has a socket's packets go by the batch: what Fetch has read is had by
	// TryRead, and what TryWrite sends goes with the next Run; an error of
	// that is returned by the socket's next TryWrite.
	Add(Socket)
	// Stop has what comes from now on wait in the socket, once what is left to be
	// sent has been. TryRead still gives what has been read.
	Stop(Socket)
	// Remove ends that: what was read before Stop and was not taken is lost.
	Remove(Socket)
	// Fetch has the next Run read from sockets, and returns how many of them, from
	// the first on, there was room for. One that the batch cannot read from needs
	// none: its TryRead asks by itself.
	Fetch([]Socket) int
	// Expect says that a socket is soon written to. What it returns means nothing.
	Expect(Socket) int
	// Run reads and writes.
	Run()
	// Err is why it works no more, and its sockets one by one; nil while it works.
	Err() error
	// Close is called when no socket is in it.
	Close()
}

// KernelConfig says how the kernel's sockets are read and written in batches.
type KernelConfig struct {
	// Ring has io_uring carry many reads and writes with one system call.
	Ring bool
	// Lanes is for how many workers the packets of all legs may arrive at one
	// socket, and leave by one, as many as they are (package steer): it takes
	// privileges, and IPv4. 0: for none.
	Lanes  int
	Logger *slog.Logger // nil: none
}
