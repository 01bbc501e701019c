package server_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"warmline/conference"
	"warmline/internal/config"
	"warmline/mixer"
	"warmline/transfer"
)

// worker is two media workers as busy as a test says: that of all rooms, and the
// one of the next.
type worker struct {
	mu         sync.Mutex
	room, next mixer.Load
}

func (w *worker) load(r *mixer.Room) mixer.Load {
	w.mu.Lock()
	defer w.mu.Unlock()
	if r != nil {
		return w.room
	}
	return w.next
}

func (w *worker) is(room, next float64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.room, w.next = mixer.Load{Use: room, Legs: 1000}, mixer.Load{Use: next, Legs: 1000, Worker: 1}
}

// comesBack wants a 503 that says when to call again: in 2 to 6 s.
func (r *raw) comesBack() {
	r.st.Helper()
	m := r.gets("503")
	if n, err := strconv.Atoi(m.fields["retry-after"]); err != nil || n < 2 || n > 6 {
		r.st.Errorf("503 with Retry-After %q", m.fields["retry-after"])
	}
	r.request("ACK", "", "")
}

// While the media workers have no time, new calls are told to come back; those
// there are go on, and get nobody in addition. Once there is time again all is
// as before.
func TestOverload(t *testing.T) {
	w := new(worker)
	play(t, options{load: w.load}, func(st *stage) {
		const refused = `warmline_calls_refused_total{reason="overload"}`
		w.is(0, 0) // as when there is no call
		st.serve()
		st.metric(refused, 0)
		r := st.newRaw("10.9.0.7")

		w.is(0.5, 0.9)
		r.calls("100", r.sdp("sendrecv", "10.9.0.7"))
		r.comesBack()
		r.calls("7001", r.sdp("sendrecv", "10.9.0.7"))
		r.comesBack()
		st.bob.dials("1003") // an agent is no better
		st.bob.refused(503)
		st.dave.quiet()
		if _, err := st.srv.Manager().Originate(st.Context(), "bob", "agent:dave"); !errors.Is(err, conference.ErrBusy) {
			t.Errorf("click to dial: %v", err)
		}
		st.metric(refused, 4)
		st.wants("C live, A live")
		st.hears(st.carla, "A", st.alice, "C")

		// The call's own worker has time, and then has not.
		st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.bob.answers()
		st.wants("C held consult, A live, B live")
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		w.is(0.9, 0.9)
		for _, v := range []transfer.Verb{transfer.DoConsult, transfer.DoAdd, transfer.DoTransfer} {
			if _, err := st.try(verb{do: v, by: "alice", target: "agent:dave"}); !errors.Is(err, conference.ErrBusy) {
				t.Errorf("%v: %v", v, err)
			}
			st.metric(`warmline_verbs_total{result="busy",surface="http",verb="`+v.String()+`"}`, 1)
		}
		st.metric(refused, 7)
		st.dave.quiet()
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C"}) // what takes no leg goes on
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "C"})
		st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")

		// Less, but not for long enough; then long enough.
		r.calls("101", r.sdp("sendrecv", "10.9.0.7"))
		st.bob.quiet() // Alice is busy: that is what the caller is told
		r.gets("486")
		r.request("ACK", "", "")
		r.calls("102", r.sdp("sendrecv", "10.9.0.7"))
		r.comesBack()
		w.is(0.7, 0.7)
		late := st.newRaw("10.9.0.8")
		late.calls("102", late.sdp("sendrecv", "10.9.0.8"))
		late.comesBack()
		st.metric(refused, 9)
		time.Sleep(time.Second)
		late.calls("7001", late.sdp("sendrecv", "10.9.0.8"))
		late.answered()
		late.request("ACK", "", "")
		late.request("BYE", "", "")
		late.gets("200")
		st.do(verb{do: transfer.DoAdd, by: "alice", target: "agent:dave"})
		st.dave.rings()
		st.bob.hangsUp()
		st.wants("C live, A live, B left hangup, D ringing")
	})
}

// An existing room takes nobody in while its own worker is overloaded.
func TestOverloadOfARoom(t *testing.T) {
	w := new(worker)
	play(t, options{load: w.load}, func(st *stage) {
		st.alice.dials("7001")
		st.alice.talks()
		w.is(0.9, 0.1)
		st.bob.dials("7001")
		st.bob.refused(503)
		st.wants("A live")
		st.bob.dials("7002") // on the other worker
		st.bob.talks()
		w.is(0.2, 0.9)
		time.Sleep(time.Second)
		st.dave.dials("7001")
		st.dave.talks()
		st.hears(st.alice, "D", st.dave, "A")
		st.metric(`warmline_calls_refused_total{reason="overload"}`, 1)
		st.metric(`warmline_calls_refused_total{reason="limit"}`, 0)
	})
}

// The limits are the configuration's, and a reload counts at once.
func TestOverloadByConfiguration(t *testing.T) {
	w := new(worker)
	limit := func(use float64) options {
		return options{load: w.load, change: func(cfg *config.Config) { cfg.Limits.WorkerUse = use }}
	}
	play(t, limit(0.3), func(st *stage) {
		w.is(0.4, 0.4)
		st.bob.dials("7001")
		st.bob.refused(503)
		if restart, err := st.srv.Reload(st.config(limit(0.5))); err != nil || len(restart) > 0 {
			st.Errorf("reload: %v, needs a restart for %v", err, restart)
		}
		time.Sleep(time.Second)
		st.bob.dials("7001")
		st.bob.talks()
	})
}

// Over HTTP it is a problem with Retry-After.
func TestOverloadOverHTTP(t *testing.T) {
	w := new(worker)
	play(t, options{load: w.load, config: "http: {api_keys: [{name: t, role: operator, " +
		"key_sha256: 2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683}]}\n"}, func(st *stage) {
		st.serve()
		w.is(0.9, 0.9)
		for path, body := range map[string]string{
			"/api/v1/conferences":                              `{"agent": "bob", "target": "agent:dave"}`,
			"/api/v1/conferences/" + st.conf().ID + "/consult": `{"by": "alice", "target": "agent:bob"}`,
		} {
			req := httptest.NewRequest("POST", path, strings.NewReader(body))
			req.Header.Set("Authorization", "Bearer key")
			req.Header.Set("Content-Type", "application/json")
			rec := httptest.NewRecorder()
			st.srv.Handler().ServeHTTP(rec, req)
			var problem struct{ Code string }
			err := json.Unmarshal(rec.Body.Bytes(), &problem)
			wait, waitErr := strconv.Atoi(rec.Header().Get("Retry-After"))
			if err != nil || rec.Code != 503 || problem.Code != "busy" || waitErr != nil || wait < 2 || wait > 6 {
				t.Errorf("%s: %d %s, Retry-After %q", path, rec.Code, rec.Body, rec.Header().Get("Retry-After"))
			}
		}
		st.bob.quiet()
	})
}
