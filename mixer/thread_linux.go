package mixer

import (
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Real-time priority is in the middle of the range, below the kernel's own
// threads; the nice value is all but the highest.
const (
	fifoPriority = 30
	niceValue    = -19
)

// takeThread locks the goroutine to its thread, raises the thread's priority as
// far as the system allows (err says what it refused), and returns a sleep on
// the absolute clock that clock runs on. spare says that there is a processor
// (of GOMAXPROCS) which the sleep may keep from running goroutines.
func takeThread(clock func() int64, spare bool) (p priority, sleep func(until int64), err error) {
	runtime.LockOSThread()
	p, err = raisePriority()
	// The worker's clock is read first, so that a sleep ends rather a little after
	// its moment than before it, and need not be begun again.
	before := clock()
	var now unix.Timespec
	if clockErr := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); clockErr != nil {
		return p, func(until int64) { time.Sleep(time.Duration(until - clock())) }, errors.Join(err, clockErr)
	}
	offset := now.Nano() - before
	nanosleep := sleepSyscall
	if spare {
		nanosleep = sleepRaw
	}
	ts := new(unix.Timespec) // once: a sleep allocates nothing
	return p, func(until int64) {
		*ts = unix.NsecToTimespec(until + offset)
		sleepTo(nanosleep, ts)
	}, err
}

// sleepTo sleeps to a moment of CLOCK_MONOTONIC.
func sleepTo(nanosleep func(*unix.Timespec) error, until *unix.Timespec) {
	for nanosleep(until) == unix.EINTR {
		// A signal, most often the runtime's own to preempt us. The time is
		// absolute, so sleeping on loses nothing.
	}
}

// raisePriority takes the best of real time, nice and plain.
func raisePriority() (priority, error) {
	attr := unix.SchedAttr{
		Size:     unix.SizeofSchedAttr,
		Policy:   unix.SCHED_FIFO,
		Flags:    unix.SCHED_FLAG_RESET_ON_FORK, // threads made from this one must not inherit it
		Priority: fifoPriority,
	}
	return firstPermitted(
		func() error { return unix.SchedSetAttr(0, &attr, 0) },
		func() error { return unix.Setpriority(unix.PRIO_PROCESS, 0, niceValue) }, // on Linux it is the thread's
	)
}

func firstPermitted(fifo, nice func() error) (priority, error) {
	fifoErr := fifo()
	if fifoErr == nil {
		return realtimePriority, nil
	}
	fifoErr = fmt.Errorf("SCHED_FIFO: %w", fifoErr)
	if niceErr := nice(); niceErr != nil {
		return plainPriority, errors.Join(fifoErr, fmt.Errorf("nice: %w", niceErr))
	}
	return nicePriority, fifoErr
}

// sleepSyscall sleeps as a system call the scheduler knows of: another
// goroutine runs on this processor meanwhile.
func sleepSyscall(until *unix.Timespec) error {
	return unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, until, nil)
}

// sleepRaw sleeps behind the scheduler's back, which costs half of the other
// way but keeps a processor from running goroutines. The runtime can still stop
// the world: its signal interrupts the sleep.
func sleepRaw(until *unix.Timespec) error {
	_, _, errno := unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME,
		uintptr(unsafe.Pointer(until)), 0, 0, 0)
	return errno
}
