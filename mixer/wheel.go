package mixer

import "math/bits"

// turn is something that a worker does once a frame, in one slot after another.
type turn struct {
	due     int64 // the slot, counted from the mixer's epoch
	kind    turnKind
	waiting bool // it is in the wheel
	port    *port
	room    *Room
	next    *turn
}

// turnKind is what is done; within a slot, in this order.
type turnKind uint8

const (
	turnRoom   turnKind = iota // a room takes in changes; a large one ticks
	turnInput                  // a port's stream moves on
	turnOutput                 // a port is served; a large room's next slice
	turnKinds
)

// horizon is how many slots the wheel reaches ahead: more than any turn is put
// off. A power of two, and the bits of a word.
const horizon = 64

// wheel holds the turns by the slot they are due in.
type wheel struct {
	used  uint64         // the slots with turns in them
	turns int64          // all of them
	count [horizon]int64 // by slot
	slots [horizon][turnKinds]lane
}

// lane is a list in the order of its making.
type lane struct{ first, last *turn }

// add puts a turn in; its slot must not be past, nor beyond the horizon.
func (w *wheel) add(t *turn) {
	at := t.due % horizon
	l := &w.slots[at][t.kind]
	t.waiting, t.next = true, nil
	if l.first == nil {
		l.first = t
	} else {
		l.last.next = t
	}
	l.last = t
	w.used |= 1 << at
	w.count[at]++
	w.turns++
}

// take removes the next turn of a slot, in the order of their kinds; nil: none
// is left.
func (w *wheel) take(slot int64) *turn {
	at := slot % horizon
	for kind := range w.slots[at] {
		l := &w.slots[at][kind]
		if t := l.first; t != nil {
			l.first = t.next
			t.waiting, t.next = false, nil
			w.count[at]--
			w.turns--
			return t
		}
	}
	w.used &^= 1 << at
	return nil
}

// move has a turn come in another slot.
func (w *wheel) move(t *turn, due int64) {
	if t.waiting {
		w.remove(t)
	}
	t.due = due
	w.add(t)
}

// remove takes a turn out.
func (w *wheel) remove(t *turn) {
	l := &w.slots[t.due%horizon][t.kind]
	var before *turn
	for at := l.first; at != t; at = at.next {
		before = at
	}
	if before == nil {
		l.first = t.next
	} else {
		before.next = t.next
	}
	if l.last == t {
		l.last = before
	}
	t.waiting, t.next = false, nil
	w.count[t.due%horizon]--
	w.turns--
}

// rooms calls yield for each room that has a turn.
func (w *wheel) rooms(yield func(*Room)) {
	for at := range w.slots {
		for t := w.slots[at][turnRoom].first; t != nil; {
			next := t.next // yield may take it out
			yield(t.room)
			t = next
		}
	}
}

// next is the first slot from the given one on in which something may be due;
// ok is false for an empty wheel.
func (w *wheel) next(slot int64) (next int64, ok bool) {
	if w.used == 0 {
		return slot, false
	}
	ahead := bits.TrailingZeros64(bits.RotateLeft64(w.used, -int(slot%horizon)))
	return slot + int64(ahead), true
}
