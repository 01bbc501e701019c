package media

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"warmline/internal/steer"
	"warmline/internal/uring"
)

// receiveBuffer bounds what waits in a socket, in bytes: the kernel doubles it
// and charges some 800 bytes per packet, which makes about 1.5 s of 20 ms
// packets. More would only be played too late.
const receiveBuffer = 64 << 10

// expedited is the DSCP "EF" (RFC 3246) in the place the TOS byte has it.
const expedited = 46 << 2

// Listen binds a non-blocking UDP socket.
func (*Kernel) Listen(addr netip.AddrPort) (Socket, error) {
	family := unix.AF_INET
	if addr.Addr().Is6() {
		family = unix.AF_INET6
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("udp socket: %w", err)
	}
	s := &kernelSocket{fd: int32(fd), local: addr, six: family == unix.AF_INET6}
	if err := s.bind(addr); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return s, nil
}

// kernelSocket calls the kernel directly: package net would park a goroutine
// per socket and take locks per packet. One goroutine at a time may use it.
type kernelSocket struct {
	// What each packet needs is in one line of the processor's cache.
	fd      int32
	fetched int32          // 1 + the index in the batch of a read that is done; 0: none
	batch   *kernelBatch   // that its packets go by; nil: none
	six     bool           // of its addresses
	alone   bool           // nothing waits any more that came before it was connected or steered
	pending bool           // a write waits in the batch
	steered bool           // what comes, comes by the batch's lane; it is not connected then
	failed  int32          // a system error of a write in the batch, since the last one; 0: none
	peer    netip.AddrPort // connected to, or zero
	origin  steer.Origin   // of what is sent by the lane

	local netip.AddrPort

	// The kernel reads and writes addresses here: as variables of the methods
	// they would escape to the heap.
	from, to [unix.SizeofSockaddrInet6]byte
	message  unix.Msghdr
	vector   unix.Iovec
	control  [ancillarySize / 8]uint64 // aligned for what is in it

	_ [32]byte // to whole lines of the processor's cache, so that all of them begin with one
}

// ancillarySize is the room for what the kernel says of a datagram: its time.
const ancillarySize = 64

func (s *kernelSocket) bind(addr netip.AddrPort) error {
	// Buffer size, time stamps and priority are wishes: a socket without them works
	// too.
	_ = unix.SetsockoptInt(int(s.fd), unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	_ = unix.SetsockoptInt(int(s.fd), unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	var sa unix.Sockaddr
	if s.six {
		_ = unix.SetsockoptInt(int(s.fd), unix.IPPROTO_IPV6, unix.IPV6_TCLASS, expedited)
		sa = &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
	} else {
		_ = unix.SetsockoptInt(int(s.fd), unix.IPPROTO_IP, unix.IP_TOS, expedited)
		sa = &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	}
	if err := unix.Bind(int(s.fd), sa); err != nil {
		return fmt.Errorf("bind %v: %w", addr, err)
	}
	return nil
}

// TryRead implements Socket. An error the kernel holds for us (a port
// unreachable from a connected peer) is taken off and reads as nothing.
func (s *kernelSocket) TryRead(p []byte) (int, netip.AddrPort, int64, bool) {
	switch {
	case s.fetched != 0:
		return s.takeFetched(p)
	case s.steered && s.alone:
		return s.takeSteered(p)
	}
	n, from, at, ok := s.read(p)
	if !ok && s.steered {
		return s.takeSteered(p)
	}
	return n, from, at, ok
}

// read asks the kernel.
func (s *kernelSocket) read(p []byte) (int, netip.AddrPort, int64, bool) {
	s.vector.Base = unsafe.SliceData(p)
	s.vector.SetLen(len(p))
	m := &s.message
	*m = unix.Msghdr{Iov: &s.vector, Control: (*byte)(unsafe.Pointer(&s.control))}
	m.SetIovlen(1)
	m.SetControllen(ancillarySize)
	if !s.alone { // else it is known who sends
		m.Name, m.Namelen = &s.from[0], uint32(len(s.from))
	}
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(s.fd), uintptr(unsafe.Pointer(m)), unix.MSG_DONTWAIT)
	s.vector.Base = nil
	if errno != 0 {
		s.noted(errno)
		return 0, netip.AddrPort{}, 0, false
	}
	from := s.peer
	if m.Name != nil {
		from = decodeSockaddr(&s.from)
	}
	return int(n), from, uring.Stamp(m), true
}

// noted takes in why a read brought nothing.
func (s *kernelSocket) noted(errno unix.Errno) {
	if errno == unix.EAGAIN { // any other error comes before what is queued
		s.alone = s.peer.IsValid() || s.steered
	}
}

// TryWrite implements Socket.
func (s *kernelSocket) TryWrite(p []byte, to netip.AddrPort) error {
	if s.batch.write(s, p, to) {
		if s.failed != 0 {
			err := syscall.Errno(s.failed)
			s.failed = 0
			return err
		}
		return nil
	}
	s.flush()
	var addr unsafe.Pointer
	var size int
	if to != s.peer || s.steered { // a connected socket saves the kernel the look-up of the route
		size = s.encode(to)
		addr = unsafe.Pointer(&s.to)
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL,
		uintptr(addr), uintptr(size))
	if errno != 0 {
		return errno
	}
	return nil
}

// Connect implements Socket.
func (s *kernelSocket) Connect(to netip.AddrPort) error {
	s.flush()
	s.drop()
	if !s.steered {
		if err := s.connect(to); err != nil {
			return err
		}
	} else {
		s.batch.lane.Only(s.local.Port(), to)
	}
	s.peer, s.alone = to, s.steered && s.alone
	return nil
}

// connect has the kernel do it.
func (s *kernelSocket) connect(to netip.AddrPort) error {
	size := unix.SizeofSockaddrInet4
	if to.IsValid() {
		size = s.encode(to)
	} else {
		binary.NativeEndian.PutUint16(s.to[:], unix.AF_UNSPEC)
	}
	_, _, errno := unix.RawSyscall(unix.SYS_CONNECT, uintptr(s.fd), uintptr(unsafe.Pointer(&s.to)), uintptr(size))
	if errno != 0 {
		return errno
	}
	return nil
}

// LocalAddr implements Socket.
func (s *kernelSocket) LocalAddr() netip.AddrPort { return s.local }

// Close implements Socket.
func (s *kernelSocket) Close() error { return unix.Close(int(s.fd)) }

// encode writes to into s.to as the kernel wants it and returns its size.
func (s *kernelSocket) encode(to netip.AddrPort) int {
	b := &s.to
	binary.BigEndian.PutUint16(b[2:], to.Port())
	if !s.six {
		binary.NativeEndian.PutUint16(b[0:], unix.AF_INET)
		ip := to.Addr().As4()
		copy(b[4:], ip[:])
		return unix.SizeofSockaddrInet4
	}
	binary.NativeEndian.PutUint16(b[0:], unix.AF_INET6)
	ip := to.Addr().As16()
	clear(b[4:8]) // flow label
	copy(b[8:], ip[:])
	clear(b[24:28]) // scope
	return unix.SizeofSockaddrInet6
}

func decodeSockaddr(b *[unix.SizeofSockaddrInet6]byte) netip.AddrPort {
	port := binary.BigEndian.Uint16(b[2:])
	if binary.NativeEndian.Uint16(b[0:]) == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(b[4:8])), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(b[8:24])).Unmap(), port)
}
