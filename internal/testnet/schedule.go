package testnet

import (
	"container/heap"
	"sync"
	"time"
)

// schedule runs deliveries when they are due, those of one instant in the
// order they were made. One timer serves all: timers of their own that fire at
// the same instant would run in no particular order.
type schedule struct {
	mu    sync.Mutex
	queue deliveries
	seq   uint64
	busy  bool // a goroutine is in fire and runs what is due
}

type delivery struct {
	at  time.Time
	seq uint64
	run func() // must not block
}

// at arranges for run, now if it is due already.
func (s *schedule) at(now, at time.Time, run func()) {
	s.mu.Lock()
	if !at.After(now) && !s.busy && (len(s.queue) == 0 || s.queue[0].at.After(at)) {
		s.mu.Unlock()
		run()
		return
	}
	s.seq++
	heap.Push(&s.queue, delivery{at: at, seq: s.seq, run: run})
	first := s.queue[0].seq == s.seq
	s.mu.Unlock()
	if first {
		time.AfterFunc(at.Sub(now), s.fire)
	}
}

// fire runs what is due and arms a timer for the rest. A timer that comes
// after another has done its work finds nothing due, which is harmless.
func (s *schedule) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return // the other one looks again before it leaves
	}
	s.busy = true
	for len(s.queue) > 0 && !s.queue[0].at.After(time.Now()) {
		d := heap.Pop(&s.queue).(delivery)
		// Without the lock: a delivery may schedule the next one.
		s.mu.Unlock()
		d.run()
		s.mu.Lock()
	}
	s.busy = false
	if len(s.queue) > 0 {
		time.AfterFunc(time.Until(s.queue[0].at), s.fire)
	}
}

type deliveries []delivery

func (d deliveries) Len() int { return len(d) }
func (d deliveries) Less(i, j int) bool {
	if !d[i].at.Equal(d[j].at) {
		return d[i].at.Before(d[j].at)
	}
	return d[i].seq < d[j].seq
}
func (d deliveries) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *deliveries) Push(x any)   { *d = append(*d, x.(delivery)) }
func (d *deliveries) Pop() any {
	old := *d
	last := old[len(old)-1]
	*d = old[:len(old)-1]
	return last
}
