package steer

import (
	"bytes"
	"errors"
	"net"
	"net/netip"
	"runtime"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// newLane is a lane of this test's own. Only who has not the rights goes without.
func newLane(t testing.TB) *Lane {
	t.Helper()
	if m := Missing(); m != "" {
		t.Skipf("it takes %s", m)
	}
	table, err := NewTable(2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Close)
	l, err := table.NewLane()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// listen is a socket as everybody has it.
func listen(t testing.TB) *net.UDPConn {
	t.Helper()
	return listenAt(t, "127.0.0.1")
}

// listenAt is the same at another address of the machine.
func listenAt(t testing.TB, ip string) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(ip)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func addrOf(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// tell sends from one socket to another; loopback delivers before it returns,
// if the machine is not too busy.
func tell(t testing.TB, from, to *net.UDPConn, text string) {
	t.Helper()
	if _, err := from.WriteToUDPAddrPort([]byte(text), addrOf(to)); err != nil {
		t.Fatal(err)
	}
}

// settling is what a busy machine takes to deliver.
const settling = 2 * time.Millisecond

// receiveAll has a lane read what so many datagrams that were sent to it have
// left in its socket.
func receiveAll(l *Lane, n int) {
	for range 2 + n/(rounds*batch) {
		time.Sleep(settling)
		l.Receive()
	}
}

// own is what a port's own socket has got.
func own(t testing.TB, c *net.UDPConn) string {
	t.Helper()
	var b [4096]byte
	c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	n, err := c.Read(b[:])
	if err != nil {
		return "-"
	}
	return string(b[:n])
}

// next is what the lane has for a port.
func next(l *Lane, c *net.UDPConn) string {
	p, _, _, ok := l.Next(addrOf(c).Port())
	if !ok {
		return "-"
	}
	return string(p)
}

// has wants the lane to have so many datagrams for a port, oldest first; "-": no
// more.
func has(t *testing.T, l *Lane, c *net.UDPConn, want ...string) {
	t.Helper()
	for i, w := range want {
		if got := next(l, c); got != w {
			t.Errorf("datagram %d: got %d bytes, %.20q, want %.20q", i, len(got), got, w)
		}
	}
}

// untouched wants nothing to have come to a port's own socket.
func untouched(t *testing.T, c *net.UDPConn) {
	t.Helper()
	if got := own(t, c); got != "-" {
		t.Errorf("the port's own socket got %q", got)
	}
}

func TestLaneReceives(t *testing.T) {
	l, a, b, peer := newLane(t), listen(t), listen(t), listen(t)
	l.Take(addrOf(a))
	l.Take(addrOf(b))
	before := time.Now().UnixNano()
	tell(t, peer, a, "one")
	tell(t, peer, b, "two")
	tell(t, peer, a, "three")
	if got := next(l, a); got != "-" {
		t.Errorf("%q came before Receive", got)
	}
	receiveAll(l, 1)
	p, from, at, ok := l.Next(addrOf(a).Port())
	if !ok || string(p) != "one" || from != addrOf(peer) || at < before || at > time.Now().UnixNano() {
		t.Errorf("got %q from %v at %d", p, from, at-before)
	}
	has(t, l, a, "three", "-")
	has(t, l, b, "two")
	untouched(t, a)
}

// Who looks ahead sees what waits for a port, and takes none of it: of ports that get
// more than one in the same go, of those that get nothing, and of others.
func TestLaneLooksAhead(t *testing.T) {
	l := newLane(t)
	far, one, many, none, other := listen(t), listen(t), listen(t), listen(t), listen(t)
	for _, c := range []*net.UDPConn{one, many, none} {
		l.Take(addrOf(c))
	}
	ahead := func(when string, want ...int) {
		t.Helper()
		for i, c := range []*net.UDPConn{one, many, none, other} {
			port := addrOf(c).Port()
			if n := l.Waiting(port); n != want[i] {
				t.Errorf("%s: %d wait for port %d, want %d", when, n, i, want[i])
			}
			if n := l.Warm(port); (n != 0) != (want[i] != 0) {
				t.Errorf("%s: %d is read for port %d, of %d that wait", when, n, i, want[i])
			}
		}
	}
	ahead("before", 0, 0, 0, 0)
	for _, text := range []string{"a", "b", "c"} {
		tell(t, far, many, text)
	}
	tell(t, far, one, "d")
	tell(t, far, other, "e")
	receiveAll(l, 5)
	ahead("then", 1, 3, 0, 0)
	has(t, l, many, "a")
	ahead("after the first", 1, 2, 0, 0)
	has(t, l, many, "b", "c", "-")
	has(t, l, one, "d", "-")
	ahead("after all", 0, 0, 0, 0)
	if got := own(t, other); got != "e" {
		t.Errorf("another port got %q", got)
	}
}

func TestLaneKeepsLongOnesWhole(t *testing.T) {
	l, a, peer := newLane(t), listen(t), listen(t)
	l.Take(addrOf(a))
	sizes := []int{0, 1, short - 1, short, short + 1, 1472, longest}
	text := bytes.Repeat([]byte("0123456789abcdef-"), 200)
	for _, n := range sizes {
		tell(t, peer, a, string(text[:n]))
	}
	tell(t, peer, a, string(text[:longest+1])) // longer than any that is of use
	receiveAll(l, 1)
	for _, n := range sizes {
		if got := next(l, a); got != string(text[:n]) {
			t.Errorf("of %d bytes came %d", n, len(got))
		}
	}
	if got := next(l, a); got != "-" {
		t.Errorf("one of %d bytes came, too", len(got))
	}
	if n := len(l.store.ends); n != longs {
		t.Errorf("%d places for long ones are left of %d", n, longs)
	}
}

// Only the peer gets through, as if the socket were connected: others are told
// that nobody is there.
func TestLaneOnly(t *testing.T) {
	l, a, peer, stranger := newLane(t), listen(t), listen(t), listen(t)
	l.Take(addrOf(a))
	port := addrOf(a).Port()
	l.Only(port, addrOf(peer))
	tell(t, stranger, a, "strange")
	tell(t, peer, a, "known")
	receiveAll(l, 1)
	has(t, l, a, "known", "-")
	l.Only(port, netip.AddrPort{})
	tell(t, stranger, a, "strange")
	receiveAll(l, 1)
	has(t, l, a, "strange")
	untouched(t, a)
}

func TestLaneStops(t *testing.T) {
	l, a, peer := newLane(t), listen(t), listen(t)
	l.Take(addrOf(a))
	tell(t, peer, a, "under way")
	time.Sleep(settling)
	l.Stop(addrOf(a).Port())
	tell(t, peer, a, "after")
	if got := next(l, a); got != "under way" {
		t.Errorf("the lane has %q", got)
	}
	if got := own(t, a); got != "after" {
		t.Errorf("the port's own socket has %q", got)
	}
	l.Take(addrOf(a))
	tell(t, peer, a, "again")
	time.Sleep(settling)
	l.Stop(addrOf(a).Port())
	l.Drop(addrOf(a).Port())
	if got := next(l, a); got != "-" {
		t.Errorf("%q was to be forgotten", got)
	}
	if n := len(l.store.free); n != waiting-batch {
		t.Errorf("%d slots are free, want %d", n, waiting-batch)
	}
}

// Another address of the machine, and another port, are not the lane's.
func TestLaneLeavesOthersAlone(t *testing.T) {
	l, a, b, peer := newLane(t), listen(t), listen(t), listen(t)
	l.Take(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), addrOf(a).Port()))
	tell(t, peer, a, "one")
	tell(t, peer, b, "two")
	if got := own(t, a) + own(t, b); got != "onetwo" {
		t.Errorf("got %q", got)
	}
}

// A flood to one port stays in bounds: what is beyond them is for its own
// socket, and another port's datagrams come through.
func TestLaneFlood(t *testing.T) {
	l, a, b, peer := newLane(t), listen(t), listen(t), listen(t)
	l.Take(addrOf(a))
	l.Take(addrOf(b))
	for range 5000 {
		tell(t, peer, a, "x")
	}
	tell(t, peer, b, "known")
	receiveAll(l, 5001) // a slow machine takes more windows than one
	n := 0
	for next(l, a) != "-" {
		n++
	}
	if n == 0 || n > deepest {
		t.Errorf("%d came, want up to %d", n, deepest)
	}
	if got := own(t, a); got != "x" {
		t.Errorf("the flooded port's own socket has %q", got)
	}
	if got := next(l, b); got != "known" {
		t.Errorf("the other port has %q", got)
	}
}

// What many peers send while the network, or the lane's thread, stands still is
// there afterwards, long or short.
func TestLaneAfterAStall(t *testing.T) {
	for name, c := range map[string]struct{ ports, each, size int }{
		"20 ms": {150, 80, 172},
		"40 ms": {150, 12, 332},
	} {
		t.Run(name, func(t *testing.T) {
			l, peer := newLane(t), listen(t)
			text := string(make([]byte, c.size))
			var all []*net.UDPConn
			for range c.ports {
				a := listen(t)
				l.Take(addrOf(a))
				all = append(all, a)
				for range c.each {
					tell(t, peer, a, text)
				}
			}
			receiveAll(l, c.ports*c.each)
			n := 0
			for _, a := range all {
				for next(l, a) != "-" {
					n++
				}
			}
			if n != c.ports*c.each {
				t.Errorf("%d came of %d", n, c.ports*c.each)
			}
		})
	}
}

// A store that is full drops what comes, and has room again once it is read.
func TestLaneFull(t *testing.T) {
	l, a, peer := newLane(t), listen(t), listen(t)
	l.Take(addrOf(a))
	taken := l.store.free
	l.store.free = nil
	tell(t, peer, a, "lost")
	receiveAll(l, 1)
	if got := next(l, a); got != "-" {
		t.Errorf("got %q without a slot", got)
	}
	l.store.free = taken
	l.store.ends = l.store.ends[:0]
	long := string(make([]byte, short+1))
	for _, text := range []string{long, "kept"} {
		tell(t, peer, a, text)
	}
	receiveAll(l, 1)
	has(t, l, a, "kept", "-")
	if n := l.table.Dropped(); n != 2 {
		t.Errorf("%d are counted as dropped, want 2", n)
	}
}

func TestLaneSends(t *testing.T) {
	l, a, peer := newLane(t), listen(t), listen(t)
	var buf [4096]byte
	for n := range 300 {
		text := bytes.Repeat([]byte{byte(n)}, n)
		l.Write(text, OriginOf(addrOf(a)), addrOf(peer))
		clear(text) // the lane has its own copy
		l.Send()
		peer.SetReadDeadline(time.Now().Add(time.Second))
		got, from, err := peer.ReadFromUDPAddrPort(buf[:])
		if err != nil || got != n || from != addrOf(a) || n > 0 && buf[n-1] != byte(n) {
			t.Fatalf("of %d bytes came %d from %v: %v", n, got, from, err)
		}
	}
	for i := range Size {
		if got := l.Write([]byte{byte(i)}, OriginOf(addrOf(a)), addrOf(peer)); got != i || l.Writes() != i+1 {
			t.Fatalf("write %d has index %d of %d", i, got, l.Writes())
		}
	}
	l.Send()
	for i := range Size {
		if got := own(t, peer); got != string([]byte{byte(i)}) {
			t.Fatalf("datagram %d is %q", i, got)
		}
		if l.Sent(i) != 0 {
			t.Errorf("datagram %d: %v", i, l.Sent(i))
		}
	}
}

// What the peer is told beside the datagram is the same as of one that the port's
// own socket sends: type of service and time to live. More than fits a packet of
// the network goes, too.
func TestLaneSendsAsASocketDoes(t *testing.T) {
	l, a, peer := newLane(t), listen(t), listen(t)
	l.Take(addrOf(a))
	control(t, a, func(fd int) error { return unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_TOS, expedited) })
	control(t, peer, func(fd int) error {
		return errors.Join(unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVTOS, 1),
			unix.SetsockoptInt(fd, unix.IPPROTO_IP, unix.IP_RECVTTL, 1))
	})
	text := bytes.Repeat([]byte{7}, longest)
	if _, err := a.WriteToUDPAddrPort(text, addrOf(peer)); err != nil {
		t.Fatal(err)
	}
	l.Write(text, OriginOf(addrOf(a)), addrOf(peer))
	l.Send()
	var said [2][]byte
	for i := range said {
		var buf [4096]byte
		var oob [256]byte
		peer.SetReadDeadline(time.Now().Add(time.Second))
		n, size, _, from, err := peer.ReadMsgUDPAddrPort(buf[:], oob[:])
		if err != nil || from != addrOf(a) || !bytes.Equal(buf[:n], text) {
			t.Fatalf("%d bytes from %v: %v", n, from, err)
		}
		said[i] = oob[:size]
	}
	if len(said[0]) == 0 || !bytes.Equal(said[0], said[1]) {
		t.Errorf("told\n% x by the socket,\n% x by the lane", said[0], said[1])
	}
}

