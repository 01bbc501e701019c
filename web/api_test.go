package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"warmline/conference"
	"warmline/transfer"
)

// route is an operation with a request that is right.
type route struct {
	method, path, body string
	role               Role
	status             int
	command            conference.Command // that a write amounts to; zero: none
}

func routes() []route {
	verb := func(path, body string, cmd conference.Command) route {
		cmd.Conference, cmd.Surface = "c1", "http"
		return route{"POST", "/api/v1/conferences/c1/" + path, body, Supervisor, 200, cmd}
	}
	byAlice := func(v transfer.Verb) conference.Command { return conference.Command{Verb: v, By: "alice"} }
	about := func(v transfer.Verb) conference.Command {
		return conference.Command{Verb: v, By: "alice", Participant: "p1"}
	}
	const alice = `{"by":"alice"}`
	return []route{
		{"GET", "/api/v1/conferences", "", Viewer, 200, conference.Command{}},
		{"GET", "/api/v1/conferences/c1", "", Viewer, 200, conference.Command{}},
		{"GET", "/api/v1/agents", "", Viewer, 200, conference.Command{}},
		{"GET", "/api/v1/queues", "", Viewer, 200, conference.Command{}},
		{"GET", "/api/v1/records", "", Viewer, 200, conference.Command{}},
		{"GET", "/api/v1/records/k1", "", Viewer, 200, conference.Command{}},
		{"POST", "/api/v1/conferences", `{"agent":"alice","target":"tel:+15550100"}`, Supervisor, 201, conference.Command{}},
		{"PUT", "/api/v1/agents/alice/presence", `{"presence":"away","reason":"lunch"}`, Supervisor, 200, conference.Command{}},
		{"DELETE", "/api/v1/conferences/c1", "", Operator, 200, conference.Command{Conference: "c1", Surface: "http", Verb: transfer.DoEnd}},
		verb("consult", `{"by":"alice","target":"agent:bob","if_version":7,"hold_customer":false}`,
			conference.Command{Verb: transfer.DoConsult, By: "alice", Target: "agent:bob", IfVersion: 7, KeepCustomer: true}),
		verb("add", `{"by":"alice","target":"1002"}`, conference.Command{Verb: transfer.DoAdd, By: "alice", Target: "1002"}),
		verb("transfer", `{"target":"queue:support"}`, conference.Command{Verb: transfer.DoTransfer, Target: "queue:support"}),
		verb("cancel", alice, byAlice(transfer.DoCancel)),
		verb("swap", alice, byAlice(transfer.DoSwap)),
		verb("merge", alice, byAlice(transfer.DoMerge)),
		verb("leave", `{"by":"alice","allow_ringing":true}`, conference.Command{Verb: transfer.DoLeave, By: "alice", AllowRinging: true}),
		verb("participants/p1/hold", alice, about(transfer.DoHold)),
		verb("participants/p1/unhold", alice, about(transfer.DoUnhold)),
		verb("participants/p1/mute", alice, about(transfer.DoMute)),
		verb("participants/p1/unmute", alice, about(transfer.DoUnmute)),
		verb("participants/p1/remove", alice, about(transfer.DoRemove)),
	}
}

func populated() *fakeManager {
	return &fakeManager{
		list:   []conference.Snapshot{{ID: "c1", Version: 7, State: "active", Created: at(0)}},
		agents: []conference.AgentInfo{{ID: "alice", Presence: "available"}},
		queues: []conference.QueueInfo{{ID: "support", Waiting: 2}},
	}
}

func TestRoutesDoWhatTheySay(t *testing.T) {
	m := populated()
	s := newTestServer(t, m)
	for _, r := range routes() {
		t.Run(r.method+" "+r.path, func(t *testing.T) {
			m.forget()
			rec := call(s, operatorKey, r.method, r.path, r.body)
			if rec.Code != r.status {
				t.Fatalf("status %d: %s", rec.Code, rec.Body)
			}
			if strings.Contains(rec.Body.String(), "null") {
				t.Errorf("a list is null: %s", rec.Body)
			}
			if r.command == (conference.Command{}) {
				return
			}
			if diff := cmp.Diff([]conference.Command{r.command}, m.did); diff != "" {
				t.Errorf("command (-want +got):\n%s", diff)
			}
			if got := decode[conference.Snapshot](t, rec.Body); got.Version != 8 {
				t.Errorf("the answer is not the new state: %+v", got)
			}
		})
	}
}

