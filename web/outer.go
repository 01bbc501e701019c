package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"time"
)

// request is what the layers around an operation share about it.
type request struct {
	id  string            // X-Request-Id
	key string            // name of the API key
	sum [sha256.Size]byte // its hash
}

type requestKey struct{}

// requestOf returns the request's record; outside of a request, an empty one.
func requestOf(ctx context.Context) *request {
	if r, ok := ctx.Value(requestKey{}).(*request); ok {
		return r
	}
	return &request{}
}

// recorder remembers the status for the log. Flushing, hijacking and deadlines
// reach the writer below by Unwrap.
type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	// 1xx responses come before the real one; 101 is the real one.
	if r.status == 0 && (status >= 200 || status == http.StatusSwitchingProtocols) {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// outermost gives each request an id, turns a panic into a 500, and logs and
// counts the answer.
func (s *Server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		req := &request{id: requestID(r.Header.Get("X-Request-Id"))}
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, req))
		rec := &recorder{ResponseWriter: w}
		rec.Header().Set("X-Request-Id", req.id)
		rec.Header().Set("X-Content-Type-Options", "nosniff")
		rec.Header().Set("Cache-Control", "no-store")
		defer func() {
			cause := recover()
			if cause != nil {
				s.recovered(rec, r, cause)
			}
			if rec.status == 0 {
				rec.status = http.StatusOK // what net/http sends for a handler that wrote nothing
			}
			s.counts.HTTPRequest(r.Method, rec.status)
			s.access(r, req, rec.status, time.Since(start))
			if cause != nil && rec.status != http.StatusInternalServerError {
				panic(http.ErrAbortHandler) // the answer had begun: cut it off
			}
		}()
		next.ServeHTTP(rec, r)
	})
}

// recovered logs a panic and answers 500 if nothing was answered yet. A client
// that went away makes writes fail, which the API library panics about; that
// is no fault of ours.
func (s *Server) recovered(rec *recorder, r *http.Request, cause any) {
	if r.Context().Err() == nil && cause != http.ErrAbortHandler {
		s.log.Error("panic in a request", "request", requestOf(r.Context()).id,
			"panic", cause, "stack", string(debug.Stack()))
	}
	if rec.status == 0 {
		writeProblem(rec, r, newProblem(http.StatusInternalServerError, "the server failed; its log says why"))
	}
}

// access logs an answered request: its path but neither query nor headers,
// which may carry secrets.
func (s *Server) access(r *http.Request, req *request, status int, took time.Duration) {
	level := slog.LevelDebug
	if r.Method != http.MethodGet && r.Method != http.MethodHead || status >= 400 {
		level = slog.LevelInfo
	}
	if !s.log.Enabled(r.Context(), level) {
		return
	}
	s.log.LogAttrs(r.Context(), level, "http",
		slog.String("request", req.id), slog.String("method", clip(r.Method, 16)), slog.String("path", clip(r.URL.Path, 200)),
		slog.Int("status", status), slog.Duration("took", took),
		slog.String("key", req.key), slog.String("remote", r.RemoteAddr))
}

// clip bounds what a client can put into a log line.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

// requestID takes over the client's id if it is harmless, and makes one up
// otherwise.
func requestID(given string) string {
	ok := len(given) >= 1 && len(given) <= 64
	for i := 0; ok && i < len(given); i++ {
		c := given[i]
		ok = c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '-' || c == '_' || c == '.'
	}
	if ok {
		return given
	}
	var b [8]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// problemRouter serves a mux with its own answers (no such path, method not
// allowed) turned into problem documents. The mux would lead a client whose
// path has an empty part to another path; here there is nothing at such a path:
// the client's variable was empty, and it must learn so.
func problemRouter(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path {
			writeProblem(w, r, newProblem(http.StatusNotFound, "there is nothing at this path; is a part of it empty?"))
			return
		}
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := &discarded{header: http.Header{}, status: http.StatusOK}
		h.ServeHTTP(probe, r)
		detail := "there is nothing at this path"
		if probe.status == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", probe.header.Get("Allow"))
			detail = "this path takes " + probe.header.Get("Allow")
		}
		writeProblem(w, r, newProblem(probe.status, detail))
	})
}

// discarded is a response of which only the status and the header matter.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) WriteHeader(status int)      { d.status = status }
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }
