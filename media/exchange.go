package media

import (
	"slices"

	"github.com/pion/sdp/v3"
)

// offered is what an answer to our last offer refers to.
type offered struct {
	layout  []layoutLine
	line    int // ours among them
	codecs  []*codec
	numbers numbers
}

// Offer returns our SDP offer: the first, or a new one within the dialog
// (same session id; the version rises only if something changed). A pending
// exchange is forgotten. The offer is for both directions, unless we hold the
// peer by SDP (SignalHold): whether it holds us is for its answer to say (RFC
// 6337 §5.3).
func (s *Session) Offer() ([]byte, error) {
	o := &offered{layout: []layoutLine{{media: "audio"}}, codecs: s.codecs(), numbers: s.numbers()}
	if a := s.agreed; a != nil {
		o.layout, o.line = a.layout, a.line
	}
	ours := localAudio{
		protos:  protosOf(o.layout[o.line], s.cfg.SRTP),
		port:    int(s.port),
		formats: o.formats(),
		dir:     direction{send: true, recv: !s.holding},
		mux:     true,
		xr:      s.agreed != nil && s.agreed.xr,
	}
	if s.cfg.SRTP != SRTPOff {
		ours.crypto = s.keys.offer(s.secured())
	}
	s.offer, s.pending = o, nil
	return s.origin.describe(mediaLines(o.layout, o.line, &ours)), nil
}

// codecs are the session's, in order of preference.
func (s *Session) codecs() []*codec {
	if own := codecsNamed(s.cfg.Codecs); len(own) > 0 {
		return own
	}
	return s.engine.codecs
}

// terms are what the session can take of a description.
func (s *Session) terms(codecs []*codec) terms {
	return terms{codecs: codecs, local: s.cfg.Addr, srtp: s.cfg.SRTP}
}

// secured is the SRTP in force, or nil.
func (s *Session) secured() *secured {
	if s.agreed == nil {
		return nil
	}
	return s.agreed.secured
}

// moved says whether the peer of a is somewhere else than that of the agreement
// in force. A hold by c=0.0.0.0 is no place.
func (s *Session) moved(a *agreement) bool {
	return s.agreed != nil && a.remote != s.agreed.remote && !a.silenced && !s.agreed.silenced
}

// numbers are our payload types. What was agreed on keeps its own (RFC 3264
// §8.3.2).
func (s *Session) numbers() numbers {
	if s.agreed != nil {
		return s.agreed.local
	}
	return defaultNumbers
}

// formats lists the codecs, then telephone-event at each of their clocks.
func (o *offered) formats() []localFormat {
	var list, events []localFormat
	for _, c := range o.codecs {
		list = append(list, localFormat{o.numbers[c.kind], c.kind})
		k := eventsFor(c.clock)[0]
		event := localFormat{o.numbers[k], k}
		if !slices.Contains(events, event) {
			events = append(events, event)
		}
	}
	return append(list, events...)
}

// mediaLines are all m= lines of a description of ours: one audio line, the
// others refused.
func mediaLines(layout []layoutLine, line int, ours *localAudio) []*sdp.MediaDescription {
	media := make([]*sdp.MediaDescription, len(layout))
	for i, l := range layout {
		if i == line {
			media[i] = ours.mediaDescription()
		} else {
			media[i] = rejectedLine(l)
		}
	}
	return media
}

// Answer takes the peer's offer and returns our answer. Nothing changes on the
// media side until Commit; Rollback forgets the exchange. A *NegotiationError
// says which status the peer should get (488 or 400), and then nothing is
// pending that was not before.
func (s *Session) Answer(offer []byte) ([]byte, error) {
	desc, bad := parseDescription(offer)
	if bad != nil {
		return nil, bad
	}
	prefer, before := -1, (*codec)(nil)
	if s.agreed != nil {
		prefer, before = s.agreed.line, s.agreed.codec
	}
	t := s.terms(s.codecs())
	r, bad := findAudio(desc, prefer, t)
	if bad != nil {
		return nil, bad
	}
	a := answerTo(r, t.codecs, s.numbers(), before)
	a.opus.ours = s.engine.cfg.Opus
	a.layout = layoutOf(desc)
	a.dir.recv = a.dir.recv && !s.holding
	if len(r.crypto) > 0 {
		if bad := a.secure(s.keys.answer(r.crypto, s.secured(), s.moved(a))); bad != nil {
			return nil, bad
		}
	}
	a.succeed(s.secured())
	ours := localAudio{
		protos:  a.layout[a.line].protos,
		port:    int(s.port),
		formats: a.formats(),
		dir:     a.dir,
		mux:     a.mux,
		xr:      a.xr,
	}
	if a.secured != nil {
		ours.crypto = []string{a.secured.ours.Crypto(a.secured.tag)}
	}
	s.offer, s.pending = nil, a
	return s.origin.describe(mediaLines(a.layout, a.line, &ours)), nil
}