func TestCreateAndPresence(t *testing.T) {
	m := populated()
	s := newTestServer(t, m)
	rec := call(s, supervisorKey, "POST", "/api/v1/conferences", `{"agent":"alice","target":"tel:+15550100"}`)
	if got := rec.Header().Get("Location"); got != "/api/v1/conferences/c1" {
		t.Errorf("Location %q", got)
	}
	if want := [][2]string{{"alice", "tel:+15550100"}}; !cmp.Equal(want, m.dialled) {
		t.Errorf("dialled %v", m.dialled)
	}
	call(s, supervisorKey, "PUT", "/api/v1/agents/alice/presence", `{"presence":"away","reason":"lunch"}`)
	call(s, supervisorKey, "PUT", "/api/v1/agents/alice/presence", `{"presence":"available"}`)
	if want := []string{"alice", "away", "lunch", "alice", "available", ""}; !cmp.Equal(want, m.presence) {
		t.Errorf("presence %q", m.presence)
	}
}

// Every verb may come without a body, from a supervisor, where nothing has to
// be said.
func TestVerbsWithoutABody(t *testing.T) {
	for _, verb := range []string{"cancel", "swap", "merge", "leave", "participants/p1/hold", "participants/p1/remove"} {
		m := populated()
		rec := call(newTestServer(t, m), supervisorKey, "POST", "/api/v1/conferences/c1/"+verb, "")
		if rec.Code != 200 || len(m.did) != 1 || m.did[0].By != "" {
			t.Errorf("%s: status %d, commands %+v", verb, rec.Code, m.did)
		}
	}
	m := populated()
	call(newTestServer(t, m), operatorKey, "DELETE", "/api/v1/conferences/c1?if_version=3", "")
	if len(m.did) != 1 || m.did[0].IfVersion != 3 {
		t.Errorf("if_version of a DELETE: %+v", m.did)
	}
}

func TestRoles(t *testing.T) {
	roles := map[Role]string{Viewer: viewerKey, Supervisor: supervisorKey, Operator: operatorKey}
	m := populated()
	s := newTestServer(t, m)
	for _, r := range routes() {
		for role, key := range roles {
			m.forget()
			rec := call(s, key, r.method, r.path, r.body)
			if rank[role] >= rank[r.role] {
				if rec.Code != r.status {
					t.Errorf("%s %s as %s: status %d", r.method, r.path, role, rec.Code)
				}
				continue
			}
			if rec.Code != 403 {
				t.Errorf("%s %s as %s: status %d, want 403", r.method, r.path, role, rec.Code)
				continue
			}
			if p := problem(t, rec); p.Code != "forbidden" {
				t.Errorf("code %q", p.Code)
			}
			if len(m.did)+len(m.dialled)+len(m.presence) > 0 {
				t.Errorf("%s %s as %s: forbidden and done all the same", r.method, r.path, role)
			}
		}
	}
}

func TestUnauthorized(t *testing.T) {
	s := newTestServer(t, populated())
	all := append(routes(), route{method: "GET", path: "/api/v1/events"}, route{method: "GET", path: "/api/v1/events/ws"})
	for _, r := range all {
		for _, key := range []string{"", "wrong", hashed("", operatorKey, Operator).SHA256} {
			rec := call(s, key, r.method, r.path, r.body)
			if rec.Code != 401 {
				t.Fatalf("%s %s with key %q: status %d", r.method, r.path, key, rec.Code)
			}
			if p := problem(t, rec); p.Code != "unauthorized" {
				t.Errorf("code %q", p.Code)
			}
			if !strings.HasPrefix(rec.Header().Get("WWW-Authenticate"), "Bearer ") {
				t.Errorf("WWW-Authenticate %q", rec.Header().Get("WWW-Authenticate"))
			}
		}
		// A key in the URL is none.
		if rec := call(s, "", r.method, r.path+"?key="+operatorKey, r.body); rec.Code != 401 {
			t.Errorf("%s %s with the key in the URL: status %d", r.method, r.path, rec.Code)
		}
	}
}

