package conference

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"warmline/transfer"
)

// over is a conference of so many people who came, joined and left, one a second.
func over(people int) *Conference {
	c := &Conference{m: &Manager{}, id: "c1", contact: "k1", created: after(0), now: after(0)}
	c.story = &meeting{c: c}
	for i := range people {
		c.now = after(i + 1)
		p := c.add(&participant{role: "member", number: fmt.Sprint(1000 + i), status: "live"})
		p.appear()
	}
	for _, p := range c.people {
		c.now = c.now.Add(time.Second)
		p.history.leg(RecordLeg{Answered: p.history.joined, Ended: c.now, Quality: &Quality{Codec: "pcmu"}})
		p.finish("left", "hangup")
	}
	return c
}

func TestRecordSaysWhoWasThere(t *testing.T) {
	c := over(2)
	c.people[0].history.held("consult", 1500*time.Millisecond)
	c.people[0].history.held("consult", time.Second)
	c.people[0].history.held("remote", time.Second)
	c.people[0].history.key('5')
	c.chronicle.verb(after(2), Command{Verb: transfer.DoMute, By: "alice", Surface: "dtmf", Participant: "p1"}, "ok")
	want := Record{
		Contact: "k1", Conference: "c1", Created: after(0), Answered: after(2), Ended: after(4), Cause: "hangup", EndedBy: "p2",
		Participants: []RecordParticipant{
			{Person: Person{ID: "p1", Role: "member", Number: "1000"}, Status: "left", Reason: "hangup", Joined: after(1), Left: after(3),
				Holds: HoldTimes{Consult: 2.5, Remote: 1}, Keys: "5",
				Legs: []RecordLeg{{Answered: after(1), Ended: after(3), Quality: &Quality{Codec: "pcmu"}}}},
			{Person: Person{ID: "p2", Role: "member", Number: "1001"}, Status: "left", Reason: "hangup", Joined: after(2), Left: after(4),
				Legs: []RecordLeg{{Answered: after(2), Ended: after(4), Quality: &Quality{Codec: "pcmu"}}}},
		},
		Segments: []Segment{}, Ledger: []LedgerEntry{},
		Verbs: []RecordVerb{{Time: after(2), Verb: "mute", By: "alice", Surface: "dtmf", Participant: "p1", Result: "ok"}},
	}
	if diff := cmp.Diff(want, c.record()); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

// A record has an end, however large the room and long the call was.
func TestRecordIsBounded(t *testing.T) {
	c := over(1000)
	p := c.people[len(c.people)-1]
	for i := range 1000 {
		c.chronicle.verb(after(i), Command{Verb: transfer.DoMute, Surface: "http", Participant: p.id}, "ok")
		c.segments = append(c.segments, Segment{Agent: "alice", Joined: after(i), Via: "queue"})
		p.history.leg(RecordLeg{Answered: after(i), Ended: after(i), Quality: &Quality{}})
		p.history.key('1')
	}
	r := c.record()
	got := []int{len(r.Participants), len(r.Segments), len(r.Verbs), len(r.Participants[maxRecordPeople-1].Legs), len(r.Participants[maxRecordPeople-1].Keys)}
	if want := []int{maxRecordPeople, maxRecordSegments, maxRecordVerbs, maxRecordLegs, maxRecordKeys}; !cmp.Equal(want, got) {
		t.Errorf("lengths %v, want %v", got, want)
	}
	want := &Omitted{
		Participants: 1000 - maxRecordPeople, Segments: 1000 - maxRecordSegments, Verbs: 1000 - maxRecordVerbs,
		Legs: 1001 - maxRecordLegs, Keys: 1000 - maxRecordKeys,
	}
	if diff := cmp.Diff(want, r.Omitted); diff != "" {
		t.Errorf("omitted (-want +got):\n%s", diff)
	}
	if text, err := json.Marshal(r); err != nil || len(text) > 256<<10 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// The largest ledger there can be, of the longest rows, fits into a record.
func TestLongestLedgerFits(t *testing.T) {
	c := over(0)
	s := &call{c: c}
	c.story = s
	all := named("p101", "p102", "p103", "p104", "p105", "p106", "p107", "p108")
	for i := range 2 * maxLedger {
		var rows transfer.Audibility
		for p := range rows {
			rows[p] = transfer.Row{Hears: 0xff &^ (1 << p), Treatment: transfer.ComfortNoise + transfer.Treatment(i%2)}
		}
		s.ledger.follow(after(i), rows, sit(all...))
	}
	c.now = after(2 * maxLedger)
	r := c.record()
	if len(r.Ledger) != maxLedger || r.Omitted == nil || r.Omitted.Ledger != maxLedger {
		t.Errorf("%d entries, omitted %+v", len(r.Ledger), r.Omitted)
	}
	if text, err := json.Marshal(r); err != nil || len(text) > 768<<10 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
}

// The cause is why the first went in the moment in which the last ones did.
func TestCauseOfTheEnd(t *testing.T) {
	type end struct {
		at     int
		reason string
	}
	for _, tt := range []struct {
		name      string
		ends      []end
		cause, by string
	}{
		{"nobody came", nil, "finished", ""},
		{"one hangs up, the other is sent away", []end{{5, "hangup"}, {5, "finished"}}, "hangup", "p1"},
		{"one leaves, later the operator ends it", []end{{5, "hangup"}, {9, "finished"}, {9, "finished"}}, "finished", ""},
		{"a busy phone, then the caller is refused", []end{{2, "busy"}, {2, "busy"}}, "busy", "p1"},
		{"the caller gives up, the phone stops", []end{{3, "cancelled"}, {3, "cancelled"}}, "cancelled", "p1"},
		{"no reason known", []end{{1, ""}}, "finished", ""},
	} {
		c := over(0)
		for range tt.ends {
			c.add(&participant{status: "live"})
		}
		for i, e := range tt.ends {
			c.now = after(e.at)
			c.people[i].finish("left", e.reason)
		}
		if cause, by := c.chronicle.cause(); cause != tt.cause || by != tt.by {
			t.Errorf("%s: %s by %q, want %s by %q", tt.name, cause, by, tt.cause, tt.by)
		}
	}
}