func control(t *testing.T, c *net.UDPConn, set func(fd int) error) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err == nil {
		err = errors.Join(raw.Control(func(fd uintptr) { err = set(int(fd)) }), err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The socket that sends is given nothing of what comes to the machine.
func TestWhatSendsIsDeaf(t *testing.T) {
	for _, taken := range []bool{false, true} {
		l, a, peer := newLane(t), listen(t), listen(t)
		if taken {
			l.Take(addrOf(a))
		}
		for range 10 {
			tell(t, a, peer, "text")
			own(t, peer)
		}
		var buf [64]byte
		if n, _, err := unix.Recvfrom(l.out.socket, buf[:], unix.MSG_DONTWAIT); err != unix.EAGAIN {
			t.Errorf("taken %v: it has %q: %v", taken, buf[:max(n, 0)], err)
		}
		if _, err := unix.Getpeername(l.out.socket); taken != (err == nil) {
			t.Errorf("taken %v: whom it is connected to: %v", taken, err)
		}
	}
}

// One that cannot be sent does not keep the others.
func TestLaneTellsErrors(t *testing.T) {
	l, a, peer := newLane(t), listen(t), listen(t)
	broadcast := netip.AddrPortFrom(netip.MustParseAddr("255.255.255.255"), 9)
	l.Write([]byte("one"), OriginOf(addrOf(a)), addrOf(peer))
	bad := l.Write([]byte("two"), OriginOf(addrOf(a)), broadcast)
	good := l.Write([]byte("three"), OriginOf(addrOf(a)), addrOf(peer))
	l.Send()
	if l.Sent(bad) != syscall.EACCES && l.Sent(bad) != syscall.ENETUNREACH {
		t.Errorf("sending to everybody: %v", l.Sent(bad))
	}
	if l.Sent(good) != 0 {
		t.Errorf("sending after it: %v", l.Sent(good))
	}
	if got := own(t, peer) + own(t, peer); got != "onethree" {
		t.Errorf("got %q", got)
	}
}

func TestTableHasSoManyLanes(t *testing.T) {
	l := newLane(t)
	other, err := l.table.NewLane()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.table.NewLane(); err == nil {
		t.Error("a third lane of two")
	}
	if n := l.table.Lanes(); n != 2 {
		t.Errorf("%d lanes", n)
	}
	a, peer := listen(t), listen(t)
	l.Take(addrOf(a))
	other.Take(addrOf(a)) // moves on
	tell(t, peer, a, "one")
	receiveAll(l, 1)
	receiveAll(other, 1)
	if got := next(l, a) + next(other, a); got != "-one" {
		t.Errorf("got %q", got)
	}
	other.Close()
	if n := l.table.Lanes(); n != 1 {
		t.Errorf("%d lanes", n)
	}
	// A lane that is no more lets the port's own socket have all.
	tell(t, peer, a, "two")
	if got := own(t, a); got != "two" {
		t.Errorf("the port's own socket has %q", got)
	}
}

func TestLaneAllocatesNothing(t *testing.T) {
	l, a, peer := newLane(t), listen(t), listen(t)
	l.Take(addrOf(a))
	from, to, port := addrOf(a), addrOf(peer), addrOf(a).Port()
	l.Write([]byte("there"), OriginOf(to), from)
	l.Send()
	if n := testing.AllocsPerRun(100, func() {
		l.Receive()
		p, _, _, _ := l.Next(port)
		l.Write(p, OriginOf(to), from) // to itself, by the other's name
		l.Write(p, OriginOf(from), to)
		l.Send()
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// naive is the checksum as RFC 1071 says it.
func naive(u []byte, from, to [4]byte) uint16 {
	pseudo := append(from[:], to[:]...)
	pseudo = append(pseudo, 0, 17, byte(len(u)>>8), byte(len(u)))
	pseudo = append(pseudo, u...)
	if len(pseudo)%2 == 1 {
		pseudo = append(pseudo, 0)
	}
	sum := uint32(0)
	for i := 0; i < len(pseudo); i += 2 {
		sum += uint32(pseudo[i])<<8 | uint32(pseudo[i+1])
		sum = sum>>16 + sum&0xffff
	}
	if sum == 0xffff {
		return 0xffff
	}
	return ^uint16(sum)
}

func FuzzChecksum(f *testing.F) {
	f.Add([]byte{127, 0, 0, 1, 127, 0, 0, 2}, []byte("payload"))
	f.Add([]byte{255, 255, 255, 255, 255, 255, 255, 255}, bytes.Repeat([]byte{255}, 1472))
	f.Add([]byte{0, 0, 0, 0, 0, 0, 0, 0}, []byte{0xff, 0xe6})
	f.Fuzz(func(t *testing.T, addrs, payload []byte) {
		if len(addrs) < 8 || len(payload) > longest {
			return
		}
		u := append(make([]byte, udpHeader), payload...)
		from, to := [4]byte(addrs), [4]byte(addrs[4:])
		if got, want := checksum(u, from, to), naive(u, from, to); got != want || got == 0 {
			t.Errorf("got %#x, want %#x", got, want)
		}
	})
}

// BenchmarkLane is a packet in and a packet out, many at a time.
func BenchmarkLane(b *testing.B) {
	l, peer := newLane(b), listen(b)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var locals []netip.AddrPort
	for range batch {
		a := listen(b)
		l.Take(addrOf(a))
		locals = append(locals, addrOf(a))
	}
	p := make([]byte, 172)
	to := OriginOf(addrOf(peer))
	b.ReportAllocs()
	for b.Loop() {
		for _, a := range locals {
			l.table.rows[a.Port()].count = 0 // it is no flood
			l.Write(p, to, a)
		}
		l.Send()
		l.Receive()
		for _, a := range locals {
			if _, _, _, ok := l.Next(a.Port()); !ok {
				b.Fatal("lost")
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/packet")
}
