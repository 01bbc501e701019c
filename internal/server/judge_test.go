package server_test

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
	"warmline/internal/config"

	"warmline/mixer"
)

// metric wants a sample of /metrics.
func (st *stage) metric(name string, want float64) {
	st.Helper()
	got, ok := st.metrics()[name]
	if !ok || got < want-0.05 || got > want+0.05 {
		st.Errorf("%s is %v (there: %v), want %v", name, got, ok, want)
	}
}

func (st *stage) metrics() map[string]float64 {
	w := httptest.NewRecorder()
	st.srv.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	all := make(map[string]float64)
	lines := bufio.NewScanner(w.Body)
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "} ")
		if value != "" {
			name += "}"
		} else {
			name, value, _ = strings.Cut(lines.Text(), " ")
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			all[name] = v
		}
	}
	return all
}

// The clips a person may be played.
var (
	errorTone        = mixer.ErrorTone
	customerGoneTone = mixer.CustomerGoneTone
	confirmTone      = mixer.ConfirmTone
	refuseTone       = mixer.RefuseTone
	promptTone       = mixer.PromptTone
)

// tone waits for a clip just played and wants it heard.
func (st *stage) tone(p *person, clip func() *mixer.Clip) {
	st.Helper()
	time.Sleep(150*time.Millisecond + time.Duration(len(clip().Samples()))*time.Second/8000)
	if st.level(p, clip().Samples()) < 0.5 {
		st.Errorf("%s does not hear the tone", p.name)
	}
}

// level is how loud a clip is in the last second and a half of what a person
// heard, as a share of its own level.
func (st *stage) level(p *person, clip []int16) float64 {
	all, _ := p.call.Recorded()
	all = all[max(0, len(all)-12000):]
	best := 0.0
	own := 0.0
	for _, v := range clip {
		own += float64(v) * float64(v)
	}
	for at := 0; at+len(clip) <= len(all); at++ {
		dot := 0.0
		for i := 0; i < len(clip); i += 4 {
			dot += float64(clip[i]) * float64(all[at+i])
		}
		best = max(best, 4*dot/own)
	}
	return best
}

// post does a request of the API with the operator's key.
func (st *stage) post(path, body string) (status int, answer map[string]any) {
	st.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer stage-key")
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	st.srv.Handler().ServeHTTP(w, r)
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		st.Errorf("%s: %v in %q", path, err, w.Body)
	}
	return w.Code, answer
}

type configType = config.Config

var operatorKey = []config.APIKey{{
	Name: "stage", Role: "operator", KeySHA256: fmt.Sprintf("%x", sha256.Sum256([]byte("stage-key"))),
}}
