package mixer

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	slots    = 20 // slots to a frame
	slotTime = int64(FrameDuration) / slots
)

// worker runs rooms against an absolute timetable. Everything but the load and
// the queue of opened rooms belongs to its goroutine; the turns below the loop
// take time as an argument only.
type worker struct {
	mixer   *Mixer
	index   int // of the mixer's workers
	scratch scratch
	wheel
	punctuality
	hosted  int            // rooms
	slot    int64          // the slot that comes next, counted from the mixer's epoch
	step    uint64         // counts what ports say and hear, to tell what came before what
	radios  [buses][]radio // what the radios play, by station
	changes changes        // of what ports hear
	stats   workerStats
	clock   func() int64
	sleep   func(until int64)

	carrier  Carrier // nil: streams carry their packets themselves
	sinking  error   // why it carries none any more
	distress node[notice]
	fetched  int      // inputs to come whose packets it has read
	expected int      // outputs to come whose memory has been read
	soon     foreseen // in the midst of that
	rhythm   rhythm   // of the last frame
	read     int      // the sum of what is read ahead, so that it is not found to be for nothing

	opened  queue[*Room]
	load    [slots]atomic.Int64 // rooms and ports per slot
	ports   atomic.Int64        // of all of them
	wake    chan struct{}       // a room was opened, or stopped was set
	stopped atomic.Bool
}

// radio is the present frame of music or noise that many listen to.
type radio struct {
	share share
	out   [maxFrame]int16
}

func newWorker(m *Mixer) *worker {
	w := &worker{mixer: m, clock: m.Now, wake: make(chan struct{}, 1), changes: changes{aside: mostAside}}
	w.opened.init()
	w.distress.value.released = w.lament
	w.sleep = func(until int64) { time.Sleep(time.Duration(until - w.clock())) }
	w.radios = newRadios(m)
	return w
}

func newRadios(m *Mixer) (radios [buses][]radio) {
	for bus := range radios {
		radios[bus] = make([]radio, m.sounds.stations())
	}
	return radios
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
	priority, err := plainPriority, error(nil)
	if !w.mixer.plain {
		// A sleep behind the scheduler's back takes a processor from the goroutines;
		// it is only for those who set one aside for each worker.
		spare := runtime.GOMAXPROCS(0) >= Processors(len(w.mixer.workers))
		// The thread is never unlocked: it ends with the goroutine, and with it
		// the priority it was given.
		priority, w.sleep, err = takeThread(w.clock, spare)
	}
	w.stats.priority.Store(int32(priority))
	attrs := []any{"worker", index, "priority", priority.String()}
	if err != nil {
		attrs = append(attrs, "err", err)
	}
	if err := w.embark(); err != nil {
		attrs = append(attrs, "carrier_err", err)
	}
	attrs = append(attrs, "batched", w.carrier != nil)
	w.mixer.log.Info("media worker runs", attrs...)
	w.run()
	w.disembark()
}

// run is the loop: wait for the next slot in use, run it, again. It parks when
// there is no room.
func (w *worker) run() {
	w.slot = w.clock()/slotTime + 1
	for !w.stopped.Load() {
		w.admit()
		if w.hosted == 0 {
			w.stats.window.idle(w.clock())
			w.rhythm.pass(0, slots)
			<-w.wake
			now := w.clock()
			w.stats.window.begin(now, 0)
			w.slot = now/slotTime + 1
			w.rest()
			continue
		}
		slot, begun := w.upcoming()
		if !begun {
			w.sleep(slot * slotTime)
			continue // sleeps may end early
		}
		w.runSlot(slot)
	}
}

// upcoming is the next slot in use, and whether its time has come.
func (w *worker) upcoming() (slot int64, begun bool) {
	slot, _ = w.next(w.slot)
	w.rhythm.pass(w.slot, slot)
	if begun = slot*slotTime <= w.clock(); !begun {
		w.rest()
	}
	return slot, begun
}

// admit takes in the rooms opened since the last time.
func (w *worker) admit() {
	for {
		r, ok := w.opened.pop()
		if !ok {
			return
		}
		// The first such slot from now on, to which the worker may have slept. One
		// that is far behind has slots to go through first: in the wheel, a turn
		// beyond its horizon would come a round early, now and ever after.
		from := min(max(w.slot, w.clock()/slotTime), w.slot+horizon-slots)
		r.tick = turn{kind: turnRoom, room: r, due: from + (int64(r.slot)-from%slots+slots)%slots}
		w.add(&r.tick)
		w.hosted++
	}
}

// clockTurns is how many turns are done by one reading of the clock.
const clockTurns = 4

