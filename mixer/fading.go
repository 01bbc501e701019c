package mixer

// tail is how a frame ended, on each bus, for the mirror image that fades it
// out.
type tail struct {
	length [buses]uint8 // 0: there was nothing to hear
	room   [buses][rampWide]int16
}

// of is the tail on a bus.
func (t *tail) of(bus int) []int16 { return t.room[bus][:t.length[bus]] }

// set keeps the end of a frame.
func (t *tail) set(bus int, frame []int16) {
	n := len(fades[bus].up)
	t.length[bus] = uint8(n)
	copy(t.room[bus][:n], frame[len(frame)-n:])
}

// lead makes the beginning of a frame the tail, so that its mirror image is that
// beginning: for a fade where what came before is not known.
func (t *tail) lead(bus int, frame []int16) {
	n := len(fades[bus].up)
	t.length[bus] = uint8(n)
	for i, v := range frame[:n] {
		t.room[bus][n-1-i] = v
	}
}

// move has the port's stream move on by a frame; the end of the last one is
// kept.
func (p *port) move(now int64, step uint64) {
	p.keep(&p.tail)
	p.voice = p.stream.Next(now)
	p.passed = p.handed
	p.sampled, p.handed = [buses]bool{}, [buses]bool{}
	p.moved = step
}

// keep saves the end of the present frame where somebody has heard it.
func (p *port) keep(to *tail) {
	to.length = [buses]uint8{}
	for bus := range buses {
		if p.voice && p.sampled[bus] {
			to.set(bus, p.stream.Samples(busRates[bus]))
		}
	}
}

// samples is the present frame for a bus.
func (p *port) samples(bus int) []int16 {
	p.sampled[bus] = true
	return p.stream.Samples(busRates[bus])
}

// reveal decodes the present frame for those who were given it undecoded and
// may not hear the next one: it is what they have heard last. For those who were
// given the one before, of which there are no samples, the present one will fade.
func (p *port) reveal() {
	if !p.voice {
		return
	}
	for bus := range buses {
		if p.handed[bus] {
			p.samples(bus)
		}
		if p.passed[bus] && p.tail.length[bus] == 0 {
			p.tail.lead(bus, p.samples(bus))
		}
	}
}

// treat adds the port's treatment, cross-fading when it changes. frame is the
// number of the frame, which a radio goes by.
func (p *port) treat(m *mix, s *sounds, frame int64) {
	if !p.was.sameTreatment(p.row) {
		p.src.at(frame)
		m.fadeSource(p.src, fades[m.bus].down, false)
		p.src = s.source(p.row)
		p.src.at(frame)
		m.fadeSource(p.src, fades[m.bus].up, true)
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
		m.cut(p.cut.rest(m.bus))
		p.cut = nil
	}
	if playing {
		m.clip(p.play.rest(m.bus))
		p.play.pos += min(p.play.clip.length()-p.play.pos, FrameSamples)
	}
}

// bare says that the port gets voices and its unchanged treatment, and nothing
// else.
func (p *port) bare() bool {
	return p.play == nil && p.cut == nil && !p.ducked && p.was.sameTreatment(p.row)
}

// deliver hands a frame to the port's stream.
func (p *port) deliver(now int64, f *Frame, step uint64) {
	p.stream.Push(now, f)
	p.done(step)
	if p.play != nil && p.play.pos >= p.play.clip.length() {
		p.room.finish(p.play, true)
		p.play = nil
	}
}

// done notes that the port has had its frame.
func (p *port) done(step uint64) {
	p.was, p.served = p.row, step
}