// Whatever the Manager answers has its status and code, on every write.
func TestManagerErrors(t *testing.T) {
	cases := []struct {
		err    error
		status int
		code   string
	}{
		{&conference.Refusal{Reason: "actor_held", Detail: "you are on hold"}, 409, "actor_held"},
		{&conference.Refusal{Reason: "stale"}, 409, "stale"},
		{&conference.Refusal{Reason: "unreachable", Detail: "no phone"}, 409, "unreachable"},
		{fmt.Errorf("wrapped: %w", &conference.Refusal{Reason: "nothing_held"}), 409, "nothing_held"},
		{&conference.Refusal{Reason: "not_allowed"}, 403, "not_allowed"},
		{conference.ErrNotFound, 404, "not_found"},
		{fmt.Errorf("%w: agent:zoe", conference.ErrTarget), 422, "unknown_target"},
		{conference.ErrBusy, 503, "busy"},
		{conference.ErrDraining, 503, "draining"},
		{errors.New("password of the database is hunter2"), 500, "internal"},
	}
	m := populated()
	s := newTestServer(t, m)
	for _, r := range routes() {
		if r.method == "GET" {
			continue
		}
		for _, c := range cases {
			m.err = c.err
			rec := call(s, operatorKey, r.method, r.path, r.body)
			if rec.Code != c.status {
				t.Errorf("%s %s, %v: status %d", r.method, r.path, c.err, rec.Code)
				continue
			}
			if p := problem(t, rec); p.Code != c.code {
				t.Errorf("%s %s, %v: code %q", r.method, r.path, c.err, p.Code)
			}
			if strings.Contains(rec.Body.String(), "hunter2") {
				t.Error("an internal error is shown to the client")
			}
			if c.status == 503 && rec.Header().Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
		}
	}
}

// wrong is a request that is refused before the Manager sees it.
type wrong struct {
	method, path, body string
	status             int
	code, where        string
}

func TestWrongRequests(t *testing.T) {
	long := strings.Repeat("x", 300)
	cases := []wrong{
		{"GET", "/api/v1/conferences/nope", "", 404, "not_found", ""},
		{"GET", "/api/v1/nope", "", 404, "not_found", ""},
		{"GET", "/", "", 404, "not_found", ""},
		{"PATCH", "/api/v1/conferences", "", 405, "method_not_allowed", ""},
		{"GET", "/api/v1/conferences/c1/merge", "", 405, "method_not_allowed", ""},
		{"POST", "/healthz", "", 405, "method_not_allowed", ""},
		{"POST", "/api/v1/conferences", "", 400, "malformed", ""},
		{"POST", "/api/v1/conferences/c1/consult", `{"target":`, 400, "malformed", "body"},
		{"POST", "/api/v1/conferences/c1/consult", `{"target":"1002"} x`, 400, "malformed", "body"},
		{"POST", "/api/v1/conferences/c1/consult", `{}`, 422, "invalid", "body"},
		{"POST", "/api/v1/conferences/c1/consult", `[]`, 422, "invalid", "body"},
		{"POST", "/api/v1/conferences/c1/consult", `null`, 422, "invalid", "body"},
		{"POST", "/api/v1/conferences/c1/consult", `{"target":""}`, 422, "invalid", "body.target"},
		{"POST", "/api/v1/conferences/c1/consult", `{"target":7}`, 422, "invalid", "body.target"},
		{"POST", "/api/v1/conferences/c1/consult", `{"target":"` + long + `"}`, 422, "invalid", "body.target"},
		{"POST", "/api/v1/conferences/c1/consult", `{"target":"1002","hold_custmer":true}`, 422, "invalid", "body.hold_custmer"},
		{"POST", "/api/v1/conferences/c1/consult", `{"Target":"1002"}`, 422, "invalid", "body"},
		{"POST", "/api/v1/conferences/c1/merge", `{"by":"alice","if_version":-1}`, 422, "invalid", "body.if_version"},
		{"POST", "/api/v1/conferences/c1/merge", `{"by":"alice","if_version":1.5}`, 422, "invalid", "body.if_version"},
		{"POST", "/api/v1/conferences/c1/merge", `{"by":"alice","allow_ringing":true}`, 422, "invalid", "body.allow_ringing"},
		{"POST", "/api/v1/conferences/c1/leave", `{"allow_ringing":"yes"}`, 422, "invalid", "body.allow_ringing"},
		{"PUT", "/api/v1/agents/alice/presence", `{"presence":"busy"}`, 422, "invalid", "body.presence"},
		{"PUT", "/api/v1/agents/alice/presence", `{"presence":"away","reason":"` + long + `"}`, 422, "invalid", "body.reason"},
		{"GET", "/api/v1/conferences?limit=0", "", 422, "invalid", "query.limit"},
		{"GET", "/api/v1/conferences?limit=many", "", 422, "invalid", "query.limit"},
		{"GET", "/api/v1/conferences?cursor=%21%21", "", 422, "invalid", "query.cursor"},
		{"GET", "/api/v1/conferences?lmit=5", "", 422, "invalid", "query.lmit"},
		{"DELETE", "/api/v1/conferences/c1?if_version=x", "", 422, "invalid", "query.if_version"},
		{"POST", "/api/v1/conferences/c1/merge", `{"by":"` + strings.Repeat("x", maxBodyBytes) + `"}`, 413, "too_large", ""},
	}
	m := populated()
	s := newTestServer(t, m)
	for _, c := range cases {
		name := c.method + " " + c.path + " " + c.body
		t.Run(name[:min(len(name), 90)], func(t *testing.T) {
			m.forget()
			rec := call(s, operatorKey, c.method, c.path, c.body)
			if rec.Code != c.status {
				t.Fatalf("status %d, want %d: %s", rec.Code, c.status, rec.Body)
			}
			p := problem(t, rec)
			if p.Code != c.code {
				t.Errorf("code %q, want %q", p.Code, c.code)
			}
			if c.where != "" && (len(p.Errors) == 0 || p.Errors[0].Location != c.where) {
				t.Errorf("errors %+v, want one at %s", p.Errors, c.where)
			}
			if c.status == 405 && rec.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if len(m.did)+len(m.dialled)+len(m.presence) > 0 {
				t.Error("the Manager was asked all the same")
			}
		})
	}
}

