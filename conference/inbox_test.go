package conference

import (
	"runtime"
	"slices"
	"sync"
	"testing"
)

func TestInboxKeepsOrder(t *testing.T) {
	starts := 0
	b := newInbox(func() { starts++ })
	var got []int
	for i := range 3 {
		if !b.post(func() { got = append(got, i) }) {
			t.Fatal("refused")
		}
	}
	if starts != 1 {
		t.Errorf("started %d times for one batch", starts)
	}
	batch := b.take(nil)
	b.post(func() { got = append(got, 3) })
	for _, f := range batch {
		f()
	}
	if b.rest() {
		t.Error("rests though there is more")
	}
	for _, f := range b.take(batch) {
		f()
	}
	if starts != 1 || !b.rest() {
		t.Errorf("started %d times, or does not rest", starts)
	}
	if !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("done in the order %v", got)
	}
}

// Whoever finds nobody at work starts somebody, and nobody is started twice.
func TestInboxStartsOneOwnerAtATime(t *testing.T) {
	starts := 0
	b := newInbox(func() { starts++ })
	for round := 1; round <= 3; round++ {
		b.rouse()
		b.rouse()
		b.post(func() {})
		if starts != round {
			t.Fatalf("round %d: started %d times", round, starts)
		}
		b.take(nil)
		b.rouse() // a deadline passes meanwhile
		if b.rest() {
			t.Errorf("round %d: rests though it was roused", round)
		}
		b.take(nil)
		if !b.rest() {
			t.Errorf("round %d: does not rest", round)
		}
	}
	b.close()
	b.rouse()
	if starts != 3 {
		t.Error("started though it is over")
	}
}

// However posts and the owner's rest fall together, all is done, by one at a time.
func TestInboxLosesNothing(t *testing.T) {
	const posters, each = 8, 2000
	var b *inbox
	var working, owners sync.WaitGroup
	done := 0 // the owner's
	b = newInbox(func() {
		owners.Go(func() {
			var batch []func()
			for {
				batch = b.take(batch)
				for _, f := range batch {
					f()
				}
				if b.rest() {
					return
				}
			}
		})
	})
	for range posters {
		working.Go(func() {
			for range each {
				for !b.post(func() { done++ }) {
					runtime.Gosched()
				}
			}
		})
	}
	working.Wait()
	owners.Wait()
	if done != posters*each {
		t.Errorf("%d of %d are done", done, posters*each)
	}
}

func TestInboxIsBounded(t *testing.T) {
	b := newInbox(func() {})
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
	b := newInbox(func() {})
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
