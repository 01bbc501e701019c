package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmline/conference"
	"warmline/directory"
)

// PresenceChange is the body of a change of presence.
type PresenceChange struct {
	Presence string `json:"presence" enum:"available,away" doc:"whether queues may offer calls"`
	Reason   string `json:"reason,omitempty" maxLength:"200" example:"lunch" doc:"why, for colleagues"`
}

type (
	agentsAnswer struct{ Body Page[conference.AgentInfo] }
	queuesAnswer struct{ Body Page[conference.QueueInfo] }
	agentAnswer  struct{ Body conference.AgentInfo }

	presenceInput struct {
		ID   string `path:"id" maxLength:"128" doc:"id of the agent"`
		Body PresenceChange
	}
)

func (s *Server) routeDirectory(api huma.API) {
	register(api, operation{
		method: http.MethodGet, path: "/agents", id: "list-agents", tag: "directory", role: Viewer,
		summary: "List the agents with their presence, by id", response: Page[conference.AgentInfo]{Items: []conference.AgentInfo{exampleAgent}},
	}, s.listAgents)
	register(api, operation{
		method: http.MethodGet, path: "/queues", id: "list-queues", tag: "directory", role: Viewer,
		summary: "List the queues with their live figures, by id", response: Page[conference.QueueInfo]{Items: []conference.QueueInfo{exampleQueue}},
	}, s.listQueues)
	register(api, operation{
		method: http.MethodPut, path: "/agents/{id}/presence", id: "set-presence", tag: "directory", role: Supervisor,
		summary: "Make an agent available or away", about: "The presence shown also follows registration and calls.",
		errors:  []int{http.StatusNotFound, http.StatusServiceUnavailable},
		request: PresenceChange{Presence: "away", Reason: "lunch"}, response: exampleAgent,
	}, s.setPresence)
}

func (s *Server) listAgents(_ context.Context, in *Paging) (*agentsAnswer, error) {
	id := func(a conference.AgentInfo) string { return a.ID }
	list := each(s.manager.Agents(), tidyAgent)
	slices.SortFunc(list, func(a, b conference.AgentInfo) int { return cmp.Compare(a.ID, b.ID) })
	page, err := pageOf(list, id, *in)
	return &agentsAnswer{page}, err
}

func (s *Server) listQueues(_ context.Context, in *Paging) (*queuesAnswer, error) {
	id := func(q conference.QueueInfo) string { return q.ID }
	list := slices.Clone(s.manager.Queues())
	slices.SortFunc(list, func(a, b conference.QueueInfo) int { return cmp.Compare(a.ID, b.ID) })
	page, err := pageOf(list, id, *in)
	return &queuesAnswer{page}, err
}

func (s *Server) setPresence(ctx context.Context, in *presenceInput) (*agentAnswer, error) {
	a, err := s.manager.SetPresence(in.ID, in.Body.Presence == string(directory.Away), in.Body.Reason)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &agentAnswer{tidyAgent(a)}, nil
}

// The examples of the API's description.
var (
	exampleAgent = conference.AgentInfo{
		ID: "alice", Name: "Alice Adams", Extension: "1001", Queues: []string{"support"},
		Presence: directory.Available, Since: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), Contacts: 1,
	}
	exampleQueue = conference.QueueInfo{
		ID: "support", Name: "Support", Extension: "600",
		LoggedIn: 3, Free: 1, Waiting: 2, LongestWait: 41.5, ExpectedWait: 60,
	}
)