func TestOtherMediaTypesAreRefused(t *testing.T) {
	s := newTestServer(t, populated())
	r := newRequest("POST", "/api/v1/conferences/c1/swap", `by=alice`)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := serveOne(s, r)
	if rec.Code != 415 || problem(t, rec).Code != "unsupported_media_type" {
		t.Errorf("status %d: %s", rec.Code, rec.Body)
	}
}

func TestConferenceThatDoesNotAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := populated()
		m.block = true
		rec := call(newTestServer(t, m), operatorKey, "POST", "/api/v1/conferences/c1/swap", "")
		if rec.Code != http.StatusGatewayTimeout || problem(t, rec).Code != "timeout" {
			t.Errorf("status %d: %s", rec.Code, rec.Body)
		}
	})
}

func TestPages(t *testing.T) {
	m := &fakeManager{}
	for i := range 7 { // newest first, three of one second
		m.list = append(m.list, conference.Snapshot{ID: fmt.Sprint("c", i), Created: at(max(0, 4-i))})
	}
	s := newTestServer(t, m)
	var got []string
	path, pages := "/api/v1/conferences?limit=3", 0
	for next := path; ; pages++ {
		page := decode[Page[conference.Snapshot]](t, call(s, viewerKey, "GET", next, "").Body)
		for _, c := range page.Items {
			got = append(got, c.ID)
		}
		if page.Next == "" {
			break
		}
		next = path + "&cursor=" + page.Next
		// The last one seen ends: the next page must go on where it was.
		if pages == 0 {
			m.list = m.list[:len(m.list)-1]
		}
	}
	if want := "c4 c5 c6 c3 c2 c1 c0"; strings.Join(got, " ") != want || pages != 2 {
		t.Errorf("%d pages with %v, want %s", pages+1, got, want)
	}
	empty := call(newTestServer(t, &fakeManager{}), viewerKey, "GET", "/api/v1/agents", "")
	if strings.TrimSpace(empty.Body.String()) != `{"items":[]}` {
		t.Errorf("an empty list is %s", empty.Body)
	}
}

// Nothing a client sends as a body may make the server fail.
func FuzzBodies(f *testing.F) {
	var writes []route
	for _, r := range routes() {
		if r.method != "GET" {
			f.Add(uint8(len(writes)), r.body)
			writes = append(writes, r)
		}
	}
	for _, body := range []string{`{"by":null}`, `null`, `[[[[`, "\xff\xfe", `{"if_version":1e400}`, `{"by":"a","by":7}`} {
		f.Add(uint8(8), body)
	}
	m := populated()
	s := newTestServer(f, m)
	f.Fuzz(func(t *testing.T, n uint8, body string) {
		m.forget()
		r := writes[int(n)%len(writes)]
		rec := call(s, operatorKey, r.method, r.path, body)
		asked := len(m.did) + len(m.dialled) + len(m.presence)
		switch {
		case rec.Code >= 500:
			t.Fatalf("status %d for %q", rec.Code, body)
		case rec.Code >= 400:
			problem(t, rec)
			if asked > 0 {
				t.Fatalf("%q was refused and done all the same", body)
			}
		case asked == 0 || !json.Valid(rec.Body.Bytes()):
			t.Fatalf("%q: status %d: %s", body, rec.Code, rec.Body)
		}
	})
}
