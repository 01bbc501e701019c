package mixer

import "slices"

const (
	// maxTotals bounds the sums kept by mask, at each rate. A large room has one
	// mask, or two or three with supervisors; listeners with rarer masks are
	// summed directly.
	maxTotals = 4

	// sliceSize is how many ports a room serves in one slot, which leaves time in
	// it for others; very large rooms serve a sixteenth of theirs.
	sliceSize = 60
	maxSlices = 16

	// gatherSize is how many streams a room moves on in one slot; very large rooms
	// move on a quarter of theirs. With the slices all fits into a frame.
	gatherSize = 250
	maxGathers = 4

	// crowdSize is the same where it is heard who is the loudest: then each of those
	// who send something is decoded.
	crowdSize = 75

	// maxFades bounds the fades in one tick of a room (some 0.2 ms of work). A great
	// rearrangement of a large room may exceed it; what is left over then
	// switches at once, for a click harms less than a late frame.
	maxFades = 8192
)

// large is what a room of more than four ports needs: all of them in one slot,
// served from sums that many share.
type large struct {
	talkers []*port // the members that are heard in this tick
	totals  [buses][maxTotals]total
	touched *port          // list of ports whose row changed since the last tick, or whose place on the stage
	budget  int            // fades of a voice that this tick may still do
	first   []*port        // members that are served before the others in this tick
	early   int            // how many of them are served
	sent    int            // members served in this tick, or passed over
	parts   int            // slots gone by since the tick began, or since all streams moved on
	stage   phase          // of the tick
	ticks   int64          // tells the totals of this tick
	step    uint64         // of this tick
	frame   int64          // of this tick
	slice   turn           // the next part of the tick
	crowded bool           // there were more talkers than places in the last tick
	radios  [buses][]radio // what the radios play in this room
}

// phase is how far a large room's tick has come.
type phase uint8

const (
	resting   phase = iota
	gathering       // streams move on
	serving         // frames are sent
)

// total is the sum of all voices on a mask, shared by those who listen to it.
type total struct {
	mask     uint64
	tick     int64 // that it is of
	mix      mix
	soft     mix  // the same with the voices softened that began or ended with this tick
	softened bool // soft is made
	fades    bool // and differs
	out      [maxFrame]int16
	clamped  []int16 // of out; nil: not made yet
	share    share
}

// scratch is a worker's working memory, used by one room after another.
type scratch struct {
	mix   mix
	out   [maxFrame]int16
	frame Frame
}

var silence [maxFrame]int16

func (l *large) touch(p *port) {
	if !p.touched {
		p.touched = true
		p.next, l.touched = l.touched, p
	}
}

// resize makes a room small or large, by the number of its members. Those who
// were heard go on being heard across the change, or fade.
func (r *Room) resize() {
	switch fits := len(r.members) <= smallRoom; {
	case fits == (r.large == nil):
	case fits:
		r.shrink()
	default:
		r.enlarge()
	}
}

// enlarge puts all ports into the room's slot.
func (r *Room) enlarge() {
	r.forget()
	l := r.spare
	r.large, r.spare = l, nil
	*l = large{
		talkers: l.talkers[:0], first: l.first[:0], crowded: l.crowded, slice: turn{kind: turnOutput, room: r},
		radios: l.radios, ticks: l.ticks, // which these have been asked by
	}
	for _, p := range r.members {
		r.unschedule(p)
		p.anchor = nil
		l.touch(p)
	}
	for _, p := range r.leaving {
		if p != nil {
			l.touch(p)
		}
	}
	r.leaving = [maxLeaving]*port{}
}

// shrink gives each port slots of its own, for the present next to the room's.
func (r *Room) shrink() {
	l := r.large
	r.spare, r.large = l, nil
	if l.slice.waiting {
		r.worker.remove(&l.slice)
	}
	for _, p := range r.members {
		p.seat, p.hearing = 0, 0
	}
	for p := l.touched; p != nil; {
		next := p.next
		p.touched, p.next = false, nil
		if p.gone {
			p.seat = 0
			r.depart(p)
			r.seat(p)
		}
		p = next
	}
	l.touched = nil
	for _, p := range r.members {
		r.seat(p)
		r.schedule(p)
	}
	for _, p := range r.members {
		for _, o := range r.members {
			if o != p && p.was.hears(o.was) && o.loud.heard() {
				p.hearing |= o.seat
			}
		}
		for _, o := range r.leaving {
			if o != nil && p.was.hears(o.was) && o.loud.heard() {
				p.hearing |= o.seat
			}
		}
	}
}

// begin starts a tick.
func (l *large) begin(step uint64, frame int64) {
	l.step, l.frame, l.stage, l.parts = step, frame, gathering, 0
	l.ticks++
}

// gather moves on the streams, a part of them with each call: the first half of
// a large room's tick. Those who are on the stage come last, so that their
// voices wait for nobody. After the last part, done, it is settled who is heard.
func (r *Room) gather(due int64) (done bool) {
	l := r.large
	size := gatherSize
	if l.crowded {
		size = crowdSize
	}
	size = partSize(len(r.members), size, maxGathers)
	from := l.parts * size
	l.parts++
	if from+size < len(r.members) {
		r.advance(r.members[from:from+size], false, due)
		return false
	}
	r.advance(r.members, true, due)
	l.stage, l.parts, l.sent, l.early, l.budget = serving, 0, 0, 0, maxFades
	r.hear()
	r.queue()
	return true
}

