package conference

import "time"

// hand gives the record of a conference that is over to whoever keeps it.
func (c *Conference) hand() {
	if c.m.cfg.OnRecord != nil {
		c.m.cfg.OnRecord(c.record())
	}
}

// record is what is kept of the conference, once it is over.
func (c *Conference) record() Record {
	r := Record{
		Contact: c.contact, Conference: c.id, Room: c.number, Queue: c.queue,
		Created: c.created, Answered: c.chronicle.answered, Ended: c.now,
		Verbs: append([]RecordVerb{}, c.chronicle.verbs...), Ledger: []LedgerEntry{},
		Participants: []RecordParticipant{},
	}
	r.Cause, r.EndedBy = c.chronicle.cause()
	lack := Omitted{Participants: c.forgotten, Verbs: c.chronicle.omitted}
	people, over := latest(c.people, maxRecordPeople)
	lack.Participants += over
	var times *ledger
	if s, ok := c.story.(*call); ok {
		times = &s.ledger
		times.count(c.now)
		r.Ledger, lack.Ledger = times.record(c.created), times.dropped
	}
	for _, p := range people {
		r.Participants = append(r.Participants, p.record(times))
		lack.Legs += p.history.omittedLegs
		lack.Keys += p.history.omittedKeys
	}
	segments, over := latest(c.segments, maxRecordSegments)
	r.Segments, lack.Segments = append([]Segment{}, segments...), over
	if lack != (Omitted{}) {
		r.Omitted = &lack
	}
	return r
}

// latest is the end of a list, so many at most, and how many there are before.
func latest[T any](list []T, most int) (end []T, over int) {
	over = max(0, len(list)-most)
	return list[over:], over
}

// record is what is kept of the participant. times, if there are any, are who
// heard whom.
func (p *participant) record(times *ledger) RecordParticipant {
	h := &p.history
	r := RecordParticipant{
		Person: p.person(), Status: p.status, Reason: p.reason, Joined: h.joined, Left: p.since,
		Holds: HoldTimes{
			Consult: seconds(h.holds["consult"]), Explicit: seconds(h.holds["explicit"]), Remote: seconds(h.holds["remote"]),
		},
		Keys: string(h.keys), Legs: append([]RecordLeg{}, h.legs...),
	}
	if times != nil {
		r.Present = seconds(times.present[p])
		r.Heard = times.heardBy(p)
	}
	return r
}

// seconds is d in seconds, to the millisecond.
func seconds(d time.Duration) float64 { return rounded(d.Seconds(), 1000) }
