package jitter

import "testing"

// A clock whose packets are not a whole number of samples apart, if only once, is
// followed for ever.
func TestTimelineGoesOn(t *testing.T) {
	line := timeline{rate: 16000, clock: 48000}
	line.begin(1<<32 - 5000)
	first, ts, samples := line.ts, line.ts+961, int64(320) // a third of a sample more
	for range 400_000 {                                    // 2.2 hours
		pos := line.position(ts)
		if off := int64(int32(pos-first)) - samples; off < -1 || off > 1 {
			t.Fatalf("after %d samples: %d beside", samples, off)
		}
		line.follow(ts, pos)
		ts, samples = ts+960, samples+320
	}
}
