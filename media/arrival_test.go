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
			for range 200 {
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
