package web

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"warmline/metrics"
)

func logged(buf *bytes.Buffer) func(*Config) {
	return func(c *Config) {
		c.Logger = slog.New(slog.NewTextHandler(buf, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
}

func TestPanicIsAnswered(t *testing.T) {
	var log bytes.Buffer
	m := populated()
	m.panics = true
	rec := call(newTestServer(t, m, logged(&log)), operatorKey, "POST", "/api/v1/conferences/c1/swap", "")
	if rec.Code != 500 || problem(t, rec).Code != "internal" {
		t.Errorf("status %d: %s", rec.Code, rec.Body)
	}
	if strings.Contains(rec.Body.String(), "told to") || !strings.Contains(log.String(), "told to") {
		t.Errorf("the panic belongs into the log only; log: %s", &log)
	}
}

// A panic after the answer has begun must not look like a whole answer.
func TestLatePanicCutsTheAnswerOff(t *testing.T) {
	s := newTestServer(t, populated())
	h := s.outermost(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"items":[`))
		panic("late")
	}))
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("the connection was not cut off")
		}
	}()
	h.ServeHTTP(&discarded{header: http.Header{}}, newRequest("GET", "/", ""))
}

func TestLogsHoldNoSecrets(t *testing.T) {
	var log bytes.Buffer
	s := newTestServer(t, populated(), logged(&log))
	call(s, operatorKey, "POST", "/api/v1/conferences/c1/swap?token=query-secret", `{"by":"alice"}`)
	call(s, "mistyped-secret", "GET", "/api/v1/conferences", "")
	call(s, operatorKey, "GET", "/"+strings.Repeat("y", 5000), "")
	for _, secret := range []string{operatorKey, "mistyped-secret", "query-secret", strings.Repeat("y", 300)} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%.30s is in the log:\n%.2000s", secret, &log)
		}
	}
	for _, want := range []string{"key=o", "path=/api/v1/conferences/c1/swap", "status=401", "status=404"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("%s is not in the log:\n%.2000s", want, &log)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	s := newTestServer(t, populated())
	for given, keep := range map[string]bool{
		"abc-1.2_3": true, "": false, "a b": false, "x\"y": false, strings.Repeat("a", 65): false, "é": false,
	} {
		r := newRequest("GET", "/api/v1/queues", "")
		r.Header.Set("X-Request-Id", given)
		got := serveOne(s, r).Header().Get("X-Request-Id")
		if (got == given) != keep || got == "" {
			t.Errorf("given %q, got %q", given, got)
		}
	}
	if one, two := requestID(""), requestID(""); one == two {
		t.Error("two requests with one id")
	}
}

// TestEmptyPartOfAPath is what a client sends whose variable is empty: it is
// told, not led elsewhere.
func TestEmptyPartOfAPath(t *testing.T) {
	s := newTestServer(t, populated())
	for _, path := range []string{"/api/v1/conferences//leave", "/api/v1//agents", "/api/v1/conferences/../agents"} {
		for _, method := range []string{"GET", "POST"} {
			rec := call(s, operatorKey, method, path, "")
			if p := problem(t, rec); rec.Code != 404 || p.Code != "not_found" {
				t.Errorf("%s %s: %d %s", method, path, rec.Code, rec.Body)
			}
		}
	}
}

func TestHealthAndReadiness(t *testing.T) {
	m := populated()
	var notReady error
	s := newTestServer(t, m, func(c *Config) { c.Ready = func() error { return notReady } })
	check := func(path string, status int, code string) {
		t.Helper()
		rec := call(s, "", "GET", path, "")
		if rec.Code != status {
			t.Fatalf("%s: status %d: %s", path, rec.Code, rec.Body)
		}
		if status != 200 {
			if p := problem(t, rec); p.Code != code {
				t.Errorf("%s: code %q", path, p.Code)
			}
		} else if !strings.Contains(rec.Body.String(), "v1.2.3") {
			t.Errorf("%s: %s", path, rec.Body)
		}
	}
	check("/healthz", 200, "")
	check("/readyz", 200, "")
	notReady = errors.New("the listeners are not up")
	check("/healthz", 200, "")
	check("/readyz", 503, "not_ready")
	notReady, m.draining = nil, true
	check("/readyz", 503, "draining")
	notReady = errors.New("shutting down") // also where who is asked says so
	check("/readyz", 503, "draining")
	check("/healthz", 200, "")
}

func TestMetricsNeedNoKeyAndCount(t *testing.T) {
	counts := metrics.New(nil, nil, "", "")
	s := newTestServer(t, populated(), func(c *Config) { c.Metrics, c.Counts = counts.Handler(), counts })
	call(s, operatorKey, "POST", "/api/v1/conferences/c1/swap", "")
	call(s, "", "GET", "/api/v1/agents", "")
	rec := call(s, "", "GET", "/metrics", "")
	for _, want := range []string{
		`warmline_http_requests_total{code="200",method="POST"} 1`,
		`warmline_http_requests_total{code="401",method="GET"} 1`,
	} {
		if !strings.Contains(rec.Body.String(), want) {
			t.Errorf("/metrics (status %d) lacks %s", rec.Code, want)
		}
	}
	if rec := call(newTestServer(t, populated()), "", "GET", "/metrics", ""); rec.Code != 404 {
		t.Errorf("/metrics of a server without: status %d", rec.Code)
	}
}

func TestSetKeys(t *testing.T) {
	var log bytes.Buffer
	s := newTestServer(t, populated(), logged(&log))
	s.SetKeys([]APIKey{
		hashed("new", "brand-new", Viewer),
		{Name: "short", SHA256: "abcd", Role: Operator},
		{Name: "nohex", SHA256: strings.Repeat("zz", 32), Role: Operator},
		{Name: "norole", SHA256: hashed("", "roleless", "").SHA256, Role: "king"},
	})
	for key, want := range map[string]int{"brand-new": 200, viewerKey: 401, "roleless": 401} {
		if rec := call(s, key, "GET", "/api/v1/agents", ""); rec.Code != want {
			t.Errorf("key %s: status %d, want %d", key, rec.Code, want)
		}
	}
	for _, name := range []string{"short", "nohex", "norole"} {
		if !strings.Contains(log.String(), "key="+name) {
			t.Errorf("key %s was left out in silence", name)
		}
	}
	s.SetKeys(nil)
	if rec := call(s, "brand-new", "GET", "/api/v1/agents", ""); rec.Code != 401 {
		t.Errorf("no keys: status %d", rec.Code)
	}
}

func TestBearer(t *testing.T) {
	for header, want := range map[string]string{
		"Bearer abc": "abc", "bearer abc": "abc", "Bearer  abc ": "abc",
		"": "", "Bearer": "", "Bearer ": "", "Basic abc": "", "abc": "",
	} {
		got, ok := bearer(header)
		if ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %v", header, got, ok)
		}
	}
}

func TestHTTPServerHasTimeouts(t *testing.T) {
	srv := newTestServer(t, populated()).HTTPServer("127.0.0.1:0")
	for name, d := range map[string]time.Duration{
		"ReadHeaderTimeout": srv.ReadHeaderTimeout, "ReadTimeout": srv.ReadTimeout,
		"WriteTimeout": srv.WriteTimeout, "IdleTimeout": srv.IdleTimeout,
	} {
		if d <= 0 {
			t.Errorf("%s is not set", name)
		}
	}
	if srv.WriteTimeout <= commandTimeout {
		t.Error("a command may take longer than its answer may")
	}
}
