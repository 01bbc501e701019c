package conference

import "slices"

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
