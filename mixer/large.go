package mixer

const (
	// maxTotals bounds the sums kept by mask, at each rate. A large room has one
	// mask, or two or three with supervisors; listeners with rarer masks are
	// summed directly.
	maxTotals = 4

	// sliceSize is how many ports a room serves in one slot; very large rooms
	// serve a tenth of theirs, so that each tick is over within half a frame.
	sliceSize = 100
	maxSlices = 10

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
	touched *port  // list of ports whose row changed since the last tick, or whose place on the stage
	budget  int    // fades of a voice that this tick may still do
	order   int    // members with a mix of their own, which come first
	sent    int    // members served in this tick
	ticks   int64  // tells the totals of this tick
	step    uint64 // of this tick
	frame   int64  // of this tick
	slice   turn   // the next slice
	crowded bool   // there were more talkers than places in the last tick
}

// total is the sum of all voices on a mask, shared by those who listen to it.
type total struct {
	mask     uint64
	tick     int64 // that it is of
	mix      mix
	soft     mix  // the same with the voices softened that began or ended with this tick
	softened bool // soft is made
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
	*l = large{talkers: l.talkers[:0], crowded: l.crowded, slice: turn{kind: turnOutput, room: r}}
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

// gather takes in what every port said: the first half of a large room's tick.
func (r *Room) gather(now int64, step uint64) {
	l := r.large
	l.step, l.sent, l.order, l.budget = step, 0, 0, maxFades
	l.ticks++
	l.talkers = l.talkers[:0]
	for p := l.touched; p != nil; p = p.next {
		if p.gone {
			p.loud.was = p.loud.heard()
			p.tail = p.final
			for bus := range p.tail {
				p.tail[bus].samples = p.tail[bus].room[:len(p.final[bus].samples)]
			}
		}
	}
	fetched := 0
	for i, p := range r.members {
		if i == fetched {
			fetched += r.worker.fetchAll(r.members[i:])
		}
		p.move(now, step)
		p.loud.was = p.loud.heard()
		talks := p.voice && p.row.Voice != 0
		p.loud.speaks(talks)
		if talks {
			l.talkers = append(l.talkers, p)
		} else {
			p.loud.state = stays
		}
	}
	l.choose()
	for i, p := range r.members {
		if !p.plain() || p.own() {
			// It goes first: an encoder that parts from the shared one has to take
			// over its state before that has gone on to this frame.
			r.swap(i, l.order)
			l.order++
		}
	}
}

// plain says that the port hears what all with its mask hear.
func (p *port) plain() bool { return !p.touched && p.src.loop == nil && p.bare() }

// own says that its own voice is in what all with its mask hear.
func (p *port) own() bool { return p.voice && p.row.hears(p.row) && p.loud.heard() }

// swap exchanges two members' places.
func (r *Room) swap(i, j int) {
	a, b := r.members[i], r.members[j]
	r.members[i], r.members[j] = b, a
	a.index, b.index = j, i
}

// serveSlice serves the next slice of a large room's ports: the second half of
// a tick, in one or more parts. It returns the number of held ports that heard
// a voice, and whether the tick is over.
func (w *worker) serveSlice(r *Room, frame, now int64) (leaked int, over bool) {
	l := r.large
	slice := max(sliceSize, (len(r.members)+maxSlices-1)/maxSlices)
	end := min(l.sent+slice, len(r.members))
	for _, p := range r.members[l.sent:end] {
		f := &w.scratch.frame
		*f = Frame{turn: frame}
		voices := r.render(&w.scratch, f, p, frame)
		if p.row.Held && voices != 0 {
			leaked++
		}
		p.stream.Push(now, f)
		if p.play != nil && p.play.pos >= p.play.clip.length() {
			r.finish(p.play, true)
			p.play = nil
		}
		p.served = l.step
	}
	l.sent = end
	if end < len(r.members) {
		return leaked, false
	}
	l.settle()
	return leaked, true
}

// settle ends a tick: the rows in force have been heard.
func (l *large) settle() {
	for p := l.touched; p != nil; {
		next := p.next
		p.was, p.touched, p.next = p.row, false, nil
		p = next
	}
	l.touched = nil
}

// render makes the frame a port hears, and counts the voices in it.
func (r *Room) render(s *scratch, f *Frame, p *port, frame int64) (voices int) {
	l := r.large
	bus := busOf(p.stream.Rate())
	m := &s.mix
	own, plain := p.own(), p.plain()
	t := l.total(p.row.Hears, bus)
	switch {
	case t != nil && plain && !own:
		f.samples, f.share, f.turn = t.frame(r), &t.share, l.ticks
		return t.mix.voices
	case t == nil && plain && l.touched == nil && (p.row.Hears == 0 || len(l.talkers) == 0):
		f.samples = silence[:FrameSamples<<bus]
		return 0
	case t != nil:
		if p.touched {
			m.set(&t.mix)
		} else {
			m.set(t.softer(r))
		}
		if own {
			m.remove(p.samples(bus))
		}
	default:
		m.reset(bus)
		l.sum(m, p)
	}
	if p.touched || t == nil {
		r.soften(m, p)
	}
	p.treat(m, r.mixer.sounds, frame)
	p.playInto(m)
	f.samples = m.clamp(&s.out)
	return m.voices
}

// sum adds the voices that p hears, one by one.
func (l *large) sum(m *mix, p *port) {
	for _, talker := range l.talkers {
		if talker != p && p.row.hears(talker.row) {
			m.add(talker.samples(m.bus))
		}
	}
}

// total returns the sum of all voices on a mask, making it if there is room
// for one more; nil: sum directly. It stays the same from tick to tick as long
// as somebody listens to it.
func (l *large) total(mask uint64, bus int) *total {
	var free *total
	for i := range l.totals[bus] {
		t := &l.totals[bus][i]
		switch {
		case t.mask == mask && t.tick == l.ticks:
			return t
		case t.mask == mask && t.tick != 0:
			free = t
		case t.tick < l.ticks-1 && (free == nil || free.mask != mask):
			free = t
		}
	}
	if free == nil || mask == 0 {
		return nil
	}
	free.make(l, mask, bus)
	return free
}

func (t *total) make(l *large, mask uint64, bus int) {
	if t.mask != mask {
		t.share = share{}
	}
	t.mask, t.tick, t.clamped, t.softened = mask, l.ticks, nil, false
	t.mix.reset(bus)
	for _, talker := range l.talkers {
		if mask&talker.row.Voice != 0 {
			t.mix.add(talker.samples(bus))
		}
	}
}

// frame is the total as those hear it who are not in it.
func (t *total) frame(r *Room) []int16 {
	if t.clamped == nil {
		t.clamped = t.softer(r).clamp(&t.out)
	}
	return t.clamped
}

// softer is the total with its voices faded that began or ended with this tick,
// for listeners whose own row has not changed.
func (t *total) softer(r *Room) *mix {
	if r.large.touched == nil {
		return &t.mix
	}
	if !t.softened {
		t.softened = true
		t.soft.set(&t.mix)
		for other := r.large.touched; other != nil; other = other.next {
			before, now := t.mask&other.was.Voice != 0, t.mask&other.row.Voice != 0
			r.softenVoice(&t.soft, other, before, now)
		}
	}
	return &t.soft
}

// soften fades the voices that p begins or ceases to hear with this tick. Only
// pairs with a touched port can differ from the last tick.
func (r *Room) soften(m *mix, p *port) {
	if p.touched {
		for _, other := range r.members {
			r.softenPair(m, p, other)
		}
	}
	for other := r.large.touched; other != nil; other = other.next {
		if !p.touched || other.gone {
			r.softenPair(m, p, other)
		}
	}
}

func (r *Room) softenPair(m *mix, p, other *port) {
	if p != other {
		r.softenVoice(m, other, p.was.hears(other.was), p.row.hears(other.row))
	}
}

// softenVoice fades a voice that was heard before or is heard now, if not both,
// by its listeners' rows and its place on the stage.
func (r *Room) softenVoice(m *mix, other *port, before, now bool) {
	before, now = before && other.loud.was, now && other.loud.heard()
	if before == now || r.large.budget == 0 {
		return
	}
	r.large.budget--
	if before {
		m.end(other.tail[m.bus].samples)
	} else if other.voice {
		m.begin(other.samples(m.bus))
	}
}
