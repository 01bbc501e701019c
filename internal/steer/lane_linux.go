package steer

import (
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// batch is how many datagrams one call reads, or sends.
	batch = 64
	// rounds bounds how many calls Receive makes; the rest waits in the socket.
	rounds = 16
	// waiting is how many datagrams wait for their ports' readers: 300 ms of what
	// 2,000 peers send. Memory is only used for as many as once waited.
	waiting = 32768
	// deepest is how many wait for one of them; more are dropped.
	deepest = 128
	// buffer is what the kernel keeps for a lane meanwhile, in bytes: it charges
	// some 800 per datagram.
	buffer = 8 << 20
)

// Lane has the datagrams of the ports steered to it. It belongs to one thread.
type Lane struct {
	table   *Table
	index   int
	socket  int // everything comes here
	store   store
	queues  [ports]queue
	headers [batch]message
	arrived [batch]arrival
	waited  int // a sum of what was read ahead, so that it is not found to be for nothing
	out     outgoing
}

// queue has what came for a port, oldest first.
type queue struct {
	first, last uint16 // 1 + the place in the store
	count       uint16
	open        bool // the lane has the port
}

// message is the kernel's struct mmsghdr.
type message struct {
	header unix.Msghdr
	length uint32
	_      [4]byte
}

// arrival is where the kernel puts one datagram, and what it says of it.
type arrival struct {
	vector  [2]unix.Iovec
	from    unix.RawSockaddrInet4
	control [ancillary / 8]uint64
	slot    uint16                // of the store, which the first vector shows
	port    uint16                // it was sent to
	at      int64                 // when it came, in nanoseconds of Unix time; 0: not known
	rest    [longest - short]byte // of a datagram for which that is too short
}

// ancillary is the room for the time of a datagram and where it was sent to.
const ancillary = 64

// NewLane opens a lane.
func (t *Table) NewLane() (*Lane, error) {
	l := &Lane{table: t, socket: -1}
	l.out.socket = -1
	err := l.listen()
	if err == nil {
		err = l.out.open()
	}
	if err == nil {
		err = l.store.open()
	}
	if err == nil {
		l.index, err = t.take(l.socket)
	}
	if err != nil {
		l.release()
		return nil, failed(err)
	}
	for i := range l.headers {
		l.arrived[i].slot = l.store.take()
		l.arm(i)
	}
	return l, nil
}

// listen opens the socket that all comes to. Its own port is of no use.
func (l *Lane) listen() (err error) {
	l.socket, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	if err := unix.SetsockoptInt(l.socket, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer); err != nil {
		return fmt.Errorf("receive buffer: %w", err)
	}
	if err := unix.SetsockoptInt(l.socket, unix.IPPROTO_IP, unix.IP_RECVORIGDSTADDR, 1); err != nil {
		return fmt.Errorf("asking for the ports: %w", err)
	}
	_ = unix.SetsockoptInt(l.socket, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	return unix.Bind(l.socket, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}})
}

// Close ends it. No port may be steered to it.
func (l *Lane) Close() {
	l.table.giveBack(l.index)
	l.release()
}

func (l *Lane) release() {
	unix.Close(l.socket)
	unix.Close(l.out.socket)
	l.store.close()
}

// Take has what comes for a local address come to the lane from now on.
func (l *Lane) Take(local netip.AddrPort) {
	l.out.bind(local.Addr().As4())
	l.queues[local.Port()] = queue{open: true}
	l.table.steer(local, l.index)
}

// Only keeps everybody off a port but its peer, as connecting a socket does; the
// zero value undoes it.
func (l *Lane) Only(port uint16, peer netip.AddrPort) { l.table.only(port, peer) }

// Stop has a port's own socket get what comes from now on. What has come is
// there for Next, until Drop.
func (l *Lane) Stop(port uint16) {
	l.table.stop(port)
	l.Receive()
	l.queues[port].open = false
}

// Drop forgets what has come for a port.
func (l *Lane) Drop(port uint16) {
	for {
		if _, _, _, ok := l.Next(port); !ok {
			return
		}
	}
}

// Receive reads what has come for the lane's ports.
func (l *Lane) Receive() {
	for range rounds {
		n, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(l.socket),
			uintptr(unsafe.Pointer(&l.headers)), batch, unix.MSG_DONTWAIT, 0, 0)
		if errno != 0 {
			return
		}
		l.tell(int(n))
		for i := range int(n) {
			l.file(i)
			l.arm(i)
		}
		if n < batch {
			return
		}
	}
}

