package media

import "net/netip"

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
