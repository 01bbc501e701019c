package bench

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"warmline/internal/uring"
)

// socket is a UDP socket used by one thread, without the runtime's poller.
type socket struct{ fd int }

// openSocket binds one. With stamped the kernel notes when packets arrive.
func openSocket(addr netip.AddrPort, stamped bool) (socket, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return socket{}, fmt.Errorf("udp socket: %w", err)
	}
	if stamped {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	} else {
		// Nobody reads it: it is there so that what is sent to it is not refused.
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 1)
	}
	if err == nil {
		err = unix.Bind(fd, sockaddr(addr))
	}
	if err != nil {
		unix.Close(fd)
		return socket{}, fmt.Errorf("bind %v: %w", addr, err)
	}
	return socket{fd}, nil
}

func sockaddr(addr netip.AddrPort) unix.Sockaddr {
	return &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
}

// inUse reports whether the address of a socket is taken.
func inUse(err error) bool { return errors.Is(err, unix.EADDRINUSE) }

func (s socket) connect(to netip.AddrPort) error { return unix.Connect(s.fd, sockaddr(to)) }

func (s socket) close() { unix.Close(s.fd) }

// send hands a packet to a connected socket; false when it was not taken.
func (s socket) send(p []byte) bool {
	_, _, errno := unix.RawSyscall6(unix.SYS_SENDTO, uintptr(s.fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0)
	return errno == 0
}

// post is how the driver sends and reads: many packets with one system call where
// the system permits, so that it costs little beside the server.
type post struct {
	batch   *uring.Batch // nil: not permitted
	senders [uring.Size]*leg
	counted [uring.Size]bool // its failure is

	out     [rtpHeader + maxPayload]byte
	header  unix.Msghdr
	vector  unix.Iovec
	buffer  [2048]byte
	control [8]uint64
}

// newPost makes one for the calling thread, to which the goroutine is locked.
func newPost() *post {
	p := new(post)
	p.batch, _ = uring.NewBatch()
	p.vector.Base = &p.buffer[0]
	p.vector.SetLen(len(p.buffer))
	p.header.Iov = &p.vector
	p.header.SetIovlen(1)
	p.header.Control = (*byte)(unsafe.Pointer(&p.control))
	return p
}

// send sends a leg's packet, at the latest with flush. One that the system does
// not take is counted, if it is to be.
func (p *post) send(l *leg, packet []byte, counted bool) {
	if p.batch == nil {
		if !l.rtp.send(packet) && counted {
			l.kept.unsent++
		}
		return
	}
	if p.batch.Writes() == uring.Size {
		p.flush()
	}
	i := p.batch.Write(l.rtp.fd, packet)
	p.senders[i], p.counted[i] = l, counted
}

// flush sends what waits.
func (p *post) flush() {
	if p.batch == nil {
		return
	}
	n := p.batch.Writes()
	failed := p.batch.Run() != nil
	for i, l := range p.senders[:n] {
		if p.counted[i] && (failed || p.batch.Sent(i) != 0) {
			l.kept.unsent++
		}
	}
}

// fetch reads a packet of each of the first legs, as far as they are active,
// and returns how many it has looked at.
func (p *post) fetch(legs []*leg) int {
	n := min(len(legs), uring.Size)
	for _, l := range legs[:n] {
		l.fetched = l.active.Load()
		if l.fetched && p.batch != nil {
			l.ahead = 1 + p.batch.Read(l.rtp.fd, false)
		}
	}
	if p.batch != nil {
		_ = p.batch.Run() // failing, it has read nothing
	}
	return n
}

// read takes the next packet of a leg, if there is one, and when the kernel got
// it, in ns of the wall clock. The packet is valid until the next read.
func (p *post) read(l *leg) (packet []byte, at int64, ok bool) {
	if i := l.ahead - 1; i >= 0 {
		l.ahead = 0
		packet, errno := p.batch.Received(i)
		return packet, cmp.Or(p.batch.At(i), time.Now().UnixNano()), errno == 0
	}
	p.header.SetControllen(len(p.control) * 8)
	n, _, errno := unix.RawSyscall(unix.SYS_RECVMSG, uintptr(l.rtp.fd), uintptr(unsafe.Pointer(&p.header)), unix.MSG_DONTWAIT)
	if errno != 0 {
		return nil, 0, false
	}
	return p.buffer[:n], cmp.Or(uring.Stamp(&p.header), time.Now().UnixNano()), true
}

func (p *post) close() {
	if p.batch != nil {
		p.batch.Close()
	}
}

// fifoPriority is in the middle of the range, as a server's media thread.
const fifoPriority = 30

// raise gives the calling thread the best priority that the system allows, and
// says which: "realtime", "nice" or "plain". The goroutine must be locked to the
// thread: one that moves on leaves a thread behind that runs others at that
// priority, before whom nobody else gets the processor, not even to take it away.
func raise() string {
	// Threads made from this one must not inherit it.
	attr := unix.SchedAttr{
		Size: unix.SizeofSchedAttr, Policy: unix.SCHED_FIFO, Flags: unix.SCHED_FLAG_RESET_ON_FORK, Priority: fifoPriority,
	}
	if unix.SchedSetAttr(0, &attr, 0) == nil {
		return "realtime"
	}
	if unix.Setpriority(unix.PRIO_PROCESS, 0, -19) == nil {
		return "nice"
	}
	return "plain"
}

// alarm sleeps on the monotonic clock, behind the scheduler's back.
type alarm struct {
	offset int64 // of CLOCK_MONOTONIC against time since base
	base   time.Time
	until  unix.Timespec
}

func newAlarm(base time.Time) (*alarm, error) {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		return nil, err
	}
	return &alarm{offset: now.Nano() - int64(time.Since(base)), base: base}, nil
}

// sleep returns at a moment since the base, or a little before.
func (a *alarm) sleep(until int64) {
	a.until = unix.NsecToTimespec(until + a.offset)
	_, _, _ = unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME,
		uintptr(unsafe.Pointer(&a.until)), 0, 0, 0)
}

// pinSelf keeps all threads of this process, and those to come, on one
// processor.
func pinSelf(cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range tasks {
		id, _ := strconv.Atoi(t.Name())
		if err := unix.SchedSetaffinity(id, &set); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("processor %d: %w", cpu, err)
		}
	}
	return nil
}

// pinned runs f on a thread that is kept on one processor, which the processes
// it starts inherit.
func pinned(cpu int, f func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var old, set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &old); err != nil {
		return err
	}
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("processor %d: %w", cpu, err)
	}
	defer func() { _ = unix.SchedSetaffinity(0, &old) }()
	return f()
}

// allowFiles makes sure that this process, and those it starts, may have so many
// files open.
func allowFiles(n int) error {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return fmt.Errorf("bench: limit of open files: %w", err)
	}
	if l.Cur >= uint64(n) {
		return nil
	}
	if unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: uint64(n), Max: max(l.Max, uint64(n))}) != nil {
		return fmt.Errorf("bench: %d open files are needed, two a leg, and the system allows %d; raise its limit (ulimit -n) or take fewer legs", n, l.Max)
	}
	return nil
}

// cpuTime is what this process has used, in ns.
func cpuTime() int64 {
	var u unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// kernel names the system.
func kernel() string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return runtime.GOOS
	}
	return unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}
