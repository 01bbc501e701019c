package mixer

// rhythm remembers which turns were done in each slot of the last frame, for they
// come again in this one. The wheel's lists lead from turn to turn, each of which
// has left the processor's cache meanwhile: to go along them is to wait for one
// after the other. What is remembered is read all at once, and is never more than
// a hint: whoever is in it may have moved, or be gone.
type rhythm struct {
	turns [slots][mostRemembered]*turn
	count [slots]int // of them
	now   int        // done in the present slot
}

// mostRemembered is how many turns there are in a slot of a worker that has as
// many legs as one can have, and half of that again.
const mostRemembered = 512

// recall reads what a slot's turns are about to be found by. The sum of it means
// nothing.
func (h *rhythm) recall(slot int64) (sum int) {
	at := slot % slots
	for _, t := range h.turns[at][:h.count[at]] {
		if sum += int(t.due); t.next != nil {
			sum++
		}
	}
	h.now = 0
	return sum
}

// note remembers the next turn of the slot.
func (h *rhythm) note(slot int64, t *turn) {
	if h.now < mostRemembered {
		h.turns[slot%slots][h.now] = t
		h.now++
	}
}

// finish forgets who was in the slot the last time and is not any more.
func (h *rhythm) finish(slot int64) {
	at := slot % slots
	if h.now < h.count[at] {
		clear(h.turns[at][h.now:h.count[at]])
	}
	h.count[at], h.now = h.now, 0
}

// pass forgets the slots from one on up to another, in which there is nobody.
func (h *rhythm) pass(from, to int64) {
	for slot := max(from, to-slots); slot < to; slot++ {
		h.now = 0
		h.finish(slot)
	}
}
