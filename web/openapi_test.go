package web

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// document is the part of an OpenAPI 3.1 document that the tests read.
type document struct {
	OpenAPI string `json:"openapi"`
	Info    struct {
		Title, Version, Description string
	} `json:"info"`
	Servers    []struct{ URL string }             `json:"servers"`
	Security   []map[string][]string              `json:"security"`
	Paths      map[string]map[string]*describedOp `json:"paths"`
	Components struct {
		Schemas         map[string]map[string]any `json:"schemas"`
		SecuritySchemes map[string]any            `json:"securitySchemes"`
	} `json:"components"`
}

type describedOp struct {
	OperationID string `json:"operationId"`
	Summary     string `json:"summary"`
	Tags        []string
	Parameters  []struct {
		Name, In string
		Required bool
		Schema   map[string]any
	} `json:"parameters"`
	RequestBody *struct {
		Required bool
		Content  map[string]content
	} `json:"requestBody"`
	Responses map[string]struct {
		Description string
		Content     map[string]content
	} `json:"responses"`
}

type content struct {
	Schema  map[string]any
	Example json.RawMessage
}

func describe(t *testing.T) (document, []byte) {
	t.Helper()
	rec := call(newTestServer(t, populated()), "", "GET", "/api/v1/openapi.json", "")
	if rec.Code != 200 || rec.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, %s", rec.Code, rec.Header().Get("Content-Type"))
	}
	raw := rec.Body.Bytes()
	return decode[document](t, strings.NewReader(string(raw))), raw
}

