package web

import (
	"context"
	"errors"
	"net/http"

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
	if p := checkUpgrade(r); p != nil {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		writeProblem(w, r, p)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
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
	case errors.Is(err, errSlow):
		conn.Close(websocket.StatusTryAgainLater, errSlow.Error())
	}
}

// checkUpgrade refuses what is no WebSocket request with a problem document;
// the library would answer in plain text.
func checkUpgrade(r *http.Request) *Problem {
	if r.Header.Get("Upgrade") == "" {
		return newProblem(http.StatusUpgradeRequired, "this path speaks WebSocket (RFC 6455); GET /api/v1/events has the same events over HTTP")
	}
	return nil
}

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
