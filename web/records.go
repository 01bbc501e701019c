package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmline/conference"
	"warmline/records"
)

// Records is where the records of calls are kept; *records.Store satisfies it.
type Records interface {
	// Get returns the newest record of a contact, or records.ErrNotFound.
	Get(ctx context.Context, contact string) (json.RawMessage, error)
	// List returns a page of the records, the newest first, or records.ErrCursor.
	List(ctx context.Context, q records.Query) (records.Page, error)
}

var _ Records = (*records.Store)(nil)

// recordsTimeout bounds the search for a record.
const recordsTimeout = 10 * time.Second

type (
	recordAnswer  struct{ Body conference.Record }
	recordsAnswer struct {
		Body Page[conference.Record]
	}

	recordsInput struct {
		Limit  int       `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"how many items at most; a page may have fewer"`
		Cursor string    `query:"cursor" maxLength:"64" doc:"next of the former page"`
		Before time.Time `query:"before" doc:"only what ended before"`
	}

	recordInput struct {
		Contact string `path:"contact" maxLength:"128" doc:"the conference's contact"`
	}
)

func (s *Server) routeRecords(api huma.API) {
	register(api, operation{
		method: http.MethodGet, path: "/records", id: "list-records", tag: "records", role: Viewer,
		summary: "List the records of calls that are over, newest first", about: "A day's records begin with its first second in UTC.",
		errors: []int{http.StatusNotFound, http.StatusGatewayTimeout}, response: Page[conference.Record]{Items: []conference.Record{exampleRecord}},
	}, s.listRecords)
	register(api, operation{
		method: http.MethodGet, path: "/records/{contact}", id: "get-record", tag: "records", role: Viewer,
		summary: "Show the record of a contact", about: "There is none while the call is live.",
		errors: []int{http.StatusNotFound, http.StatusGatewayTimeout}, response: exampleRecord,
	}, s.getRecord)
}

func noRecords() error {
	return newProblem(http.StatusNotFound, "this server keeps no call records")
}

func (s *Server) listRecords(ctx context.Context, in *recordsInput) (*recordsAnswer, error) {
	if s.records == nil {
		return nil, noRecords()
	}
	ctx, cancel := context.WithTimeout(ctx, recordsTimeout)
	defer cancel()
	kept, err := s.records.List(ctx, records.Query{Cursor: in.Cursor, Before: in.Before, Limit: in.Limit})
	if err != nil {
		return nil, s.recordsProblem(ctx, err)
	}
	page := Page[conference.Record]{Items: []conference.Record{}, Next: kept.Next}
	for _, text := range kept.Records {
		var r conference.Record
		if err := json.Unmarshal(text, &r); err == nil { // what is no record of ours is none
			page.Items = append(page.Items, tidyRecord(r))
		}
	}
	return &recordsAnswer{page}, nil
}

func (s *Server) getRecord(ctx context.Context, in *recordInput) (*recordAnswer, error) {
	if s.records == nil {
		return nil, noRecords()
	}
	ctx, cancel := context.WithTimeout(ctx, recordsTimeout)
	defer cancel()
	text, err := s.records.Get(ctx, in.Contact)
	if errors.Is(err, records.ErrNotFound) {
		return nil, s.noRecord(in.Contact)
	}
	if err != nil {
		return nil, s.recordsProblem(ctx, err)
	}
	var r conference.Record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, s.recordsProblem(ctx, fmt.Errorf("record of %s: %w", in.Contact, err))
	}
	return &recordAnswer{tidyRecord(r)}, nil
}

// noRecord says why a contact has no record: it may be too early.
func (s *Server) noRecord(contact string) error {
	for _, c := range s.manager.List() {
		if c.Contact == contact {
			return newProblem(http.StatusNotFound, "the call is live: its record is made when it ends; until then look at conference "+c.ID)
		}
	}
	return newProblem(http.StatusNotFound, "there is no record of this contact: it is unknown, or its record was older than records.keep")
}

func (s *Server) recordsProblem(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, records.ErrCursor):
		return badCursor()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return newProblem(http.StatusGatewayTimeout, "the records could not be searched in time")
	}
	return s.refusal(ctx, err)
}

// tidyRecord replaces missing lists, as tidy does.
func tidyRecord(r conference.Record) conference.Record {
	r.Participants = orEmpty(r.Participants)
	r.Segments = orEmpty(r.Segments)
	r.Verbs = orEmpty(r.Verbs)
	r.Ledger = orEmpty(r.Ledger)
	for i := range r.Participants {
		r.Participants[i].Legs = orEmpty(r.Participants[i].Legs)
	}
	for i := range r.Ledger {
		r.Ledger[i].Rows = orEmpty(r.Ledger[i].Rows)
	}
	return r
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// exampleRecord is shown in the API's description: a customer who spoke to an
// agent, and was held while the agent consulted a colleague.
var exampleRecord = func() conference.Record {
	at := func(seconds int) time.Time { return time.Date(2026, 3, 2, 9, 30, seconds, 0, time.UTC) }
	left := at(50)
	leg := func(from, to int) []conference.RecordLeg {
		return []conference.RecordLeg{{Answered: at(from), Ended: at(to), Quality: &conference.Quality{
			Codec: "pcmu", Loss: 0.001, JitterMS: 2.5, MOS: 4.3, RoundTripMS: 31.2, Concealed: 0.002, BufferMS: 22.5,
			PacketsIn: uint64(to-from) * 50, PacketsOut: uint64(to-from) * 50,
		}}}
	}
	return conference.Record{
		Contact: "k-19b2", Conference: "c-7f3a", Queue: "support", Created: at(0), Answered: at(9), Ended: at(50),
		Cause: "hangup", EndedBy: "p1",
		Participants: []conference.RecordParticipant{
			{Person: conference.Person{ID: "p1", Role: "customer", Number: "+15550123"}, Status: "left", Reason: "hangup", Joined: at(0), Left: left,
				Holds: conference.HoldTimes{Consult: 10}, Present: 50, Heard: map[string]float64{"p2": 31}, Legs: leg(0, 50)},
			{Person: conference.Person{ID: "p2", Role: "agent", Name: "Alice Adams", Number: "1001", Agent: "alice"}, Status: "left", Reason: "finished",
				Joined: at(9), Left: left, Present: 41, Heard: map[string]float64{"p1": 31}, Legs: leg(9, 50)},
			{Person: conference.Person{ID: "p3", Role: "agent", Name: "Bob Brown", Number: "1002", Agent: "bob"}, Status: "failed", Reason: "declined",
				Left: at(40), Legs: []conference.RecordLeg{}},
		},
		Segments: []conference.Segment{{Agent: "alice", Joined: at(9), Left: &left, Via: "queue"}},
		Verbs:    []conference.RecordVerb{{Time: at(30), Verb: "consult", By: "alice", Surface: "dtmf", Target: "1002", Result: "ok"}},
		Ledger: []conference.LedgerEntry{
			{At: 0, Rows: []conference.LedgerRow{{Participant: "p1", Treatment: "music"}}},
			{At: 9, Rows: []conference.LedgerRow{{Participant: "p1", Hears: []string{"p2"}}, {Participant: "p2", Hears: []string{"p1"}}}},
			{At: 30, Rows: []conference.LedgerRow{{Participant: "p1", Treatment: "music"}, {Participant: "p2", Treatment: "ringback"}}},
			{At: 40, Rows: []conference.LedgerRow{{Participant: "p1", Hears: []string{"p2"}}, {Participant: "p2", Hears: []string{"p1"}}}},
			{At: 50, Rows: []conference.LedgerRow{}},
		},
	}
}()
