package conference

import (
	"errors"
	"log/slog"
	"net/netip"
	"time"

	"warmline/directory"
	"warmline/media"
	"warmline/mixer"
	"warmline/sip"
	"warmline/transfer"
)

// leg is one SIP call with its RTP session: the attempt to have a participant
// on the line. It lives on the conference's goroutine.
//
//	created → (rang) → up → finished
//
// A leg is finished once: by the event that ends its dialog, or by the refusal
// we sent. Its sockets close when the mixer has let go of them.
type leg struct {
	c        *Conference
	who      *participant
	log      *slog.Logger
	port     mixer.Port
	row      mixer.Row // of a meeting's leg: what the mixer was told last
	call     *sip.Call
	media    *media.Session
	agent    string // whose phone, "" for a trunk's leg
	started  time.Time
	incoming bool

	rang     bool
	up       bool
	joined   bool // in the mix
	hungUp   bool // we ended it; the confirmation is awaited
	counted  bool // in its agent's presence
	lost     bool // its agent's seat is kept; another leg takes its place
	closed   bool // its RTP session is closed or about to be
	finished bool

	signals    bool // server holds are told to the peer by SDP
	signalled  bool // the hold told last
	reoffering bool // its answer is awaited

	answer    []byte         // incoming: our answer to the INVITE's offer
	early     map[int][]byte // outgoing: SDP of the last 18x of each phone, for a 200 without
	ticket    *ticket        // the queue's offer this leg answers, until the queue was told
	weOffered bool           // our offer is out in a 2xx; the answer comes with the ACK
	obliged   time.Time      // since when the peer must send audio
	answered  time.Time      // when it went up
	last      *Quality       // of its audio, once it is finished
	keys      keypad
}

// newLeg opens the RTP session of a leg; trunk is the one it is on, "" for an
// agent's, local the address its signalling uses here, zero where that is not
// known yet. The error is ErrBusy when a limit or the port range is exhausted, and
// ErrDraining after the conference's end, which the server's brings about.
func (c *Conference) newLeg(who *participant, incoming bool, trunk string, local netip.Addr) (*leg, error) {
	if c.ended {
		return nil, ErrDraining
	}
	if !c.m.takeLeg(c.settings.Limits.Legs) {
		return nil, ErrBusy
	}
	c.ports++
	l := &leg{
		c: c, who: who, port: c.ports, incoming: incoming, started: c.now,
		agent: who.agent, log: c.log.With("leg", who.id),
	}
	audio := c.m.audioOf(who.agent, trunk)
	session, err := c.m.cfg.Media.NewSession(media.SessionConfig{
		Digit:  func(d byte) { c.inbox.post(func() { l.digit(d) }) },
		Addr:   local,
		Codecs: audio.Codecs,
		SRTP:   media.SRTPPolicyNamed(audio.SRTP),
	})
	if err != nil {
		c.m.freeLeg()
		return nil, errors.Join(ErrBusy, err)
	}
	l.media = session
	c.legs++
	who.leg = l
	return l, nil
}

// audioOf is what the directory says of the audio of an agent's phone, or of a
// trunk's call.
func (m *Manager) audioOf(agent, trunk string) directory.Audio {
	if agent != "" {
		a, _ := m.cfg.Directory.Agent(agent)
		return a.Audio
	}
	t, _ := m.cfg.Directory.Trunk(trunk)
	return t.Audio
}

// accept takes in the offer of an incoming call. A *media.NegotiationError
// says what the caller is to be told.
func (l *leg) accept(call *sip.Call, offer []byte) (err error) {
	l.call = call
	if len(offer) == 0 {
		l.weOffered = true
		l.answer, err = l.media.Offer()
	} else {
		l.answer, err = l.media.Answer(offer)
	}
	if err == nil && l.agent != "" {
		l.c.m.legUp(l.agent)
		l.counted = true
	}
	return err
}

// dial sends the INVITEs of an outgoing leg.
func (l *leg) dial(req sip.DialRequest) error {
	offer, err := l.media.Offer()
	if err != nil {
		return err
	}
	req.Body = offer
	if l.agent != "" {
		l.c.m.legRings(l.agent)
		l.counted = true
	}
	l.call = l.c.m.dialer.Dial(req, l.sink)
	return nil
}

// sink receives the call's events, on the endpoint's goroutines.
func (l *leg) sink(ev sip.Event) {
	l.c.inbox.post(func() { l.onEvent(ev) })
}

