package mixer

// source is a loop that a port hears besides voices. Music is a radio: all who
// hear it are at one place of it, given by the frame number. A tone starts when
// its treatment does, for each port alone.
type source struct {
	loop  []int16
	pos   int
	radio bool
}

// at moves a radio to its place in the given frame.
func (s *source) at(frame int64) {
	if s.radio {
		s.pos = int(frame % int64(len(s.loop)) * FrameSamples % int64(len(s.loop)))
	}
}

// advance moves to the next frame.
func (s *source) advance() {
	if s.loop != nil {
		s.pos = (s.pos + FrameSamples) % len(s.loop)
	}
}

// add puts the source's frame into the mix.
func (m *mix) addSource(s source) {
	if s.loop == nil {
		return
	}
	pos := s.pos
	for n := 0; n < FrameSamples; {
		run := s.loop[pos:]
		run = run[:min(len(run), FrameSamples-n)]
		for i, v := range run {
			m.sum[n+i] += int32(v)
		}
		n += len(run)
		pos = 0
	}
}

// fadeSource corrects the start of the frame: adds a source going out, or takes
// from one coming in what the fade leaves off.
func (m *mix) fadeSource(s source, gain *[rampSamples]int32, added bool) {
	if s.loop == nil {
		return
	}
	pos := s.pos
	for n, g := range gain {
		v := s.loop[pos]
		m.sum[n] += scaled(v, g)
		if added {
			m.sum[n] -= int32(v)
		}
		if pos++; pos == len(s.loop) {
			pos = 0
		}
	}
}

// source gives the sound of a row's treatment, from its beginning.
func (s *sounds) source(row Row) source {
	switch row.Treatment {
	case Music:
		if row.Music < 0 || row.Music >= len(s.music) {
			return source{loop: s.music[0], radio: true}
		}
		return source{loop: s.music[row.Music], radio: true}
	case Ringback:
		return source{loop: s.ringback}
	case QueueTone:
		return source{loop: s.queue}
	case HoldTone:
		return source{loop: s.hold}
	case AloneTone:
		return source{loop: s.alone}
	case ComfortNoise:
		return source{loop: s.noise, radio: true}
	}
	return source{}
}

// sameTreatment reports whether a port goes on hearing the same treatment.
func (r Row) sameTreatment(other Row) bool {
	return r.Treatment == other.Treatment && (r.Treatment != Music || r.Music == other.Music)
}
