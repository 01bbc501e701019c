package conference

import (
	"slices"
	"sync"
	"testing"
)

func TestInboxKeepsOrder(t *testing.T) {
	b := newInbox()
	var got []int
	for i := range 3 {
		if !b.post(func() { got = append(got, i) }) {
			t.Fatal("refused")
		}
	}
	<-b.wake
	select {
	case <-b.wake:
		t.Error("woken twice for one batch")
	default:
	}
	batch := b.take(nil)
	b.post(func() { got = append(got, 3) })
	for _, f := range batch {
		f()
	}
	for _, f := range b.take(batch) {
		f()
	}
	if !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("done in the order %v", got)
	}
}

func TestInboxIsBounded(t *testing.T) {
	b := newInbox()
	for range inboxLimit {
		b.post(func() {})
	}
	if b.post(func() {}) || b.dropped != 1 {
		t.Errorf("taken beyond the limit; %d dropped", b.dropped)
	}
	if n := len(b.take(nil)); n != inboxLimit {
		t.Errorf("%d taken", n)
	}
	if !b.post(func() {}) {
		t.Error("refused after it was emptied")
	}
}

// What is posted as the owner goes is either in the rest or refused.
func TestInboxCloses(t *testing.T) {
	b := newInbox()
	var posted sync.WaitGroup
	accepted := make(chan bool, 100)
	for range 100 {
		posted.Go(func() { accepted <- b.post(func() {}) })
	}
	rest := len(b.close())
	posted.Wait()
	close(accepted)
	n := 0
	for ok := range accepted {
		if ok {
			n++
		}
	}
	if n != rest {
		t.Errorf("%d accepted, %d in the rest", n, rest)
	}
	if b.post(func() {}) || len(b.close()) != 0 {
		t.Error("a closed inbox takes work")
	}
}