// The operations other programs rely on.
func TestEveryRouteIsDescribed(t *testing.T) {
	doc, _ := describe(t)
	if doc.OpenAPI != "3.1.0" || doc.Info.Title != "warmline" || doc.Info.Version != "v1.2.3" {
		t.Errorf("openapi %q, info %+v", doc.OpenAPI, doc.Info)
	}
	if len(doc.Servers) != 1 || doc.Servers[0].URL != "/api/v1" {
		t.Fatalf("servers %+v", doc.Servers)
	}
	var got []string
	for path, ops := range doc.Paths {
		for method := range ops {
			got = append(got, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(got)
	want := strings.Split(strings.TrimSpace(`
DELETE /conferences/{id}
GET /agents
GET /conferences
GET /conferences/{id}
GET /events
GET /events/ws
GET /queues
GET /records
GET /records/{contact}
POST /conferences
POST /conferences/{id}/add
POST /conferences/{id}/cancel
POST /conferences/{id}/consult
POST /conferences/{id}/leave
POST /conferences/{id}/merge
POST /conferences/{id}/participants/{pid}/hold
POST /conferences/{id}/participants/{pid}/mute
POST /conferences/{id}/participants/{pid}/remove
POST /conferences/{id}/participants/{pid}/unhold
POST /conferences/{id}/participants/{pid}/unmute
POST /conferences/{id}/swap
POST /conferences/{id}/transfer
PUT /agents/{id}/presence`), "\n")
	if !slices.Equal(got, want) {
		t.Errorf("described:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The document is whole: references lead somewhere, ids are unique, path
// parameters are declared, errors are problem documents, examples are there.
func TestDocumentIsValid(t *testing.T) {
	doc, raw := describe(t)
	var tree any
	if err := json.Unmarshal(raw, &tree); err != nil {
		t.Fatal(err)
	}
	checkRefs(t, doc, tree)
	ids := map[string]string{}
	for path, ops := range doc.Paths {
		for method, op := range ops {
			where := method + " " + path
			if other := ids[op.OperationID]; op.OperationID == "" || other != "" {
				t.Errorf("%s: operationId %q is also that of %q", where, op.OperationID, other)
			}
			ids[op.OperationID] = where
			if op.Summary == "" || len(op.Tags) != 1 {
				t.Errorf("%s: summary %q, tags %v", where, op.Summary, op.Tags)
			}
			checkParameters(t, where, path, op)
			checkResponses(t, where, op)
		}
	}
	if len(doc.Security) != 1 || doc.Components.SecuritySchemes["key"] == nil {
		t.Errorf("security %v, schemes %v", doc.Security, doc.Components.SecuritySchemes)
	}
	for _, host := range []string{"http://", "https://"} {
		if strings.Contains(string(raw), host) {
			t.Errorf("the document names another host: %s", host)
		}
	}
}

func checkRefs(t *testing.T, doc document, node any) {
	switch v := node.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok {
			name, local := strings.CutPrefix(ref, "#/components/schemas/")
			if !local || doc.Components.Schemas[name] == nil {
				t.Errorf("$ref %s leads nowhere", ref)
			}
		}
		for _, child := range v {
			checkRefs(t, doc, child)
		}
	case []any:
		for _, child := range v {
			checkRefs(t, doc, child)
		}
	}
}

func checkParameters(t *testing.T, where, path string, op *describedOp) {
	declared := map[string]bool{}
	for _, p := range op.Parameters {
		if p.Schema["type"] == nil {
			t.Errorf("%s: parameter %s has no type", where, p.Name)
		}
		if p.In == "path" {
			declared[p.Name] = p.Required
		}
	}
	for part := range strings.SplitSeq(path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok && !declared[strings.TrimSuffix(name, "}")] {
			t.Errorf("%s: path parameter %s is not declared as required", where, name)
		}
	}
}

func checkResponses(t *testing.T, where string, op *describedOp) {
	for _, code := range []string{"401", "403", "422"} {
		if _, ok := op.Responses[code]; !ok {
			t.Errorf("%s: no %s", where, code)
		}
	}
	for code, r := range op.Responses {
		if r.Description == "" {
			t.Errorf("%s: %s has no description", where, code)
		}
		if code < "400" {
			for kind, c := range r.Content {
				if c.Schema == nil || len(c.Example) == 0 {
					t.Errorf("%s: %s %s lacks schema or example", where, code, kind)
				}
			}
			continue
		}
		if c := r.Content["application/problem+json"]; c.Schema["$ref"] != "#/components/schemas/Problem" {
			t.Errorf("%s: %s is no problem document: %v", where, code, r.Content)
		}
	}
}

// What the document shows as a request is taken by the server.
func TestRequestExamplesWork(t *testing.T) {
	doc, _ := describe(t)
	tried, s := 0, newTestServer(t, populated())
	for path, ops := range doc.Paths {
		for method, op := range ops {
			if op.RequestBody == nil {
				continue
			}
			tried++
			example := op.RequestBody.Content["application/json"].Example
			real := strings.NewReplacer("{id}", "c1", "{pid}", "p1").Replace(path)
			rec := call(s, operatorKey, strings.ToUpper(method), "/api/v1"+real, string(example))
			if rec.Code >= 300 {
				t.Errorf("%s %s with its example %s: status %d: %s", method, path, example, rec.Code, rec.Body)
			}
		}
	}
	if tried != 14 {
		t.Errorf("%d operations with a body, want 14", tried)
	}
}

// Bodies are strict, answers may grow.
func TestSchemasOfAnswersAreOpen(t *testing.T) {
	doc, _ := describe(t)
	strict := []string{}
	for name, schema := range doc.Components.Schemas {
		if schema["additionalProperties"] == false {
			strict = append(strict, name)
		}
	}
	slices.Sort(strict)
	if want := []string{"Actor", "Consult", "Leave", "Originate", "PresenceChange", "Reach"}; !slices.Equal(strict, want) {
		t.Errorf("strict schemas %v, want %v", strict, want)
	}
}

// Every status the tests see on an operation is one its description names.
func TestStatusesAreDescribed(t *testing.T) {
	doc, _ := describe(t)
	mux := http.NewServeMux()
	for path, ops := range doc.Paths {
		for method, op := range ops {
			mux.HandleFunc(strings.ToUpper(method)+" /api/v1"+path, func(w http.ResponseWriter, _ *http.Request) {
				for _, code := range slices.Sorted(maps.Keys(op.Responses)) {
					w.Write([]byte(code + " "))
				}
			})
		}
	}
	for _, r := range routes() {
		rec := httptest.NewRecorder()
		mux.ServeHTTP(rec, httptest.NewRequest(r.method, r.path, nil))
		want := []string{"401", "403", "422"}
		if r.method != "GET" {
			want = append(want, "404", "503")
		}
		if r.body != "" {
			want = append(want, "400", "413", "415")
		}
		if r.command.Conference != "" {
			want = append(want, "409", "504")
		}
		for _, code := range want {
			if !strings.Contains(rec.Body.String(), code) {
				t.Errorf("%s %s does not describe %s", r.method, r.path, code)
			}
		}
	}
}
