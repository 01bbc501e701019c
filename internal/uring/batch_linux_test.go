package uring

import (
	"bytes"
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// batch makes one, on this test's own thread.
func batch(t testing.TB) *Batch {
	t.Helper()
	runtime.LockOSThread() // for ever: the thread ends with the test
	b, err := NewBatch()
	if err != nil {
		t.Skipf("this system has no io_uring for us: %v", err)
	}
	t.Cleanup(b.Close)
	return b
}

// pair opens two sockets connected to each other.
func pair(t testing.TB) (a, b int) {
	t.Helper()
	open := func() int {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
		for _, err := range []error{
			unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1),
			unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		return fd
	}
	a, b = open(), open()
	connect(t, a, b)
	connect(t, b, a)
	return a, b
}

func connect(t testing.TB, fd, to int) {
	t.Helper()
	name, err := unix.Getsockname(to)
	if err == nil {
		err = unix.Connect(fd, name)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func run(t testing.TB, b *Batch) {
	t.Helper()
	if err := b.Run(); err != nil {
		t.Fatal(err)
	}
}

func TestWritesAndReads(t *testing.T) {
	b := batch(t)
	var from, to [Size]int
	for i := range from {
		from[i], to[i] = pair(t)
	}
	for round := range 3 { // past the end of the queues and round again
		before := time.Now()
		for i, fd := range from {
			if got := b.Write(fd, fmt.Appendf(nil, "round %d packet %d", round, i)); got != i {
				t.Fatalf("write %d has index %d", i, got)
			}
		}
		if b.Writes() != Size || b.Reads() != 0 {
			t.Fatalf("queued: %d writes and %d reads", b.Writes(), b.Reads())
		}
		run(t, b)
		for i, fd := range to {
			if errno := b.Sent(i); errno != 0 {
				t.Fatalf("write %d: %v", i, errno)
			}
			b.Read(fd, i%2 == 1)
		}
		run(t, b)
		for i := range to {
			p, errno := b.Received(i)
			if want := fmt.Sprintf("round %d packet %d", round, i); errno != 0 || string(p) != want {
				t.Fatalf("read %d: %q, %v; want %q", i, p, errno, want)
			}
			if at := time.Unix(0, b.At(i)); at.Before(before.Add(-time.Second)) || at.After(time.Now().Add(time.Second)) {
				t.Errorf("read %d came at %v; sent at %v", i, at, before)
			}
			if i%2 == 1 {
				name, err := unix.Getsockname(from[i])
				if err != nil {
					t.Fatal(err)
				}
				port := name.(*unix.SockaddrInet4).Port
				if s := b.Sender(i); int(s[2])<<8|int(s[3]) != port {
					t.Errorf("read %d came from port %d, want %d", i, int(s[2])<<8|int(s[3]), port)
				}
			}
		}
	}
}

func TestNothingWaits(t *testing.T) {
	b := batch(t)
	from, to := pair(t)
	b.Read(to, false)
	b.Write(from, []byte("x"))
	b.Read(to, false) // of the same socket, in the same batch
	run(t, b)
	first, firstErr := b.Received(0)
	second, secondErr := b.Received(1)
	// Operations are begun in the order of their queueing.
	if firstErr != syscall.EAGAIN || first != nil || secondErr != 0 || string(second) != "x" {
		t.Errorf("got %q %v, %q %v; want EAGAIN and the packet", first, firstErr, second, secondErr)
	}
	run(t, b) // nothing queued: returns
}

func TestOneThatFailsDoesNotHoldUpTheOthers(t *testing.T) {
	b := batch(t)
	from, to := pair(t)
	b.Read(-1, false)
	b.Write(1<<20, []byte("lost"))
	b.Write(from, []byte("found"))
	b.Read(to, false)
	run(t, b)
	if _, errno := b.Received(0); errno != syscall.EBADF {
		t.Errorf("read of no socket: %v", errno)
	}
	if errno := b.Sent(0); errno != syscall.EBADF {
		t.Errorf("write to no socket: %v", errno)
	}
	if p, errno := b.Received(1); errno != 0 || string(p) != "found" {
		t.Errorf("got %q, %v", p, errno)
	}
}

// A peer that is not there is told of by the next operation on the socket.
func TestRefused(t *testing.T) {
	b := batch(t)
	from, to := pair(t)
	unix.Close(to)
	b.Write(from, []byte("x"))
	run(t, b)
	b.Write(from, []byte("y"))
	run(t, b)
	if errno := b.Sent(0); errno != syscall.ECONNREFUSED {
		t.Errorf("second write: %v", errno)
	}
}

func TestLongDatagram(t *testing.T) {
	b := batch(t)
	from, to := pair(t)
	long := bytes.Repeat([]byte{7}, Datagram+100)
	if _, err := unix.Write(from, long); err != nil {
		t.Fatal(err)
	}
	b.Read(to, false)
	run(t, b)
	if p, errno := b.Received(0); errno != 0 || !bytes.Equal(p, long[:Datagram]) {
		t.Errorf("got %d bytes, %v; want the first %d", len(p), errno, Datagram)
	}
}

func TestStampOfNothing(t *testing.T) {
	if got := Stamp(&unix.Msghdr{}); got != 0 {
		t.Errorf("no ancillary data: %d", got)
	}
}

func TestAllocates(t *testing.T) {
	b := batch(t)
	from, to := pair(t)
	p := make([]byte, 172)
	if n := testing.AllocsPerRun(100, func() {
		b.Write(from, p)
		b.Read(to, true)
		_ = b.Run()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkBatch is one read and one write of a packet of 20 ms, on so many
// pairs of sockets in turn, by batches of several sizes and one by one.
func BenchmarkBatch(b *testing.B) {
	const legs = 960
	var from, to [legs]int
	for i := range from {
		from[i], to[i] = pair(b)
	}
	p := make([]byte, 172)
	for _, size := range []int{1, 8, 16, 32, 64} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			io := batch(b)
			b.ReportAllocs()
			for i := 0; i < b.N; i += size {
				for j := range size {
					io.Write(from[(i+j)%legs], p)
				}
				_ = io.Run()
				for j := range size {
					io.Read(to[(i+j)%legs], false)
				}
				_ = io.Run()
			}
		})
	}
	b.Run("calls", func(b *testing.B) {
		in := make([]byte, Datagram)
		for i := range b.N {
			_, _ = unix.Write(from[i%legs], p)
			_, _ = unix.Read(to[i%legs], in)
		}
	})
}
