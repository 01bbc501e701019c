package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"warmline/conference"
	"warmline/internal/config"
	"warmline/internal/server"
	"warmline/internal/softphone"
	"warmline/internal/testnet"
	"warmline/media"
	"warmline/transfer"
)

// keeping is a stage that keeps records in dir, and has a key of the API.
func keeping(dir string, change ...func(*config.Config)) options {
	return options{
		config: "http: {api_keys: [{name: t, role: viewer, " +
			"key_sha256: 2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683}]}\n",
		change: func(cfg *config.Config) {
			cfg.Data = config.Path(dir)
			for _, f := range change {
				f(cfg)
			}
		},
	}
}

// ask gets what is at a path of the API.
func (st *stage) ask(path string, into any) (status int, body string) {
	st.Helper()
	req := httptest.NewRequest("GET", "/api/v1"+path, nil)
	req.Header.Set("Authorization", "Bearer key")
	rec := httptest.NewRecorder()
	st.srv.Handler().ServeHTTP(rec, req)
	if rec.Code == 200 {
		if err := json.Unmarshal(rec.Body.Bytes(), into); err != nil {
			st.Fatalf("%s: %v in %s", path, err, rec.Body)
		}
	}
	return rec.Code, rec.Body.String()
}

// recorded is the record of the conference looked at.
func (st *stage) recorded() (r conference.Record) {
	st.Helper()
	if status, body := st.ask("/records/"+st.conf().Contact, &r); status != 200 {
		st.Fatalf("record: %d %s", status, body)
	}
	return r
}

// people says who was there: "p1 customer left hangup 0.0-35.0 held consult 15".
func people(r conference.Record) string {
	var all []string
	for _, p := range r.Participants {
		w := fmt.Sprintf("%s %s %s %s", p.ID, p.Role, p.Status, p.Reason)
		if !p.Joined.IsZero() {
			w += fmt.Sprintf(" %.0f-%.0f", p.Joined.Sub(r.Created).Seconds(), p.Left.Sub(r.Created).Seconds())
		}
		for _, h := range []struct {
			cause string
			d     float64
		}{{"consult", p.Holds.Consult}, {"explicit", p.Holds.Explicit}, {"remote", p.Holds.Remote}} {
			if h.d != 0 {
				w += fmt.Sprintf(" held %s %.0f", h.cause, h.d)
			}
		}
		all = append(all, w)
	}
	return strings.Join(all, ", ")
}

// verbs says what was asked for: "10 consult alice dtmf ok".
func verbs(r conference.Record) string {
	var all []string
	for _, v := range r.Verbs {
		all = append(all, strings.Join(strings.Fields(fmt.Sprintf("%.0f %s %s %s %s %s %s",
			v.Time.Sub(r.Created).Seconds(), v.Verb, v.By, v.Surface, v.Participant, v.Target, v.Result)), " "))
	}
	return strings.Join(all, ", ")
}

