package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"warmline/conference"
	"warmline/metrics"
)

// serveLoopback serves s as the program does, on a loopback port, and checks
// at the end of the test that none of its goroutines is left.
func serveLoopback(t *testing.T, s *Server) (base string, srv *http.Server) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv = s.HTTPServer(l.Addr().String())
	served := make(chan error, 1)
	go func() { served <- srv.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		srv.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
		http.DefaultClient.CloseIdleConnections()
		checkGoroutines(t)
	})
	return "http://" + l.Addr().String(), srv
}

// checkGoroutines fails if goroutines of this package's streams, or of the
// WebSocket library, stay.
func checkGoroutines(t *testing.T) {
	t.Helper()
	var stacks string
	for range 200 {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		left := false
		for _, name := range []string{"web.(*Server).stream", "coder/websocket", "web.(*Server).serve"} {
			left = left || strings.Contains(stacks, name)
		}
		if !left {
			return
		}
		time.Sleep(10 * time.Millisecond) // they may be on their way out
	}
	t.Errorf("goroutines are left:\n%s", stacks)
}

// sse is an open event stream.
type sse struct {
	t    *testing.T
	resp *http.Response
	r    *bufio.Reader
}

func openSSE(t *testing.T, base, query, lastID string) *sse {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", base+"/api/v1/events"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+viewerKey)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	return &sse{t, resp, bufio.NewReader(resp.Body)}
}

// next returns the fields of the next block of the stream; io.EOF at its end.
func (s *sse) next() (map[string]string, error) {
	block := map[string]string{}
	for {
		line, err := s.r.ReadString('\n')
		if err != nil {
			return nil, err
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "" {
			return block, nil
		}
		field, value, _ := strings.Cut(line, ": ")
		block[field] = value
	}
}

// event returns the next event, past everything that is none.
func (s *sse) event() map[string]string {
	s.t.Helper()
	for {
		block, err := s.next()
		if err != nil {
			s.t.Fatal(err)
		}
		if block["data"] != "" {
			return block
		}
	}
}

func TestSSE(t *testing.T) {
	counts := metrics.New(nil, nil, "", "")
	s := newTestServer(t, populated(), func(c *Config) { c.Counts, c.Metrics = counts, counts.Handler() })
	base, srv := serveLoopback(t, s)
	s.Publish(changed("c1", 1))
	first := openSSE(t, base, "", "")
	if got := first.resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("Content-Type %q", got)
	}
	if got := first.event(); got["event"] != "reset" || got["id"] != "e.1" || !strings.HasPrefix(got["data"], `{"id":"e.1","time":`) {
		t.Errorf("first event %v", got)
	}
	s.Publish(changed("c1", 2))
	got := first.event()
	if got["event"] != "conference" || got["id"] != "e.2" {
		t.Errorf("second event %v", got)
	}
	var e ConferenceEvent
	if err := json.Unmarshal([]byte(got["data"]), &e); err != nil || e.ID != "e.2" || e.State.Version != 2 || e.Conference != "c1" {
		t.Errorf("%v: %s", err, got["data"])
	}
	if rec := call(s, "", "GET", "/metrics", ""); !strings.Contains(rec.Body.String(), "warmline_event_streams 1") {
		t.Error("the open stream is not counted")
	}
	first.resp.Body.Close()

	s.Publish(changed("c1", 3))
	for _, again := range []*sse{openSSE(t, base, "", "e.2"), openSSE(t, base, "?last_event_id=e.2", "")} {
		if got := again.event(); got["id"] != "e.3" || got["event"] != "conference" {
			t.Errorf("resumed with %v", got)
		}
	}
	last := openSSE(t, base, "?conference=c2", "other-epoch.3")
	if got := last.event(); got["event"] != "reset" || !strings.Contains(got["data"], `"reason":"restart"`) {
		t.Errorf("after a restart %v", got)
	}
	// A shutdown does not wait for streams: it ends them.
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	if _, err := last.next(); !errors.Is(err, io.EOF) {
		t.Errorf("the stream ended with %v", err)
	}
	if rec := call(s, viewerKey, "GET", "/api/v1/events", ""); rec.Code != 503 || problem(t, rec).Code != "draining" {
		t.Errorf("a stream of a closed server: %d %s", rec.Code, rec.Body)
	}
}

// A client that reads nothing must not hold its stream for ever, nor hold up
// Publish.
func TestSSEClientThatReadsNothing(t *testing.T) {
	s := newTestServer(t, populated(), func(c *Config) { c.Ring = 16 })
	base, _ := serveLoopback(t, s)
	stuck := openSSE(t, base, "", "")
	stuck.event()
	big := changed("c1", 1)
	big.Conference.Contact = strings.Repeat("x", 1<<20)
	for range 64 { // more than the sockets' buffers hold
		s.Publish(big)
	}
	for {
		if _, err := stuck.next(); err != nil {
			return // the server ended it
		}
	}
}

