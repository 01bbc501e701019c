package mixer

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Whatever the system permits, a worker's sleep never ends early, and the
// priority it reports is the one the kernel says the thread has.
func TestThreadTakesItsPriorityAndSleepsToTheMoment(t *testing.T) {
	epoch := time.Now()
	clock := func() int64 { return int64(time.Since(epoch)) }
	done := make(chan struct{})
	go func() { // the thread ends with the goroutine: its priority must not leak
		defer close(done)
		got, sleep, err := takeThread(clock, false)
		attr, attrErr := unix.SchedGetAttr(0, 0)
		if attrErr != nil {
			t.Error(attrErr)
			return
		}
		switch got {
		case realtimePriority:
			if attr.Policy != unix.SCHED_FIFO || attr.Priority != fifoPriority || err != nil {
				t.Errorf("real time is policy %d, priority %d, %v", attr.Policy, attr.Priority, err)
			}
		case nicePriority:
			if attr.Nice != niceValue || err == nil {
				t.Errorf("nice is %d, %v", attr.Nice, err)
			}
		case plainPriority:
			if err == nil {
				t.Error("plain, and nothing was refused")
			}
		}
		for range 20 {
			until := clock() + int64(time.Millisecond)
			sleep(until)
			if early := until - clock(); early > 0 {
				t.Errorf("a sleep ended %v early", time.Duration(early))
			}
		}
		past := func() { sleep(clock() - int64(time.Hour)) } // returns at once
		if n := testing.AllocsPerRun(100, past); n != 0 {
			t.Errorf("a sleep allocates %v times", n)
		}
	}()
	<-done
	attr, err := unix.SchedGetAttr(0, 0)
	if err != nil || attr.Policy == unix.SCHED_FIFO {
		t.Errorf("another thread has policy %v, %v", attr, err)
	}
}

func TestPriorityIsTheBestPermitted(t *testing.T) {
	yes := func() error { return nil }
	no := func() error { return unix.EPERM }
	for _, c := range []struct {
		fifo, nice func() error
		want       string
	}{{yes, yes, "realtime"}, {yes, no, "realtime"}, {no, yes, "nice"}, {no, no, "plain"}} {
		got, err := firstPermitted(c.fifo, c.nice)
		if got.String() != c.want {
			t.Errorf("got %v, want %s", got, c.want)
		}
		if refused := got != realtimePriority; refused != errors.Is(err, unix.EPERM) {
			t.Errorf("%v comes with error %v", got, err)
		}
	}
}

// Both ways of sleeping leave the runtime able to stop the world: collections
// during a long sleep neither wait for it nor cut it short. On a busy machine a
// collection may take longer than a sleep; then a longer one is tried.
func TestSleepLetsTheWorldStop(t *testing.T) {
	procs := runtime.GOMAXPROCS(runtime.NumCPU() + 2)
	defer runtime.GOMAXPROCS(procs)
	for name, nanosleep := range map[string]func(*unix.Timespec) error{"syscall": sleepSyscall, "raw": sleepRaw} {
		length, collected := 100*time.Millisecond, 0
		for ; collected == 0 && length < 10*time.Second; length *= 2 {
			collected = collectDuringSleep(t, nanosleep, length)
		}
		if collected == 0 {
			t.Errorf("%s: no collection ended during a sleep", name)
		}
	}
}

// collectDuringSleep counts the collections that end while a thread sleeps.
func collectDuringSleep(t *testing.T, nanosleep func(*unix.Timespec) error, length time.Duration) (collected int) {
	t.Helper()
	until := monotonic(t) + int64(length)
	slept := make(chan int64)
	go func() {
		runtime.LockOSThread()
		ts := unix.NsecToTimespec(until)
		sleepTo(nanosleep, &ts)
		slept <- monotonic(t)
	}()
	for {
		select {
		case end := <-slept:
			if end < until {
				t.Errorf("a sleep ended %v early", time.Duration(until-end))
			}
			return collected
		default:
			runtime.GC()
			if monotonic(t) < until {
				collected++
			}
		}
	}
}

func monotonic(t *testing.T) int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		t.Error(err)
	}
	return now.Nano()
}