// The record of a warm transfer says who was there and when, who asked for what
// by which way, why and how long the customer was held, what she heard at each
// moment, and how good each leg was.
func TestRecordOfAWarmTransfer(t *testing.T) {
	o := keeping(t.TempDir(), func(cfg *config.Config) { cfg.Agents[1].SRTP = "required" })
	o.phones = softphone.Config{SRTP: media.SRTPOptional}
	play(t, o, func(st *stage) {
		st.carla.dials("101")
		st.alice.rings()
		time.Sleep(5 * time.Second)
		st.alice.takes()
		st.carla.talks()
		time.Sleep(5 * time.Second)
		contact := st.conf().Contact
		if status, body := st.ask("/records/"+contact, nil); status != 404 || !strings.Contains(body, st.id) {
			t.Errorf("while it is live: %d %s", status, body)
		}
		st.refused("nothing_pending", verb{do: transfer.DoCancel, by: "alice"})
		st.alice.keys("*71002#")
		st.bob.rings()
		time.Sleep(3300 * time.Millisecond)
		st.bob.takes()
		st.wants("C held consult, A live, B live")
		time.Sleep(7 * time.Second)
		st.do(verb{do: transfer.DoSwap, by: "alice"})
		st.carla.keys("42#")
		st.alice.keys("*3")
		time.Sleep(4 * time.Second)
		st.do(verb{do: transfer.DoLeave, by: "alice"})
		time.Sleep(6 * time.Second)
		st.bob.hangsUp()
		st.carla.gone(time.Second)
		st.over("C left finished, A left hangup, B left hangup")

		r := st.recorded()
		if r.Contact != contact || r.Conference != st.id || r.Cause != "hangup" || r.EndedBy != "p3" || r.Omitted != nil {
			t.Errorf("record of %s, contact %s, ended by %s: %s, omitted %+v", r.Conference, r.Contact, r.EndedBy, r.Cause, r.Omitted)
		}
		if answered := r.Answered.Sub(r.Created).Round(time.Second); answered != 5*time.Second || r.Ended.Before(r.Participants[0].Left) {
			t.Errorf("answered after %v, ended %v", answered, r.Ended)
		}
		if got, want := people(r), "p1 customer left finished 5-33 held consult 11, p2 agent left hangup 5-27, p3 agent left hangup 15-33 held consult 1"; got != want {
			t.Errorf("people\n\t%s\nwant\n\t%s", got, want)
		}
		if got, want := verbs(r), "10 cancel alice http nothing_pending, 11 consult alice dtmf 1002 ok, 22 swap alice http ok, 23 merge alice dtmf ok, 27 leave alice http ok"; got != want {
			t.Errorf("verbs\n\t%s\nwant\n\t%s", got, want)
		}
		c := r.Participants[0]
		if c.Keys != "42#" || c.Number != "carla" || r.Participants[1].Keys != "" || r.Participants[2].Agent != "bob" {
			t.Errorf("people %+v", r.Participants)
		}
		if len(r.Segments) != 2 || r.Segments[1].Agent != "bob" || r.Segments[1].Via != "consult" || r.Segments[1].Left == nil {
			t.Errorf("segments %+v", r.Segments)
		}
		st.ledgerAddsUp(r)
		st.consultUnheard(r)
		for i, srtp := range []string{"", "", "AES_CM_128_HMAC_SHA1_80"} {
			st.leg(r.Participants[i], 1, srtp)
		}
		st.metric("warmline_records_written_total", 1)
		st.metric("warmline_records_dropped_total", 0)
	})
}

// leg wants so many legs of a participant, the last with good audio.
func (st *stage) leg(p conference.RecordParticipant, legs int, srtp string) {
	st.Helper()
	if len(p.Legs) != legs {
		st.Fatalf("%s has %d legs, want %d", p.ID, len(p.Legs), legs)
	}
	l := p.Legs[legs-1]
	q := l.Quality
	if q == nil || q.Codec != "pcmu" || q.SRTP != srtp || q.PacketsIn < 500 || q.PacketsOut < 500 || q.MOS < 4 || q.RoundTripMS <= 0 {
		st.Errorf("%s: leg %+v, quality %+v", p.ID, l, q)
	}
	if l.Answered.Before(p.Joined) || l.Ended.Sub(p.Left).Abs() > time.Second {
		st.Errorf("%s from %v to %v, its leg from %v to %v", p.ID, p.Joined, p.Left, l.Answered, l.Ended)
	}
}

// ledgerAddsUp wants the sums of a record to be those of its ledger, and the
// time on the line that between joining and leaving.
func (st *stage) ledgerAddsUp(r conference.Record) {
	st.Helper()
	present, heard := map[string]float64{}, map[string]float64{}
	for i, e := range r.Ledger {
		until := r.Ended.Sub(r.Created).Seconds()
		if i+1 < len(r.Ledger) {
			until = r.Ledger[i+1].At
		}
		for _, row := range e.Rows {
			present[row.Participant] += until - e.At
			for _, whom := range row.Hears {
				heard[row.Participant+whom] += until - e.At
			}
		}
	}
	near := func(a, b float64) bool { return a-b < 0.01 && b-a < 0.01 }
	for _, p := range r.Participants {
		if stay := p.Left.Sub(p.Joined).Seconds(); !near(p.Present, present[p.ID]) || !p.Joined.IsZero() && !near(p.Present, stay) {
			st.Errorf("%s was there for %v, by the ledger %v, by the clock %v", p.ID, p.Present, present[p.ID], stay)
		}
		for _, other := range r.Participants {
			if !near(p.Heard[other.ID], heard[p.ID+other.ID]) {
				st.Errorf("%s heard %s for %v, by the ledger %v", p.ID, other.ID, p.Heard[other.ID], heard[p.ID+other.ID])
			}
		}
	}
}