// runSlot does all that is to be done in a slot. One that begins too late is
// given up as a whole, and so are those after it until the worker has caught up
// (see punctuality). To serve some turns of every slot would keep everybody late,
// and waste on inputs what the outputs then lack.
func (w *worker) runSlot(slot int64) {
	w.slot = slot
	begin := w.clock()
	now := begin
	w.punctuality.begin(slot, begin-slot*slotTime)
	w.fetched, w.expected = 0, 0
	w.changes.begin(slot / slots)
	for done := 0; ; done++ {
		t := w.take(slot)
		if t == nil {
			break
		}
		if done%clockTurns == clockTurns-1 {
			now = w.clock()
		}
		w.read += w.rhythm.note(slot, t)
		if !w.behind {
			w.prepare(slot, t)
		}
		w.do(t, now)
	}
	w.send()
	w.rhythm.finish(slot)
	w.slot = slot + 1
	end := w.clock()
	w.stats.duration.observe(end - begin)
	w.stats.window.work(end - begin)
	w.stats.window.roll(end, w.ports.Load())
}

// do does one turn and puts it into the slot where it comes again.
func (w *worker) do(t *turn, now int64) {
	r := t.room
	late := now - t.due*slotTime
	if t.kind == turnRoom && r.large != nil {
		r.abandon()
	}
	// What an input does depends on nobody's row, and a large room's slices are of
	// one tick.
	if t.kind == turnRoom || t.kind == turnOutput && t.port != nil {
		r.apply()
	}
	if r.gone {
		if t == &r.tick {
			w.drop(r)
		}
		return
	}
	if t.port != nil && (t.port.gone || r.large != nil || t.waiting) {
		return // what was applied has moved it
	}
	slot := t.due
	t.due += slots
	if w.behind {
		w.skip(t)
	} else {
		w.perform(t, slot, now, late)
	}
	// A large room's slices have no rhythm of their own.
	if t.kind != turnOutput || t.port != nil {
		w.add(t)
	}
}

// skip gives up a turn that is too late: in a large room with it the tick, or what
// is left of it.
func (w *worker) skip(t *turn) {
	if t.kind == turnOutput && (t.port != nil || t.room.ticking()) || t.kind == turnRoom && t.room.large != nil {
		w.stats.skipped.add(1)
		w.stats.window.observe(2 * allowance) // later than any that is served
	}
}

// perform does a turn of the given slot.
func (w *worker) perform(t *turn, slot, now, late int64) {
	r, frame := t.room, slot/slots
	switch {
	case t.kind == turnInput:
		w.step++
		t.port.move(slot*slotTime, w.step)
		t.port.loud.state = stays
	case t.port != nil:
		w.measure(late)
		if w.serve(t.port, frame, now) {
			w.stats.leaked.add(1)
		}
	case t.kind == turnOutput:
		if r.ticking() { // else what was applied has ended the tick
			w.stats.window.observe(late)
			w.tickLarge(r, slot, now)
		}
	case r.large != nil:
		w.measure(late)
		w.step++
		r.large.begin(w.step, frame)
		w.tickLarge(r, slot, now)
	default:
		r.forget()
		r.settled()
	}
	if t.kind == turnRoom {
		w.tune(r, slot)
	}
}

// ticking says that a large room's tick has begun and is not over.
func (r *Room) ticking() bool { return r.large != nil && r.large.stage != resting }

// measure counts a tick that is done, so much late.
func (w *worker) measure(late int64) {
	w.stats.lateness.observe(late)
	w.stats.window.observe(late)
	w.stats.ticks.add(1)
}

// tickLarge does the next part of a large room's tick and, if there is more, has
// the next one follow in the next slot.
func (w *worker) tickLarge(r *Room, slot, now int64) {
	l := r.large
	if l.stage == serving || r.gather(slot*slotTime) {
		leaked, done := w.serveSlice(r, now)
		if leaked > 0 {
			w.stats.leaked.add(uint64(leaked))
		}
		if done {
			return
		}
	}
	l.slice.due = slot + 1
	w.add(&l.slice)
}

// listen makes a frame that of a radio, which all small rooms have in common.
func (w *worker) listen(f *Frame, src source, frame int64, bus int) {
	src.at(frame)
	radio := &w.radios[bus][src.station]
	f.joins(&radio.share, radio.frame(&src, bus), frame)
}

// frame is the present frame of a radio.
func (r *radio) frame(s *source, bus int) []int16 {
	n, pos := FrameSamples<<bus, s.pos<<bus
	if from := s.loop.at[bus]; pos+n <= len(from) {
		return from[pos : pos+n]
	}
	s.read(r.out[:n], bus)
	return r.out[:n]
}

// drop lets go of a room that was closed, and has the janitor take it over.
func (w *worker) drop(r *Room) {
	w.hosted--
	w.mixer.notices.push(&r.farewell)
}
