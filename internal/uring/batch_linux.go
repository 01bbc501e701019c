package uring

import (
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// Size is how many reads, and how many writes, a batch takes.
	Size = 64
	// Datagram is the longest datagram there is room for.
	Datagram = 2048
	// ancillary is the room for what the kernel says of a datagram: its time.
	ancillary = 64
)

// Batch is a number of reads and writes to be carried out together. It takes no
// lock and allocates nothing. It must not be copied.
type Batch struct {
	ring     *ring
	reads    int
	writes   int
	finish   func(tag uint64, result int32)
	received [Size]received
	sent     [Size]sent
	in, out  [Size]packet
	pinner   runtime.Pinner
}

// received is a read: how the kernel is asked, and what became of it.
type received struct {
	header  unix.Msghdr
	vector  unix.Iovec
	control [ancillary / 8]uint64
	from    [unix.SizeofSockaddrInet6]byte
	result  int32
}

// sent is a write.
type sent struct {
	result int32
}

// packet is odd in size so that the beginnings of many do not compete for the
// same lines of the processor's cache.
type packet [Datagram + 64]byte

// isWrite marks the tags of writes; the rest of a tag is an index.
const isWrite = 1 << 32

// NewBatch makes a batch for the calling thread, to which the goroutine must be
// locked. It fails where the system does not permit io_uring.
func NewBatch() (*Batch, error) {
	r, err := newRing(2 * Size)
	if err != nil {
		return nil, err
	}
	b := &Batch{ring: r}
	b.finish = b.done
	b.pinner.Pin(b) // the kernel is given addresses in it
	for i := range b.received {
		m := &b.received[i]
		m.vector.Base = &b.in[i][0]
		m.vector.SetLen(Datagram)
		m.header.Iov = &m.vector
		m.header.SetIovlen(1)
		m.header.Control = (*byte)(unsafe.Pointer(&m.control))
	}
	return b, nil
}

// Reads and Writes are how many are queued; up to Size of each may be.
func (b *Batch) Reads() int { return b.reads }

// Writes: see Reads.
func (b *Batch) Writes() int { return b.writes }

// Read queues a read of the datagram that waits in a socket, if any. It returns
// the index under which Received has it after Run, until the index is given
// again.
func (b *Batch) Read(fd int, sender bool) int {
	i := b.reads
	b.reads++
	m := &b.received[i]
	m.header.SetControllen(ancillary)
	m.header.Name, m.header.Namelen = nil, 0
	if sender {
		m.header.Name, m.header.Namelen = &m.from[0], uint32(len(m.from))
	}
	*b.ring.next() = entry{
		op: opRecvmsg, fd: int32(fd), addr: uint64(uintptr(unsafe.Pointer(&m.header))), length: 1,
		msgFlags: unix.MSG_DONTWAIT, tag: uint64(i),
	}
	return i
}

// Write queues a datagram for a connected socket; it is copied. It returns the
// index under which Sent has the outcome after Run.
func (b *Batch) Write(fd int, p []byte) int {
	i := b.writes
	b.writes++
	data := &b.out[i]
	n := copy(data[:], p)
	*b.ring.next() = entry{
		op: opSend, fd: int32(fd), addr: uint64(uintptr(unsafe.Pointer(data))), length: uint32(n),
		msgFlags: unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL, tag: isWrite | uint64(i),
	}
	return i
}

// Run carries out what is queued. An error means that the ring is broken, as
// its memory or descriptor can be by mistake only; what was queued is lost then.
func (b *Batch) Run() error {
	for i := range b.received[:b.reads] {
		b.received[i].result = -int32(unix.EIO)
	}
	for i := range b.sent[:b.writes] {
		b.sent[i].result = -int32(unix.EIO)
	}
	b.reads, b.writes = 0, 0
	return b.ring.run(b.finish)
}

func (b *Batch) done(tag uint64, result int32) {
	if tag&isWrite != 0 {
		b.sent[tag&^isWrite].result = result
	} else {
		b.received[tag].result = result
	}
}

// Received is the datagram that a read took, which is valid until its index is
// given again; EAGAIN if none waited.
func (b *Batch) Received(i int) (p []byte, err syscall.Errno) {
	n := b.received[i].result
	if n < 0 {
		return nil, syscall.Errno(-n)
	}
	return b.in[i][:n], 0
}

// Sender is the address that a datagram came from, as the kernel writes it; nil
// if Read was not told to ask.
func (b *Batch) Sender(i int) *[unix.SizeofSockaddrInet6]byte {
	m := &b.received[i]
	if m.header.Name == nil {
		return nil
	}
	return &m.from
}

// At is when a datagram came, in nanoseconds of Unix time, if its socket has
// SO_TIMESTAMPNS; else 0.
func (b *Batch) At(i int) int64 {
	m := &b.received[i]
	return Stamp(&m.header)
}

// Sent is 0 for a datagram that was sent.
func (b *Batch) Sent(i int) syscall.Errno {
	return syscall.Errno(max(0, -b.sent[i].result))
}

// Close ends the batch.
func (b *Batch) Close() {
	b.ring.close()
	b.pinner.Unpin()
}

// Stamp reads the time of arrival from what the kernel said of a datagram, in
// nanoseconds of Unix time; 0 if it is not there.
func Stamp(m *unix.Msghdr) int64 {
	const at = unix.SizeofCmsghdr
	if m.Control == nil || int(m.Controllen) < at+int(unsafe.Sizeof(unix.Timespec{})) {
		return 0
	}
	h := (*unix.Cmsghdr)(unsafe.Pointer(m.Control))
	if h.Level != unix.SOL_SOCKET || h.Type != unix.SCM_TIMESTAMPNS {
		return 0
	}
	return (*unix.Timespec)(unsafe.Add(unsafe.Pointer(m.Control), at)).Nano()
}
