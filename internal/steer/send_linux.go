package steer

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	udpHeader = 8
	// expedited is the DSCP "EF" (RFC 3246) in the place the TOS byte has it.
	expedited = 46 << 2
)

// Size is how many datagrams wait for Send at most.
const Size = batch

// Datagram is the longest datagram that a lane sends.
const Datagram = longest

// outgoing has what is to be sent.
type outgoing struct {
	socket   int
	bound    [4]byte // the address that the socket has its routes for
	count    int
	origins  [batch]origin
	messages [batch]message
	vectors  [batch]unix.Iovec
	to       [batch]unix.RawSockaddrInet4
	failed   [batch]syscall.Errno
	packets  [batch]packet
}

// origin has the kernel look for the route of a datagram from another address
// than the socket's: it does not look into headers that are not its own.
type origin struct {
	header unix.Cmsghdr
	info   unix.Inet4Pktinfo
	_      [4]byte
}

// packet is odd in size so that the beginnings of many do not compete for the
// same lines of the processor's cache.
type packet [udpHeader + longest + 60]byte

// open opens the socket that all leaves by. The kernel writes the IP headers: for
// those of ours it would make a route anew for each datagram, and have as many to
// throw away.
func (o *outgoing) open() (err error) {
	o.socket, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return fmt.Errorf("raw socket: %w", err)
	}
	if err := deafen(o.socket); err != nil {
		return fmt.Errorf("raw socket: filter: %w", err)
	}
	_ = unix.SetsockoptInt(o.socket, unix.SOL_SOCKET, unix.SO_SNDBUFFORCE, buffer)
	_ = unix.SetsockoptInt(o.socket, unix.IPPROTO_IP, unix.IP_TOS, expedited)
	for i := range o.messages {
		m := &o.messages[i].header
		o.to[i].Family = unix.AF_INET
		m.Name, m.Namelen = (*byte)(unsafe.Pointer(&o.to[i])), unix.SizeofSockaddrInet4
		o.vectors[i].Base = &o.packets[i][0]
		m.Iov = &o.vectors[i]
		m.SetIovlen(1)
		c := &o.origins[i]
		c.header.Level, c.header.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
		c.header.SetLen(unix.SizeofCmsghdr + unix.SizeofInet4Pktinfo)
		m.Control = (*byte)(unsafe.Pointer(c))
	}
	return nil
}

// deafen has the kernel throw away what a socket would receive: a raw one for UDP
// is given a copy of all that comes to the machine.
func deafen(socket int) error {
	nothing := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K}
	return unix.SetsockoptSockFprog(socket, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: 1, Filter: &nothing})
}

// nobody is an address of the machine's own that nothing is sent from (the port, of
// "discard", has no meaning here).
var nobody = unix.SockaddrInet4{Port: 9, Addr: [4]byte{127, 255, 255, 253}}

// bind makes an address that of the socket, if it has none: most machines send
// all from one, and for that nothing need be said with each datagram.
func (o *outgoing) bind(ip [4]byte) {
	if o.bound != [4]byte{} || unix.Bind(o.socket, &unix.SockaddrInet4{Addr: ip}) != nil {
		return
	}
	o.bound = ip
	// A socket that is connected gets copies only of what its peer sends, which
	// saves making them. Where there is no way to nobody, the filter does.
	_ = unix.Connect(o.socket, &nobody)
}

// route says with a datagram which address it is from, if that must be said.
func (o *outgoing) route(i int, from [4]byte) {
	size := 0
	if from != o.bound {
		o.origins[i].info.Spec_dst = from
		size = int(unsafe.Sizeof(origin{}))
	}
	o.messages[i].header.SetControllen(size)
}

// Origin is an address and port of this machine's, as short as it can be.
type Origin struct {
	IP   [4]byte
	Port uint16
}

// OriginOf returns that of an IPv4 address.
func OriginOf(a netip.AddrPort) Origin { return Origin{a.Addr().As4(), a.Port()} }

// Writes is how many datagrams wait for Send.
func (l *Lane) Writes() int { return l.out.count }

// Write queues a datagram, which is copied, from a port of the machine's own. It
// returns the index under which Sent has the outcome after Send. At most Size
// may wait, of Datagram bytes each at most.
func (l *Lane) Write(p []byte, from Origin, to netip.AddrPort) int {
	o := &l.out
	i := o.count
	o.count++
	copy(o.packets[i][udpHeader:], p)
	o.to[i].Addr = to.Addr().As4()
	size := udpHeader + len(p)
	address(o.packets[i][:size], from, to)
	o.route(i, from.IP)
	o.vectors[i].SetLen(size)
	return i
}

// address writes the UDP header of a datagram (RFC 768).
func address(u []byte, from Origin, to netip.AddrPort) {
	binary.BigEndian.PutUint16(u[0:], from.Port)
	binary.BigEndian.PutUint16(u[2:], to.Port())
	binary.BigEndian.PutUint16(u[4:], uint16(len(u)))
	u[6], u[7] = 0, 0
	binary.BigEndian.PutUint16(u[6:], checksum(u, from.IP, to.Addr().As4()))
}

// checksum is that of a UDP datagram whose own is zero, with the addresses it is
// from and to (RFC 768).
func checksum(u []byte, from, to [4]byte) uint16 {
	// The sum of 16-bit words does not mind in which order and how wide they are
	// added, if what is carried over is added, too (RFC 1071 §2).
	sum := uint64(binary.BigEndian.Uint32(from[:])) + uint64(binary.BigEndian.Uint32(to[:]))
	sum += unix.IPPROTO_UDP + uint64(len(u))
	for ; len(u) >= 4; u = u[4:] {
		sum += uint64(binary.BigEndian.Uint32(u))
	}
	var rest [4]byte
	copy(rest[:], u)
	sum += uint64(binary.BigEndian.Uint32(rest[:]))
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	if sum == 0xffff {
		return 0xffff // zero would mean that there is none
	}
	return ^uint16(sum)
}

// Send sends what waits.
func (l *Lane) Send() {
	o := &l.out
	n := o.count
	o.count = 0
	for i := 0; i < n; {
		sent, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(o.socket),
			uintptr(unsafe.Pointer(&o.messages[i])), uintptr(n-i), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
		if errno != 0 {
			o.failed[i] = errno
			i++
			continue
		}
		clear(o.failed[i : i+int(sent)])
		i += int(sent)
	}
}

// Sent is 0 for a datagram that was sent.
func (l *Lane) Sent(i int) syscall.Errno { return l.out.failed[i] }