// arm makes a header ready to take a datagram.
func (l *Lane) arm(i int) {
	a, m := &l.arrived[i], &l.headers[i].header
	a.vector[0].Base = &l.store.slots[a.slot].data[0]
	a.vector[0].SetLen(short)
	a.vector[1].Base = &a.rest[0]
	a.vector[1].SetLen(len(a.rest))
	m.Name, m.Namelen = (*byte)(unsafe.Pointer(&a.from)), unix.SizeofSockaddrInet4
	m.Iov = &a.vector[0]
	m.SetIovlen(len(a.vector))
	m.Control = (*byte)(unsafe.Pointer(&a.control))
	m.SetControllen(ancillary)
}

// tell finds out which ports so many datagrams are for. The queues of all of them
// have left the processor's cache: they are read in one go, not one by one as each
// datagram is filed.
func (l *Lane) tell(n int) {
	for i := range n {
		a := &l.arrived[i]
		a.port, a.at = told(a, int(l.headers[i].header.Controllen))
		l.waited += int(l.queues[a.port].count)
	}
}

// file puts a datagram where its port's reader finds it.
func (l *Lane) file(i int) {
	a := &l.arrived[i]
	port, at := a.port, a.at
	q := &l.queues[port]
	if !q.open {
		return
	}
	place := a.slot + 1
	if q.count == deepest || !l.keep(i, at) {
		l.table.dropped.Add(1)
		return
	}
	if q.count == 0 {
		q.first = place
	} else {
		l.store.slots[q.last-1].next = place
	}
	q.last = place
	q.count++
}

// keep leaves a datagram that came at some time in its slot, and has the next one
// come to another; false: there is no room.
func (l *Lane) keep(i int, at int64) bool {
	a, h := &l.arrived[i], &l.headers[i]
	s := &l.store.slots[a.slot]
	s.at, s.from, s.length, s.next = at, a.from, uint16(h.length), 0
	if h.header.Flags&unix.MSG_TRUNC != 0 || h.length > short && !l.store.lengthen(s, a.rest[:h.length-short]) {
		return false
	}
	next := l.store.take()
	if next == none {
		l.store.shorten(s)
		return false
	}
	a.slot = next
	return true
}

// told reads what the kernel says of a datagram: the port it was sent to, and
// when it came, in nanoseconds of Unix time.
func told(a *arrival, size int) (port uint16, at int64) {
	const head = unix.SizeofCmsghdr
	for off := 0; off+head <= min(size, ancillary); {
		h := (*unix.Cmsghdr)(unsafe.Add(unsafe.Pointer(&a.control), off))
		data := unsafe.Add(unsafe.Pointer(&a.control), off+head)
		switch n := int(h.Len) - head; {
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS && n >= int(unsafe.Sizeof(unix.Timespec{})):
			at = (*unix.Timespec)(data).Nano()
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_ORIGDSTADDR && n >= unix.SizeofSockaddrInet4:
			port = swap((*unix.RawSockaddrInet4)(data).Port)
		}
		off += max(head, (int(h.Len)+7)&^7)
	}
	return port, at
}

// Waiting is how many datagrams wait for a port.
func (l *Lane) Waiting(port uint16) int { return int(l.queues[port].count) }

// Warm reads what Next will, so that it need not be waited for then. What it
// returns means nothing.
func (l *Lane) Warm(port uint16) int {
	q := &l.queues[port]
	if q.count == 0 {
		return 0
	}
	s := &l.store.slots[q.first-1]
	return int(s.length) + int(s.data[64]) + int(s.data[128]) + int(s.data[160])
}

// Next takes the oldest datagram that came for a port: it is valid until
// Receive. at is when it came, in nanoseconds of Unix time; 0: not known.
func (l *Lane) Next(port uint16) (p []byte, from netip.AddrPort, at int64, ok bool) {
	q := &l.queues[port]
	if q.count == 0 {
		return nil, netip.AddrPort{}, 0, false
	}
	i := q.first - 1
	s := &l.store.slots[i]
	q.first = s.next
	q.count--
	from = netip.AddrPortFrom(netip.AddrFrom4(s.from.Addr), swap(s.from.Port))
	p, at = l.store.bytes(s), s.at
	l.store.give(i)
	return p, from, at, true
}
