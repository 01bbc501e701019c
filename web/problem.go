package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"warmline/conference"
)

// Problem is the body of every error: an RFC 9457 problem document whose type
// is about:blank, extended by code, the word programs branch on.
type Problem struct {
	Title   string       `json:"title" example:"Conflict" doc:"the status in words"`
	Status  int          `json:"status" example:"409" doc:"the HTTP status"`
	Code    string       `json:"code" example:"actor_held" doc:"what is wrong, for programs: the reason of a refused verb, or one of malformed, unauthorized, forbidden, not_found, method_not_allowed, invalid, unknown_target, too_large, unsupported_media_type, busy, draining, not_ready, timeout, internal"`
	Detail  string       `json:"detail,omitempty" doc:"what is wrong, for people"`
	Errors  []FieldError `json:"errors,omitempty" doc:"each value that is wrong"`
	Request string       `json:"request_id,omitempty" doc:"the X-Request-Id of the answer, to be found in the server's log"`
}

// FieldError is one wrong value of a request.
type FieldError struct {
	Location string `json:"location" example:"body.target" doc:"where it is"`
	Message  string `json:"message" doc:"what is wrong with it"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter: the media type of RFC 9457 §3.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

// codes are the codes of errors that the HTTP layer itself finds.
var codes = map[int]string{
	http.StatusBadRequest:            "malformed",
	http.StatusUnauthorized:          "unauthorized",
	http.StatusForbidden:             "forbidden",
	http.StatusNotFound:              "not_found",
	http.StatusMethodNotAllowed:      "method_not_allowed",
	http.StatusRequestTimeout:        "timeout",
	http.StatusRequestEntityTooLarge: "too_large",
	http.StatusUnsupportedMediaType:  "unsupported_media_type",
	http.StatusUnprocessableEntity:   "invalid",
	http.StatusUpgradeRequired:       "upgrade_required",
	http.StatusServiceUnavailable:    "not_ready",
	http.StatusGatewayTimeout:        "timeout",
}

// newProblem returns the problem of a status with the code that goes with it.
func newProblem(status int, detail string) *Problem {
	code, ok := codes[status]
	if !ok {
		code = "internal"
		if status < http.StatusInternalServerError {
			code = "malformed"
		}
	}
	return &Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: detail}
}

// The library is set up by package variables; this is the only place that sets
// them. Names of properties are taken as they are written, and the errors that
// the library finds itself (validation, bodies) become problems: without the
// values it would echo back, and without anything about internal errors.
func init() {
	huma.ValidateStrictCasing = true
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		p := newProblem(status, msg)
		if status >= http.StatusInternalServerError {
			return p
		}
		for _, err := range errs {
			var d huma.ErrorDetailer
			switch {
			case err == nil:
			case errors.As(err, &d):
				e := d.ErrorDetail()
				p.Errors = append(p.Errors, FieldError{e.Location, e.Message})
			default:
				p.Errors = append(p.Errors, FieldError{Message: err.Error()})
			}
		}
		if len(p.Errors) > 0 {
			p.Detail = p.Errors[0].Message
			if p.Errors[0].Location != "" {
				p.Detail = p.Errors[0].Location + ": " + p.Detail
			}
		}
		return p
	}
}

// refusal says what an error of the Manager's is in HTTP.
func (s *Server) refusal(ctx context.Context, err error) error {
	var refused *conference.Refusal
	switch {
	case errors.As(err, &refused):
		return refusedProblem(refused)
	case errors.Is(err, conference.ErrNotFound):
		return newProblem(http.StatusNotFound, err.Error())
	case errors.Is(err, conference.ErrTarget):
		p := newProblem(http.StatusUnprocessableEntity, err.Error())
		p.Code = "unknown_target"
		p.Errors = []FieldError{{"body.target", err.Error()}}
		return p
	case errors.Is(err, conference.ErrBusy):
		return later("busy", err)
	case errors.Is(err, conference.ErrDraining):
		return later("draining", err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return newProblem(http.StatusGatewayTimeout, "the conference did not decide in time; look at its state before trying again")
	default:
		s.log.ErrorContext(ctx, "request failed", "request", requestOf(ctx).id, "error", err)
		return newProblem(http.StatusInternalServerError, "the server failed; its log says why")
	}
}

// refusedProblem is 409 with the reason of the state machine, or 403 where the
// reason is the actor's rights.
func refusedProblem(r *conference.Refusal) *Problem {
	status := http.StatusConflict
	if r.Reason == "not_allowed" {
		status = http.StatusForbidden
	}
	p := newProblem(status, r.Detail)
	p.Code = r.Reason
	if p.Detail == "" {
		p.Detail = "the call's state does not allow it: " + r.Reason
	}
	return p
}

// later is a 503 that says when to try again.
func later(code string, err error) error {
	p := newProblem(http.StatusServiceUnavailable, err.Error())
	p.Code = code
	wait := strconv.Itoa(int(conference.RetryAfter() / time.Second))
	return huma.ErrorWithHeaders(p, http.Header{"Retry-After": {wait}})
}

// writeProblem answers outside of the API's operations.
func writeProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	p.Request = requestOf(r.Context()).id
	w.Header().Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p) // an error means that the client is gone
}
