package web

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"warmline/conference"
)

// The types below describe the events in the API's description; hub and stream
// write the same by hand, each state once for all clients.
type (
	// ConferenceEvent is a change of a conference.
	ConferenceEvent struct {
		ID         string              `json:"id" doc:"never used twice, not even by another run of the server"`
		Time       time.Time           `json:"time"`
		Type       string              `json:"type" enum:"conference"`
		Event      string              `json:"event" example:"consult_started" doc:"what happened; new words may come"`
		Conference string              `json:"conference" doc:"its id"`
		Version    uint64              `json:"version"`
		State      conference.Snapshot `json:"state" doc:"the conference as it is now"`
	}
	// AgentEvent is a change of an agent.
	AgentEvent struct {
		ID    string               `json:"id"`
		Time  time.Time            `json:"time"`
		Type  string               `json:"type" enum:"agent"`
		Event string               `json:"event" example:"presence"`
		Agent string               `json:"agent" doc:"its id"`
		State conference.AgentInfo `json:"state"`
	}
	// QueueEvent is a change of a queue.
	QueueEvent struct {
		ID    string               `json:"id"`
		Time  time.Time            `json:"time"`
		Type  string               `json:"type" enum:"queue"`
		Event string               `json:"event" example:"changed"`
		Queue string               `json:"queue" doc:"its id"`
		State conference.QueueInfo `json:"state"`
	}
	// ResetEvent holds the whole state: whatever the client knew is replaced
	// by it.
	ResetEvent struct {
		ID     string     `json:"id"`
		Time   time.Time  `json:"time"`
		Type   string     `json:"type" enum:"reset"`
		Event  string     `json:"event" enum:"reset"`
		Reason string     `json:"reason" enum:"start,restart,expired,unknown" doc:"start: no last id was given; restart: it is of another run of the server; expired: events after it are gone; unknown: it was never used"`
		State  WholeState `json:"state"`
	}
	// WholeState is the state of a ResetEvent.
	WholeState struct {
		Conferences []conference.Snapshot  `json:"conferences"`
		Agents      []conference.AgentInfo `json:"agents" doc:"empty for a follower of one conference"`
		Queues      []conference.QueueInfo `json:"queues" doc:"empty for a follower of one conference"`
	}
)

// followInput are the parameters of both event streams.
type followInput struct {
	Header     string `header:"Last-Event-ID" maxLength:"128" doc:"id of the last event seen: the stream goes on after it"`
	Query      string `query:"last_event_id" maxLength:"128" doc:"the same, for clients that cannot set the header"`
	Conference string `query:"conference" maxLength:"128" doc:"only events of this conference"`
}

func (in *followInput) follower() follower {
	f := follower{lastID: in.Header, only: in.Conference}
	if f.lastID == "" {
		f.lastID = in.Query
	}
	return f
}

// serve is how a stream is served once it is authorized.
type serve func(http.ResponseWriter, *http.Request, follower)

func (s *Server) routeEvents(api huma.API) {
	huma.Register(api, huma.Operation{
		Method: http.MethodGet, Path: "/events", OperationID: "events", Tags: []string{"events"},
		Summary: "Follow the events over Server-Sent Events",
		Description: "Without Last-Event-ID the stream begins with a reset event that holds the whole state. With it, the stream goes on after that event; " +
			"if events in between are gone, or the server has been started anew, it begins with a reset event. " +
			"The fields id and event of the stream are the event's id and type, data is the event. Comments come every 15 s. A client that falls too far behind is disconnected.",
		Metadata:  map[string]any{needs: Viewer},
		Errors:    []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusServiceUnavailable},
		Responses: map[string]*huma.Response{"200": s.eventStream(api)},
	}, s.streamed(s.serveSSE))
	huma.Register(api, huma.Operation{
		Method: http.MethodGet, Path: "/events/ws", OperationID: "events-websocket", Tags: []string{"events"},
		Summary: "Follow the events over WebSocket",
		Description: "The same events, one JSON object in a text message each, and {\"type\":\"heartbeat\",\"id\":…} every 15 s. " +
			"The server closes with 1001 when it stops, 1008 when the key is no longer in force and 1013 when the client is too slow.",
		DefaultStatus: http.StatusSwitchingProtocols,
		Metadata:      map[string]any{needs: Viewer},
		Errors:        []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusUpgradeRequired, http.StatusServiceUnavailable},
	}, s.streamed(s.serveWS))
}

// streamed makes an operation of a stream. Close waits for those it let in.
func (s *Server) streamed(serve serve) func(context.Context, *followInput) (*huma.StreamResponse, error) {
	return func(_ context.Context, in *followInput) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			r, w := humago.Unwrap(ctx)
			if !s.hub.enter() {
				p := newProblem(http.StatusServiceUnavailable, errClosed.Error())
				p.Code = "draining"
				writeProblem(w, r, p)
				return
			}
			defer s.hub.leave()
			f, sum := in.follower(), requestOf(r.Context()).sum
			f.valid = func() bool { return s.keys.holds(sum) }
			serve(w, r, f)
		}}, nil
	}
}

// eventStream describes the answer of the event stream.
func (s *Server) eventStream(api huma.API) *huma.Response {
	schemas := api.OpenAPI().Components.Schemas
	var kinds []*huma.Schema
	for _, t := range []reflect.Type{
		reflect.TypeFor[ConferenceEvent](), reflect.TypeFor[AgentEvent](),
		reflect.TypeFor[QueueEvent](), reflect.TypeFor[ResetEvent](),
	} {
		kinds = append(kinds, schemas.Schema(t, true, t.Name()))
	}
	return &huma.Response{
		Description: "The stream; the schema is that of an event's data.",
		Content: map[string]*huma.MediaType{"text/event-stream": {
			Schema: &huma.Schema{OneOf: kinds},
			Example: AgentEvent{
				ID: "lz5k2f8c0d1e2f3a4b.17", Time: time.Date(2026, 3, 2, 9, 30, 48, 0, time.UTC),
				Type: "agent", Event: "presence", Agent: "alice", State: exampleAgent,
			},
		}},
	}
}
