package web

import (
	"encoding/json"
	"net/http"
)

// health is the body of /healthz and /readyz when all is well.
type health struct {
	Status  string `json:"status"`
	Version string `json:"version,omitempty"`
}

// healthz says that the process lives and its HTTP side answers.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, health{"ok", s.version})
}

// readyz says whether new calls are taken: 503 with the reason while the
// server starts, drains or lacks something.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.manager.Draining() {
		p := newProblem(http.StatusServiceUnavailable, "the server is shutting down and takes no new calls")
		p.Code = "draining"
		writeProblem(w, r, p)
		return
	}
	if err := s.ready(); err != nil {
		writeProblem(w, r, newProblem(http.StatusServiceUnavailable, err.Error()))
		return
	}
	writeHealth(w, health{"ready", s.version})
}

func writeHealth(w http.ResponseWriter, h health) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(h) // an error means that the client is gone
}
