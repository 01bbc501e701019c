package mixer

const (
	// smallRoom is the size up to which each listener's voices are summed one
	// by one: with two or three to hear that is less work than totals.
	smallRoom = 4

	// maxTotals bounds the sums kept by mask. A large room has one mask, or two
	// or three with supervisors; listeners with rarer masks are summed directly.
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

// total is the sum of all voices on a mask, shared by those who listen to it.
type total struct {
	mask    uint64
	mix     mix
	out     [FrameSamples]int16
	clamped bool
}

// scratch is a worker's working memory, used by one room after another.
type scratch struct {
	mix mix
	out [FrameSamples]int16
}

var silence [FrameSamples]int16

// gather takes in what every port said: the first half of a tick.
func (r *Room) gather(now int64) {
	r.used, r.sent, r.budget = 0, 0, maxFades
	changed := r.touched != nil
	r.talkers = r.talkers[:0]
	for p := r.touched; p != nil; p = p.next {
		if p.gone {
			p.keepTail()
			p.voice = false
		}
	}
	for _, p := range r.members {
		if changed {
			p.keepTail()
		}
		p.stream.Receive(now)
		p.voice = p.stream.Pull(now, p.frame[:])
		if p.voice && p.row.Voice != 0 {
			r.talkers = append(r.talkers, p)
		}
	}
}

// keepTail saves the end of the last frame before the next one takes its place.
func (p *port) keepTail() {
	if !p.voice {
		p.tail = [rampSamples]int16{}
		return
	}
	for n := range p.tail {
		p.tail[n] = p.frame[FrameSamples-1-n]
	}
}

// send serves the next slice of ports: the second half of a tick, in one or
// more parts. It returns the number of held ports that heard a voice, and
// whether the tick is over.
func (r *Room) send(s *scratch, frame, now int64) (leaked int, over bool) {
	slice := max(sliceSize, (len(r.members)+maxSlices-1)/maxSlices)
	end := min(r.sent+slice, len(r.members))
	for _, p := range r.members[r.sent:end] {
		out, voices := r.render(s, p, frame)
		if p.row.Held && voices != 0 {
			leaked++
		}
		p.stream.Push(now, out[:])
		if p.play != nil && p.play.pos >= len(p.play.clip) {
			r.finish(p.play, true)
			p.play = nil
		}
	}
	r.sent = end
	if end < len(r.members) {
		return leaked, false
	}
	r.settleRows()
	return leaked, true
}

// settleRows ends a tick: the rows in force have been heard.
func (r *Room) settleRows() {
	for p := r.touched; p != nil; {
		next := p.next
		p.was, p.touched, p.next = p.row, false, nil
		p = next
	}
	r.touched = nil
}

// render makes the frame a port hears, and counts the voices in it.
func (r *Room) render(s *scratch, p *port, frame int64) (out *[FrameSamples]int16, voices int) {
	m := &s.mix
	own := p.voice && p.row.hears(p.row)
	bare := r.touched == nil && p.src.loop == nil && p.play == nil && !p.ducked
	t := r.total(p.row.Hears)
	switch {
	case t != nil && bare && !own:
		return t.frame(), t.mix.voices
	case t == nil && bare && (p.row.Hears == 0 || len(r.talkers) == 0):
		return &silence, 0
	case t != nil:
		*m = t.mix
		if own {
			m.remove(&p.frame)
		}
	default:
		m.reset()
		r.sum(m, p)
	}
	if r.touched != nil {
		r.soften(m, p)
	}
	r.treat(m, p, frame)
	p.playInto(m)
	m.clamp(&s.out)
	return &s.out, m.voices
}

// sum adds the voices that p hears, one by one.
func (r *Room) sum(m *mix, p *port) {
	for _, talker := range r.talkers {
		if talker != p && p.row.hears(talker.row) {
			m.add(&talker.frame)
		}
	}
}

// total returns the sum of all voices on a mask, making it if there is room
// for one more; nil: sum directly.
func (r *Room) total(mask uint64) *total {
	for i := range r.used {
		if r.totals[i].mask == mask {
			return &r.totals[i]
		}
	}
	if r.used == len(r.totals) || len(r.members) <= smallRoom {
		return nil
	}
	t := &r.totals[r.used]
	r.used++
	t.mask, t.clamped = mask, false
	t.mix.reset()
	for _, talker := range r.talkers {
		if mask&talker.row.Voice != 0 {
			t.mix.add(&talker.frame)
		}
	}
	return t
}

// frame is the total as those hear it who are not in it.
func (t *total) frame() *[FrameSamples]int16 {
	if !t.clamped {
		t.mix.clamp(&t.out)
		t.clamped = true
	}
	return &t.out
}

// soften fades the voices that p begins or ceases to hear with this tick. Only
// pairs with a touched port can differ from the last tick.
func (r *Room) soften(m *mix, p *port) {
	if p.touched {
		for _, other := range r.members {
			r.softenPair(m, p, other)
		}
	}
	for other := r.touched; other != nil; other = other.next {
		if !p.touched || other.gone {
			r.softenPair(m, p, other)
		}
	}
}

func (r *Room) softenPair(m *mix, p, other *port) {
	before, now := p.was.hears(other.was), p.row.hears(other.row)
	if before == now || p == other || r.budget == 0 {
		return
	}
	r.budget--
	if before {
		m.end(&other.tail)
	} else if other.voice {
		m.begin(&other.frame)
	}
}

// treat adds the port's treatment, cross-fading when it changes.
func (r *Room) treat(m *mix, p *port, frame int64) {
	if p.touched && !p.was.sameTreatment(p.row) {
		p.src.at(frame)
		m.fadeSource(p.src, &rampDown, false)
		p.src = r.mixer.sounds.source(p.row)
		p.src.at(frame)
		m.fadeSource(p.src, &rampUp, true)
	} else {
		p.src.at(frame)
	}
	m.addSource(p.src)
	p.src.advance()
}

// playInto adds the port's clip, everything else lowered under it.
func (p *port) playInto(m *mix) {
	playing := p.play != nil
	if playing || p.ducked {
		m.duck(p.ducked, playing)
		p.ducked = playing
	}
	if p.cut != nil {
		m.cut(p.cut.clip[p.cut.pos:])
		p.cut = nil
	}
	if playing {
		rest := p.play.clip[p.play.pos:]
		m.clip(rest)
		p.play.pos += min(len(rest), FrameSamples)
	}
}