// consultUnheard wants the customer to have had music, and nothing else, while
// the agents spoke to each other without her.
func (st *stage) consultUnheard(r conference.Record) {
	st.Helper()
	consulted := false
	for _, e := range r.Ledger {
		hears := map[string]string{}
		for _, row := range e.Rows {
			hears[row.Participant] = strings.Join(row.Hears, " ") + row.Treatment
		}
		if hears["p2"] == "p3" {
			consulted = true
			if hears["p1"] != "music" {
				st.Errorf("in the consult the customer hears %q", hears["p1"])
			}
		}
	}
	if !consulted {
		st.Errorf("there is no consult in %+v", r.Ledger)
	}
}

// Calls that nobody answered, and a room, have records too; the list shows the
// newest first, page by page, after a restart as well.
func TestRecordsOfAllKinds(t *testing.T) {
	dir := t.TempDir()
	play(t, keeping(dir), func(st *stage) {
		st.carla.dials("101")
		st.alice.rings()
		time.Sleep(2 * time.Second)
		st.carla.hangsUp()
		st.over("C failed cancelled, A failed cancelled")
		r := st.recorded()
		if r.Cause != "cancelled" || r.EndedBy != "p1" || !r.Answered.IsZero() || len(r.Segments)+len(r.Participants[0].Legs) != 0 {
			t.Errorf("given up: %+v", r)
		}

		st.id = ""
		st.carla.dials("101")
		st.alice.rings()
		st.alice.call.Reject(486)
		st.carla.gone(time.Second)
		time.Sleep(time.Second)

		st.alice.dials("7001")
		st.alice.talks()
		st.bob.dials("7001")
		st.bob.talks()
		st.wants("A live, B live")
		time.Sleep(3 * time.Second)
		st.do(verb{do: transfer.DoHold, on: "B"})
		time.Sleep(4 * time.Second)
		st.do(verb{do: transfer.DoEnd})
		st.over("A left finished, B left finished")
		r = st.recorded()
		if r.Room != "7001" || r.Cause != "finished" || r.EndedBy != "" || len(r.Ledger) != 0 ||
			people(r) != "p1 member left finished 0-7, p2 member left finished 0-7 held explicit 4" || verbs(r) != "3 hold http p2 ok, 7 end http ok" {
			t.Errorf("room: %s; %s; %+v", people(r), verbs(r), r)
		}

		var first, second struct {
			Items []conference.Record
			Next  string
		}
		st.ask("/records?limit=2", &first)
		st.ask("/records?limit=2&cursor="+first.Next, &second)
		if len(first.Items) != 2 || first.Items[0].Room != "7001" || first.Items[1].Cause != "busy" || first.Next == "" {
			t.Errorf("first page: %+v", first)
		}
		if len(second.Items) != 1 || second.Items[0].Cause != "cancelled" || second.Next != "" {
			t.Errorf("second page: %+v", second)
		}
	})
	play(t, keeping(dir), func(st *stage) { // virtual time begins anew: it is the same day
		st.serve()
		st.carla.hangsUp()
		st.over("C left hangup, A left finished")
		var all struct{ Items []conference.Record }
		st.ask("/records", &all)
		if len(all.Items) != 4 || all.Items[0].EndedBy != "p1" || all.Items[1].Room != "7001" {
			t.Errorf("after a restart: %+v", all)
		}
	})
}

// A lost agent who comes back has two legs in the record, and one place.
func TestRecordOfALostAgent(t *testing.T) {
	o := keeping(t.TempDir())
	play(t, o, func(st *stage) {
		st.serve()
		time.Sleep(15 * time.Second)
		st.alice.cutAudio(true)
		st.alice.gone(21 * time.Second)
		st.alice.cutAudio(false)
		st.alice.answers()
		st.wants("C live, A live")
		time.Sleep(15 * time.Second)
		st.carla.hangsUp()
		st.over("C left hangup, A left finished")
		r := st.recorded()
		if len(r.Participants) != 2 || r.EndedBy != "p1" || len(r.Segments) != 2 || r.Segments[1].Via != "rejoin" {
			t.Errorf("%s; segments %+v", people(r), r.Segments)
		}
		st.leg(r.Participants[1], 2, "")
	})
}

