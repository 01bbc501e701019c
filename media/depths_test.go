package media

import (
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
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 100_000 {
			d.refill()
		}
	}()
	seen := map[*jitter.Depth]bool{}
	for filling := true; filling; {
		select {
		case <-done:
			filling = false
		default:
		}
		if depth := d.take(); depth != nil {
			if seen[depth] {
				t.Fatal("given twice")
			}
			seen[depth] = true
		}
	}
	if len(seen) < spareDepths {
		t.Errorf("%d given", len(seen))
	}
}
