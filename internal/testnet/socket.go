package testnet

import (
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// queueLimit is how many datagrams wait in a socket before further ones are
// dropped, as a kernel's receive buffer does.
const queueLimit = 1024

// Socket is a bound datagram socket whose calls never wait. ListenPacket gives
// the same as a net.PacketConn.
type Socket struct {
	net   *Network
	local netip.AddrPort
	read  *deadline

	ready  chan struct{} // one slot: something waits
	closed chan struct{}

	mu      sync.Mutex
	queue   []packet
	dropped int
	peer    netip.AddrPort
	done    bool
}

type packet struct {
	from    netip.AddrPort
	at      int64
	payload []byte
}

// ListenSocket opens a datagram socket at addr; port 0 takes a free one.
func (n *Network) ListenSocket(addr netip.AddrPort) (*Socket, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	taken := func(a netip.AddrPort) bool { return n.sockets[a] != nil }
	addr = unmap(addr)
	if addr.Port() == 0 {
		var err error
		if addr, err = n.freePort(addr.Addr(), taken); err != nil {
			return nil, err
		}
	}
	if taken(addr) {
		return nil, opError("listen", "udp", addrOf("udp", addr), syscall.EADDRINUSE)
	}
	s := &Socket{
		net:    n,
		local:  addr,
		read:   newDeadline(),
		ready:  make(chan struct{}, 1),
		closed: make(chan struct{}),
	}
	n.sockets[addr] = s
	return s, nil
}

// Sockets is the network as something that opens sockets of the interface type
// S, for code that names its own: Sockets[media.Socket] is a media.Network.
// *Socket must implement S.
type Sockets[S any] struct{ *Network }

// Listen opens a datagram socket.
func (n Sockets[S]) Listen(addr netip.AddrPort) (S, error) {
	s, err := n.ListenSocket(addr)
	if err != nil {
		var none S
		return none, err
	}
	return any(s).(S), nil
}

// deliver takes in a datagram that has arrived.
func (s *Socket) deliver(from netip.AddrPort, payload []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.done, s.peer.IsValid() && s.peer != from:
		return
	case len(s.queue) >= queueLimit:
		s.dropped++
		return
	}
	s.queue = append(s.queue, packet{from, time.Now().UnixNano(), payload})
	s.wake()
}

// wake needs s.mu.
func (s *Socket) wake() {
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

// TryRead copies one waiting datagram into p; what does not fit is cut off. ok
// is false when none waits. at is when it arrived, in nanoseconds of Unix time.
func (s *Socket) TryRead(p []byte) (n int, from netip.AddrPort, at int64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return 0, netip.AddrPort{}, 0, false
	}
	first := s.queue[0]
	if s.queue = s.queue[1:]; len(s.queue) == 0 {
		s.queue = nil
	} else {
		s.wake() // another reader may wait
	}
	return copy(p, first.payload), first.from, first.at, true
}

// TryWrite sends one datagram.
func (s *Socket) TryWrite(p []byte, to netip.AddrPort) error {
	select {
	case <-s.closed:
		return s.error("write", net.ErrClosed)
	default:
	}
	s.net.send(s.local, unmap(to), p)
	return nil
}

// Connect has only datagrams of one peer arrive; the zero AddrPort undoes it.
// What waits from others already stays, as in a kernel.
func (s *Socket) Connect(to netip.AddrPort) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peer = unmap(to)
	return nil
}

// LocalAddr is the bound address.
func (s *Socket) LocalAddr() netip.AddrPort { return s.local }

// Dropped is the number of datagrams lost because nobody read them in time.
func (s *Socket) Dropped() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.dropped
}

// Close frees the address. Waiting readers get net.ErrClosed.
func (s *Socket) Close() error {
	s.mu.Lock()
	done := s.done
	s.done, s.queue = true, nil
	s.mu.Unlock()
	if done {
		return s.error("close", net.ErrClosed)
	}
	s.net.mu.Lock()
	delete(s.net.sockets, s.local)
	s.net.mu.Unlock()
	close(s.closed)
	s.read.move(time.Time{})
	return nil
}

func (s *Socket) error(op string, err error) error {
	return opError(op, "udp", addrOf("udp", s.local), err)
}
