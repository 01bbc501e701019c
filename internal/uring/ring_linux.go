package uring

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Of the kernel's interface (io_uring(7)), what is used here.
const (
	opSend    = 26
	opRecvmsg = 10

	setupSubmitAll    = 1 << 7  // an operation that fails does not hold up the others
	setupSingleIssuer = 1 << 12 // one thread
	setupDeferTaskrun = 1 << 13 // completions are worked off when asked for, not by interrupting
	enterGetEvents    = 1

	featureSingleMap = 1 // both queues are in one mapping

	offsetQueues  = 0
	offsetEntries = 0x10000000
)

// entry is a queued operation (struct io_uring_sqe).
type entry struct {
	op       uint8
	flags    uint8
	priority uint16
	fd       int32
	offset   uint64
	addr     uint64
	length   uint32
	msgFlags uint32
	tag      uint64
	_        [24]byte
}

// completion is what became of one (struct io_uring_cqe).
type completion struct {
	tag    uint64
	result int32
	_      uint32
}

type submissionOffsets struct {
	head, tail, mask, entries, flags, dropped, array uint32
	_                                                uint32
	_                                                uint64
}

type completionOffsets struct {
	head, tail, mask, entries, overflow, cqes, flags uint32
	_                                                uint32
	_                                                uint64
}

type params struct {
	submissions, completions, flags uint32
	threadCPU, threadIdle           uint32
	features, workers               uint32
	_                               [3]uint32
	sq                              submissionOffsets
	cq                              completionOffsets
}

// ring is a pair of queues shared with the kernel.
type ring struct {
	fd      int
	queues  []byte // mapped
	area    []byte // mapped, of entries
	entries []entry
	tail    *uint32 // of the entries, ours
	queued  uint32  // since the last submission

	completions []completion
	head        *uint32 // of the completions, ours
	done        *uint32 // their tail, the kernel's
}

// newRing makes a ring for so many operations at a time, a power of two, to be
// used by the present thread.
func newRing(size uint32) (*ring, error) {
	var p params
	fd := -1
	// The later flags came with Linux 6.1; without them a ring is slower.
	for _, flags := range []uint32{setupSubmitAll | setupSingleIssuer | setupDeferTaskrun, setupSubmitAll} {
		p = params{flags: flags}
		got, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, uintptr(size), uintptr(unsafe.Pointer(&p)), 0)
		if errno == 0 {
			fd = int(got)
			break
		}
		if errno != unix.EINVAL {
			return nil, fmt.Errorf("io_uring: %w", errno)
		}
	}
	if fd < 0 || p.features&featureSingleMap == 0 {
		if fd >= 0 {
			unix.Close(fd)
		}
		return nil, fmt.Errorf("io_uring: this kernel's is too old, 5.18 or later is needed: %w", unix.ENOTSUP)
	}
	unix.CloseOnExec(fd)
	r := &ring{fd: fd}
	if err := r.mmap(&p); err != nil {
		r.close()
		return nil, fmt.Errorf("io_uring: map queues: %w", err)
	}
	return r, nil
}

// mmap has both queues and the entries in our memory.
func (r *ring) mmap(p *params) (err error) {
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	size := max(p.sq.array+p.submissions*4, p.cq.cqes+p.completions*uint32(unsafe.Sizeof(completion{})))
	if r.queues, err = unix.Mmap(r.fd, offsetQueues, int(size), prot, flags); err != nil {
		return err
	}
	r.area, err = unix.Mmap(r.fd, offsetEntries, int(p.submissions)*int(unsafe.Sizeof(entry{})), prot, flags)
	if err != nil {
		return err
	}
	word := func(at uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.queues[at])) }
	r.entries = unsafe.Slice((*entry)(unsafe.Pointer(&r.area[0])), p.submissions)
	r.completions = unsafe.Slice((*completion)(unsafe.Pointer(&r.queues[p.cq.cqes])), p.completions)
	r.tail, r.head, r.done = word(p.sq.tail), word(p.cq.head), word(p.cq.tail)
	// Entries are used in turn: the list of their numbers is made once.
	order := unsafe.Slice(word(p.sq.array), p.submissions)
	for i := range order {
		order[i] = uint32(i)
	}
	return nil
}

// next is the entry for one more operation. There must be room: no more may be
// queued than the ring was made for.
func (r *ring) next() *entry {
	e := &r.entries[(*r.tail+r.queued)&uint32(len(r.entries)-1)]
	r.queued++
	return e
}

// patience is how often in a row the kernel may refuse to take up anything, for
// want of memory, before the ring is given up.
const patience = 100

// run carries out what is queued and calls finish for each operation, as soon
// as all have ended. An error is the ring's and not an operation's.
func (r *ring) run(finish func(tag uint64, result int32)) error {
	waiting := r.queued
	atomic.StoreUint32(r.tail, *r.tail+waiting)
	submit := waiting
	r.queued = 0
	for refused := 0; waiting > 0; {
		n, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(submit), uintptr(waiting), enterGetEvents, 0, 0)
		switch errno {
		case 0:
			submit -= min(submit, uint32(n))
			refused = 0
		case unix.EINTR:
		case unix.EAGAIN, unix.EBUSY:
			if refused++; refused == patience {
				return fmt.Errorf("io_uring: refused %d times in a row: %w", refused, errno)
			}
		default:
			return fmt.Errorf("io_uring: %w", errno)
		}
		head, tail := *r.head, atomic.LoadUint32(r.done)
		for ; head != tail; head++ {
			c := &r.completions[head&uint32(len(r.completions)-1)]
			finish(c.tag, c.result)
			waiting--
		}
		atomic.StoreUint32(r.head, head)
	}
	return nil
}

// close gives everything back.
func (r *ring) close() {
	for _, m := range [][]byte{r.queues, r.area} {
		if m != nil {
			_ = unix.Munmap(m)
		}
	}
	unix.Close(r.fd)
}