// onEvent is the leg's half of the call's state: SDP and dialog. What it means
// for the conference is the story's.
func (l *leg) onEvent(ev sip.Event) {
	if l.finished || (l.hungUp && !ends(ev)) {
		return // what was on its way when we hung up
	}
	switch ev.Kind {
	case sip.Ringing, sip.EarlyMedia:
		if len(ev.Body) > 0 {
			if l.early == nil {
				l.early = make(map[int][]byte)
			}
			l.early[ev.Target] = ev.Body
		}
		if !l.rang {
			l.rang = true
			l.c.story.ringing(l)
		}
	case sip.Answered:
		l.onAnswered(ev)
	case sip.Failed:
		l.who.noteStatus(ev.Status)
		l.finish()
		l.c.story.failed(l, causeOfStatus(ev.Status, l.rang))
	case sip.Cancelled:
		if ev.Offer != 0 { // only its re-INVITE: the session stays as it was
			l.media.Rollback()
			l.weOffered = false
			return
		}
		l.finish()
		l.c.story.gone(l, transfer.Cancelled)
	case sip.Acked:
		l.onAcked(ev)
	case sip.Offered:
		l.onOffered(ev)
	case sip.ReofferDone:
		l.onReofferDone(ev)
	case sip.RefreshDue:
		l.refresh()
	case sip.Info:
		if d, ok := media.ParseInfo(ev.ContentType, ev.Body); ok {
			l.media.InfoDigit(d)
		}
	case sip.Ended:
		l.log.Debug("dialog ended", "status", ev.Status, "reason", ev.Reason)
		l.finish()
		l.c.story.gone(l, causeOfEnd(ev.Cause))
	}
}

// ends reports whether no event follows this one.
func ends(ev sip.Event) bool {
	return ev.Kind == sip.Failed || ev.Kind == sip.Ended || ev.Kind == sip.Cancelled && ev.Offer == 0
}

// onAnswered takes the answer of an outgoing leg. A peer whose answer cannot be
// used is hung up on; for the conference it failed.
func (l *leg) onAnswered(ev sip.Event) {
	body := ev.Body
	if len(body) == 0 {
		body = l.early[ev.Target]
	}
	if err := l.media.Accept(body); err != nil {
		l.log.Warn("answer refused", "err", err)
		l.call.Hangup()
		l.who.noteStatus(488)
		l.finish()
		l.c.story.failed(l, transfer.Rejected)
		return
	}
	l.media.Commit()
	l.goUp()
	l.c.m.cfg.Metrics.CallSetup(l.c.now.Sub(l.started))
	l.c.story.answered(l)
	l.followRemoteHold()
}

// goUp marks the leg answered and puts it into the mix.
func (l *leg) goUp() {
	l.up = true
	l.obliged, l.answered = l.c.now, l.c.now
	l.who.appear()
	if l.agent != "" && !l.incoming {
		l.c.m.legUp(l.agent)
	}
	l.join()
	l.arm(l.soonest())
}

// answerCall sends the 200 of an incoming leg.
func (l *leg) answerCall() {
	if !l.weOffered {
		l.media.Commit()
	}
	l.call.Answer(l.answer)
	l.answer = nil
	l.goUp()
	l.c.m.cfg.Metrics.CallSetup(l.c.now.Sub(l.started))
	l.followRemoteHold()
}

// onAcked completes an exchange in which our offer went out in the 2xx. An ACK
// without the answer leaves no session to speak of.
func (l *leg) onAcked(ev sip.Event) {
	if !l.weOffered {
		return
	}
	l.weOffered = false
	if err := l.media.Accept(ev.Body); err != nil {
		l.log.Warn("no usable answer in the ACK", "err", err)
		l.media.Rollback()
		if !l.media.Agreed() {
			l.hangUp()
		}
		return
	}
	l.media.Commit()
	l.c.dirty = true
	l.join()
	l.followRemoteHold()
}

// onOffered answers a re-INVITE or UPDATE. A refused offer leaves the session
// as it was (RFC 6141).
func (l *leg) onOffered(ev sip.Event) {
	if len(ev.Body) == 0 {
		l.media.NewKeys() // who answers may be somebody new
		offer, err := l.media.Offer()
		if err != nil {
			l.call.Reply(ev.Offer, 500, nil)
			return
		}
		l.weOffered = true
		l.call.Reply(ev.Offer, 200, offer)
		return
	}
	answer, err := l.media.Answer(ev.Body)
	if err != nil {
		l.media.Rollback()
		l.call.Reply(ev.Offer, statusOf(err), nil)
		return
	}
	l.media.Commit()
	l.call.Reply(ev.Offer, 200, answer)
	l.c.dirty = true // the codec may be another
	l.followRemoteHold()
}

