package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// wsSink sends each event as one text message.
type wsSink struct {
	ctx  context.Context // of the connection
	conn *websocket.Conn
}

// serveWS answers a request for the events over WebSocket (RFC 6455). The
// library refuses requests of pages of other origins; what the client sends
// ends the connection, for there is nothing to say.
func (s *Server) serveWS(w http.ResponseWriter, r *http.Request, f follower) {
	conn, err := websocket.Accept(&handshake{ResponseWriter: w, r: r}, r, nil)
	if err != nil {
		return // answered
	}
	defer conn.CloseNow()
	// The request's own context says nothing about a connection taken over.
	ctx := conn.CloseRead(context.WithoutCancel(r.Context()))
	err = s.follow(r.WithContext(ctx), f, wsSink{ctx, conn})
	switch {
	case errors.Is(err, errClosed):
		conn.Close(websocket.StatusGoingAway, errClosed.Error())
	case errors.Is(err, errKey):
		conn.Close(websocket.StatusPolicyViolation, errKey.Error())
	case errors.Is(err, errSlow):
		conn.Close(websocket.StatusTryAgainLater, errSlow.Error())
	}
}

// handshake turns the library's plain-text refusals of a handshake into
// problem documents. Hijacking reaches the writer below by Unwrap.
type handshake struct {
	http.ResponseWriter
	r       *http.Request
	refused int
}

func (h *handshake) WriteHeader(status int) {
	if status >= 400 {
		h.refused = status // the reason comes with Write
		return
	}
	h.ResponseWriter.WriteHeader(status)
}

func (h *handshake) Write(b []byte) (int, error) {
	if h.refused == 0 {
		return h.ResponseWriter.Write(b)
	}
	writeProblem(h.ResponseWriter, h.r, newProblem(h.refused, strings.TrimSpace(string(b))))
	return len(b), nil
}

func (h *handshake) Unwrap() http.ResponseWriter { return h.ResponseWriter }

func (o wsSink) send(parts ...[]byte) error {
	ctx, cancel := context.WithTimeout(o.ctx, streamWriteTime)
	defer cancel()
	w, err := o.conn.Writer(ctx, websocket.MessageText)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return err
		}
	}
	return w.Close()
}

func (o wsSink) event(id, _ string, body []byte) error {
	return o.send([]byte(`{"id":"`+id+`",`), body[1:])
}

func (o wsSink) heartbeat(id string) error {
	return o.send([]byte(`{"id":"` + id + `","type":"heartbeat"}`))
}

func (o wsSink) flush() error { return nil }
