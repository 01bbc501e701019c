package media

import (
	"net/netip"
	"testing"
	"time"
)

// A packet that waits in the socket until it is read has come when it came: also
// over a connected socket, and for what is read together.
func TestKernelStamps(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		a, b := pair(t, ip)
		buf := make([]byte, 100)
		for _, connected := range []bool{false, true} {
			if connected {
				if err := b.Connect(a.LocalAddr()); err != nil {
					t.Fatal(err)
				}
			}
			best := time.Hour // the machine may have been busy in between
			for range 5 {
				var wrote [2]int64
				for i := range wrote {
					wrote[i] = time.Now().UnixNano()
					if err := a.TryWrite([]byte("x"), b.LocalAddr()); err != nil {
						t.Fatal(err)
					}
					time.Sleep(15 * time.Millisecond)
				}
				worst := time.Duration(0)
				for i := range wrote {
					_, from, at, ok := b.TryRead(buf)
					if !ok || from != a.LocalAddr() {
						t.Fatalf("%s: read %v from %v", ip, ok, from)
					}
					now := int64(1_000_000_000)
					came := arrival(now, at) - now + time.Now().UnixNano()
					worst = max(worst, time.Duration(came-wrote[i]).Abs())
				}
				best = min(best, worst)
			}
			if best > time.Millisecond {
				t.Errorf("%s, connected %v: the arrival is %v off", ip, connected, best)
			}
		}
	}
}

// Packets of strangers that were there before the socket was connected are not
// taken for the peer's; those of the peer itself are.
func TestStrangersBeforeConnect(t *testing.T) {
	for _, ip := range []string{"127.0.0.1", "::1"} {
		a, b := pair(t, ip)
		stranger, _ := pair(t, ip)
		for _, s := range []Socket{stranger, b, stranger} {
			if err := s.TryWrite([]byte("x"), a.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(5 * time.Millisecond)
		if err := a.Connect(b.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		var list []netip.AddrPort
		for range 3 {
			_, from := await(t, a)
			list = append(list, from)
		}
		if list[0] != stranger.LocalAddr() || list[1] != b.LocalAddr() || list[2] != stranger.LocalAddr() {
			t.Errorf("%s: from %v, want stranger, peer, stranger", ip, list)
		}
		a.TryRead(make([]byte, 10))
		if err := b.TryWrite([]byte("x"), a.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if _, from := await(t, a); from != b.LocalAddr() {
			t.Errorf("%s: from %v", ip, from)
		}
	}
}
