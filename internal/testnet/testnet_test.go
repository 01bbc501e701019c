package testnet_test

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"warmline/internal/testnet"
)

var (
	hostA = netip.MustParseAddr("10.0.0.1")
	hostB = netip.MustParseAddr("10.0.0.2")
	addrA = netip.AddrPortFrom(hostA, 5060)
	addrB = netip.AddrPortFrom(hostB, 5060)
)

func listen(t *testing.T, n *testnet.Network, addr netip.AddrPort) net.PacketConn {
	t.Helper()
	c, err := n.ListenPacket(addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// read reads one datagram and says when it came, relative to start.
func read(t *testing.T, c net.PacketConn, start time.Time) (string, time.Duration) {
	t.Helper()
	var buf [1500]byte
	n, _, err := c.ReadFrom(buf[:])
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), time.Since(start)
}

func write(t *testing.T, c net.PacketConn, to netip.AddrPort, s string) {
	t.Helper()
	if n, err := c.WriteTo([]byte(s), net.UDPAddrFromAddrPort(to)); n != len(s) || err != nil {
		t.Fatalf("WriteTo = %d, %v", n, err)
	}
}

func TestDelayIsExact(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(1)
		n.SetLinkBetween(hostA, hostB, testnet.Link{Delay: 30 * time.Millisecond})
		a, b := listen(t, n, addrA), listen(t, n, addrB)
		start := time.Now()
		write(t, a, addrB, "there")
		if s, at := read(t, b, start); s != "there" || at != 30*time.Millisecond {
			t.Errorf("got %q after %v", s, at)
		}
		write(t, b, addrA, "back")
		if s, at := read(t, a, start); s != "back" || at != 30*time.Millisecond {
			t.Errorf("the way back has no delay: got %q after %v", s, at)
		}
	})
}

func TestOrderIsKept(t *testing.T) {
	for _, link := range []testnet.Link{
		{},
		{Delay: time.Millisecond},
		{Delay: 10 * time.Millisecond, Jitter: 50 * time.Millisecond},
	} {
		t.Run(fmt.Sprint(link.Delay, link.Jitter), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := testnet.New(2)
				n.SetLink(link)
				a, b := listen(t, n, addrA), listen(t, n, addrB)
				go func() {
					for i := range 200 {
						write(t, a, addrB, fmt.Sprint(i))
						if i%3 == 0 {
							time.Sleep(time.Millisecond)
						}
					}
				}()
				for i := range 200 {
					if s, _ := read(t, b, time.Now()); s != fmt.Sprint(i) {
						t.Fatalf("datagram %d is %s", i, s)
					}
				}
			})
		})
	}
}

// outcome sends count datagrams a millisecond apart and returns what arrived,
// in order, with the time.
func outcome(t *testing.T, seed uint64, link testnet.Link, count int) []string {
	var got []string
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(seed)
		n.SetLink(link)
		a, b := listen(t, n, addrA), listen(t, n, addrB)
		start := time.Now()
		for i := range count {
			write(t, a, addrB, fmt.Sprint(i))
			time.Sleep(time.Millisecond)
		}
		b.SetReadDeadline(time.Now().Add(time.Minute))
		var buf [64]byte
		for {
			k, _, err := b.ReadFrom(buf[:])
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			got = append(got, string(buf[:k]))
		}
		if time.Since(start) < time.Minute {
			t.Error("the deadline came early")
		}
	})
	return got
}

func TestLossDuplicationReorder(t *testing.T) {
	const count = 800 // fits into a socket that is read only afterwards
	near := func(t *testing.T, what string, got int, want float64) {
		t.Helper()
		if f := float64(got); f < want*0.8 || f > want*1.2 {
			t.Errorf("%s: %d, want about %.0f", what, got, want)
		}
	}
	near(t, "lost", count-len(outcome(t, 3, testnet.Link{Loss: 0.1}, count)), 80)
	near(t, "duplicates", len(outcome(t, 4, testnet.Link{Duplicate: 0.2}, count))-count, 160)

	got := outcome(t, 5, testnet.Link{Reorder: 0.1, ReorderBy: 5500 * time.Microsecond}, count)
	late := 0
	for i := 1; i < len(got); i++ {
		var x, y int
		fmt.Sscan(got[i-1], &x)
		fmt.Sscan(got[i], &y)
		if y < x {
			late++
		}
	}
	near(t, "overtaken", late, 76) // two late ones in a row count once
	if len(got) != count {
		t.Errorf("reordering changed the count to %d", len(got))
	}
	if len(outcome(t, 6, testnet.Link{Down: true}, 10)) != 0 {
		t.Error("a link that is down lets datagrams through")
	}
}

