package conference

import (
	"context"
	"log/slog"
	"time"

	"warmline/directory"
	"warmline/mixer"
	"warmline/queue"
	"warmline/sip"
	"warmline/transfer"
)

// call is the story of an ordinary call: it feeds the transfer machine with
// what happens and makes its effects true. All decisions are the machine's;
// what it calls a slot, call knows as a participant.
type call struct {
	c     *Conference
	state transfer.State
	seats [transfer.MaxParties]*participant
	rows  transfer.Audibility

	// What the machine's Whom refers to.
	target directory.Target // of the input being stepped
	via    string           // how whoever is dialled in this step comes here
	first  directory.Target // what the call was for from the start
	origin string           // the queue the customer came from
	last   string           // the agent who was on the call last

	maxForwards int
	full        bool // a limit kept us from ringing somebody
	reply       transfer.Reason
	recorder    recorder
	ledger      ledger
	alone       aloneness
}

func newCall(c *Conference, policy transfer.Policy) *call {
	return &call{c: c, state: transfer.New(policy), recorder: newRecorder(policy)}
}

// step feeds one input to the machine and performs what it asks for, in order.
// Facts that arise meanwhile are posted, never stepped from inside.
func (s *call) step(in transfer.Input) {
	if s.c.ended || s.state.Over() {
		return
	}
	next, effects := transfer.Step(s.state, in)
	s.state = next
	s.recorder.add(in, next)
	if s.c.log.Enabled(context.Background(), slog.LevelDebug) {
		s.c.log.Debug("step", "input", in.String(), "state", next.String(), "effects", len(effects))
	}
	for i := range effects {
		s.perform(&effects[i])
	}
	s.follow()
	s.ledger.follow(s.c.now, s.rows, s.presence())
	if err := transfer.Check(next); err != nil {
		s.recorder.broken = true
		s.c.log.Error("the call broke a rule", "err", err, "input", in.String(), "state", next.String())
	}
	if s.state.Over() {
		s.recorder.hand(s.c) // after the check: the last step may be the broken one
	}
}

// fact steps an input about a leg's slot once what runs now is done.
func (s *call) fact(in transfer.Input) {
	s.c.inbox.post(func() { s.step(in) })
}

// perform makes one effect true.
func (s *call) perform(e *transfer.Effect) {
	switch e.Act {
	case transfer.Dial:
		s.dial(e)
	case transfer.Search:
		s.search(e)
	case transfer.Stop:
		s.stop(e.Party)
	case transfer.Progress:
		s.withLeg(e.Party, func(l *leg) { l.call.Ring(nil) })
	case transfer.Answer:
		s.withLeg(e.Party, func(l *leg) { l.answerCall() })
	case transfer.Reject:
		s.reject(e.Party, e.Cause)
	case transfer.HangUp:
		s.withLeg(e.Party, func(l *leg) { l.hangUp() })
	case transfer.Audible:
		s.hear(e.Rows)
	case transfer.Play:
		s.withLeg(e.Party, func(l *leg) { l.play(clipOf(e.Sound)) })
	case transfer.Announce:
		s.announce(e.Party)
	case transfer.Arm:
		if d := s.duration(e.Timer, e.Party); d > 0 {
			s.c.arm(deadline{timer: e.Timer, party: e.Party}, d)
		}
	case transfer.Disarm:
		s.c.disarm(deadline{timer: e.Timer, party: e.Party})
	case transfer.Reply:
		s.reply = e.Reason
	case transfer.Note:
		s.note(e)
	case transfer.End:
		s.end()
	}
}

// withLeg runs f with the slot's leg, if it has one. A slot without a leg has
// nothing to be done to: the fact that took the leg away is on its way.
func (s *call) withLeg(p transfer.Party, f func(*leg)) {
	if who := s.seats[p]; who != nil && who.leg != nil && !who.leg.finished {
		f(who.leg)
	}
}

// seat gives the slot to a new participant, whoever had it before.
func (s *call) seat(p transfer.Party, who *participant) *participant {
	s.vacate(p)
	who.party = p
	s.seats[p] = who
	return s.c.add(who)
}

func (s *call) vacate(p transfer.Party) {
	who := s.seats[p]
	if who == nil {
		return
	}
	s.seats[p] = nil
	if who.final {
		return
	}
	if who.leg != nil && who.leg.up {
		who.finish("left", who.reason)
	} else {
		who.finish("failed", who.reason)
	}
}

// hear puts a new audibility matrix into force: one change of the room, so that
// no tick sees half of it.
func (s *call) hear(rows transfer.Audibility) {
	s.rows = rows
	s.place()
}

func (s *call) place() {
	changes := make([]mixer.Change, 0, transfer.MaxParties)
	for _, who := range s.seats {
		if who != nil && who.leg != nil && who.leg.joined {
			changes = append(changes, who.leg.place())
		}
	}
	if len(changes) > 0 {
		s.c.room.Set(changes)
	}
}

// presence is who is answered and has not been hung up on.
func (s *call) presence() (on seating) {
	for p, who := range s.seats {
		if who != nil && who.leg != nil && who.leg.up && !who.leg.hungUp && !who.leg.finished {
			on[p] = who
		}
	}
	return on
}

var treatments = map[transfer.Treatment]mixer.Treatment{
	transfer.NoTreatment:  mixer.Silence,
	transfer.Music:        mixer.Music,
	transfer.Ringback:     mixer.Ringback,
	transfer.QueueTone:    mixer.QueueTone,
	transfer.HoldTone:     mixer.HoldTone,
	transfer.AloneTone:    mixer.AloneTone,
	transfer.ComfortNoise: mixer.ComfortNoise,
	// Until the message starts, and should it fail to.
	transfer.Announcement: mixer.ComfortNoise,
}

