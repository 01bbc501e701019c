package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// apiServer answers like a server's API: two pages of agents, a problem without
// the key.
func apiServer(t *testing.T) *httptest.Server {
	t.Helper()
	now := time.Now()
	page := func(w http.ResponseWriter, next string, items ...any) {
		if err := json.NewEncoder(w).Encode(map[string]any{"items": items, "next": next}); err != nil {
			t.Error(err)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/conferences", func(w http.ResponseWriter, _ *http.Request) {
		page(w, "",
			map[string]any{"id": "c1", "created": now.Add(-90 * time.Second), "state": "active", "queue": "support", "participants": []any{
				map[string]any{"role": "customer", "name": "Evil\x1b[2J", "number": "+15550100", "status": "held", "server_hold": "consult"},
				map[string]any{"role": "agent", "agent": "alice", "status": "live", "remote_hold": true, "muted": true},
				map[string]any{"role": "agent", "agent": "bob", "status": "failed"},
			}},
			map[string]any{"id": "c2", "created": now, "state": "active", "room": "7001", "participants": []any{map[string]any{"role": "member", "status": "live"}}},
			map[string]any{"id": "c3", "created": now, "state": "active", "queue": "support", "position": 2},
			map[string]any{"id": "c4", "created": now, "state": "ended"})
	})
	mux.HandleFunc("GET /api/v1/agents", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("cursor") == "" {
			page(w, "2&3", map[string]any{"id": "alice", "name": "Alice Adams", "extension": "1001", "presence": "busy", "since": now.Add(-time.Minute), "contacts": 2, "queues": []string{"support", "sales"}})
			return
		}
		page(w, "", map[string]any{"id": "bob", "presence": "away", "reason": "lunch", "since": now})
	})
	mux.HandleFunc("GET /api/v1/queues", func(w http.ResponseWriter, _ *http.Request) {
		page(w, "", map[string]any{"id": "support", "name": "Support", "extension": "600", "logged_in": 2, "free": 1, "waiting": 3, "longest_wait": 61.2, "expected_wait": 30})
	})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer k3y" {
			http.Error(w, `{"title":"Unauthorized"}`, http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func TestStatus(t *testing.T) {
	s := apiServer(t)
	t.Setenv("WARMLINE_KEY", "k3y")
	status, stdout, stderr := warmline("status", "--url", s.URL)
	if status != 0 || stderr != "" {
		t.Fatalf("status %d, %s", status, stderr)
	}
	want := strings.TrimPrefix(`
CONFERENCE  FOR    WHERE                    PARTICIPANTS
c1          1m30s  queue support            customer Evil?[2J (held, consult); agent alice (live, by its phone, muted)
c2          0s     room 7001                member somebody (live)
c3          0s     queue support, number 2  -

AGENT  NAME         EXTENSION  PRESENCE      FOR   PHONES  QUEUES
alice  Alice Adams  1001       busy          1m0s  2       support sales
bob    -            -          away (lunch)  0s    0       -

QUEUE    NAME     EXTENSION  LOGGED IN  FREE  WAITING  LONGEST  EXPECTED
support  Support  600        2          1     3        1m1s     30s

`, "\n")
	if stdout != want {
		t.Errorf("got\n%s\nwant\n%s", stdout, want)
	}
}

func TestStatusRefused(t *testing.T) {
	s := apiServer(t)
	status, stdout, stderr := warmline("status", "--url", s.URL, "--key", "wrong")
	want := fmt.Sprintf("warmline: %s/api/v1/conferences: no or unknown key; give it with --key or WARMLINE_KEY\n", s.URL)
	if status != 1 || stdout != "" || stderr != want {
		t.Errorf("status %d, %q, %q; want %q", status, stdout, stderr, want)
	}
}

func TestStatusOfSomethingElse(t *testing.T) {
	for _, c := range []struct {
		answer func(w http.ResponseWriter)
		want   string
	}{
		{func(w http.ResponseWriter) { fmt.Fprint(w, "<html>") }, "this is no answer of a warmline server"},
		{func(w http.ResponseWriter) { http.Error(w, "<html>", http.StatusBadGateway) }, "/api/v1/conferences: 502\n"},
		{func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusServiceUnavailable)
			fmt.Fprint(w, `{"title":"Busy","detail":"come\nback \u001b[0m"}`)
		}, "/api/v1/conferences: 503 Busy come?back ?[0m\n"},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }))
		status, _, stderr := warmline("status", "--url", s.URL)
		s.Close()
		if status != 1 || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("status %d, %q; want 1 and %q in one line", status, stderr, c.want)
		}
	}
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close() // nobody listens there any more
	if status, _, stderr := warmline("status", "--url", s.URL); status != 1 || !strings.Contains(stderr, "is the server running?") {
		t.Errorf("status %d, %q", status, stderr)
	}
}

// TestStatusEnds: a cursor that leads in a circle is followed a bounded number
// of times.
func TestStatusEnds(t *testing.T) {
	pages := 0
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/agents") {
			pages++
			fmt.Fprint(w, `{"items":[],"next":"again"}`)
			return
		}
		fmt.Fprint(w, `{"items":[]}`)
	}))
	defer s.Close()
	status, stdout, stderr := warmline("status", "--url", s.URL)
	if status != 0 || pages != maxPages || stdout != "no conferences\n\nno agents\n\nno queues\n\n" {
		t.Errorf("status %d after %d pages: %q %q", status, pages, stdout, stderr)
	}
}
