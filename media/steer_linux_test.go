package media

import (
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"warmline/internal/steer"
	"warmline/mixer"
)

// newSteered is a batch that steers, of this test's own thread.
func newSteered(t testing.TB, k *Kernel) *kernelBatch {
	t.Helper()
	runtime.LockOSThread() // for ever: the thread ends with the test
	if m := steer.Missing(); m != "" {
		t.Skipf("it takes %s", m)
	}
	b, err := k.NewBatch()
	if err != nil || b == nil {
		t.Fatalf("no batch that steers: %v", err)
	}
	t.Cleanup(b.Close)
	return b.(*kernelBatch)
}

func steering(t testing.TB, lanes int) *Kernel {
	t.Helper()
	k := NewKernel(KernelConfig{Lanes: lanes})
	t.Cleanup(k.Close)
	return k
}

// aboard takes a socket on until the test ends.
func aboard(t testing.TB, b *kernelBatch, s Socket) {
	b.Add(s)
	t.Cleanup(func() { b.Remove(s) })
}

// all is what a socket gives, one after the other.
func all(s Socket) string {
	var got []string
	for {
		text, _, _ := readNow(s)
		if text == "-" {
			return strings.Join(got, " ")
		}
		got = append(got, text)
	}
}

// tell sends texts to a socket.
func tell(t testing.TB, from, to Socket, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if err := from.TryWrite([]byte(text), to.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
}

// afloat is a batch that steers one of two sockets.
func afloat(t *testing.T) (b *kernelBatch, near, far Socket) {
	t.Helper()
	b = newSteered(t, steering(t, 1))
	near, far = pair(t, "127.0.0.1")
	aboard(t, b, near)
	return b, near, far
}

// Nothing is lost and nothing out of order whenever a socket goes aboard and
// ashore, connected or not.
func TestSteeredKeepsAll(t *testing.T) {
	for name, connected := range map[string]bool{"connected": true, "to anybody": false} {
		t.Run(name, func(t *testing.T) {
			k := steering(t, 2)
			one, two := newSteered(t, k), newSteered(t, k)
			a, b := pair(t, "127.0.0.1")
			if connected {
				a, b = joined(t)
			}
			tell(t, a, b, "ashore")
			one.Add(b)
			tell(t, a, b, "aboard")
			one.fetch(b)
			one.Run()
			if got := all(b); got != "ashore aboard" {
				t.Errorf("got %q", got)
			}
			tell(t, a, b, "leaving")
			one.Stop(b)
			if got := all(b); got != "leaving" {
				t.Errorf("got %q on leaving", got)
			}
			tell(t, a, b, "between")
			one.Remove(b)
			aboard(t, two, b)
			tell(t, a, b, "elsewhere")
			two.fetch(b)
			two.Run()
			if got := all(b); got != "between elsewhere" {
				t.Errorf("got %q elsewhere", got)
			}
			if text, from, at := readNow(b); text != "-" || from.IsValid() || at != 0 {
				t.Errorf("then %q from %v at %d", text, from, at)
			}
		})
	}
}

// What came before a socket was aboard comes first also where it leaves before
// anybody has read.
func TestSteeredLeavesInOrder(t *testing.T) {
	b := newSteered(t, steering(t, 1))
	near, far := joined(t)
	tell(t, far, near, "ashore")
	b.Add(near)
	tell(t, far, near, "aboard")
	b.Stop(near)
	if got := all(near); got != "ashore aboard" {
		t.Errorf("got %q", got)
	}
	tell(t, far, near, "between")
	b.Remove(near)
	if got := all(near); got != "between" {
		t.Errorf("then %q", got)
	}
}

func TestSteeredSaysFromWhomAndWhen(t *testing.T) {
	b, near, far := afloat(t)
	readNow(near) // nothing of its own waits
	tell(t, far, near, "x")
	b.fetch(near)
	b.Run()
	if text, from, at := readNow(near); text != "x" || from != far.LocalAddr() || at == 0 {
		t.Errorf("%q from %v at %d", text, from, at)
	}
}

// A steered socket is connected in all but name.
func TestSteeredConnect(t *testing.T) {
	b, near, far := afloat(t)
	stranger, _ := pair(t, "127.0.0.1")
	tell(t, stranger, near, "before")
	b.fetch(near)
	b.Run()
	if err := near.Connect(far.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	// It may be told that nobody is there.
	_ = stranger.TryWrite([]byte("after"), near.LocalAddr())
	tell(t, far, near, "known")
	b.fetch(near)
	b.Run()
	if got := all(near); got != "known" {
		t.Errorf("connected: got %q", got)
	}
	if err := near.Connect(netip.AddrPort{}); err != nil {
		t.Fatal(err)
	}
	_ = stranger.TryWrite([]byte("x"), near.LocalAddr()) // takes off what it was told
	tell(t, stranger, near, "y")
	b.fetch(near)
	b.Run()
	if got := all(near); !strings.HasSuffix(got, "y") {
		t.Errorf("not connected any more: got %q", got)
	}
	// Ashore the kernel connects it.
	if err := near.Connect(far.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	b.Remove(near)
	_ = stranger.TryWrite([]byte("strange"), near.LocalAddr())
	tell(t, far, near, "ashore")
	if got := all(near); got != "ashore" {
		t.Errorf("ashore: got %q", got)
	}
}

func TestSteeredSendsWithRun(t *testing.T) {
	b := newSteered(t, steering(t, 1))
	near, far := joined(t)
	other, _ := pair(t, "127.0.0.1")
	aboard(t, b, near)
	p := []byte("one")
	near.TryWrite(p, far.LocalAddr())
	copy(p, "xxx") // it has its own copy
	near.TryWrite([]byte("two"), other.LocalAddr())
	if got := all(far); got != "" {
		t.Errorf("%q came before Run", got)
	}
	b.Run()
	if text, from, _ := readNow(far); text != "one" || from != near.LocalAddr() {
		t.Errorf("the peer has %q from %v", text, from)
	}
	if text, from, _ := readNow(other); text != "two" || from != near.LocalAddr() {
		t.Errorf("the other has %q from %v", text, from)
	}
	// More than there is room for go in order all the same.
	for i := range 2*steer.Size + 5 {
		near.TryWrite([]byte{byte(i)}, far.LocalAddr())
	}
	b.Remove(near) // sends what waits
	for i := range 2*steer.Size + 5 {
		if text, _, _ := readNow(far); text != string([]byte{byte(i)}) {
			t.Fatalf("packet %d: got %q", i, text)
		}
	}
}

func TestSteeredTellsErrorsWithTheNextWrite(t *testing.T) {
	b := newSteered(t, steering(t, 1))
	near, far := joined(t)
	aboard(t, b, near)
	everybody := netip.MustParseAddrPort("255.255.255.255:9")
	if err := near.TryWrite([]byte("x"), everybody); err != nil {
		t.Errorf("before it is sent: %v", err)
	}
	b.Run()
	if err := near.TryWrite([]byte("y"), far.LocalAddr()); err == nil {
		t.Error("no word of the error")
	}
	if err := near.TryWrite([]byte("z"), far.LocalAddr()); err != nil {
		t.Errorf("told twice: %v", err)
	}
	// Longer than the lane has room for: by the socket itself, as before.
	if err := near.TryWrite(make([]byte, steer.Datagram+1), far.LocalAddr()); err != nil {
		t.Error(err)
	}
	if got := all(far); !strings.HasPrefix(got, "y z ") {
		t.Errorf("the peer has %.10q", got)
	}
}

func TestSteeredHasLimitedRoom(t *testing.T) {
	b := newSteered(t, steering(t, 1))
	s, _ := pair(t, "127.0.0.1")
	aboard(t, b, s)
	n := 0
	for b.fetch(s) && n < 1000 {
		n++
	}
	if n == 0 || n == 1000 {
		t.Errorf("room for %d", n)
	}
	b.Run()
	if !b.fetch(s) {
		t.Error("no room after Run")
	}
}

// IPv6, and a socket that listens on every address, go as before.
func TestNotSteered(t *testing.T) {
	b := newSteered(t, steering(t, 1))
	for _, host := range []string{"::1", "0.0.0.0"} {
		s, err := listenAnywhere(netip.MustParseAddr(host))
		if err != nil {
			t.Logf("%s: %v", host, err)
			continue
		}
		t.Cleanup(func() { s.Close() })
		aboard(t, b, s)
		if s.(*kernelSocket).steered {
			t.Errorf("%s: steered", host)
		}
		if b.fetch(s); s.(*kernelSocket).fetched != 0 {
			t.Errorf("%s: read ahead without a ring", host)
		}
		if host == "0.0.0.0" {
			continue
		}
		far, err := listenAnywhere(netip.MustParseAddr(host))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { far.Close() })
		tell(t, far, s, "in")
		tell(t, s, far, "out")
		if got := all(s) + all(far); got != "inout" {
			t.Errorf("%s: got %q", host, got)
		}
	}
}

// A batch of all kinds of sockets is fetched for at once: who reads for itself needs
// no room, and keeps nobody waiting.
func TestFetchOfAllKinds(t *testing.T) {
	b := newSteered(t, steering(t, 1))
	steered, far := pair(t, "127.0.0.1")
	own, err := listenAnywhere(netip.MustParseAddr("0.0.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { own.Close() })
	other, err := newFakeNetwork().Listen(netip.MustParseAddrPort("127.0.0.1:9"))
	if err != nil {
		t.Fatal(err)
	}
	aboard(t, b, steered)
	aboard(t, b, own)
	readNow(steered) // nothing of its own waits
	tell(t, far, steered, "x")
	soon := []Socket{own, other, steered, own}
	if n := b.Fetch(soon); n != len(soon) || b.asked != 1 {
		t.Errorf("fetched for %d, of the lane for %d", n, b.asked)
	}
	b.Run()
	if text, _, _ := readNow(steered); text != "x" {
		t.Errorf("read %q", text)
	}
	for b.fetch(steered) {
	}
	if n := b.Fetch(soon); n != 2 {
		t.Errorf("fetched for %d without room for a steered one", n)
	}
	b.Run()
}

func TestKernelWithoutBatches(t *testing.T) {
	k := NewKernel(KernelConfig{})
	defer k.Close()
	if b, err := k.NewBatch(); b != nil || err != nil {
		t.Errorf("a batch %v, %v", b, err)
	}
	if c, err := NewCarrier(k); c != nil || err != nil {
		t.Errorf("a carrier %v, %v", c, err)
	}
	if n := k.Steered(); n != 0 {
		t.Errorf("%d workers are steered", n)
	}
}

// What was read for a session that leaves is the session's: nothing of a voice is
// missing after a change of rooms.
func TestCarrierLeavesNothingBehind(t *testing.T) {
	k := steering(t, 1)
	newSteered(t, k).Close() // or skips
	c, err := NewCarrier(k)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if n := k.Steered(); n != 1 {
		t.Errorf("%d workers are steered", n)
	}
	e, err := New(Config{Network: k, Addr: netip.MustParseAddr("127.0.0.1"), PortMin: 32200, PortMax: 32300})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if n := e.Stats().Steered; n != 1 {
		t.Errorf("the statistics have %d workers that are steered", n)
	}
	s, err := e.NewSession(SessionConfig{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	far, err := listenAnywhere(netip.MustParseAddr("127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	offer := fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 0\r\n", far.LocalAddr().Port())
	if _, err := s.Answer([]byte(offer)); err != nil {
		t.Fatal(err)
	}
	s.Commit()
	now := int64(1e9)
	packet := func(seq byte) string {
		h := []byte{0x80, 0, 0, seq, 0, 0, seq, 160 & 0xff, 1, 2, 3, 4}
		return string(append(h, make([]byte, 160)...))
	}
	c.Board(s)
	tell(t, far, s.rtp, packet(1))
	c.Fetch([]mixer.Stream{s})
	c.Run()
	s.Next(now)
	if n := s.Stats().PacketsIn; n != 1 {
		t.Errorf("%d packets came in aboard", n)
	}
	tell(t, far, s.rtp, packet(2))
	c.Fetch([]mixer.Stream{s})
	c.Run()
	tell(t, far, s.rtp, packet(3))
	c.Leave(s)
	if n := s.Stats().PacketsIn; n != 3 {
		t.Errorf("%d packets came in once it has left, want 3", n)
	}
}