// The server's time-outs are for requests that end; a stream outlives them.
func TestSSEOutlivesTheServersTimeouts(t *testing.T) {
	s := newTestServer(t, populated())
	srv := httptest.NewUnstartedServer(s.Handler())
	srv.Config.ReadTimeout, srv.Config.WriteTimeout = 50*time.Millisecond, 50*time.Millisecond
	srv.Start()
	defer srv.Close()
	defer s.Close()
	stream := openSSE(t, srv.URL, "", "")
	stream.event()
	time.Sleep(150 * time.Millisecond) // real time: the deadlines are the kernel's
	s.Publish(changed("c1", 1))
	if got := stream.event(); got["id"] != "e.1" {
		t.Errorf("after the time-outs %v", got)
	}
}

func TestHeadOfTheEventsEnds(t *testing.T) {
	s := newTestServer(t, populated())
	rec := call(s, viewerKey, "HEAD", "/api/v1/events", "")
	if rec.Code != 200 || rec.Body.Len() != 0 {
		t.Errorf("status %d, %d bytes", rec.Code, rec.Body.Len())
	}
}

// The stream's own format, byte by byte.
func TestSSEFormat(t *testing.T) {
	rec := httptest.NewRecorder()
	out := sseSink{rec, http.NewResponseController(rec)}
	if err := errors.Join(out.event("e.7", "agent", []byte(`{"type":"agent"}`)), out.heartbeat("e.9")); err != nil {
		t.Fatal(err)
	}
	want := "id: e.7\nevent: agent\ndata: {\"id\":\"e.7\",\"type\":\"agent\"}\n\n: heartbeat\nid: e.9\n\n"
	if rec.Body.String() != want || !rec.Flushed {
		t.Errorf("got %q, flushed %v", rec.Body, rec.Flushed)
	}
}

func dialWS(t *testing.T, base, query string, header http.Header) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Authorization", "Bearer "+viewerKey)
	c, resp, err := websocket.Dial(t.Context(), base+"/api/v1/events/ws"+query, &websocket.DialOptions{HTTPHeader: header})
	if err == nil {
		t.Cleanup(func() { c.CloseNow() })
	}
	return c, resp, err
}

func readWS(t *testing.T, c *websocket.Conn) map[string]any {
	t.Helper()
	_, data, err := c.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var v map[string]any
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatalf("%v: %s", err, data)
	}
	return v
}

func TestWebSocket(t *testing.T) {
	s := newTestServer(t, populated())
	base, _ := serveLoopback(t, s)
	s.Publish(changed("c1", 1))
	first, _, err := dialWS(t, base, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := readWS(t, first); got["type"] != "reset" || got["id"] != "e.1" {
		t.Errorf("first %v", got)
	}
	s.Publish(conference.Change{Kind: "agent", Event: "presence", Agent: &conference.AgentInfo{ID: "alice"}})
	if got := readWS(t, first); got["type"] != "agent" || got["id"] != "e.2" || got["agent"] != "alice" {
		t.Errorf("second %v", got)
	}
	first.Close(websocket.StatusNormalClosure, "")
	s.Publish(changed("c1", 2))
	again, _, err := dialWS(t, base, "?last_event_id=e.2", nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := readWS(t, again); got["id"] != "e.3" || got["version"] != 2.0 {
		t.Errorf("resumed with %v", got)
	}
	closed := make(chan struct{})
	go func() { s.Close(); close(closed) }()
	if _, _, err := again.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("closed with %v", err)
	}
	<-closed
}

// Whoever loses the key loses the streams, whether or not anything happens.
func TestRevokedKeyEndsStreams(t *testing.T) {
	s := newTestServer(t, populated())
	base, _ := serveLoopback(t, s)
	stream := openSSE(t, base, "", "")
	stream.event()
	ws, _, err := dialWS(t, base, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	readWS(t, ws)
	s.SetKeys(testKeys()) // a reload that changes nothing
	s.Publish(changed("c1", 1))
	if got := stream.event(); got["id"] != "e.1" {
		t.Errorf("after a reload %v", got)
	}
	readWS(t, ws)
	s.SetKeys(testKeys()[1:])
	if _, err := stream.next(); !errors.Is(err, io.EOF) {
		t.Errorf("SSE ended with %v", err)
	}
	if _, _, err := ws.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("WebSocket ended with %v", err)
	}
}

func TestWebSocketHandshakeRefusals(t *testing.T) {
	s := newTestServer(t, populated())
	base, _ := serveLoopback(t, s)
	if rec := call(s, viewerKey, "GET", "/api/v1/events/ws", ""); rec.Code != 426 || problem(t, rec).Code != "upgrade_required" {
		t.Errorf("no WebSocket: %d %s", rec.Code, rec.Body)
	}
	_, resp, err := dialWS(t, base, "", http.Header{"Origin": {"https://evil.example"}})
	if err == nil || resp.StatusCode != 403 || resp.Header.Get("Content-Type") != problemType {
		t.Errorf("another origin: %v, %v", err, resp)
	}
}

func TestWSHeartbeat(t *testing.T) {
	accepted := make(chan error, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			accepted <- err
			return
		}
		defer c.CloseNow()
		accepted <- wsSink{r.Context(), c}.heartbeat("e.9")
	}))
	defer srv.Close()
	c, _, err := websocket.Dial(t.Context(), srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.CloseNow()
	if got := readWS(t, c); got["id"] != "e.9" || got["type"] != "heartbeat" {
		t.Errorf("heartbeat %v", got)
	}
	if err := <-accepted; err != nil {
		t.Error(err)
	}
}
