package web

import (
	"errors"
	"io"
	"net/http"
	"time"
)

// sseSink writes the event stream format of the HTML standard (§9.2).
type sseSink struct {
	w  http.ResponseWriter
	rc *http.ResponseController
}

// serveSSE answers a request for the event stream.
func (s *Server) serveSSE(w http.ResponseWriter, r *http.Request, f follower) {
	hd := w.Header()
	hd.Set("Content-Type", "text/event-stream")
	hd.Set("X-Accel-Buffering", "no") // proxies that buffer would hold events back
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	out := sseSink{w, http.NewResponseController(w)}
	if err := out.write("retry: 2000\n\n"); err != nil {
		return
	}
	s.follow(r, f, out)
}

// follow runs a stream; it counts and logs how it ended.
func (s *Server) follow(r *http.Request, f follower, out sink) error {
	ended := s.counts.EventStream()
	err := s.stream(r.Context(), f, out)
	slow := errors.Is(err, errSlow)
	ended(slow)
	if slow {
		s.log.Warn("event stream dropped: its client did not keep up",
			"request", requestOf(r.Context()).id, "key", requestOf(r.Context()).key, "remote", r.RemoteAddr)
	}
	return err
}

func (o sseSink) write(parts ...string) error {
	// The server's deadline is for answers that end; here each write has its
	// own. Not every writer has deadlines (those of tests have none).
	o.rc.SetWriteDeadline(time.Now().Add(streamWriteTime))
	for _, p := range parts {
		if _, err := io.WriteString(o.w, p); err != nil {
			return err
		}
	}
	return nil
}

func (o sseSink) event(id, kind string, body []byte) error {
	if err := o.write("id: ", id, "\nevent: ", kind, "\ndata: {\"id\":\"", id, "\","); err != nil {
		return err
	}
	if _, err := o.w.Write(body[1:]); err != nil {
		return err
	}
	return o.write("\n\n")
}

// heartbeat is a comment, and an id without data: browsers remember it and
// fire no event. So a follower of one conference, for which most events are
// none, stays able to resume.
func (o sseSink) heartbeat(id string) error {
	if err := o.write(": heartbeat\nid: ", id, "\n\n"); err != nil {
		return err
	}
	return o.flush()
}

func (o sseSink) flush() error { return o.rc.Flush() }
