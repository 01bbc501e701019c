package mixer

// prepare gets ready for a turn, and for those after it.
func (w *worker) prepare(slot int64, t *turn) {
	switch {
	case w.carrier == nil:
	case t.kind == turnInput:
		w.fetch(slot, t)
	case t.kind == turnOutput:
		w.expect(slot, t)
	}
}

// foresight is how many turns are looked at together before they are done. What
// they will use has left the processor's cache since the last frame. It is found
// by going from pointer to pointer: a room, its members, their streams. So each
// step is done for all of them before the next one: then nothing depends on what
// is still on its way, and the processor waits for all of it at once.
const foresight = 32

// foreseen is a list of the turns that come next, and of their streams.
type foreseen struct {
	turns   [foresight]*turn
	streams [foresight]Stream
	heard   [foresight * (smallRoom - 1)]Stream
}

// foresee lists a turn of the slot that has been taken out, and those of its kind
// that follow it.
func (w *worker) foresee(slot int64, t *turn, next *turn) (turns []*turn, then *turn) {
	turns = w.soon.turns[:0]
	if next == t {
		turns = append(turns, t)
		next = w.slots[slot%horizon][t.kind].first
	}
	for ; next != nil && len(turns) < foresight; next = next.next {
		turns = append(turns, next)
	}
	return turns, next
}

// fetch reads for an input that is about to be done, and for as many as can be
// of those that follow it in the slot.
func (w *worker) fetch(slot int64, t *turn) {
	if w.fetched == 0 {
		for next := t; next != nil; {
			var turns []*turn
			turns, next = w.foresee(slot, t, next)
			taken := w.fetchTurns(turns)
			w.fetched += taken
			if taken < len(turns) {
				break
			}
		}
		w.carrier.Run()
	}
	w.fetched = max(0, w.fetched-1)
}

// fetchTurns reads for as many of some inputs as can be.
func (w *worker) fetchTurns(turns []*turn) int {
	streams := w.soon.streams[:len(turns)]
	for i, t := range turns {
		w.read += t.room.warm() + t.port.warm()
		streams[i] = t.port.stream
	}
	taken := w.carrier.Fetch(streams)
	clear(streams)
	clear(turns)
	return taken
}

// expect reads what an output that is about to be done will use, and those that
// follow it in the slot.
func (w *worker) expect(slot int64, t *turn) {
	if w.expected == 0 {
		turns, _ := w.foresee(slot, t, t)
		w.expected = len(turns)
		w.expectTurns(turns)
	}
	w.expected--
}

// expectTurns reads what some outputs will use, and what those say whom they hear.
func (w *worker) expectTurns(turns []*turn) {
	for _, t := range turns {
		w.read += t.room.warm()
	}
	streams, heard := w.soon.streams[:0], w.soon.heard[:0]
	for _, t := range turns {
		if t.port == nil {
			continue // a large room's
		}
		streams = append(streams, t.port.stream)
		for _, p := range t.room.members {
			w.read += p.warm()
			if p != t.port {
				heard = append(heard, p.stream)
			}
		}
	}
	w.carrier.Expect(streams)
	w.carrier.Hear(heard)
	clear(streams)
	clear(heard)
	clear(turns)
}

// expectMembers is the same for some members of a large room, whose voices are summed
// already: nobody's samples are read.
func (w *worker) expectMembers(members []*port) {
	if w.carrier == nil {
		return
	}
	streams := w.soon.streams[:len(members)]
	for i, p := range members {
		w.read += p.warm()
		streams[i] = p.stream
	}
	w.carrier.Expect(streams)
	clear(streams)
}

// warm reads from each part of the room that a turn uses. The sum means nothing.
func (r *Room) warm() int {
	sum := len(r.members) + int(r.tick.due)
	if r.ops.tail == nil || r.gone {
		sum++
	}
	return sum
}

// warm is the same for a port.
func (p *port) warm() int {
	return int(p.moved) + int(p.row.Voice) + int(p.was.Voice) + p.src.pos +
		int(p.input.due) + int(p.output.due) + int(p.loud.state) + int(p.tail.length[narrow])
}

// fetchAll reads for as many of a large room's ports as can be, if it is their
// turn, and returns how many it has been through.
func (w *worker) fetchAll(ports []*port, l *large, last bool) int {
	if w.carrier == nil {
		return len(ports)
	}
	n := 0
	for n < len(ports) {
		streams, seen := w.soon.streams[:0], n
		for ; seen < len(ports) && len(streams) < foresight; seen++ {
			if l.pending(ports[seen], last) {
				streams = append(streams, ports[seen].stream)
			}
		}
		taken, all := w.carrier.Fetch(streams), len(streams)
		clear(streams)
		if taken < all {
			n += l.pendingIn(ports[n:], last, taken)
			break
		}
		n = seen
	}
	w.carrier.Run()
	return max(n, 1)
}

// pendingIn is how many ports there are before the one whose turn it is after so
// many others.
func (l *large) pendingIn(ports []*port, last bool, others int) int {
	for i, p := range ports {
		if !l.pending(p, last) {
			continue
		}
		if others == 0 {
			return i
		}
		others--
	}
	return len(ports)
}