// advance moves on the streams of those of some ports whose turn it is.
func (r *Room) advance(ports []*port, last bool, due int64) {
	for len(ports) > 0 {
		n := r.worker.fetchAll(ports, r.large, last)
		for _, p := range ports[:n] {
			if r.large.pending(p, last) {
				r.large.move(p, due)
			}
		}
		ports = ports[n:]
	}
}

// pending says whether a port's stream is to move on in this part of the tick, or
// the last one.
func (l *large) pending(p *port, last bool) bool {
	return p.moved != l.step && (last || !p.speaking())
}

// move moves on a stream, and listens to it where the places on the stage are
// contested: that is most of the work, which so is spread as well.
func (l *large) move(p *port, due int64) {
	p.move(due, l.step)
	p.loud.speaks(p.talks())
	if l.crowded && p.talks() {
		p.loud.listen(p)
	}
}

// talks says that there is a voice, and that it may be heard.
func (p *port) talks() bool { return p.voice && p.row.Voice != 0 }

// partSize is how many of n are done in one slot: size, or as many more as it
// takes to be done in most slots.
func partSize(n, size, most int) int { return max(size, (n+most-1)/most) }

// speaking says that the port was heard in the last tick. Its frame must not
// move on before the others are mixed with it: should it leave in between, it
// is faded out from what was heard.
func (p *port) speaking() bool {
	return p.voice && p.loud.heard() && (p.row.Voice|p.was.Voice) != 0
}

// hear finds who is heard in this tick.
func (r *Room) hear() {
	l := r.large
	l.talkers = l.talkers[:0]
	for p := l.touched; p != nil; p = p.next {
		if p.gone {
			p.loud.was = p.loud.heard()
			p.tail = p.final
		}
	}
	for _, p := range r.members {
		p.loud.was = p.loud.heard()
		if p.talks() {
			l.talkers = append(l.talkers, p)
		} else {
			p.loud.state = stays
		}
	}
	l.choose()
}

// serveSlice serves the next slice of a large room's ports: the second half of
// a tick, in one or more parts. A port's slice is given by its place alone. It
// returns the number of held ports that heard a voice, and whether the tick is
// over.
func (w *worker) serveSlice(r *Room, now int64) (leaked int, done bool) {
	l := r.large
	size := partSize(len(r.members), sliceSize, maxSlices)
	l.parts++
	early := min(l.early+size, len(l.first))
	leaked += w.serveMembers(r, l.first[l.early:early], now)
	l.early = early
	if l.early < len(l.first) {
		return leaked, false // so many have changed that the others have to wait
	}
	end := min(l.parts*size, len(r.members))
	if l.sent < end {
		leaked += w.serveMembers(r, r.members[l.sent:end], now)
		l.sent = end
	}
	if end < len(r.members) {
		return leaked, false
	}
	l.settle(everybody)
	clear(l.first)
	l.first, l.stage = l.first[:0], resting
	return leaked, true
}

// serveMembers serves some ports of a large room.
func (w *worker) serveMembers(r *Room, members []*port, now int64) (leaked int) {
	for part := range slices.Chunk(members, foresight) {
		w.expectMembers(part)
		for _, p := range part {
			leaked += w.serveMember(r, p, now)
		}
	}
	return leaked
}

// serveMember serves a port of a large room, unless it has been served in this
// tick; it returns the number of held ports that heard a voice.
func (w *worker) serveMember(r *Room, p *port, now int64) (leaked int) {
	if p.gone || p.served == r.large.step {
		return 0
	}
	f := &w.scratch.frame
	*f = Frame{changes: &w.changes}
	voices := r.render(&w.scratch, f, p, r.large.frame)
	if p.row.Held && voices != 0 {
		leaked = 1
	}
	p.stream.Push(now, f)
	if p.play != nil && p.play.pos >= p.play.clip.length() {
		r.finish(p.play, true)
		p.play = nil
	}
	p.served = r.large.step
	return leaked
}

// abandon ends a tick that did not come to its end in time, before anything
// changes. What has changed with it is over for those who were served; the others
// will hear the change with the next one. So a room that has too much to do comes
// to the end of its changes all the same, and with them of the work they make.
func (r *Room) abandon() {
	l := r.large
	if l.slice.waiting {
		r.worker.remove(&l.slice)
	}
	if l.stage == serving {
		l.settle(func(p *port) bool { return p.gone || p.served == l.step })
	}
	l.stage = resting
}

// settle notes whose rows in force have been heard.
func (l *large) settle(heard func(*port) bool) {
	for at := &l.touched; *at != nil; {
		p := *at
		if !heard(p) {
			at = &p.next
			continue
		}
		*at = p.next
		p.was, p.touched, p.next = p.row, false, nil
	}
}

func everybody(*port) bool { return true }
