package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmline/conference"
	"warmline/transfer"
)

// Originate is the body of a click-to-dial.
type Originate struct {
	Agent  string `json:"agent" minLength:"1" maxLength:"128" example:"alice" doc:"id of the agent whose phone rings first"`
	Target string `json:"target" minLength:"1" maxLength:"256" example:"tel:+15550100" doc:"agent:ID, queue:ID, tel:+NUMBER or dialled digits"`
}

// ConferencePath names the conference of a request. It is exported because the
// API library fills in no embedded struct that is not.
type ConferencePath struct {
	ID string `path:"id" maxLength:"128" doc:"id of the conference"`
}

// conferenceAnswer is the answer to every write.
type conferenceAnswer struct{ Body conference.Snapshot }

func (s *Server) routeConferences(api huma.API) {
	register(api, operation{
		method: http.MethodGet, path: "/conferences", id: "list-conferences", tag: "conferences", role: Viewer,
		summary: "List the live conferences, oldest first", response: Page[conference.Snapshot]{Items: []conference.Snapshot{exampleConference}},
	}, s.listConferences)
	register(api, operation{
		method: http.MethodGet, path: "/conferences/{id}", id: "get-conference", tag: "conferences", role: Viewer,
		summary: "Show a conference", about: "Ended conferences are shown for a minute, with the quality of each leg's audio as it was at its end.",
		errors: []int{http.StatusNotFound}, response: exampleConference,
	}, s.getConference)
	register(api, operation{
		method: http.MethodPost, path: "/conferences", id: "create-conference", tag: "conferences", role: Supervisor,
		summary: "Click to dial", about: "Rings the agent's phone, and the target once the agent has answered.",
		status: http.StatusCreated, errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable, http.StatusGatewayTimeout},
		request: Originate{Agent: "alice", Target: "tel:+15550100"}, response: exampleConference,
	}, s.createConference)
	register(api, operation{
		method: http.MethodDelete, path: "/conferences/{id}", id: "end-conference", tag: "conferences", role: Operator,
		summary: "End a conference", about: "Hangs up on everybody in it.",
		errors: verbErrors, response: exampleConference,
	}, s.endConference)
}

type conferencesAnswer struct{ Body Page[conference.Snapshot] }

func (s *Server) listConferences(_ context.Context, in *Paging) (*conferencesAnswer, error) {
	list := each(s.manager.List(), tidy)
	slices.SortFunc(list, func(a, b conference.Snapshot) int {
		return cmp.Compare(age(a), age(b))
	})
	page, err := pageOf(list, age, *in)
	return &conferencesAnswer{page}, err
}

// age is a conference's position in the list: older ones first. The width of
// the number makes the order of strings that of times.
func age(c conference.Snapshot) string {
	return strconv.FormatInt(max(c.Created.UnixNano(), 0)+1e18, 10) + " " + c.ID
}

func (s *Server) getConference(_ context.Context, in *ConferencePath) (*conferenceAnswer, error) {
	c, ok := s.manager.Get(in.ID)
	if !ok {
		return nil, newProblem(http.StatusNotFound, "there is no such conference")
	}
	return &conferenceAnswer{tidy(c)}, nil
}

type originateInput struct{ Body Originate }

type createdAnswer struct {
	Location string `header:"Location" doc:"path of the new conference"`
	Body     conference.Snapshot
}

func (s *Server) createConference(ctx context.Context, in *originateInput) (*createdAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	c, err := s.manager.Originate(ctx, in.Body.Agent, in.Body.Target)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &createdAnswer{prefix + "/conferences/" + c.ID, tidy(c)}, nil
}

type endInput struct {
	ConferencePath
	IfVersion uint64 `query:"if_version" doc:"refuse (stale) unless this is the conference's version"`
}

func (s *Server) endConference(ctx context.Context, in *endInput) (*conferenceAnswer, error) {
	return s.do(ctx, conference.Command{Conference: in.ID, Verb: transfer.DoEnd, IfVersion: in.IfVersion})
}

// do has the conference decide a command that came over HTTP.
func (s *Server) do(ctx context.Context, cmd conference.Command) (*conferenceAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd.Surface = "http"
	c, err := s.manager.Do(ctx, cmd)
	if err != nil {
		return nil, s.refusal(ctx, err)
	}
	return &conferenceAnswer{tidy(c)}, nil
}

// exampleConference is shown in the API's description: a customer on hold
// while its agent consults a colleague.
var exampleConference = func() conference.Snapshot {
	at := func(seconds int) time.Time { return time.Date(2026, 3, 2, 9, 30, seconds, 0, time.UTC) }
	return conference.Snapshot{
		ID: "c-7f3a", Contact: "k-19b2", Version: 12, Created: at(0), State: "active", Queue: "support",
		Participants: []conference.Participant{
			{Person: conference.Person{ID: "p1", Role: "customer", Number: "+15550123"}, Status: "held", ServerHold: "consult", Since: at(48), Codec: "pcmu",
				Quality: &conference.Quality{
					Codec: "pcmu", Loss: 0.001, JitterMS: 2.5, MOS: 4.3, RoundTripMS: 31.2, Concealed: 0.002, BufferMS: 22.5,
					PacketsIn: 2397, PacketsOut: 2400, Far: &conference.FarQuality{Loss: 0.002, JitterMS: 3.1, MOS: 4.3},
				}},
			{Person: conference.Person{ID: "p2", Role: "agent", Name: "Alice Adams", Agent: "alice"}, Status: "live", Since: at(9), Codec: "pcmu"},
			{Person: conference.Person{ID: "p3", Role: "agent", Name: "Bob Brown", Agent: "bob"}, Status: "ringing", Since: at(48)},
		},
		Segments: []conference.Segment{{Agent: "alice", Joined: at(9), Via: "queue"}},
	}
}()
