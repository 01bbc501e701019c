package media

import (
	"errors"
	"net/netip"
	"runtime"
	"slices"
	"syscall"
	"testing"

	"warmline/internal/uring"
	"warmline/mixer"
)

// newBatch is a batch of this test's own thread, with some sockets in it.
func newBatch(t testing.TB, sockets ...Socket) *kernelBatch {
	t.Helper()
	runtime.LockOSThread() // for ever: the thread ends with the test
	b, err := NewKernel(KernelConfig{Ring: true}).NewBatch()
	if err != nil {
		t.Skipf("this system has no io_uring for us: %v", err)
	}
	t.Cleanup(b.Close)
	for _, s := range sockets {
		b.Add(s)
		t.Cleanup(func() { b.Remove(s) })
	}
	return b.(*kernelBatch)
}

// joined are two sockets connected to each other.
func joined(t testing.TB) (a, b Socket) {
	t.Helper()
	a, b = pair(t, "127.0.0.1")
	for _, err := range []error{a.Connect(b.LocalAddr()), b.Connect(a.LocalAddr())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return a, b
}

// readNow is what a socket gives at once.
func readNow(s Socket) (text string, from netip.AddrPort, at int64) {
	var buf [100]byte
	n, from, at, ok := s.TryRead(buf[:])
	if !ok {
		return "-", netip.AddrPort{}, 0
	}
	return string(buf[:n]), from, at
}

func TestBatchReadsAhead(t *testing.T) {
	for _, connected := range []bool{false, true} {
		a, b := pair(t, "127.0.0.1")
		if connected {
			a, b = joined(t)
			readNow(b) // from now on it is known who sends
		}
		batch := newBatch(t, b)
		for _, text := range []string{"one", "two"} {
			if err := a.TryWrite([]byte(text), b.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 { // twice is once
			if !batch.fetch(b) {
				t.Fatal("no room for a read")
			}
		}
		batch.Run()
		if text, from, at := readNow(b); text != "one" || from != a.LocalAddr() || at == 0 {
			t.Errorf("connected %v: read %q from %v at %d", connected, text, from, at)
		}
		if text, from, _ := readNow(b); text != "two" || from != a.LocalAddr() {
			t.Errorf("connected %v: then %q from %v", connected, text, from)
		}
		batch.fetch(b)
		batch.Run()
		a.TryWrite([]byte("three"), b.LocalAddr())
		// What was looked for ahead was not there; the next look is a new one.
		if text, _, _ := readNow(b); text != "-" {
			t.Errorf("connected %v: read %q, which had not come", connected, text)
		}
		if text, _, _ := readNow(b); text != "three" {
			t.Errorf("connected %v: read %q, want three", connected, text)
		}
	}
}

func TestBatchSendsWithRun(t *testing.T) {
	a, b := joined(t)
	batch := newBatch(t, a)
	p := []byte("one")
	a.TryWrite(p, b.LocalAddr())
	copy(p, "xxx") // the socket has its own copy
	a.TryWrite([]byte("two"), b.LocalAddr())
	if text, _, _ := readNow(b); text != "-" {
		t.Errorf("%q came before Run", text)
	}
	batch.Run()
	for _, want := range []string{"one", "two", "-"} {
		if text, _, _ := readNow(b); text != want {
			t.Errorf("got %q, want %q", text, want)
		}
	}
	// More than there is room for go in order all the same.
	for i := range 2*uring.Size + 5 {
		a.TryWrite([]byte{byte(i)}, b.LocalAddr())
	}
	batch.Run()
	for i := range 2*uring.Size + 5 {
		if text, _, _ := readNow(b); text != string([]byte{byte(i)}) {
			t.Fatalf("packet %d: got %q", i, text)
		}
	}
}

// What a socket does by a call of its own comes after what waits in the batch.
func TestBatchKeepsTheOrder(t *testing.T) {
	for name, do := range map[string]func(batch *kernelBatch, a, b, c Socket){
		"to somebody else":        func(_ *kernelBatch, a, _, c Socket) { a.TryWrite([]byte("x"), c.LocalAddr()) },
		"connect":                 func(_ *kernelBatch, a, _, c Socket) { a.Connect(c.LocalAddr()) },
		"removed":                 func(batch *kernelBatch, a, _, _ Socket) { batch.Remove(a) },
		"longer than a batch has": func(_ *kernelBatch, a, b, _ Socket) { a.TryWrite(make([]byte, uring.Datagram+1), b.LocalAddr()) },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := joined(t)
			c, _ := pair(t, "127.0.0.1")
			batch := newBatch(t, a)
			a.TryWrite([]byte("first"), b.LocalAddr())
			do(batch, a, b, c)
			if text, _, _ := readNow(b); text != "first" {
				t.Errorf("the peer has %q, want first", text)
			}
		})
	}
}

// A packet read ahead from a peer that is not the peer any more must not pass
// for the new one's.
func TestBatchForgetsTheFormerPeer(t *testing.T) {
	a, b := joined(t)
	c, _ := pair(t, "127.0.0.1")
	readNow(b)
	batch := newBatch(t, b)
	a.TryWrite([]byte("old"), b.LocalAddr())
	batch.fetch(b)
	batch.Run()
	if err := b.Connect(c.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if text, from, _ := readNow(b); text != "-" {
		t.Errorf("read %q as from %v", text, from)
	}
}

// Reads that nobody has asked for give way to others.
func TestBatchUsesItsRoomAgain(t *testing.T) {
	a, b := joined(t)
	c, d := joined(t)
	batch := newBatch(t, b, d)
	a.TryWrite([]byte("lost"), b.LocalAddr())
	batch.fetch(b)
	batch.Run()
	c.TryWrite([]byte("found"), d.LocalAddr())
	batch.fetch(d)
	batch.Run()
	if text, from, _ := readNow(b); text != "-" {
		t.Errorf("read %q from %v, which was another socket's", text, from)
	}
	if text, from, _ := readNow(d); text != "found" || from != c.LocalAddr() {
		t.Errorf("read %q from %v", text, from)
	}
}

func TestBatchTellsErrorsWithTheNextWrite(t *testing.T) {
	a, b := joined(t)
	to := b.LocalAddr()
	batch := newBatch(t, a)
	b.Close()
	var errs []error
	for range 4 {
		errs = append(errs, a.TryWrite([]byte("x"), to))
		batch.Run()
	}
	if errs[0] != nil || !slices.ContainsFunc(errs, func(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }) {
		t.Errorf("got %v; want that the port is not there, after the first", errs)
	}
}

func TestBatchHasLimitedRoom(t *testing.T) {
	batch := newBatch(t)
	n := 0
	for ; ; n++ {
		s, err := listenAnywhere(netip.MustParseAddr("127.0.0.1"))
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		batch.Add(s)
		defer batch.Remove(s)
		if !batch.fetch(s) {
			break
		}
	}
	if n != uring.Size {
		t.Errorf("room for %d reads, want %d", n, uring.Size)
	}
	batch.Run()
}

// If the ring ever breaks, its sockets go on one by one.
func TestBatchBroken(t *testing.T) {
	a, b := joined(t)
	batch := newBatch(t, a, b)
	if batch.Err() != nil {
		t.Error("broken from the beginning")
	}
	batch.broken = syscall.EBADF
	if batch.Fetch([]Socket{a, b}) != 2 {
		t.Error("room is wanted for who reads for itself")
	}
	if b.(*kernelSocket).fetched != 0 || batch.Err() != syscall.EBADF {
		t.Error("fetches, or does not say why not")
	}
	a.TryWrite([]byte("x"), b.LocalAddr())
	if text, _, _ := readNow(b); text != "x" {
		t.Errorf("read %q", text)
	}
}

// A carrier takes sessions of the kernel's network; others are none of its
// business.
func TestCarrier(t *testing.T) {
	if c, err := NewCarrier(newFakeNetwork()); c != nil || err != nil {
		t.Errorf("a network without batches: %v, %v", c, err)
	}
	runtime.LockOSThread()
	c, err := NewCarrier(NewKernel(KernelConfig{Ring: true}))
	if err != nil {
		t.Skipf("this system has no io_uring for us: %v", err)
	}
	defer c.Close()
	s := oneSession(t, Config{Addr: netip.MustParseAddr("127.0.0.1"), PortMin: 32000, PortMax: 32100})
	var other mixer.Stream = alien{}
	for _, st := range []mixer.Stream{s, other} {
		c.Board(st)
		if c.Fetch([]mixer.Stream{st}) != 1 {
			t.Error("does not fetch")
		}
		c.Expect([]mixer.Stream{st})
	}
	c.Run()
	if got := s.rtp.(*kernelSocket); got.batch == nil || got.fetched == 0 {
		t.Error("the session's socket is not in the batch, or was not read")
	}
	c.Leave(s)
	c.Leave(other)
	if s.rtp.(*kernelSocket).batch != nil {
		t.Error("the session's socket stays in the batch")
	}
}