// onReofferDone ends our re-INVITE. One that failed leaves the session as it
// was (RFC 6141): the hold is ours alone then, with music as ever.
func (l *leg) onReofferDone(ev sip.Event) {
	l.reoffering = false
	if ev.Status >= 200 && ev.Status < 300 && l.media.Accept(ev.Body) == nil {
		l.media.Commit()
		l.c.dirty = true
		l.followRemoteHold()
	} else {
		l.media.Rollback()
	}
	l.signalHold(l.who.serverHold != "")
}

// signalHold tells the peer of a server hold, where its trunk is configured so.
func (l *leg) signalHold(on bool) {
	if !l.signals || on == l.signalled || l.reoffering || !l.up || l.closed {
		return
	}
	l.media.SignalHold(on)
	if l.reoffer("hold not signalled") {
		l.signalled = on
	}
}

// refresh offers the session again as it is, for a peer that takes no UPDATE
// (RFC 4028 §7.4). An exchange under way refreshes as well.
func (l *leg) refresh() {
	if l.reoffering || l.weOffered || !l.up || l.closed {
		return
	}
	l.reoffer("session not refreshed")
}

// reoffer sends our offer; it logs what went wrong.
func (l *leg) reoffer(trouble string) bool {
	offer, err := l.media.Offer()
	if err != nil {
		l.log.Warn(trouble, "err", err)
		return false
	}
	l.reoffering = true
	l.call.Reoffer(offer)
	return true
}

// statusOf is the SIP status that tells a peer why its SDP was refused.
func statusOf(err error) int {
	var n *media.NegotiationError
	if errors.As(err, &n) {
		return n.Status
	}
	return 500
}

// followRemoteHold tells the story when the peer's own SDP set or ended a hold.
func (l *leg) followRemoteHold() {
	on := l.media.Agreed() && l.media.RemoteHold()
	if !l.up || on == l.who.remoteHold {
		return
	}
	l.who.setRemoteHold(on)
	l.c.story.remoteHold(l, on)
}

// join puts the leg into the mix once it is up and an exchange is in force.
func (l *leg) join() {
	if l.joined || l.closed || !l.up || !l.media.Agreed() {
		return
	}
	l.joined = true
	l.row = l.c.story.row(l)
	l.c.room.Join(l.port, l.media, l.row)
}

// place tells the mixer the leg's row after a change.
func (l *leg) place() mixer.Change { return mixer.Change{Port: l.port, Row: l.c.story.row(l)} }

// hangUp ends the leg; the confirmation comes as an event. Its audio ends now.
func (l *leg) hangUp() {
	if l.hungUp || l.finished {
		return
	}
	l.hungUp = true
	l.call.Hangup()
	l.silence()
}

// reject refuses an incoming leg that was not answered; nothing is awaited.
func (l *leg) reject(status int, retryAfter time.Duration) {
	if l.finished {
		return
	}
	l.call.Reject(status, retryAfter)
	l.finish()
}

// drop ends the leg without waiting for the peer.
func (l *leg) drop() {
	if l.call != nil && !l.hungUp {
		l.hungUp = true
		l.call.Hangup()
	}
	l.finish()
}

// finish is the end of the leg: it happens once, whatever ended it.
func (l *leg) finish() {
	if l.finished {
		return
	}
	l.silence()
	l.rate()
	l.finished = true
	l.c.legs--
	l.c.m.freeLeg()
	delete(l.c.deadlines, deadline{kind: watchdog, leg: l})
	delete(l.c.deadlines, deadline{kind: keyPause, leg: l})
	if l.counted {
		l.counted = false
		wrapUp := time.Duration(0)
		if l.who.served {
			wrapUp = l.c.settings.Timers.WrapUp
		}
		l.c.m.legEnds(l.agent, !l.up && !l.incoming, wrapUp)
	}
}

// silence takes the leg out of the mix for good, and closes its sockets once
// the worker has let go of them.
func (l *leg) silence() {
	if l.closed {
		return
	}
	l.closed = true
	if l.joined {
		l.joined = false
		l.c.room.Leave(l.port, l.media.Close)
	} else {
		l.media.Close()
	}
}

// digit is a key the peer pressed.
func (l *leg) digit(d byte) {
	if l.up && !l.finished && !l.hungUp {
		l.c.story.digit(l, d)
	}
}

// targetsOf are the places where an agent's phones ring.
func targetsOf(bindings []directory.Binding) []sip.Target {
	targets := make([]sip.Target, 0, len(bindings))
	for _, b := range bindings {
		targets = append(targets, sip.Target{
			URI:  b.URI,
			Flow: sip.Flow{Transport: b.Transport, Local: b.Local, Remote: b.Remote},
		})
	}
	return targets
}
