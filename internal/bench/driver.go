package bench

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	slotCount = 20
	slotTime  = int64(time.Millisecond)
	frameTime = slotCount * slotTime

	// A driver later than this gives up what it has missed, so as not to send it
	// all at once; and so does one that has been late for a while, for it would not
	// catch up by itself: late, its legs have left the processor's cache.
	givesUp   = 2 * frameTime
	isLate    = 2 * slotTime
	lateSlots = 200
	// Once in so many frames a leg's socket is read until it is empty: otherwise
	// one read brings the one packet there is.
	drainEvery = 8
	drainMost  = 16
)

// window is the time in which the driver keeps what it sees.
type window struct {
	from, to int64 // wall clock, ns
	late     histogram
	skipped  int64 // slots
}

// driver sends and receives for all legs, on one goroutine whose thread has a
// high priority, by an absolute timetable of 1 ms slots.
type driver struct {
	codec codec
	base  time.Time // of the timetable
	wall  int64     // base on the wall clock
	slots [slotCount]slotLegs

	origin   atomic.Int64 // the frame at which signals begin
	open     atomic.Pointer[window]
	turns    atomic.Int64 // slots done
	stopped  atomic.Bool
	done     chan struct{}
	priority atomic.Pointer[string] // of the thread at first
}

// slotLegs are the legs of a slot. Room is made at first, so that legs can be
// added while the driver runs.
type slotLegs struct {
	legs []*leg
	n    atomic.Int32
}

// newDriver makes one with room for so many legs in any slot.
func newDriver(c codec, room int) *driver {
	d := &driver{codec: c, base: time.Now(), done: make(chan struct{})}
	d.wall = d.base.UnixNano()
	for i := range d.slots {
		d.slots[i].legs = make([]*leg, room)
	}
	return d
}

// add gives the driver a leg. One goroutine at a time.
func (d *driver) add(l *leg) {
	s := &d.slots[l.slot]
	s.legs[s.n.Load()] = l
	s.n.Add(1)
}

// now is the time since the base.
func (d *driver) now() int64 { return int64(time.Since(d.base)) }

// run is the driver's goroutine, until stop.
func (d *driver) run() {
	defer close(d.done)
	// The thread ends with the goroutine, and with it its priority.
	runtime.LockOSThread()
	priority := raise()
	d.priority.Store(&priority)
	clock, err := newAlarm(d.base)
	if err != nil {
		return
	}
	io := newPost()
	defer io.close()
	var p patience
	for slot := d.now()/slotTime + 1; !d.stopped.Load(); slot++ {
		due := slot * slotTime
		for d.now() < due {
			clock.sleep(due)
		}
		w := d.open.Load()
		if skipped := p.skip(d.now() - due); skipped > 0 {
			if w != nil {
				w.skipped += skipped
			}
			slot += skipped
			due = slot * slotTime
		}
		d.turn(slot, due, w, io)
		d.turns.Add(1)
	}
}

// patience counts the slots in a row in which a driver was late.
type patience int

// skip is how many slots are given up by a driver that is so much behind.
func (p *patience) skip(behind int64) int64 {
	if behind <= isLate {
		*p = 0
		return 0
	}
	if *p++; behind <= givesUp && *p < lateSlots {
		return 0
	}
	*p = 0
	return behind / slotTime
}

// turn serves the legs of a slot: all send first, then all read.
func (d *driver) turn(slot, due int64, w *window, io *post) {
	s, frame := &d.slots[slot%slotCount], slot/slotCount
	legs, spoken := s.legs[:s.n.Load()], frame-d.origin.Load()
	for _, l := range legs {
		if l.active.Load() && !l.mute {
			missed := l.keepTime(frame, d.codec.clock())
			for ; w != nil && missed > 0; missed-- { // without a window, what is kept is not ours
				l.spoil(spoken - missed)
			}
			d.send(l, spoken, due, w, io)
		}
	}
	io.flush()
	if w != nil && d.now()-due > markLate {
		for _, l := range legs {
			l.spoil(spoken)
		}
	}
	for len(legs) > 0 {
		n := io.fetch(legs)
		for _, l := range legs[:n] {
			if l.fetched {
				d.receive(l, frame, w, io)
			}
		}
		legs = legs[n:]
	}
}

// markLate is how late a packet of a marker may be gone. A server is right to give
// up what comes two milliseconds later than all before, and to fill the gap; what
// is then left of the marker may not be found, or not where it was.
const markLate = int64(time.Millisecond)

// spoil notes that a leg's packet was sent late, or not at all, if it is of a marker.
func (l *leg) spoil(spoken int64) {
	if l.kept == nil || len(l.kept.marks) == 0 {
		return
	}
	last := &l.kept.marks[len(l.kept.marks)-1]
	if into := spoken - last.frame; into >= 0 && into < chirpFrames {
		last.late = true
	}
}

// send sends a leg's packet. frame counts from the origin, before which it is
// negative.
func (d *driver) send(l *leg, frame, due int64, w *window, io *post) {
	place := l.said.place(frame)
	packet := l.fill(io.out[:], d.codec.payloadType(), d.codec.clock(), l.said.frames[place])
	now := d.now() // a little before it goes
	inWindow := w != nil && l.kept != nil && d.wall+now >= w.from && d.wall+now < w.to
	io.send(l, packet, inWindow)
	if !inWindow {
		return
	}
	w.late.add(now - due)
	if place == l.said.mark && len(l.kept.marks) < cap(l.kept.marks) {
		l.kept.marks = append(l.kept.marks, mark{at: d.wall + now, frame: frame})
	}
}

func (d *driver) receive(l *leg, frame int64, w *window, io *post) {
	most := 1
	if (frame+int64(l.index))%drainEvery == 0 {
		most = drainMost
	}
	for range most {
		p, at, ok := io.read(l)
		if !ok {
			return
		}
		if w != nil {
			l.take(p, at, d.codec.payloadType(), w)
		}
	}
}

// settle waits until the driver has seen all that was stored before.
func (d *driver) settle() {
	for want := d.turns.Load() + 2; d.turns.Load() < want; {
		select {
		case <-d.done:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// stop ends the goroutine and waits for it.
func (d *driver) stop() {
	d.stopped.Store(true)
	<-d.done
}