func (s *call) row(l *leg) mixer.Row {
	p := l.who.party
	r := s.rows[p]
	return mixer.Row{
		Voice:     1 << p,
		Hears:     uint64(r.Hears),
		Treatment: treatments[r.Treatment],
		Music:     s.c.m.musicOf(s.origin),
		Held:      s.held(l),
	}
}

func (s *call) held(l *leg) bool {
	view, ok := s.state.Party(l.who.party)
	return ok && isHeld(view)
}

func (s *call) announce(p transfer.Party) {
	who := s.seats[p]
	if who == nil || who.leg == nil || !who.leg.joined {
		s.fact(transfer.Input{Kind: transfer.AnnounceFailed, Party: p})
		return
	}
	s.c.room.Play(who.leg.port, s.c.m.announcement, func(whole bool) {
		kind := transfer.AnnounceFailed
		if whole {
			kind = transfer.AnnounceDone
		}
		s.fact(transfer.Input{Kind: kind, Party: p})
	})
}

// duration is how long a timer of the machine runs; 0: for ever.
func (s *call) duration(t transfer.Timer, p transfer.Party) time.Duration {
	timers := &s.c.settings.Timers
	switch t {
	case transfer.TimerRing:
		return timers.Ring
	case transfer.TimerSearch:
		return s.patience(p)
	case transfer.TimerRejoin:
		return timers.Rejoin
	case transfer.TimerRecall:
		return timers.Recall
	case transfer.TimerAlone:
		return timers.Alone
	}
	return 0
}

// patience is how long a queue may search for a slot: a caller waits as long as
// the queue lets it, a consult gives up sooner.
func (s *call) patience(p transfer.Party) time.Duration {
	who := s.seats[p]
	if who == nil {
		return 0
	}
	q, _ := s.c.m.cfg.Directory.Queue(who.search)
	if who.serves {
		return q.MaxWait
	}
	return q.Search
}

func (s *call) fire(k deadline) {
	switch k.kind {
	case machineTimer:
		s.step(transfer.Input{Kind: transfer.TimerFired, Timer: k.timer, Party: k.party})
	case keyPause:
		s.keysPaused(k.leg)
	}
}

// The facts of the legs. A leg that its participant no longer has (a phone the
// queue withdrew from) is nothing to the machine.

func (s *call) current(l *leg) bool { return l.who.leg == l && s.seats[l.who.party] == l.who }

func (s *call) ringing(l *leg) {
	if s.current(l) {
		s.step(transfer.Input{Kind: transfer.LegRinging, Party: l.who.party})
	}
}

func (s *call) answered(l *leg) {
	if !s.current(l) {
		return
	}
	if l.who.search != "" {
		s.found(l)
	}
	s.step(transfer.Input{Kind: transfer.LegUp, Party: l.who.party})
}

func (s *call) failed(l *leg, cause transfer.Cause) {
	if !s.current(l) {
		s.tell(l, queue.Stopped)
		return
	}
	if l.who.search != "" {
		s.notTaken(l, cause)
		return
	}
	s.tell(l, queue.Stopped)
	if l.hungUp {
		cause = transfer.Cancelled
	}
	s.step(transfer.Input{Kind: transfer.LegFailed, Party: l.who.party, Cause: cause})
}

func (s *call) gone(l *leg, cause transfer.Cause) {
	if l.lost && s.seats[l.who.party] == l.who {
		s.step(transfer.Input{Kind: transfer.LostGone, Party: l.who.party, Cause: cause})
		return
	}
	if !s.current(l) {
		s.tell(l, queue.Stopped)
		return
	}
	s.step(transfer.Input{Kind: transfer.LegGone, Party: l.who.party, Cause: cause})
}

// registered: a phone of the agent is there again, whose seat may wait for it.
func (s *call) registered(agent string) {
	if who := s.c.agent(agent); who != nil {
		s.step(transfer.Input{Kind: transfer.Registered, Party: who.party})
	}
}

func (s *call) remoteHold(l *leg, on bool) {
	if s.current(l) {
		s.step(transfer.Input{Kind: transfer.RemoteHold, Party: l.who.party, On: on})
	}
}

func (s *call) mediaLost(l *leg) {
	if s.current(l) {
		s.step(transfer.Input{Kind: transfer.MediaLost, Party: l.who.party, Cause: transfer.Lost})
	}
}

// end: every leg the machine knows has gone. The conference's goroutine stops
// when the others have too: phones a queue withdrew from, lost legs.
func (s *call) end() {
	s.alone.close(s.c)
	s.c.log.Info("call over", "took", s.c.now.Sub(s.c.created).Round(time.Millisecond).String(), "heard", s.ledger.summary(s.c.now, s.c.people))
	s.c.closing = true
}

func (s *call) endAll(transfer.Cause) {
	s.step(transfer.Input{Kind: transfer.Command, By: transfer.Nobody, Verb: transfer.DoEnd, Party: transfer.Nobody})
}

// callerShown is the caller shown to whoever is rung for the call: the customer
// if there is one, else the agent who asked.
func (s *call) callerShown() sip.Party {
	var shown sip.Party
	for _, who := range s.seats {
		if who == nil || who.leg == nil || !who.leg.up && !who.leg.incoming {
			continue
		}
		if who.role == transfer.Customer.String() {
			return sip.Party{Name: who.name, User: who.number}
		}
		if shown.User == "" {
			shown = sip.Party{Name: who.name, User: who.number}
		}
	}
	return shown
}
