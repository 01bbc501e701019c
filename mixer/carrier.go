package mixer

// Carrier carries the packets of a worker's streams many at a time, where a
// system call for each would cost more than the work it asks for. A stream that
// is aboard finds its packets read when its Next is called, and what it sends
// in Push or Relay may wait until the slot ends. All methods are called by the
// worker, on one thread.
type Carrier interface {
	// Board takes a stream on; it may be of a kind that the carrier does not know.
	Board(s Stream)
	// Leave sends what is left of a stream's packets and is done with it.
	Leave(s Stream)
	// Fetch says that the stream's Next is called soon; false: there is room for no
	// more.
	Fetch(s Stream) bool
	// Expect says that the stream is soon to Push, and Hear that it is soon asked
	// for its Samples.
	Expect(s Stream)
	Hear(s Stream)
	// Run reads for those fetched and sends all that waits.
	Run()
	// Err is why it carries nothing any more, so that streams do it themselves; nil
	// while it does.
	Err() error
	// Close is called with nobody aboard.
	Close()
}

// embark makes the worker's carrier, on its thread.
func (w *worker) embark() error {
	if w.mixer.carrier == nil {
		return nil
	}
	c, err := w.mixer.carrier()
	if err != nil || c == nil {
		return err
	}
	w.carrier = c
	w.stats.carried.Store(true)
	return nil
}

// disembark puts everybody off who is still aboard when the worker ends.
func (w *worker) disembark() {
	if w.carrier == nil {
		return
	}
	w.rooms(func(r *Room) {
		for _, p := range r.members {
			w.carrier.Leave(p.stream)
		}
	})
	w.carrier.Close()
	w.carrier = nil
	w.stats.carried.Store(false)
}

// board takes a newcomer's stream on.
func (r *Room) board(p *port) {
	if c := r.worker.carrier; c != nil && !r.orphan.Load() {
		c.Board(p.stream)
	}
}

// putOff lets the stream of a port go that leaves.
func (r *Room) putOff(p *port) {
	if c := r.worker.carrier; c != nil && !r.orphan.Load() {
		c.Leave(p.stream)
	}
}

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

// fetch reads for an input that is about to be done, and for as many as can be
// of those that follow it in the slot.
func (w *worker) fetch(slot int64, t *turn) {
	if w.fetched == 0 {
		for o := t; o != nil && w.carrier.Fetch(o.port.stream); w.fetched++ {
			w.read += o.room.warm() + o.port.warm()
			if o == t {
				o = w.slots[slot%horizon][turnInput].first
			} else {
				o = o.next
			}
		}
		w.carrier.Run()
	}
	w.fetched = max(0, w.fetched-1)
}

// expected is for how many outputs the memory they will use is read at a time.
const expected = 32

// expect reads what an output that is about to be done will use, and those that
// follow it in the slot: the processor waits for all of it at once.
func (w *worker) expect(slot int64, t *turn) {
	if w.expected == 0 {
		for o := t; o != nil && w.expected < expected; w.expected++ {
			w.read += o.room.warm()
			if o.port != nil {
				w.expectPort(o.port)
			}
			if o == t {
				o = w.slots[slot%horizon][turnOutput].first
			} else {
				o = o.next
			}
		}
	}
	w.expected--
}

// expectPort does it for one port of a small room, and for those it hears.
func (w *worker) expectPort(p *port) {
	w.carrier.Expect(p.stream)
	for _, o := range p.room.members {
		w.read += o.warm()
		if o != p {
			w.carrier.Hear(o.stream)
		}
	}
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
	return int(p.moved) + int(p.input.due) + int(p.output.due) + int(p.loud.state) + int(p.row.Voice) + int(p.was.Voice) + p.src.pos + int(p.tail.length[narrow])
}

// fetchAll reads for as many of a large room's ports as can be, if it is their
// turn, and returns how many it has been through.
func (w *worker) fetchAll(ports []*port, l *large, last bool) int {
	if w.carrier == nil {
		return len(ports)
	}
	n := 0
	for n < len(ports) && (!l.pending(ports[n], last) || w.carrier.Fetch(ports[n].stream)) {
		n++
	}
	w.carrier.Run()
	return max(n, 1)
}

// send has what was pushed in a slot go.
func (w *worker) send() {
	if w.carrier == nil {
		return
	}
	w.carrier.Run()
	if err := w.carrier.Err(); err != nil && w.sinking == nil {
		// A worker must not wait for a log: the janitor writes it.
		w.sinking = err
		w.stats.carried.Store(false)
		w.mixer.due.Add(1)
		w.mixer.notices.push(&w.distress)
	}
}

// lament logs that packets go one by one from now on. The janitor calls it.
func (w *worker) lament() {
	w.mixer.log.Error("media worker sends packets one by one", "worker", w.index, "err", w.sinking)
}
