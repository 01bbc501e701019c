package conference

import (
	"time"

	"warmline/transfer"
)

// participant is somebody in a conference, present or gone. Its leg may
// change: a queue offers one phone after another, a lost agent comes back.
type participant struct {
	c      *Conference
	id     string
	party  transfer.Party // its slot in the machine while it has one
	role   string
	name   string
	number string
	agent  string // id, for agents

	status     string
	since      time.Time
	reason     string
	serverHold string
	heldSince  time.Time // of the server hold
	remoteHold bool
	remoteFrom time.Time
	muted      bool
	final      bool // left or failed: nothing changes any more

	leg         *leg
	quality     *Quality // of its last leg that ended, for who hears of it later
	sipStatus   int      // the peer's final refusal
	wasHeld     bool     // by either side, at the last step
	search      string   // queue that looks for somebody to sit here
	searchSince time.Time
	serves      bool // the search is for a customer, not a consult
	position    int  // in that queue's line, 1 is next
	ticket      *ticket
	via         string // how an agent came here: direct, queue, consult, cold, rejoin
	segment     int    // index of its open segment, -1 for none
	served      bool   // was on the call together with a customer
	history     history
}

// become changes the status; the time of the change is kept.
func (p *participant) become(status string) {
	if p.status == status || p.final {
		return
	}
	p.status, p.since = status, p.c.now
	p.c.dirty = true
	if status == "left" || status == "failed" {
		p.final = true
	}
}

// setHold follows the server hold; "" is none.
func (p *participant) setHold(cause string) {
	if p.serverHold == cause {
		return
	}
	if p.serverHold != "" {
		p.c.m.cfg.Metrics.Hold(p.role, p.serverHold, p.c.now.Sub(p.heldSince))
		p.history.held(p.serverHold, p.c.now.Sub(p.heldSince))
	}
	p.serverHold, p.heldSince = cause, p.c.now
	p.c.dirty = true
}

// setRemoteHold follows the hold by the peer's own SDP.
func (p *participant) setRemoteHold(on bool) {
	if p.remoteHold == on {
		return
	}
	if p.remoteHold {
		p.c.m.cfg.Metrics.Hold(p.role, "remote", p.c.now.Sub(p.remoteFrom))
		p.history.held("remote", p.c.now.Sub(p.remoteFrom))
	}
	p.remoteHold, p.remoteFrom = on, p.c.now
	p.c.dirty = true
}

// finish closes what is open when the participant is gone for good.
func (p *participant) finish(status, reason string) {
	p.setHold("")
	p.setRemoteHold(false)
	p.closeSegment()
	p.reason = reason
	p.become(status)
	p.final = true
	p.c.chronicle.left(p)
}

// openSegment begins an agent's stay.
func (p *participant) openSegment() {
	if p.agent == "" || p.segment >= 0 {
		return
	}
	p.segment = len(p.c.segments)
	p.c.segments = append(p.c.segments, Segment{Agent: p.agent, Joined: p.c.now, Via: p.via})
}

func (p *participant) closeSegment() {
	if p.segment < 0 {
		return
	}
	left := p.c.now
	p.c.segments[p.segment].Left = &left
	p.segment = -1
}

// person is who the participant is.
func (p *participant) person() Person {
	return Person{ID: p.id, Role: p.role, Name: p.name, Number: p.number, Agent: p.agent}
}

// snapshot is the participant as others see it.
func (p *participant) snapshot() Participant {
	s := Participant{
		Person: p.person(), Status: p.status, Reason: p.reason, ServerHold: p.serverHold,
		RemoteHold: p.remoteHold, Muted: p.muted, Since: p.since,
	}
	if p.search != "" {
		s.Search = p.c.m.searchInfo(p.search, p.position)
	}
	s.Quality = p.quality
	if p.leg == nil {
		return s
	}
	if q := p.leg.quality(); q != nil {
		s.Quality = q
	}
	if !p.final {
		s.Codec = p.leg.media.Codec()
	}
	return s
}
