package media

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestScoreOfACall(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	if got := b.s.Stats().MOS; got != 0 {
		t.Errorf("%v before packets", got)
	}
	b.talk(&b.stream, 1000, 100)
	good := b.s.Stats().MOS
	if good < 4.2 || good > 4.5 {
		t.Errorf("%v for a clean stream", good)
	}
	for range 50 {
		b.stream.seq++
		b.talk(&b.stream, 1000, 1)
	}
	if bad := b.s.Stats().MOS; bad >= good-1 {
		t.Errorf("%v with a quarter lost, %v before", bad, good)
	}
}

func TestAddrCell(t *testing.T) {
	var c addrCell
	if c.load().IsValid() {
		t.Error("an empty cell has an address")
	}
	addrs := []netip.AddrPort{peerAddr, netip.MustParseAddrPort("[2001:db8::1]:65535"), netip.MustParseAddrPort("0.0.0.0:0"), netip.MustParseAddrPort("[::]:1")}
	for _, a := range append(addrs, netip.AddrPort{}) {
		if c.store(a); c.load() != a {
			t.Errorf("stored %v, loaded %v", a, c.load())
		}
	}
	// A reader never sees half of one and half of another.
	known := map[netip.AddrPort]bool{{}: true}
	for _, a := range addrs {
		known[a] = true
	}
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				c.store(addrs[i%len(addrs)])
			}
		}
	})
	for range 50_000 {
		if a := c.load(); !known[a] {
			t.Errorf("loaded %v", a)
			break
		}
	}
	close(stop)
	wg.Wait()
}

// The conference's goroutine, the metrics and the worker at once, for the race
// detector.
func TestSharedUse(t *testing.T) {
	var digits atomic.Int64
	b := newBench(t, SessionConfig{Digit: func(byte) { digits.Add(1) }})
	b.agree(plainOffer())
	done := make(chan struct{})
	var worker sync.WaitGroup
	worker.Go(func() {
		for i := range uint32(3000) {
			b.send(b.peer, 0, level(1000, 160))
			b.sendEvent(&b.stream, i*3000, byte(i%16), 160, true)
			b.tick()
		}
		close(done)
	})
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		if _, err := b.s.Answer([]byte(plainOffer("ptime:40"))); err != nil {
			t.Fatal(err)
		}
		b.s.Commit()
		b.s.SendDigit('1', 40*time.Millisecond)
		b.s.InfoDigit('2')
		b.s.Stats()
		b.engine.Stats()
		time.Sleep(time.Millisecond)
	}
	worker.Wait()
	time.Sleep(3 * pumpInterval)
	if digits.Load() == 0 {
		t.Error("no digit heard")
	}
}
