package mixer

// smallRoom is the size up to which each port has slots of its own and its
// voices are summed one by one: with two or three to hear that is less work
// than totals, and each listener gets them as soon as they are there.
const smallRoom = 4

// maxLeaving bounds the ports that left a small room and are still being faded
// out. When more leave at once the oldest of them ends without a fade.
const maxLeaving = 4

// seat gives a port a bit that nobody else in the room has.
func (r *Room) seat(p *port) {
	var taken uint64
	for _, o := range r.members {
		taken |= o.seat
	}
	for _, o := range r.leaving {
		if o != nil {
			taken |= o.seat
		}
	}
	p.seat = 0
	p.seat = ^taken & (taken + 1)
}

// schedule puts a port's turns into the wheel where they are not: next to the
// room's, until the port's own time is known.
func (r *Room) schedule(p *port) {
	if r.orphan.Load() {
		return // no worker will come, and the wheel may be another thread's
	}
	for _, t := range []*turn{&p.input, &p.output} {
		if !t.waiting {
			t.due = r.tick.due
			r.worker.add(t)
		}
	}
}

// unschedule takes a port's turns out of the wheel.
func (r *Room) unschedule(p *port) {
	for _, t := range []*turn{&p.input, &p.output} {
		if t.waiting {
			r.worker.remove(t)
		}
	}
}

// depart keeps a port that left among those who fade out.
func (r *Room) depart(p *port) {
	at := 0
	for i, o := range r.leaving {
		if o == nil {
			at = i
			break
		}
		if o.input.due < r.leaving[at].input.due {
			at = i
		}
	}
	p.input.due = r.tick.due // since when it is gone
	r.leaving[at] = p
}

// forget lets go of those who have faded out: nobody has them in the ear any
// more.
func (r *Room) forget() {
	if r.leaving == [maxLeaving]*port{} {
		return
	}
	var heard uint64
	for _, p := range r.members {
		heard |= p.hearing
	}
	for i, o := range r.leaving {
		if o != nil && heard&o.seat == 0 {
			r.leaving[i] = nil
		}
	}
}

// settled notes that the room has been small for a frame: nobody is off the
// stage any more.
func (r *Room) settled() {
	if r.spare != nil {
		r.spare.crowded = false
	}
}

// serve makes the frame of one port of a small room and hands it on. It
// reports whether a held port heard a voice.
func (w *worker) serve(p *port, frame, now int64) (leaked bool) {
	r := p.room
	w.step++
	bus := busOf(p.stream.Rate())
	hears, sole := r.audible(p)
	bare := p.bare() && hears == p.hearing
	if bare && p.src.loop == nil && sole != nil && p.relayer != nil && p.relayer.Relay(now, sole.stream) {
		sole.handed[bus] = true
		p.done(w.step)
		return p.row.Held
	}
	f := &w.scratch.frame
	*f = Frame{changes: &w.changes}
	voices := 0
	switch {
	case bare && hears == 0 && p.src.loop != nil && p.src.radio:
		w.listen(f, p.src, frame, bus)
		f.samples = f.joint
	case bare && p.src.loop == nil && sole != nil && sole.voice:
		f.samples, voices = sole.samples(bus), 1
	case bare && p.src.loop == nil && (hears == 0 || sole != nil):
		f.samples = silence[:FrameSamples<<bus]
	case bare && p.src.loop == nil && r.both(hears, bus, &w.scratch):
		f.samples, voices, f.own = w.scratch.out[:FrameSamples<<bus], 2, true
	default:
		m := &w.scratch.mix
		m.reset(bus)
		r.sum(m, p, hears)
		p.treat(m, r.mixer.sounds, frame)
		p.playInto(m)
		f.samples, voices, f.own = m.clamp(&w.scratch.out), m.voices, true
		if hears == 0 && p.src.radio && p.common() {
			w.listen(f, p.src, frame, bus)
		}
	}
	p.hearing = hears
	p.deliver(now, f, w.step)
	return p.row.Held && voices != 0
}

// audible is whom a port hears in this frame: those its row lets it hear who
// have said something since it was last served. sole is the only one of them.
func (r *Room) audible(p *port) (seats uint64, sole *port) {
	n := 0
	for _, o := range r.members {
		if o != p && p.row.hears(o.row) && o.moved > p.served {
			seats |= o.seat
			sole = o
			n++
		}
	}
	if n != 1 {
		sole = nil
	}
	return seats, sole
}

// both puts the mix of two voices into the scratch, and reports whether those heard
// are two: what each of a consult or a conference of three hears most of the time
// need not go by a sum.
func (r *Room) both(hears uint64, bus int, s *scratch) bool {
	var first, second []int16
	for _, o := range r.members {
		switch {
		case hears&o.seat == 0 || !o.voice:
		case first == nil:
			first = o.samples(bus)
		case second == nil:
			second = o.samples(bus)
		default:
			return false
		}
	}
	if second == nil {
		return false
	}
	addClamped(s.out[:FrameSamples<<bus], first, second)
	return true
}

// sum adds the voices that p hears; those that begin or cease are faded.
func (r *Room) sum(m *mix, p *port, hears uint64) {
	for _, o := range r.members {
		now, before := hears&o.seat != 0, p.hearing&o.seat != 0
		if now && o.voice {
			frame := o.samples(m.bus)
			m.add(frame)
			if !before {
				m.begin(frame)
			}
		} else if before && !now {
			r.end(m, p, o)
		}
	}
	for _, o := range r.leaving {
		if o != nil && p.hearing&o.seat != 0 {
			r.end(m, p, o)
		}
	}
}

// end fades out what p has heard of o last: the frame before the present one,
// or the present one where p has had that already.
func (r *Room) end(m *mix, p, o *port) {
	switch {
	case o.moved > p.served:
		m.end(o.tail.of(m.bus))
	case o.gone:
		m.end(o.final.of(m.bus))
	case o.voice && o.sampled[m.bus]:
		m.end(o.samples(m.bus))
	}
}
