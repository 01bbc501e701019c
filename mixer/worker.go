package mixer

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	slots    = 20 // slots to a frame
	slotTime = int64(FrameDuration) / slots

	// allowance is how late a tick may begin. Half a frame rides out a pause of
	// the scheduler or the garbage collector at the price of jitter that every
	// receiver's buffer takes; a tick later than that would crowd into the next
	// frame's, so it is given up.
	allowance = int64(FrameDuration) / 2
)

// worker runs rooms against an absolute timetable. Everything but the load and
// the queue of opened rooms belongs to its goroutine; the tick below the loop
// takes time as an argument only.
type worker struct {
	mixer   *Mixer
	scratch scratch
	slots   [slots]*Room // the rooms of each slot
	rooms   int
	sending *Room // rooms with slices left to send
	next    int64 // the slot that comes next, counted from the mixer's epoch
	stats   workerStats
	clock   func() int64
	sleep   func(until int64)

	opened  queue[*Room]
	load    [slots]atomic.Int64 // rooms and ports per slot
	wake    chan struct{}       // a room was opened, or stopped was set
	stopped atomic.Bool
}

func newWorker(m *Mixer) *worker {
	w := &worker{mixer: m, clock: m.Now, wake: make(chan struct{}, 1)}
	w.opened.init()
	w.sleep = func(until int64) { time.Sleep(time.Duration(until - w.clock())) }
	return w
}

// open hands a room to the worker. Any goroutine.
func (w *worker) open(r *Room) {
	w.opened.push(&node[*Room]{value: r})
	w.nudge()
}

func (w *worker) nudge() {
	select {
	case w.wake <- struct{}{}:
	default: // it is awake already
	}
}

// end asks the worker to stop after the slot it is in. Any goroutine.
func (w *worker) end() {
	w.stopped.Store(true)
	w.nudge()
}

// total is the load of all slots. Any goroutine.
func (w *worker) total() int64 {
	var sum int64
	for i := range w.load {
		sum += w.load[i].Load()
	}
	return sum
}

// main is the worker's goroutine.
func (w *worker) main(index int) {
	priority := plainPriority
	if !w.mixer.plain {
		var err error
		// A sleep behind the scheduler's back takes a processor from the goroutines;
		// it is only for those who set one aside for each worker.
		spare := runtime.GOMAXPROCS(0) >= Processors(len(w.mixer.workers))
		// The thread is never unlocked: it ends with the goroutine, and with it
		// the priority it was given.
		if priority, w.sleep, err = takeThread(w.clock, spare); err != nil {
			w.mixer.log.Info("media worker runs without real-time priority", "worker", index, "got", priority, "err", err)
		}
	}
	w.stats.priority.Store(int32(priority))
	w.run()
}

// run is the loop: wait for the next slot in use, run it, again. It parks when
// there is no room.
func (w *worker) run() {
	w.next = w.clock()/slotTime + 1
	for !w.stopped.Load() {
		w.admit()
		if w.rooms == 0 {
			<-w.wake
			w.next = w.clock()/slotTime + 1
			continue
		}
		slot := w.nextInUse()
		if due := slot * slotTime; due > w.clock() {
			w.sleep(due)
			continue // sleeps may end early
		}
		w.runSlot(slot)
	}
}

// admit takes in the rooms opened since the last time.
func (w *worker) admit() {
	for {
		r, ok := w.opened.pop()
		if !ok {
			return
		}
		r.next, w.slots[r.slot] = w.slots[r.slot], r
		w.rooms++
	}
}

// nextInUse is the first slot from next on in which there is something to do.
func (w *worker) nextInUse() int64 {
	if w.sending != nil {
		return w.next
	}
	for slot := w.next; slot < w.next+slots; slot++ {
		if w.slots[slot%slots] != nil {
			return slot
		}
	}
	return w.next
}

// runSlot does all that is to be done in a slot.
func (w *worker) runSlot(slot int64) {
	begin := w.clock()
	w.sendSlices(slot, begin)
	for r := w.slots[slot%slots]; r != nil; {
		next := r.next
		w.tick(r, slot, w.clock())
		r = next
	}
	w.next = slot + 1
	w.stats.duration.observe(w.clock() - begin)
}

// tick does one room's turn: first what its conference asked for, then the
// frame, unless it is too late for that.
func (w *worker) tick(r *Room, slot, now int64) {
	r.apply()
	if r.gone {
		w.drop(r)
		return
	}
	late := now - slot*slotTime
	if late > allowance {
		w.stats.skipped.Add(1)
		return
	}
	w.stats.lateness.observe(late)
	w.stats.ticks.Add(1)
	r.gather(now)
	w.send(r, slot, now)
}

// send serves a room's next slice and, if there is more, puts it among those
// that go on in the next slot.
func (w *worker) send(r *Room, slot, now int64) {
	leaked, over := r.send(&w.scratch, slot/slots, now)
	if leaked > 0 {
		w.stats.leaked.Add(uint64(leaked))
	}
	if !over {
		r.sending, w.sending = w.sending, r
	}
}

// sendSlices goes on with the rooms too large for one slot.
func (w *worker) sendSlices(slot, now int64) {
	rest := w.sending
	w.sending = nil
	for rest != nil {
		r := rest
		rest, r.sending = r.sending, nil
		w.send(r, slot, now)
	}
}

// drop lets go of a room that was closed, and has the janitor take it over.
func (w *worker) drop(r *Room) {
	for at := &w.slots[r.slot]; *at != nil; at = &(*at).next {
		if *at == r {
			*at, r.next = r.next, nil
			break
		}
	}
	w.rooms--
	w.mixer.notices.push(&r.farewell)
}