// formats are what our answer lists: the codec in use and its events.
func (a *agreement) formats() []localFormat {
	list := []localFormat{{a.audioType, a.codec.kind}}
	if a.eventType != noEvents {
		pt := uint8(a.eventType)
		list = append(list, localFormat{pt, a.in[pt]})
	}
	return list
}

// Accept takes the peer's answer to our Offer, pending until Commit like
// Answer. Called again (another fork, 183 then 200) it replaces the former.
func (s *Session) Accept(answer []byte) error {
	if s.offer == nil {
		return malformed("an answer, but nothing was offered")
	}
	desc, bad := parseDescription(answer)
	if bad != nil {
		return bad
	}
	r, bad := answeringAudio(desc, s.offer.line, s.terms(s.offer.codecs))
	if bad != nil {
		return bad
	}
	a := answeredBy(r, s.offer.codecs, s.offer.numbers)
	a.opus.ours = s.engine.cfg.Opus
	a.layout, a.line = s.offer.layout, s.offer.line
	if len(r.crypto) > 0 {
		if bad := a.secure(s.keys.answered(r.crypto, s.secured())); bad != nil {
			return bad
		}
	}
	a.succeed(s.secured())
	s.pending = a
	return nil
}

// Commit makes the pending exchange the one in force. An offer stays open for
// further answers: those of other forks, or the final one after early media.
func (s *Session) Commit() {
	if s.pending == nil {
		return
	}
	s.pending.equip(s.agreed, s.engine)
	s.watchDowngrade()
	s.agreed, s.pending = s.pending, nil
	s.inForce.Store(s.agreed)
}

// watchDowngrade logs, once per leg, that encrypted audio goes on in the clear. The
// policy permits it (one that requires SRTP has refused it before).
func (s *Session) watchDowngrade() {
	if s.secured() == nil || s.pending.secured != nil || s.downgraded {
		return
	}
	s.downgraded = true
	s.engine.cfg.Logger.Warn("the peer has given up encryption: the audio goes on in the clear",
		"port", s.port, "peer", s.pending.remote, "srtp", s.cfg.SRTP.String(), "suite", s.SRTP())
}

// Rollback forgets a pending offer or answer: the last agreed session stays.
func (s *Session) Rollback() { s.offer, s.pending = nil, nil }

// SignalHold has our next offers and answers tell the peer that it is on hold
// (sendonly, RFC 3264 §8.4), or no longer. What is in force changes only with
// such an exchange.
func (s *Session) SignalHold(on bool) { s.holding = on }

// Agreed reports whether an exchange is in force.
func (s *Session) Agreed() bool { return s.agreed != nil }

// RemoteHold reports whether the session in force has the peer hold us:
// sendonly, inactive or c=0.0.0.0 on its side.
func (s *Session) RemoteHold() bool { return s.agreed != nil && s.agreed.held() }

// Codec is the name of the codec in force, "" before.
func (s *Session) Codec() string {
	if s.agreed == nil {
		return ""
	}
	return s.agreed.codec.name
}

// NewKeys has the next offer carry new SRTP keys. It is for the offer that a
// peer asked for with an INVITE without one: what answers may be another device,
// which does not know how far the stream under the old key has come.
func (s *Session) NewKeys() { s.keys.fresh = true }

// Secure reports whether the session in force is encrypted.
func (s *Session) Secure() bool { return s.secured() != nil }

// SRTP is the name of the suite in force (RFC 4568 §6.2), "" for plain RTP.
func (s *Session) SRTP() string {
	if k := s.secured(); k != nil {
		return k.ours.Suite().String()
	}
	return ""
}
