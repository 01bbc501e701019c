package transfer

// aloneStage follows a live customer or external who is with others but hears
// none of them, since all are held.
type aloneStage uint8

const (
	together  aloneStage = iota
	justAlone            // comfort noise, TimerAlone runs
	music                // then music: silence would sound like a dead line
)

// Audibility says who hears whom and what else, in this State. It is derived:
// no input changes it but through legs, holds and mutes.
func (s State) Audibility() Audibility {
	var rows Audibility
	s.each(func(p Party, x *slot) { rows[p] = s.row(p, x) })
	return rows
}

func (s *State) row(p Party, x *slot) Row {
	switch {
	case x.leg != Up || x.remote:
		return Row{} // no leg of ours to hear on, or one whose phone does not listen
	case x.hold != NotHeld && (x.role == Customer || x.role == External):
		return Row{Treatment: Music}
	case x.hold != NotHeld:
		return Row{Treatment: HoldTone}
	}
	if voices := s.voices(p); voices != 0 {
		return Row{Hears: voices}
	}
	switch x.role {
	case Customer, External:
		return Row{Treatment: s.outsideTreatment(p)}
	case Agent:
		return Row{Treatment: s.agentTreatment(p)}
	}
	return Row{Treatment: ComfortNoise}
}

// voices are those a live party hears: every other one that is live, not muted
// and no mere listener.
func (s *State) voices(listener Party) uint8 {
	var mask uint8
	s.each(func(p Party, x *slot) {
		if p != listener && x.live() && !x.muted && x.role != Supervisor {
			mask |= 1 << p
		}
	})
	return mask
}

// outsideTreatment is what a live customer or external hears who hears no
// voice.
func (s *State) outsideTreatment(p Party) Treatment {
	switch {
	case s.listened(p):
		return ComfortNoise // the other side is only muted
	case s.strand.stage == announcing:
		return Announcement
	case s.ringsOutside():
		return Ringback
	case s.quiet(p) && s.alone != music:
		return ComfortNoise
	}
	return Music
}

// listened says that somebody live hears p.
func (s *State) listened(p Party) bool {
	for o := range s.parties {
		if x := &s.parties[o]; Party(o) != p && x.live() && x.role != Supervisor {
			return true
		}
	}
	return false
}

// ringsOutside says that a phone rings for the customers: one whose initiator
// is not on the call. What an agent on the call has rung is no business of
// theirs. A seat counts once its phone rings.
func (s *State) ringsOutside() bool {
	return s.count(func(x *slot) bool {
		return x.seat && x.leg == Ringing ||
			x.reached() && !x.by.valid() && x.leg != Searching
	}) > 0
}

// quiet says that live p hears nobody only because all others are held by
// verbs: nobody is reached for it, comes back, or pressed the hold key of its
// own phone.
func (s *State) quiet(p Party) bool {
	others := 0
	for o := range s.parties {
		x := &s.parties[o]
		switch {
		case Party(o) == p || !x.in() || !x.serves():
		case x.seat, x.leg == Up && x.remote, x.reached() && !x.by.valid(), x.live():
			return false
		default:
			others++
		}
	}
	return others > 0
}

// watchAlone starts and stops the wait after which a lone live customer gets
// music.
func (m *stepper) watchAlone() {
	quiet := false
	m.each(func(p Party, x *slot) {
		if x.live() && (x.role == Customer || x.role == External) {
			quiet = quiet || m.quiet(p)
		}
	})
	switch {
	case !quiet:
		m.alone = together
	case m.alone == together:
		m.alone = justAlone
	}
}

// agentTreatment is what a live agent hears who hears no voice.
func (s *State) agentTreatment(p Party) Treatment {
	var rings, searches, held bool
	s.each(func(o Party, x *slot) {
		if o == p {
			return
		}
		rings = rings || x.reached() && x.leg != Searching
		searches = searches || x.leg == Searching
		held = held || x.leg == Up && x.hold != NotHeld
	})
	switch {
	case rings:
		return Ringback
	case searches:
		return QueueTone
	case held:
		return AloneTone
	}
	return ComfortNoise
}
