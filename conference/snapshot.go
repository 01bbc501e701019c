package conference

import (
	"slices"
	"time"

	"warmline/media"
)

// view is a snapshot, and where the quality of those on the line is to be read.
type view struct {
	Snapshot
	audio []audio // of participants, by index
}

// audio is a leg's, as of a snapshot. Anybody may read it.
type audio struct {
	session     *media.Session // nil: it has none, or none any more
	answered    time.Time
	codec, srtp string
}

// view is a new snapshot.
func (c *Conference) view() *view {
	v := &view{Snapshot: c.snapshot(), audio: make([]audio, len(c.people))}
	for i, p := range c.people {
		if p.leg != nil && !p.leg.finished {
			v.audio[i] = p.leg.audio()
		}
	}
	return v
}

// at is the snapshot with the quality up to a moment.
func (v *view) at(now time.Time) Snapshot {
	s := v.Snapshot
	s.Participants = slices.Clone(s.Participants)
	for i, a := range v.audio {
		if q := a.quality(now); q != nil {
			s.Participants[i].Quality = q
		}
	}
	return s
}

// snapshot copies what others may see. Nothing in it is shared with the
// conference.
func (c *Conference) snapshot() Snapshot {
	s := Snapshot{
		ID: c.id, Contact: c.contact, Version: c.version, Created: c.created,
		State: "active", Room: c.number,
		Participants: make([]Participant, len(c.people)),
		Segments:     slices.Clone(c.segments),
	}
	if s.Segments == nil {
		s.Segments = []Segment{}
	}
	if c.ended {
		s.State, s.Ended = "ended", c.now
	}
	for i, p := range c.people {
		s.Participants[i] = p.snapshot()
	}
	c.story.describe(&s)
	return s
}