func TestSeedDecides(t *testing.T) {
	link := testnet.Link{Delay: time.Millisecond, Jitter: 9 * time.Millisecond, Loss: 0.2, Duplicate: 0.1, Reorder: 0.1}
	first, again, other := outcome(t, 7, link, 300), outcome(t, 7, link, 300), outcome(t, 8, link, 300)
	if !slices.Equal(first, again) {
		t.Error("the same seed gave another run")
	}
	if slices.Equal(first, other) {
		t.Error("another seed gave the same run")
	}
}

func TestReadDeadlineMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := listen(t, testnet.New(1), addrA)
		start := time.Now()
		c.SetReadDeadline(start.Add(time.Hour))
		time.AfterFunc(time.Second, func() { c.SetReadDeadline(start.Add(2 * time.Second)) })
		_, _, err := c.ReadFrom(make([]byte, 1))
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || time.Since(start) != 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		c.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Second, func() { c.Close() })
		if _, _, err = c.ReadFrom(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after Close: %v", err)
		}
		if _, err = c.WriteTo(nil, net.UDPAddrFromAddrPort(addrB)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write after Close: %v", err)
		}
	})
}

func TestAddresses(t *testing.T) {
	n := testnet.New(1)
	a := listen(t, n, addrA)
	if got := a.LocalAddr().(*net.UDPAddr).AddrPort(); got != addrA {
		t.Errorf("bound to %v", got)
	}
	if _, err := n.ListenPacket(addrA.String()); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("second bind: %v", err)
	}
	x, y := listen(t, n, netip.AddrPortFrom(hostA, 0)), listen(t, n, netip.AddrPortFrom(hostA, 0))
	if x.LocalAddr().String() == y.LocalAddr().String() {
		t.Error("port 0 gave one port twice")
	}
	a.Close()
	listen(t, n, addrA) // free again
	if _, err := n.ListenPacket("nowhere"); err == nil {
		t.Error("a bad address was taken")
	}
}

func TestTapSeesAll(t *testing.T) {
	n := testnet.New(1)
	var seen []string
	n.Tap(func(d testnet.Datagram) {
		seen = append(seen, fmt.Sprint(d.From.Addr(), ">", d.To.Addr(), " ", string(d.Payload), " ", d.Lost))
	})
	a := listen(t, n, addrA)
	write(t, a, addrB, "nobody")
	listen(t, n, addrB)
	write(t, a, addrB, "heard")
	n.Tap(nil)
	write(t, a, addrB, "unseen")
	want := "10.0.0.1>10.0.0.2 nobody true, 10.0.0.1>10.0.0.2 heard false"
	if got := strings.Join(seen, ", "); got != want {
		t.Errorf("tap saw %s", got)
	}
}

// socket is what a package of its own might ask for.
type socket interface {
	TryRead(p []byte) (n int, from netip.AddrPort, at int64, ok bool)
	TryWrite(p []byte, to netip.AddrPort) error
	Connect(to netip.AddrPort) error
	LocalAddr() netip.AddrPort
	Close() error
}

func TestSocketNeverWaits(t *testing.T) {
	var n interface {
		Listen(netip.AddrPort) (socket, error)
	} = testnet.Sockets[socket]{Network: testnet.New(1)}
	a, errA := n.Listen(addrA)
	b, errB := n.Listen(addrB)
	c, errC := n.Listen(netip.AddrPortFrom(hostA, 7))
	if err := errors.Join(errA, errB, errC); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Listen(addrA); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("second bind: %v", err)
	}
	buf := make([]byte, 4)
	if _, _, _, ok := a.TryRead(buf); ok {
		t.Error("read from an empty socket")
	}
	if err := b.TryWrite([]byte("123456"), a.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if k, from, _, ok := a.TryRead(buf); !ok || string(buf[:k]) != "1234" || from != addrB {
		t.Errorf("read %q from %v, %v", buf[:k], from, ok)
	}
	a.Connect(addrB)
	c.TryWrite([]byte("x"), addrA)
	if _, _, _, ok := a.TryRead(buf); ok {
		t.Error("a stranger got through Connect")
	}
	a.Connect(netip.AddrPort{})
	c.TryWrite([]byte("x"), addrA)
	if _, _, _, ok := a.TryRead(buf); !ok {
		t.Error("undoing Connect did not")
	}
	a.Close()
	if err := a.TryWrite(nil, addrB); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after close: %v", err)
	}
}

func TestFullSocketDrops(t *testing.T) {
	n := testnet.New(1)
	a, err := n.ListenSocket(addrA)
	if err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		a.TryWrite([]byte("x"), addrA)
	}
	kept := 0
	for buf := make([]byte, 1); ; kept++ {
		if _, _, _, ok := a.TryRead(buf); !ok {
			break
		}
	}
	if kept == 0 || kept+a.Dropped() != 2000 || a.Dropped() == 0 {
		t.Errorf("kept %d, dropped %d of 2000", kept, a.Dropped())
	}
}
