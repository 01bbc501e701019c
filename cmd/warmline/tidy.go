package main

import (
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// After a burst of calls what their set-up has left stays until as much is made
// again as is alive, and half of it again, which in a quiet hour takes until the
// next burst. So it is collected when nobody waits, and given back to the system.
const (
	tidyEvery = 2 * time.Second
	// tidyCalm is how much is made between two looks at the most while nobody
	// waits: the set-up of a few calls a second.
	tidyCalm = 512 << 10
	// What is worth a collection: so much made since the last one, and so great a
	// part of what is alive, as that is what a collection has to go through.
	tidyLeast = 4 << 20
	tidyPart  = 8
)

// tidier collects garbage when it is quiet.
type tidier struct {
	heap    func() (made, live uint64) // bytes since the start; bytes alive at the last collection
	collect func()

	seen uint64 // made at the last look
	done uint64 // made at the last collection of ours
}

func newTidier() *tidier { return &tidier{heap: heapBytes, collect: debug.FreeOSMemory} }

// look collects if it is quiet and worth it.
func (t *tidier) look() {
	made, live := t.heap()
	calm := made-t.seen <= tidyCalm
	t.seen = made
	if calm && made-t.done >= max(tidyLeast, live/tidyPart) {
		t.done = made
		t.collect()
	}
}

// run looks at intervals until stop is closed.
func (t *tidier) run(stop <-chan struct{}) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			t.look()
		case <-stop:
			return
		}
	}
}

// heapBytes asks the runtime, which does not stop for that.
func heapBytes() (made, live uint64) {
	samples := [...]metrics.Sample{{Name: "/gc/heap/allocs:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(samples[:])
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}
