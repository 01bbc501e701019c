package mixer

// rhythm remembers which turns were done in each slot of the last frame, for they
// come again in this one. The wheel's lists lead from turn to turn, each of which
// has left the processor's cache meanwhile: to go along them is to wait for one
// after the other. What is remembered is read all at once, and is never more than
// a hint: whoever is in it may have moved, or be gone.
type rhythm struct {
	turns [slots][turnKinds][mostRemembered]*turn
	count [slots][turnKinds]int // of them
	now   [turnKinds]int        // done in the present slot
}

// mostRemembered is how many turns of a kind there are in a slot of a worker that
// has as many legs as one can have, and as many again.
const mostRemembered = 256

// note remembers the next turn of the slot. With the first of a kind it reads what
// those that follow are found by. The sum of that means nothing.
func (h *rhythm) note(slot int64, t *turn) (sum int) {
	n := h.now[t.kind]
	if n == 0 {
		sum = h.recall(slot, t.kind)
	}
	if n < mostRemembered {
		h.turns[slot%slots][t.kind][n] = t
		h.now[t.kind] = n + 1
	}
	return sum
}

// recall reads those that were in the slot the last time, and the rooms of those that
// are in the wheel. What is not may be of a room that the worker has dropped, which
// is the janitor's.
func (h *rhythm) recall(slot int64, kind turnKind) (sum int) {
	turns := h.turns[slot%slots][kind][:h.count[slot%slots][kind]]
	for _, t := range turns {
		if sum += int(t.due); t.next != nil {
			sum++
		}
	}
	for _, t := range turns {
		if t.waiting {
			sum += t.room.warm()
		}
	}
	return sum
}

// finish forgets who was in the slot the last time and is not any more.
func (h *rhythm) finish(slot int64) {
	at := slot % slots
	for kind, n := range h.now {
		if before := h.count[at][kind]; n < before {
			clear(h.turns[at][kind][n:before])
		}
	}
	h.count[at], h.now = h.now, [turnKinds]int{}
}

// pass forgets the slots from one on up to another, in which there is nobody.
func (h *rhythm) pass(from, to int64) {
	for slot := max(from, to-slots); slot < to; slot++ {
		h.now = [turnKinds]int{}
		h.finish(slot)
	}
}
