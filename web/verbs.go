package web

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"warmline/conference"
	"warmline/transfer"
)

// Actor is the body of a verb that needs nothing more.
type Actor struct {
	By        string `json:"by,omitempty" maxLength:"128" example:"alice" doc:"id of the agent who acts and whose rights decide; absent: a supervisor acts"`
	IfVersion uint64 `json:"if_version,omitempty" doc:"refuse (stale) unless this is the conference's version"`
}

// Leave is the body of leave.
type Leave struct {
	Actor
	AllowRinging bool `json:"allow_ringing,omitempty" doc:"leave even while a consult rings"`
}

// Reach is the body of add and transfer.
type Reach struct {
	Actor
	Target string `json:"target" minLength:"1" maxLength:"256" example:"agent:bob" doc:"agent:ID, queue:ID, tel:+NUMBER or dialled digits"`
}

// Consult is the body of consult.
type Consult struct {
	Reach
	HoldCustomer *bool `json:"hold_customer,omitempty" doc:"hold the customer meanwhile; true if absent"`
}

// verbErrors are the errors every verb can have.
var verbErrors = []int{http.StatusNotFound, http.StatusConflict, http.StatusServiceUnavailable, http.StatusGatewayTimeout}

type (
	actInput struct {
		ConferencePath
		Body *Actor // optional: a supervisor needs to say nothing
	}
	leaveInput struct {
		ConferencePath
		Body *Leave
	}
	reachInput struct {
		ConferencePath
		Body Reach
	}
	consultInput struct {
		ConferencePath
		Body Consult
	}
)

// actor is the body of a verb, or an empty one where none was sent.
func actor(body *Actor) Actor {
	if body == nil {
		return Actor{}
	}
	return *body
}

func (s *Server) routeVerbs(api huma.API) {
	register(api, verbOperation("consult", "Consult a colleague, a queue or a number",
		"The customer is held with music, the target is rung.", Consult{Reach: Reach{Actor{By: "alice"}, "agent:bob"}}), s.consult)
	register(api, verbOperation("add", "Add somebody without holding anyone",
		"The target joins live on its answer.", Reach{Actor{By: "alice"}, "agent:bob"}), s.reach(transfer.DoAdd))
	register(api, verbOperation("transfer", "Transfer cold",
		"The target is rung and the actor leaves at once.", Reach{Actor{By: "alice"}, "queue:support"}), s.reach(transfer.DoTransfer))
	register(api, verbOperation("cancel", "Cancel the consult",
		"Back to the customer.", Actor{By: "alice"}), s.act(transfer.DoCancel))
	register(api, verbOperation("swap", "Swap the held and the live party",
		"In one step: at no instant are both live.", Actor{By: "alice"}), s.act(transfer.DoSwap))
	register(api, verbOperation("merge", "Merge: everybody live",
		"Every hold of the server is cleared.", Actor{By: "alice"}), s.act(transfer.DoMerge))
	register(api, verbOperation("leave", "Leave",
		"The actor's leg ends: the transfer is complete. With only the customer there, the call ends.", Leave{Actor: Actor{By: "alice"}}), s.leave)
}

func verbOperation(verb, summary, about string, request any) operation {
	return operation{
		method: http.MethodPost, path: "/conferences/{id}/" + verb, id: verb, tag: "verbs", role: Supervisor,
		summary: summary, about: about, errors: verbErrors, request: request, response: exampleConference,
	}
}

func (s *Server) consult(ctx context.Context, in *consultInput) (*conferenceAnswer, error) {
	return s.do(ctx, conference.Command{
		Conference: in.ID, Verb: transfer.DoConsult, By: in.Body.By, IfVersion: in.Body.IfVersion,
		Target: in.Body.Target, KeepCustomer: in.Body.HoldCustomer != nil && !*in.Body.HoldCustomer,
	})
}

func (s *Server) reach(verb transfer.Verb) func(context.Context, *reachInput) (*conferenceAnswer, error) {
	return func(ctx context.Context, in *reachInput) (*conferenceAnswer, error) {
		return s.do(ctx, conference.Command{
			Conference: in.ID, Verb: verb, By: in.Body.By, IfVersion: in.Body.IfVersion, Target: in.Body.Target,
		})
	}
}

func (s *Server) act(verb transfer.Verb) func(context.Context, *actInput) (*conferenceAnswer, error) {
	return func(ctx context.Context, in *actInput) (*conferenceAnswer, error) {
		body := actor(in.Body)
		return s.do(ctx, conference.Command{Conference: in.ID, Verb: verb, By: body.By, IfVersion: body.IfVersion})
	}
}

func (s *Server) leave(ctx context.Context, in *leaveInput) (*conferenceAnswer, error) {
	var body Leave
	if in.Body != nil {
		body = *in.Body
	}
	return s.do(ctx, conference.Command{
		Conference: in.ID, Verb: transfer.DoLeave, By: body.By, IfVersion: body.IfVersion, AllowRinging: body.AllowRinging,
	})
}

// participantInput is a verb about one participant.
type participantInput struct {
	ConferencePath
	Participant string `path:"pid" maxLength:"128" doc:"id of the participant"`
	Body        *Actor
}

func (s *Server) routeParticipants(api huma.API) {
	for _, v := range []struct {
		name, summary, about string
		verb                 transfer.Verb
	}{
		{"hold", "Hold a participant", "It hears its hold treatment and nobody hears it.", transfer.DoHold},
		{"unhold", "Unhold a participant", "A held agent may always unhold itself.", transfer.DoUnhold},
		{"mute", "Mute a participant", "It is heard by nobody and still hears.", transfer.DoMute},
		{"unmute", "Unmute a participant", "It is heard again.", transfer.DoUnmute},
		{"remove", "Remove a participant", "Its leg ends; the call goes on.", transfer.DoRemove},
	} {
		register(api, operation{
			method: http.MethodPost, path: "/conferences/{id}/participants/{pid}/" + v.name, id: v.name + "-participant",
			tag: "participants", role: Supervisor, summary: v.summary, about: v.about,
			errors: verbErrors, request: Actor{By: "alice"}, response: exampleConference,
		}, func(ctx context.Context, in *participantInput) (*conferenceAnswer, error) {
			body := actor(in.Body)
			return s.do(ctx, conference.Command{
				Conference: in.ID, Verb: v.verb, By: body.By, IfVersion: body.IfVersion, Participant: in.Participant,
			})
		})
	}
}
