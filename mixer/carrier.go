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
	// Fetch says that Next of these streams is called soon, and returns how many of
	// them, from the first on, there is room for.
	Fetch(soon []Stream) int
	// Expect says that these streams are soon to Push, and Hear that these are soon
	// asked for their Samples.
	Expect(soon []Stream)
	Hear(soon []Stream)
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