// What a bad network did to a leg is in its record, as it is in the API.
func TestRecordOfABadNetwork(t *testing.T) {
	play(t, keeping(t.TempDir()), func(st *stage) {
		st.serve()
		st.net.SetLinkBetween(st.carla.mediaAddr(), serverAddr.Addr(), testnet.Link{Delay: 5 * time.Millisecond, Loss: 0.1})
		time.Sleep(30 * time.Second)
		st.carla.hangsUp()
		st.over("C left hangup, A left finished")
		shown, r := st.quality("C"), st.recorded()
		kept := r.Participants[0].Legs[0].Quality
		if kept == nil || kept.Loss != shown.Loss || kept.Loss < 0.05 || kept.Loss > 0.15 || kept.Concealed < 0.02 || kept.MOS != shown.MOS || kept.MOS > 4 {
			t.Errorf("kept %+v, shown %+v", kept, shown)
		}
		if alice := r.Participants[1].Legs[0].Quality; alice.Loss != 0 || alice.MOS < 4.2 {
			t.Errorf("Alice: %+v", alice)
		}
	})
}

// Calls that are live when the server stops have records.
func TestRecordsOfTheLastCalls(t *testing.T) {
	dir := t.TempDir()
	var contact string
	play(t, keeping(dir), func(st *stage) {
		st.serve()
		contact = st.conf().Contact
		time.Sleep(3 * time.Second)
		ctx, cancel := context.WithTimeout(st.Context(), time.Second)
		defer cancel()
		st.srv.Stop(ctx)
	})
	play(t, keeping(dir), func(st *stage) {
		var r conference.Record
		if status, body := st.ask("/records/"+contact, &r); status != 200 || r.Cause != "finished" || people(r) != "p1 customer left finished 0-3, p2 agent left finished 0-3" {
			t.Errorf("%d %s", status, body)
		}
	})
}

// A server that cannot make its directory does not start, and says why.
func TestRecordsNeedADirectory(t *testing.T) {
	play(t, options{}, func(st *stage) {
		udp, err := st.net.ListenPacket("10.0.0.2:5060")
		if err != nil {
			t.Fatal(err)
		}
		srv, err := server.Start(st.config(keeping("/dev/null")), server.Options{
			UDP: []net.PacketConn{udp}, Media: testnet.Sockets[media.Socket]{Network: st.net}, NoAPI: true, Plain: true,
		})
		if err == nil {
			srv.Close()
			t.Fatal("it started")
		}
		if !strings.Contains(err.Error(), "records: mkdir /dev/null") {
			t.Error(err)
		}
	})
}

// One whose disk fails later goes on with its calls.
func TestRecordsWithoutADisk(t *testing.T) {
	dir := t.TempDir()
	play(t, keeping(dir), func(st *stage) {
		st.allowed = true // it says so
		st.serve()
		if err := os.RemoveAll(filepath.Join(dir, "records")); err != nil {
			t.Fatal(err)
		}
		st.carla.hangsUp()
		st.over("C left hangup, A left finished")
		if status, _ := st.ask("/records/"+st.conf().Contact, nil); status != 500 {
			t.Errorf("status %d", status)
		}
		st.metric("warmline_records_dropped_total", 1)
		st.id = ""
		time.Sleep(10 * time.Second) // of wrap-up
		st.serve()
	})
}

// How long records are kept is the configuration's, and a reload counts.
func TestRecordsAreKeptAsLongAsConfigured(t *testing.T) {
	dir := t.TempDir()
	play(t, keeping(dir), func(st *stage) {
		st.serve()
		st.carla.hangsUp()
		st.over("C left hangup, A left finished")
		contact := st.conf().Contact
		if status, _ := st.ask("/records/"+contact, new(conference.Record)); status != 200 {
			t.Errorf("status %d", status)
		}
		old := filepath.Join(dir, "records", "1999-12-01.jsonl") // a month before
		if err := os.WriteFile(old, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		brief := keeping(dir, func(cfg *config.Config) { cfg.Records.Keep = 7 })
		if restart, err := st.srv.Reload(st.config(brief)); err != nil || len(restart) != 0 {
			t.Errorf("reload: %v, needs a restart for %v", err, restart)
		}
		time.Sleep(time.Second)
		if _, err := os.Stat(old); !os.IsNotExist(err) {
			t.Errorf("the old day is still there: %v", err)
		}
		if status, _ := st.ask("/records/"+contact, new(conference.Record)); status != 200 {
			t.Errorf("status %d", status)
		}
	})
}
