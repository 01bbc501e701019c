package mixer

const (
	// allowance is how late a turn may begin. Half a frame rides out a pause of
	// the scheduler or the garbage collector at the price of jitter that every
	// receiver's buffer takes; a frame later than that would crowd into the next
	// one's time, so it is given up.
	allowance = int64(FrameDuration) / 2

	// tolerable is how late a worker that has given up turns may be to go on.
	tolerable = allowance / 2

	// patience is how long a worker may begin its slots later than prompt without a
	// break: where a fifth of its time is free, to make up for half a frame takes less. One
	// that does not manage lacks no time: packets that have waited have left the
	// processor's caches, so that being late makes everything dearer by about a
	// quarter, which near capacity is what would be needed to catch up.
	patience = 3 * int64(FrameDuration)
	prompt   = slotTime
)

// punctuality decides which slots are given up: all from one on that is too late,
// until the worker has caught up with most of it; and once it has been late for too
// long, until it is on time, for it would never be again.
type punctuality struct {
	behind bool  // slots are given up
	since  int64 // when the first of the late slots in a row began; 0: none is late
}

// begin takes in that a slot begins so much after its time.
func (p *punctuality) begin(slot, late int64) {
	now := slot*slotTime + late
	switch {
	case late <= prompt:
		p.since = 0
	case p.since == 0:
		p.since = now
	}
	switch {
	case p.since > 0 && now-p.since > patience:
		p.behind = true
	case p.behind:
		p.behind = late > tolerable
	default:
		p.behind = late > allowance
	}
}

// rest says that nothing is left to do for now. Who then comes too late to the next
// slot was woken late, and would be no earlier for giving it up.
func (p *punctuality) rest() { *p = punctuality{} }
