package conference

import (
	"fmt"

	"warmline/mixer"
	"warmline/sip"
	"warmline/transfer"
)

// meeting is the story of a meet-me room: a conference of equals, with no
// agents' rules and no stranded policy. The first one waits with music, the
// room ends when the last one has left.
//
// It is a machine as well, so small that its state is the participants' own:
// each leg is on its way in, in, or gone.
type meeting struct {
	c *Conference
}

func newMeeting(c *Conference) *meeting { return &meeting{c: c} }

// arrive answers a caller and lets it in.
func (s *meeting) arrive(who *participant, in *sip.Call, inv sip.Invite) {
	if s.c.ended {
		if err := s.c.m.enter(s.c.number, in, inv); err != nil {
			s.c.m.refuse(in, err)
		}
		return
	}
	if len(s.c.people) > 0 { // for the first there was time a moment ago
		if err := s.c.admitLeg(); err != nil {
			s.c.m.refuse(in, err)
			return
		}
	}
	s.c.add(who)
	l, err := s.c.newLeg(who, true, inv.Trunk, inv.Flow.Local.Addr())
	if err != nil {
		s.c.m.refuse(in, err)
		who.finish("failed", reasonWord(transfer.Rejected, 503))
		s.endIfEmpty()
		return
	}
	if err := l.accept(in, inv.Body); err != nil {
		status := statusOf(err)
		l.reject(status, 0)
		who.finish("failed", reasonWord(transfer.Rejected, status))
		s.endIfEmpty()
		return
	}
	in.Attach(l.sink)
	l.log.Info("call in", "from", inv.From.User, "room", s.c.number, "trunk", inv.Trunk, "agent", inv.User)
	who.become("live")
	l.answerCall()
	s.c.note("party_joined")
	s.rearrange()
}

// members are the legs in the room.
func (s *meeting) members() []*leg {
	var in []*leg
	for _, p := range s.c.people {
		if present(p) {
			in = append(in, p.leg)
		}
	}
	return in
}

// present says whether a participant's leg is in the room.
func present(p *participant) bool {
	return p.leg != nil && p.leg.up && !p.leg.finished && !p.leg.hungUp
}

// rearrange brings everybody's status and row into line: who is alone has music.
// Only rows that have become others go to the mixer; mostly that is one.
func (s *meeting) rearrange() {
	var changes []mixer.Change
	room := s.company()
	for _, p := range s.c.people {
		l := p.leg
		if !present(p) {
			continue
		}
		status := "live"
		if s.held(l) {
			status = "held"
		}
		p.become(status)
		if row := s.rowOf(l, room); l.joined && row != l.row {
			l.row = row
			changes = append(changes, mixer.Change{Port: l.port, Row: row})
		}
	}
	if len(changes) > 0 {
		s.c.room.Set(changes)
	}
	s.c.dirty = true
}

// company is how many are in a room, and how many of them may be heard.
type company struct{ members, voices int }

func (s *meeting) company() (room company) {
	for _, p := range s.c.people {
		if !present(p) {
			continue
		}
		room.members++
		if s.speaks(p.leg) {
			room.voices++
		}
	}
	return room
}

// speaks says whether a member may be heard.
func (s *meeting) speaks(l *leg) bool { return !l.who.muted && !s.held(l) }

// row: all members share one bit, so that a room of a thousand costs no more
// per listener than one of three. Who hears voices gets nothing else: a noise
// added for each would keep the mix from being shared, and one voice from being
// handed on as it came.
func (s *meeting) row(l *leg) mixer.Row { return s.rowOf(l, s.company()) }

func (s *meeting) rowOf(l *leg, room company) mixer.Row {
	if s.held(l) {
		return mixer.Row{Treatment: mixer.Music, Held: true}
	}
	row := mixer.Row{Hears: 1}
	if s.speaks(l) {
		row.Voice = 1
		room.voices--
	}
	switch {
	case room.members < 2:
		row.Treatment = mixer.Music
	case room.voices == 0:
		row.Treatment = mixer.ComfortNoise
	}
	return row
}

func (s *meeting) held(l *leg) bool { return l.who.serverHold != "" || l.who.remoteHold }

func (s *meeting) ringing(*leg)  {}
func (s *meeting) answered(*leg) {}

func (s *meeting) failed(l *leg, cause transfer.Cause) { s.gone(l, cause) }

func (s *meeting) gone(l *leg, cause transfer.Cause) {
	if !l.who.final {
		l.who.finish("left", reasonWord(cause, 0))
		s.c.note("party_left")
		s.rearrange()
	}
	s.endIfEmpty()
}

// dismiss ends a member's leg; the others go on without it.
func (s *meeting) dismiss(l *leg, cause transfer.Cause) {
	s.release(l, cause)
	s.rearrange()
}

// release ends a member's leg. It has left at once, whatever its phone says.
func (s *meeting) release(l *leg, cause transfer.Cause) {
	l.hangUp()
	l.who.finish("left", reasonWord(cause, 0))
	s.c.note("party_left")
}

func (s *meeting) remoteHold(l *leg, _ bool) {
	l.oblige()
	s.rearrange()
	s.c.note("hold")
}

func (s *meeting) mediaLost(l *leg) { s.dismiss(l, transfer.Lost) }

func (s *meeting) digit(*leg, byte) { s.c.note("digit") }

func (s *meeting) fire(deadline) {}

func (s *meeting) describe(*Snapshot) {}

func (s *meeting) endAll(cause transfer.Cause) {
	for _, l := range s.members() {
		s.release(l, cause)
	}
	s.endIfEmpty()
}

func (s *meeting) endIfEmpty() {
	if s.c.legs == 0 && !s.c.ended {
		s.c.ended = true
		s.c.m.vacateRoom(s.c)
		s.c.note("ended")
	}
}

// command carries out the verbs that make sense among equals: everybody may
// mute itself and leave; the rest is a supervisor's.
func (s *meeting) command(cmd Command) (transfer.Reason, error) {
	if cmd.Verb == transfer.DoEnd {
		s.endAll(transfer.Finished)
		return transfer.OK, nil
	}
	var subject *participant
	if cmd.Verb == transfer.DoLeave {
		subject = s.c.agent(cmd.By)
	} else if subject = s.c.person(cmd.Participant); cmd.Participant != "" && subject == nil {
		return transfer.NoReason, fmt.Errorf("participant %q: %w", cmd.Participant, ErrNotFound)
	}
	if subject == nil {
		return transfer.NotAllowed, nil
	}
	if subject.final || subject.leg == nil || subject.leg.hungUp {
		return transfer.NotPresent, nil
	}
	if cmd.By != "" && cmd.By != subject.agent {
		return transfer.NotAllowed, nil
	}
	return s.apply(cmd.Verb, subject)
}

func (s *meeting) apply(verb transfer.Verb, who *participant) (transfer.Reason, error) {
	switch verb {
	case transfer.DoMute, transfer.DoUnmute:
		who.muted = verb == transfer.DoMute
	case transfer.DoHold:
		who.setHold("explicit")
		who.leg.oblige()
	case transfer.DoUnhold:
		who.setHold("")
		who.leg.oblige()
	case transfer.DoRemove:
		s.dismiss(who.leg, transfer.Removed)
	case transfer.DoLeave:
		s.dismiss(who.leg, transfer.Hangup)
	default:
		return transfer.NotAllowed, nil
	}
	s.rearrange()
	return transfer.OK, nil
}
