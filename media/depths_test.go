package media

import (
	"testing"
	"time"

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
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 1000 {
			d.refill()
		}
	}()
	seen := map[*jitter.Depth]bool{}
	for until := time.Now().Add(5 * time.Second); len(seen) < 100 && time.Now().Before(until); {
		depth := d.take()
		if seen[depth] && depth != nil {
			t.Fatal("given twice")
		}
		if depth != nil {
			seen[depth] = true
		}
		select {
		case <-done:
			until = time.Time{}
		default:
		}
	}
	<-done
}
