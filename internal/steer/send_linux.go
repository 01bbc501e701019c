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
	ipHeader  = 20
	udpHeader = 8
	headers   = ipHeader + udpHeader
	// expedited is the DSCP "EF" (RFC 3246) in the place the TOS byte has it.
	expedited = 46 << 2
	// hops is the time to live that Linux gives.
	hops = 64
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
type packet [headers + longest + 60]byte

// open opens the socket that all leaves by. It receives nothing.
func (o *outgoing) open() (err error) {
	o.socket, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW)
	if err != nil {
		return fmt.Errorf("raw socket: %w", err)
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

// bind makes an address that of the socket, if it has none: most machines send
// all from one, and for that nothing need be said with each datagram.
func (o *outgoing) bind(ip [4]byte) {
	if o.bound == [4]byte{} && unix.Bind(o.socket, &unix.SockaddrInet4{Addr: ip}) == nil {
		o.bound = ip
	}
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
	copy(o.packets[i][headers:], p)
	o.to[i].Addr = to.Addr().As4()
	size := headers + len(p)
	address(o.packets[i][:size], from, to)
	o.route(i, from.IP)
	o.vectors[i].SetLen(size)
	return i
}

// address writes the IP and UDP headers of a packet (RFC 791, RFC 768). The sum
// of the IP header is the kernel's to make. No fragments of it exist, so that its
// identification means nothing (RFC 6864 §4.1); were it zero, the kernel would look for
// one.
func address(p []byte, from Origin, to netip.AddrPort) {
	dst := to.Addr().As4()
	p[0], p[1] = 4<<4|ipHeader/4, expedited
	binary.BigEndian.PutUint16(p[2:], uint16(len(p)))
	const identification, dontFragment = 1, 0x4000
	binary.BigEndian.PutUint16(p[4:], identification)
	binary.BigEndian.PutUint16(p[6:], dontFragment)
	p[8], p[9] = hops, unix.IPPROTO_UDP
	p[10], p[11] = 0, 0
	copy(p[12:], from.IP[:])
	copy(p[16:], dst[:])
	u := p[ipHeader:]
	binary.BigEndian.PutUint16(u[0:], from.Port)
	binary.BigEndian.PutUint16(u[2:], to.Port())
	binary.BigEndian.PutUint16(u[4:], uint16(len(u)))
	u[6], u[7] = 0, 0
	binary.BigEndian.PutUint16(u[6:], checksum(p))
}

// checksum is that of the UDP datagram in a packet whose own is zero, with the
// addresses before it (RFC 768).
func checksum(p []byte) uint16 {
	u := p[ipHeader:]
	// The sum of 16-bit words does not mind in which order and how wide they are
	// added, if what is carried over is added, too (RFC 1071 §2).
	sum := uint64(binary.BigEndian.Uint32(p[12:])) + uint64(binary.BigEndian.Uint32(p[16:]))
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
