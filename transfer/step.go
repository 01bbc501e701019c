package transfer

// Step is the machine: what the conference becomes by an input, and what the
// shell has to make true for it, in order. It is total: any input in any State
// has an answer, and a fact that makes no sense where its leg stands changes
// nothing. It holds no lock, reads no clock and never panics.
//
// The effects of one Step come in this order: what is done to legs, the new
// Audible if anybody hears something else than before, sounds and notes,
// timers, the Reply to a Command, End.
func Step(s State, in Input) (State, []Effect) {
	m := stepper{State: s, in: in, cause: Finished}
	switch s.phase {
	case Fresh:
		m.fresh()
	case Opening, Serving, Alone:
		m.running()
	case Closing:
		m.closing()
	default:
		m.over()
	}
	m.settle()
	return m.State, m.effects(&s)
}

// stepper is the State on its way from one value to the next, and what is to
// be done on that way.
type stepper struct {
	State
	in     Input
	legs   []Effect // what is done to legs
	rest   []Effect // sounds and notes
	reason Reason   // of the command
	cause  Cause    // why the call ends, should it end in this step

	freed     [MaxParties]bool // slots that became free: not used again in the same step
	agentLeft bool             // an agent has gone
	wilful    bool             // by hanging up
}

// running is the life of a conference: Opening, Serving, Alone.
//
// Preconditions: somebody is on the call or calls.
// Ways in: the first input; a step that ends nothing.
// Ways out: close, when the call is finished, ended or the policy exhausted.
func (m *stepper) running() {
	switch m.in.Kind {
	case Command:
		m.reason = m.command()
	case LegRinging, OfferEnded, LegUp, LegFailed, LegGone, RemoteHold, MediaLost, LostGone, Registered:
		m.fact(m.in.Party)
	case TimerFired:
		m.timer()
	case AnnounceDone, AnnounceFailed:
		m.announced()
	}
}

// fact hands a fact about a leg to the function of the phase its leg is in.
func (m *stepper) fact(p Party) {
	if !p.valid() {
		return
	}
	x := &m.parties[p]
	if m.lostGone(p, x) {
		return
	}
	switch {
	case x.seat && x.in() && x.leg != Up:
		m.seated(p, x)
	case x.leg == Incoming:
		m.incoming(p)
	case x.reached():
		m.reaching(p, x)
	case x.leg == Up:
		m.talking(p, x)
	case x.leg == Ending:
		m.ending(p, x)
	}
}

// over answers commands that come too late; nothing else can happen.
func (m *stepper) over() {
	if m.in.Kind == Command {
		m.reason = Ended
	}
}

// settle draws the conclusions of what happened: consequences that hold for
// whatever led here. It runs at the end of every step.
func (m *stepper) settle() {
	switch m.phase {
	case Fresh, Over:
		return
	case Closing:
		m.finish()
		return
	}
	if m.agentLeft {
		m.releaseHolds()
	}
	m.mergeUnheld()
	if m.finished() {
		m.close(m.cause)
		return
	}
	if lone, ok := m.loneCustomer(); ok && m.strand.stage == idle {
		if m.wilful {
			m.close(Finished)
			return
		}
		m.strandStart(lone)
	}
	if m.phase == Closing {
		return
	}
	m.watchAlone()
}

// effects puts everything into the order the shell performs it in.
func (m *stepper) effects(was *State) []Effect {
	rows := m.Audibility()
	if rows != was.Audibility() {
		m.legs = append(m.legs, Effect{Act: Audible, Party: Nobody, By: Nobody, Rows: rows})
	}
	out := m.legs
	for _, e := range m.rest {
		if e.Act == Play && m.parties[e.Party].leg != Up {
			continue // its call ended after all, in the same step
		}
		out = append(out, e)
	}
	out = m.timers(out, was)
	if m.in.Kind == Command {
		out = append(out, Effect{Act: Reply, Party: Nobody, By: m.in.By, Reason: m.reason})
	}
	if m.phase == Over && was.phase != Over {
		out = append(out, Effect{Act: End, Party: Nobody, By: Nobody})
	}
	return out
}

func (m *stepper) note(e Event, p, by Party) {
	m.rest = append(m.rest, Effect{Act: Note, Event: e, Party: p, By: by})
}

func (m *stepper) noteCause(e Event, p Party, c Cause) {
	m.rest = append(m.rest, Effect{Act: Note, Event: e, Party: p, By: Nobody, Cause: c})
}

// play sounds a tone to a party that would hear it: a held one hears its
// treatment and nothing else.
func (m *stepper) play(p Party, s Sound) {
	if p.valid() && m.parties[p].live() {
		m.rest = append(m.rest, Effect{Act: Play, Party: p, By: Nobody, Sound: s})
	}
}

func (m *stepper) act(a Act, p Party, c Cause) {
	m.legs = append(m.legs, Effect{Act: a, Party: p, By: Nobody, Cause: c})
}

// free empties a slot whose leg has gone; a lost leg that is not confirmed
// keeps it.
func (m *stepper) free(p Party) {
	lost := m.parties[p].lost
	m.parties[p] = slot{}
	if lost {
		m.parties[p] = slot{leg: Ending, fin: finHangUp}
	}
	m.freed[p] = true
}

// vacant finds a slot for a new party. One that became free in this step rests
// until the next: its timers and the shell's binding are still of the old one.
func (m *stepper) vacant() (Party, bool) {
	for p := range m.parties {
		if m.parties[p] == (slot{}) && !m.freed[p] {
			return Party(p), true
		}
	}
	return Nobody, false
}
