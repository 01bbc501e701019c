package media

import (
	"runtime"
	"sync/atomic"
	"testing"

	"warmline/media/jitter"
)

func TestDepthsAreMadeAnew(t *testing.T) {
	var d depths
	d.fill()
	d.refill() // nothing was taken
	seen := map[*jitter.Depth]bool{}
	for range spareDepths {
		depth := d.take()
		if depth == nil || seen[depth] {
			t.Fatalf("%d were there", len(seen))
		}
		seen[depth] = true
	}
	if d.take() != nil {
		t.Error("more than there can be")
	}
	d.refill()
	if depth := d.take(); depth == nil || seen[depth] {
		t.Error("none was made anew")
	}
}

// The worker takes them while the pump fills.
func TestDepthsOfTwo(t *testing.T) {
	var d depths
	d.fill()
	var enough atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !enough.Load() {
			d.refill()
		}
	}()
	seen := map[*jitter.Depth]bool{}
	for len(seen) < 10*spareDepths { // for ever, if what was taken is not made anew
		depth := d.take()
		if depth == nil {
			runtime.Gosched()
			continue
		}
		if seen[depth] {
			t.Error("given twice")
			break
		}
		seen[depth] = true
	}
	enough.Store(true)
	<-done
}
