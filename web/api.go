package web

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// prefix is where the API lives; its next incompatible version gets another.
const prefix = "/api/v1"

const jsonType = "application/json"

// routeAPI registers the API's operations and its description.
func (s *Server) routeAPI(mux *http.ServeMux) {
	api := humago.NewWithPrefix(mux, prefix, s.apiConfig())
	api.UseMiddleware(s.authorize(api))
	s.routeConferences(api)
	s.routeVerbs(api)
	s.routeParticipants(api)
	s.routeDirectory(api)
	s.routeRecords(api)
	s.routeEvents(api)
	openSchemas(api.OpenAPI())
	document, err := json.MarshalIndent(api.OpenAPI(), "", " ")
	if err != nil {
		panic("web: the API's description cannot be written: " + err.Error()) // a mistake in this package
	}
	// No key: the description is the same for everybody, and tools want it.
	mux.HandleFunc("GET "+prefix+"/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		w.Write(document)
	})
}

// apiConfig describes the API. No pages for browsers are served: they would
// load their scripts from other hosts.
func (s *Server) apiConfig() huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title:   "warmline",
				Version: cmp.Or(s.version, "dev"),
				Description: "Conferences, warm transfers, agents and queues of a warmline server. " +
					"Errors are RFC 9457 problem documents; branch on their code.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key": {Type: "http", Scheme: "bearer", Description: "an API key of the configuration"},
				},
			},
			Security: []map[string][]string{{"key": {}}},
			Tags: []*huma.Tag{
				{Name: "conferences", Description: "Calls: every call is a conference from its first second."},
				{Name: "verbs", Description: "What a person does to a call. Each is decided by the call's state: done whole, or refused with a reason."},
				{Name: "participants", Description: "Verbs about one participant."},
				{Name: "directory", Description: "Agents and queues with live figures."},
				{Name: "records", Description: "What is kept of calls that are over."},
				{Name: "events", Description: "Every change as it happens."},
			},
		},
		Formats: map[string]huma.Format{
			jsonType: huma.DefaultJSONFormat,
			"json":   huma.DefaultJSONFormat,
		},
		DefaultFormat: jsonType,
		Transformers:  []huma.Transformer{stampProblem},
		// A misspelt parameter would otherwise be ignored in silence.
		RejectUnknownQueryParameters: true,
	}
}

// stampProblem puts the request's id into problem documents.
func stampProblem(ctx huma.Context, _ string, v any) (any, error) {
	if p, ok := v.(*Problem); ok && p.Request == "" {
		p.Request = requestOf(ctx.Context()).id
	}
	return v, nil
}

// operation is an operation of the API before it is registered.
type operation struct {
	method, path string
	id           string // operationId
	tag          string
	role         Role
	summary      string
	about        string
	status       int   // of success; 0: 200
	errors       []int // beside those every operation can have
	request      any   // example of the body
	response     any   // example of the answer
}

// register adds an operation to the API. Input and output are huma's: a struct
// with parameters and Body.
func register[I, O any](api huma.API, o operation, handle func(context.Context, *I) (*O, error)) {
	if o.status == 0 {
		o.status = http.StatusOK
	}
	op := huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Tags: []string{o.tag},
		Summary: o.summary, Description: o.about, DefaultStatus: o.status,
		MaxBodyBytes: maxBodyBytes,
		Errors:       append([]int{http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity}, o.errors...),
		Metadata:     map[string]any{needs: o.role},
		Responses:    map[string]*huma.Response{},
	}
	if o.request != nil {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{jsonType: {Example: o.request}}}
		op.Errors = append(op.Errors, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if o.response != nil {
		op.Responses[strconv.Itoa(o.status)] = &huma.Response{
			Description: http.StatusText(o.status),
			Content:     map[string]*huma.MediaType{jsonType: {Example: o.response}},
		}
	}
	huma.Register(api, op, handle)
}

// openSchemas allows properties to be added to what the server answers: a
// client made from today's description goes on reading tomorrow's answers.
// Bodies of requests stay strict.
func openSchemas(doc *huma.OpenAPI) {
	strict := map[string]bool{}
	for _, t := range requestBodies {
		strict[huma.DefaultSchemaNamer(t, "")] = true
	}
	for name, schema := range doc.Components.Schemas.Map() {
		if !strict[name] {
			schema.AdditionalProperties = nil
		}
	}
}

// requestBodies are the types of all bodies the server reads.
var requestBodies = []reflect.Type{
	reflect.TypeFor[Originate](),
	reflect.TypeFor[Actor](),
	reflect.TypeFor[Leave](),
	reflect.TypeFor[Consult](),
	reflect.TypeFor[Reach](),
	reflect.TypeFor[PresenceChange](),
}
