package web

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The examples of the package comment work, and there is one for every route.
func TestDocumentedExamples(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	s, missing := newTestServer(t, populated()), map[string]bool{}
	for _, r := range routes() {
		missing[r.method+" "+r.path] = true
	}
	line := regexp.MustCompile(`(?m)^//\tcurl .*?(?:-X (\w+) )?\$API(/[\w/]+)(?: -d '(.*)')?$`)
	for _, m := range line.FindAllStringSubmatch(string(text), -1) {
		method, path, body := m[1], "/api/v1"+m[2], m[3]
		if method == "" {
			method = "GET"
		}
		if strings.HasSuffix(path, "/events") {
			continue // a stream does not end by itself
		}
		if rec := call(s, operatorKey, method, path, body); rec.Code >= 300 {
			t.Errorf("%s: status %d: %s", m[0], rec.Code, rec.Body)
		}
		delete(missing, method+" "+path)
	}
	for r := range missing {
		t.Errorf("no example for %s", r)
	}
}
