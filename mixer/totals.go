package mixer

// render makes the frame a port hears, and counts the voices in it.
func (r *Room) render(s *scratch, f *Frame, p *port, frame int64) (voices int) {
	l := r.large
	bus := busOf(p.stream.Rate())
	m := &s.mix
	own, plain := p.own(), p.plain()
	t := l.total(p.row.Hears, bus)
	lonely := p.row.Hears == 0 || t != nil && t.mix.voices == 0
	switch {
	case t != nil && plain && !own:
		f.samples = t.frame(r)
		f.joins(&t.share, f.samples, l.ticks)
		return t.mix.voices
	case t == nil && plain && l.touched == nil && (lonely || len(l.talkers) == 0):
		f.samples = silence[:FrameSamples<<bus]
		return 0
	case lonely && p.tuned() && (t == nil || t.softer(r) == &t.mix): // nobody fades out
		l.listen(f, p.src, frame, bus)
		f.samples = f.joint
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
	r.offer(f, p, t, lonely, frame)
	return m.voices
}

// tuned says that the port hears a radio, and nothing else but voices.
func (p *port) tuned() bool { return !p.touched && p.src.radio && p.bare() }

// listen makes a frame that of a radio.
func (l *large) listen(f *Frame, src source, frame int64, bus int) {
	src.at(frame)
	radio := &l.radios[bus][src.station]
	f.joins(&radio.share, radio.frame(&src, bus), l.ticks)
}

// offer adds to a frame that the port alone hears what others do, if it is about
// to hear that.
func (r *Room) offer(f *Frame, p *port, t *total, lonely bool, frame int64) {
	f.own = true
	switch {
	case p.own() || !p.common():
	case p.src.radio && lonely:
		r.large.listen(f, p.src, frame, busOf(p.stream.Rate()))
	case p.src.loop == nil && t != nil:
		f.joins(&t.share, t.frame(r), r.large.ticks)
	}
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
		case (t.tick == 0 || t.tick < l.ticks-1) && (free == nil || free.mask != mask):
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
	t.mask, t.tick, t.clamped, t.softened, t.fades = mask, l.ticks, nil, false, false
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
		budget := r.large.budget
		for other := r.large.touched; other != nil; other = other.next {
			before, now := t.mask&other.was.Voice != 0, t.mask&other.row.Voice != 0
			r.softenVoice(&t.soft, other, before, now)
		}
		t.fades = r.large.budget != budget
	}
	if !t.fades {
		return &t.mix
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
		m.end(other.tail.of(m.bus))
	} else if other.voice {
		m.begin(other.samples(m.bus))
	}
}
