package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"warmline/conference"
	"warmline/records"
)

// fakeRecords holds records by contact and remembers what it was asked.
type fakeRecords struct {
	kept  map[string]string
	page  records.Page
	err   error
	asked []records.Query
}

func (f *fakeRecords) Get(_ context.Context, contact string) (json.RawMessage, error) {
	if f.err != nil {
		return nil, f.err
	}
	if text, ok := f.kept[contact]; ok {
		return json.RawMessage(text), nil
	}
	return nil, records.ErrNotFound
}

func (f *fakeRecords) List(_ context.Context, q records.Query) (records.Page, error) {
	f.asked = append(f.asked, q)
	return f.page, f.err
}

func keptRecords() *fakeRecords {
	const k1 = `{"contact":"k1","conference":"c0","cause":"hangup","participants":[{"id":"p1"}],"ledger":[{"at":0}]}`
	return &fakeRecords{
		kept: map[string]string{"k1": k1, "torn": `{"contact":`},
		page: records.Page{Records: []json.RawMessage{json.RawMessage(k1), json.RawMessage(`[]`)}, Next: "2026-03-01.7"},
	}
}

func withRecords(r Records) func(*Config) { return func(c *Config) { c.Records = r } }

func TestRecordsAreShown(t *testing.T) {
	s := newTestServer(t, populated())
	rec := call(s, viewerKey, "GET", "/api/v1/records/k1", "")
	got := decode[conference.Record](t, rec.Body)
	if rec.Code != 200 || got.Contact != "k1" || got.Conference != "c0" || got.Cause != "hangup" || len(got.Participants) != 1 {
		t.Errorf("status %d, %+v", rec.Code, got)
	}
	rec = call(s, viewerKey, "GET", "/api/v1/records", "")
	page := decode[Page[conference.Record]](t, rec.Body)
	if rec.Code != 200 || len(page.Items) != 1 || page.Items[0].Contact != "k1" || page.Next != "2026-03-01.7" {
		t.Errorf("status %d, %+v", rec.Code, page)
	}
}

func TestRecordsParameters(t *testing.T) {
	kept := keptRecords()
	s := newTestServer(t, populated(), withRecords(kept))
	for _, query := range []string{"", "?limit=200&cursor=2026-03-01.7", "?before=2026-03-02T10:00:00%2B01:00&limit=1"} {
		if rec := call(s, viewerKey, "GET", "/api/v1/records"+query, ""); rec.Code != 200 {
			t.Errorf("%s: status %d: %s", query, rec.Code, rec.Body)
		}
	}
	want := []records.Query{
		{Limit: 50}, {Limit: 200, Cursor: "2026-03-01.7"},
		{Limit: 1, Before: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, kept.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	for _, query := range []string{"limit=0", "limit=201", "limit=x", "before=yesterday", "after=1", "cursor=" + strings.Repeat("9", 65)} {
		rec := call(s, viewerKey, "GET", "/api/v1/records?"+query, "")
		if p := problem(t, rec); rec.Code != 422 || p.Code != "invalid" {
			t.Errorf("%s: status %d, code %s", query, rec.Code, p.Code)
		}
	}
}

func TestRecordsProblems(t *testing.T) {
	m := populated()
	m.list[0].Contact = "k7"
	failing := func(err error) *fakeRecords { return &fakeRecords{err: err} }
	for _, tt := range []struct {
		name, path string
		kept       Records
		status     int
		code, says string
	}{
		{"unknown", "records/k2", keptRecords(), 404, "not_found", "there is no record of this contact"},
		{"live", "records/k7", keptRecords(), 404, "not_found", "until then look at conference c1"},
		{"damaged", "records/torn", keptRecords(), 500, "internal", "log"},
		{"none kept", "records/k1", nil, 404, "not_found", "keeps no call records"},
		{"none kept", "records", nil, 404, "not_found", "keeps no call records"},
		{"bad cursor", "records?cursor=7", failing(records.ErrCursor), 422, "invalid", "the cursor"},
		{"too slow", "records/k1", failing(fmt.Errorf("search: %w", context.DeadlineExceeded)), 504, "timeout", "in time"},
		{"disk", "records", failing(errors.New("input/output error")), 500, "internal", "log"},
	} {
		rec := call(newTestServer(t, m, withRecords(tt.kept)), viewerKey, "GET", "/api/v1/"+tt.path, "")
		p := problem(t, rec)
		if rec.Code != tt.status || p.Code != tt.code || !strings.Contains(p.Detail, tt.says) || strings.Contains(p.Detail, "input/output") {
			t.Errorf("%s: status %d, code %s: %s", tt.name, rec.Code, p.Code, p.Detail)
		}
	}
}

// The record of the description is one: it is what it says after a round trip,
// and its sums are those of its ledger.
func TestExampleRecordAddsUp(t *testing.T) {
	text, err := json.Marshal(exampleRecord)
	if err != nil {
		t.Fatal(err)
	}
	var back conference.Record
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(exampleRecord, tidyRecord(back)); diff != "" {
		t.Errorf("round trip (-want +got):\n%s", diff)
	}
	heard, present := map[[2]string]float64{}, map[string]float64{}
	for i, e := range exampleRecord.Ledger[:len(exampleRecord.Ledger)-1] {
		for _, row := range e.Rows {
			d := exampleRecord.Ledger[i+1].At - e.At
			present[row.Participant] += d
			for _, whom := range row.Hears {
				heard[[2]string{row.Participant, whom}] += d
			}
		}
	}
	for _, p := range exampleRecord.Participants {
		if p.Present != present[p.ID] {
			t.Errorf("%s was present for %v, by the ledger %v", p.ID, p.Present, present[p.ID])
		}
		for whom, d := range p.Heard {
			if heard[[2]string{p.ID, whom}] != d {
				t.Errorf("%s heard %s for %v", p.ID, whom, d)
			}
		}
	}
}
