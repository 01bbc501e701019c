package media

import (
	"testing"
	"testing/synctest"
	"time"
)

// What the playout goes by is when packets came, not when they were read: those
// that always wait for the worker are known to, and so how much earlier it had
// best look.
func TestStampsReachThePlayout(t *testing.T) {
	for _, tt := range []struct {
		wait, delay, slack time.Duration
	}{
		{15 * time.Millisecond, 15 * time.Millisecond, 5 * time.Millisecond},
		{5 * time.Millisecond, 5 * time.Millisecond, -5 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			b.net.stamps = true
			b.agree(plainOffer())
			for range 400 { // a voice without a pause is squeezed late
				b.send(b.peer, 0, level(4000, 160))
				time.Sleep(tt.wait)
				b.tick()
				time.Sleep(20*time.Millisecond - tt.wait)
			}
			slack, ok := b.s.Slack()
			delay := b.s.Stats().Delay
			if !ok || (delay-tt.delay).Abs() > 5*time.Millisecond {
				t.Errorf("read after %v: delay %v, want %v", tt.wait, delay, tt.delay)
			}
			if (slack - tt.slack).Abs() > 2*time.Millisecond {
				t.Errorf("read after %v: slack %v, want %v", tt.wait, slack, tt.slack)
			}
		})
	}
}

// A clock that was set, or a stamp that is nonsense, moves an arrival by no more
// than packets can have waited, and never into the future.
func TestArrivalIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const now = int64(time.Hour)
		wall := time.Now().UnixNano()
		for _, tt := range []struct{ stamp, want int64 }{
			{0, now},
			{wall, now},
			{wall - 15_000_000, now - 15_000_000},
			{wall + int64(time.Hour), now},
			{wall - int64(time.Hour), now - longestWait},
			{-1 << 62, now - longestWait},
			{1 << 62, now},
		} {
			if got := arrival(now, tt.stamp); got != tt.want {
				t.Errorf("stamp %d: %d, want %d", tt.stamp-wall, got-now, tt.want-now)
			}
		}
	})
}

// With the workers' clock at hand, what a stamp means does not depend on when
// it is read: a worker that is late tells the time its turn was due.
func TestArrivalByTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		e, err := New(Config{
			Network: newFakeNetwork(), Addr: ourAddr, PortMin: 20000, PortMax: 20099,
			Clock: func() int64 { return int64(time.Since(began)) },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		time.Sleep(time.Second)
		due := int64(time.Since(began))
		for _, late := range []time.Duration{0, 3 * time.Millisecond, 8 * time.Millisecond} {
			stamp := time.Now().UnixNano()
			time.Sleep(late)
			want := stamp - began.UnixNano()
			if got := e.arrival(due, stamp); got != want {
				t.Errorf("read %v later: %v, want %v", late, time.Duration(got), time.Duration(want))
			}
		}
		for name, c := range map[string]struct{ stamp, want int64 }{
			"no stamp":      {0, due},
			"the future":    {time.Now().Add(time.Hour).UnixNano(), due + frameNanos},
			"long ago":      {1, due - longestWait},
			"before it was": {began.Add(-time.Second).UnixNano(), -int64(time.Second)},
		} {
			if got := e.arrival(due, c.stamp); got != c.want {
				t.Errorf("%s: %v, want %v", name, time.Duration(got), time.Duration(c.want))
			}
		}
	})
}
