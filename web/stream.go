package web

import (
	"context"
	"encoding/json"
	"time"

	"warmline/conference"
)

const (
	heartbeatEvery  = 15 * time.Second
	streamBatch     = 64              // events taken from the hub at one time
	streamWriteTime = 5 * time.Second // a client that takes nothing for so long is gone
)

// sink is the client's end of an event stream. Its methods return an error
// when the client is gone.
type sink interface {
	// event sends an event; body is its JSON without the id.
	event(id, kind string, body []byte) error
	// heartbeat shows that the stream lives, and that id is seen.
	heartbeat(id string) error
	// flush sends on what the above have buffered.
	flush() error
}

// follower is who follows the events.
type follower struct {
	lastID string      // id of the last event seen; "" starts with a snapshot
	only   string      // id of the one conference wanted; "" for everything
	valid  func() bool // whether its key is still in force; nil: it is
}

// wants reports whether the follower is shown the event.
func (f follower) wants(e event) bool {
	return f.only == "" || f.only == e.conference
}

// stream sends events to the client until it goes away (the context's or the
// sink's error), falls behind (errSlow), loses its key (errKey) or the server
// stops (errClosed). There
// is no gap: either the stream goes on after the last event the client saw, or
// it begins with a reset event that holds the whole state.
func (s *Server) stream(ctx context.Context, f follower, out sink) error {
	seq, why := s.hub.resume(f.lastID)
	if why != "" {
		var err error
		if seq, err = s.reset(f, why, out); err != nil {
			return err
		}
	}
	if err := out.flush(); err != nil { // the client sees that the stream is open
		return err
	}
	beat := time.NewTicker(heartbeatEvery)
	defer beat.Stop()
	buf := make([]event, 0, streamBatch)
	for ctx.Err() == nil {
		if f.valid != nil && !f.valid() {
			return errKey
		}
		got, changed, end := s.hub.after(seq, buf)
		if len(got) > 0 {
			seq = got[len(got)-1].seq
			if err := s.send(f, got, out); err != nil {
				return err
			}
			clear(got) // the bodies may be forgotten while we wait
		}
		if end != nil {
			return end
		}
		if len(got) > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		case <-changed:
		case <-beat.C:
			if err := out.heartbeat(s.hub.id(seq)); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// send sends those events that the follower wants.
func (s *Server) send(f follower, events []event, out sink) error {
	sent := false
	for _, e := range events {
		if !f.wants(e) {
			continue
		}
		if err := out.event(s.hub.id(e.seq), e.kind, e.body()); err != nil {
			return err
		}
		sent = true
	}
	if !sent {
		return nil
	}
	return out.flush()
}

// resetHead is what a reset event carries in front of its state.
type resetHead struct {
	Time   time.Time  `json:"time"`
	Type   string     `json:"type"`
	Event  string     `json:"event"`
	Reason string     `json:"reason"`
	State  resetState `json:"state"`
}

// resetState is the whole state. The conferences are exactly those of the
// reset's id. Agents and queues are read after it, so that a change which is
// already in them may follow as an event once more.
type resetState struct {
	Conferences []json.RawMessage      `json:"conferences"`
	Agents      []conference.AgentInfo `json:"agents"`
	Queues      []conference.QueueInfo `json:"queues"`
}

// reset sends the whole state, and returns the sequence number it stands at.
func (s *Server) reset(f follower, why string, out sink) (uint64, error) {
	seq, conferences := s.hub.snapshot(f.only)
	state := resetState{conferences, []conference.AgentInfo{}, []conference.QueueInfo{}}
	if f.only == "" {
		state.Agents = each(s.manager.Agents(), tidyAgent)
		state.Queues = append(state.Queues, s.manager.Queues()...)
	}
	body, err := json.Marshal(resetHead{s.hub.now(), "reset", "reset", why, state})
	if err != nil {
		return 0, err
	}
	return seq, out.event(s.hub.id(seq), "reset", body)
}
