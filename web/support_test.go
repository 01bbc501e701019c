package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"warmline/conference"
)

// fakeManager does as it is told and remembers what it was asked.
type fakeManager struct {
	mu       sync.Mutex
	list     []conference.Snapshot
	agents   []conference.AgentInfo
	queues   []conference.QueueInfo
	draining bool
	err      error // of every write
	block    bool  // writes wait for their context
	panics   bool
	did      []conference.Command
	dialled  [][2]string
	presence []string
}

// forget forgets what it was asked.
func (m *fakeManager) forget() { m.did, m.dialled, m.presence = nil, nil, nil }

func (m *fakeManager) List() []conference.Snapshot { return m.list }

func (m *fakeManager) Get(id string) (conference.Snapshot, bool) {
	for _, c := range m.list {
		if c.ID == id {
			return c, true
		}
	}
	return conference.Snapshot{}, false
}

func (m *fakeManager) answer(ctx context.Context) (conference.Snapshot, error) {
	if m.panics {
		panic("told to")
	}
	if m.block {
		<-ctx.Done()
		return conference.Snapshot{}, ctx.Err()
	}
	return conference.Snapshot{ID: "c1", Version: 8, State: "active"}, m.err
}

func (m *fakeManager) Do(ctx context.Context, cmd conference.Command) (conference.Snapshot, error) {
	m.mu.Lock()
	m.did = append(m.did, cmd)
	m.mu.Unlock()
	return m.answer(ctx)
}

func (m *fakeManager) Originate(ctx context.Context, agent, target string) (conference.Snapshot, error) {
	m.mu.Lock()
	m.dialled = append(m.dialled, [2]string{agent, target})
	m.mu.Unlock()
	return m.answer(ctx)
}

func (m *fakeManager) Agents() []conference.AgentInfo { return m.agents }
func (m *fakeManager) Queues() []conference.QueueInfo { return m.queues }
func (m *fakeManager) Draining() bool                 { return m.draining }

func (m *fakeManager) SetPresence(agent string, away bool, reason string) (conference.AgentInfo, error) {
	m.presence = append(m.presence, agent, map[bool]string{true: "away", false: "available"}[away], reason)
	return conference.AgentInfo{ID: agent, Presence: "away"}, m.err
}

// The keys of the tests, by role.
const (
	viewerKey     = "key-of-a-viewer"
	supervisorKey = "key-of-a-supervisor"
	operatorKey   = "key-of-an-operator"
)

func hashed(name, secret string, role Role) APIKey {
	sum := sha256.Sum256([]byte(secret))
	return APIKey{Name: name, SHA256: hex.EncodeToString(sum[:]), Role: role}
}

func testKeys() []APIKey {
	return []APIKey{
		hashed("v", viewerKey, Viewer), hashed("s", supervisorKey, Supervisor), hashed("o", operatorKey, Operator),
	}
}

// newTestServer returns a server over m with the keys above.
func newTestServer(t testing.TB, m *fakeManager, change ...func(*Config)) *Server {
	t.Helper()
	cfg := Config{Manager: m, Records: keptRecords(), Keys: testKeys(), Version: "v1.2.3", Epoch: "e"}
	for _, f := range change {
		f(&cfg)
	}
	s := New(cfg)
	t.Cleanup(s.Close)
	return s
}

// call sends a request to the server. body may be empty.
func call(s *Server, key, method, path, body string) *httptest.ResponseRecorder {
	var r *http.Request
	if body == "" {
		r = httptest.NewRequest(method, path, nil)
	} else {
		r = httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, r)
	return rec
}

// problem checks that the answer is a whole problem document, and returns it.
func problem(t *testing.T, rec *httptest.ResponseRecorder) Problem {
	t.Helper()
	if got := rec.Header().Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("Content-Type %q", got)
	}
	var p Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
		t.Fatalf("%v in %s", err, rec.Body)
	}
	if p.Status != rec.Code || p.Title != http.StatusText(rec.Code) || p.Code == "" || p.Detail == "" {
		t.Errorf("incomplete problem (status %d): %s", rec.Code, rec.Body)
	}
	if p.Request == "" || p.Request != rec.Header().Get("X-Request-Id") {
		t.Errorf("request id %q in the problem, %q in the header", p.Request, rec.Header().Get("X-Request-Id"))
	}
	return p
}

func decode[T any](t *testing.T, r io.Reader) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(r).Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

func at(second int) time.Time { return time.Date(2026, 3, 2, 9, 30, second, 0, time.UTC) }

func newRequest(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+operatorKey)
	return r
}

func serveOne(s *Server, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	s.Handler().ServeHTTP(rec, r)
	return rec
}
