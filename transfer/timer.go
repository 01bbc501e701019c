package transfer

// timer handles a deadline that has passed. One that does not run is late, and
// changes nothing.
func (m *stepper) timer() {
	in := m.in
	if !m.runs(in.Timer, in.Party) {
		return
	}
	switch in.Timer {
	case TimerRing:
		m.drop(in.Party, NoAnswer, finStop)
	case TimerSearch:
		m.drop(in.Party, QueueGaveUp, finStop)
	case TimerRejoin:
		m.closeSeat(in.Party, &m.parties[in.Party], Lost)
	case TimerRecall:
		m.recall()
	case TimerAlone:
		m.alone = music
	}
}

// runs says whether a timer runs in this State. Which timers run follows
// from the State alone, so arming and disarming cannot be forgotten.
func (s *State) runs(t Timer, p Party) bool {
	switch t {
	case TimerRecall:
		return s.strand.stage == pausing
	case TimerAlone:
		return s.alone == justAlone
	case TimerRing, TimerSearch, TimerRejoin:
	default:
		return false
	}
	if !p.valid() {
		return false
	}
	x := &s.parties[p]
	switch t {
	case TimerRing:
		return x.reached() && !x.search
	case TimerSearch:
		return x.reached() && x.search
	default:
		return x.seat && x.in()
	}
}

// timers appends what became of the timers. The one that fired is not stopped.
func (m *stepper) timers(out []Effect, was *State) []Effect {
	each := func(t Timer, p Party) {
		before, now := was.runs(t, p), m.runs(t, p)
		fired := m.in.Kind == TimerFired && m.in.Timer == t && (m.in.Party == p || p == Nobody)
		switch {
		case now && !before:
			out = append(out, Effect{Act: Arm, Party: p, By: Nobody, Timer: t})
		case before && !now && !fired:
			out = append(out, Effect{Act: Disarm, Party: p, By: Nobody, Timer: t})
		}
	}
	for p := range Party(MaxParties) {
		each(TimerRing, p)
		each(TimerSearch, p)
		each(TimerRejoin, p)
	}
	each(TimerRecall, Nobody)
	each(TimerAlone, Nobody)
	return out
}
