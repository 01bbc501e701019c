package mixer

// loop is a sound that goes round and round, at each rate.
type loop struct{ at [buses][]int16 }

// newLoop makes a loop of samples at the narrow rate.
func newLoop(samples []int16) *loop {
	return &loop{at: [buses][]int16{samples, widen(samples, true)}}
}

// length is in samples of the narrow rate.
func (l *loop) length() int { return len(l.at[narrow]) }

// source is a loop that a port hears besides voices. Music is a radio: all who
// hear it are at one place of it, given by the frame number. A tone starts when
// its treatment does, for each port alone.
type source struct {
	loop    *loop
	pos     int // at the narrow rate
	radio   bool
	station int // of a radio: its number
}

// at moves a radio to its place in the given frame.
func (s *source) at(frame int64) {
	if s.radio {
		n := int64(s.loop.length())
		s.pos = int(frame % n * FrameSamples % n)
	}
}

// advance moves to the next frame.
func (s *source) advance() {
	if s.loop != nil {
		s.pos = (s.pos + FrameSamples) % s.loop.length()
	}
}

// read copies the source's frame.
func (s *source) read(dst []int16, bus int) {
	from := s.loop.at[bus]
	for pos := s.pos << bus; len(dst) > 0; pos = 0 {
		dst = dst[copy(dst, from[pos:]):]
	}
}

// addSource puts the source's frame into the mix.
func (m *mix) addSource(s source) {
	if s.loop == nil {
		return
	}
	from := s.loop.at[m.bus]
	pos := s.pos << m.bus
	for n := 0; n < len(m.sum); {
		run := from[pos:]
		run = run[:min(len(run), len(m.sum)-n)]
		for i, v := range run {
			m.sum[n+i] += int32(v)
		}
		n += len(run)
		pos = 0
	}
}

// fadeSource corrects the start of the frame: adds a source going out, or takes
// from one coming in what the fade leaves off.
func (m *mix) fadeSource(s source, gain []int32, coming bool) {
	if s.loop == nil {
		return
	}
	from := s.loop.at[m.bus]
	pos := s.pos << m.bus
	for n, g := range gain {
		v := from[pos]
		m.sum[n] += scaled(v, g)
		if coming {
			m.sum[n] -= int32(v)
		}
		if pos++; pos == len(from) {
			pos = 0
		}
	}
}

// source gives the sound of a row's treatment, from its beginning.
func (s *sounds) source(row Row) source {
	switch row.Treatment {
	case Music:
		at := row.Music
		if at < 0 || at >= len(s.music) {
			at = 0
		}
		return source{loop: s.music[at], radio: true, station: at}
	case Ringback:
		return source{loop: s.ringback}
	case QueueTone:
		return source{loop: s.queue}
	case HoldTone:
		return source{loop: s.hold}
	case AloneTone:
		return source{loop: s.alone}
	case ComfortNoise:
		return source{loop: s.noise, radio: true, station: len(s.music)}
	}
	return source{}
}

// sameTreatment reports whether a port goes on hearing the same treatment.
func (r Row) sameTreatment(other Row) bool {
	return r.Treatment == other.Treatment && (r.Treatment != Music || r.Music == other.Music)
}

// Clip is a sound that is played once, at each rate.
type Clip struct{ at [buses][]int16 }

// NewClip makes a clip of 8 kHz mono samples, which must not be changed
// afterwards.
func NewClip(samples []int16) *Clip {
	return &Clip{at: [buses][]int16{samples, widen(samples, false)}}
}

// Samples is the clip at 8 kHz; callers must not change it.
func (c *Clip) Samples() []int16 { return c.at[narrow] }

// length is in samples of 8 kHz.
func (c *Clip) length() int { return len(c.at[narrow]) }

// rest is what is still to be played.
func (p *playback) rest(bus int) []int16 { return p.clip.at[bus][p.pos<<bus:] }
