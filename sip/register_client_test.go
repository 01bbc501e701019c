package sip

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// registrar is a registrar in memory: each REGISTER is kept, and answered by
// the next of the script, or the last for ever.
type registrar struct {
	mu     sync.Mutex
	got    []*sip.Request
	at     []time.Duration
	start  time.Time
	script []func(*sip.Request) (*sip.Response, error)
}

func (r *registrar) env() registerEnv {
	flow := Flow{Transport: "udp", Local: netip.MustParseAddrPort("192.0.2.1:5060"), Remote: carrier}
	return registerEnv{
		request: r.request,
		resolve: func(uri sip.Uri) (Flow, error) {
			if uri.Host == "nowhere.invalid" {
				return Flow{}, errors.New("no such host")
			}
			return flow, nil
		},
		contact: func(f Flow, user string) sip.Uri {
			return sip.Uri{Scheme: "sip", User: user, Host: f.Local.Addr().String(), Port: int(f.Local.Port())}
		},
		via: func(Flow) *sip.ViaHeader {
			v := &sip.ViaHeader{ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: "UDP", Host: "192.0.2.1", Port: 5060}
			v.Params.Add("branch", newBranch())
			return v
		},
	}
}

func (r *registrar) request(_ context.Context, req *sip.Request, _ Flow) (*sip.Response, error) {
	// Over the wire and back: what cannot be parsed would not arrive.
	msg, err := newParser().ParseSIP([]byte(req.String()))
	if err != nil {
		return nil, err
	}
	req = msg.(*sip.Request)
	req.SetSource("192.0.2.1:5060")
	r.mu.Lock()
	n := len(r.got)
	r.got, r.at = append(r.got, req), append(r.at, time.Since(r.start))
	answer := r.script[min(n, len(r.script)-1)]
	r.mu.Unlock()
	return answer(req)
}

// requests are those that came since the last call, and when.
func (r *registrar) requests() (reqs []*sip.Request, at []time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.got, r.at
}

// status answers with a status and headers.
func answerWith(status int, headers ...string) func(*sip.Request) (*sip.Response, error) {
	return func(req *sip.Request) (*sip.Response, error) {
		res := sip.NewResponseFromRequest(req, status, "", nil)
		for _, h := range headers {
			name, value, _ := strings.Cut(h, ": ")
			res.AppendHeader(sip.NewHeader(name, value))
		}
		msg, err := newParser().ParseSIP([]byte(res.String()))
		if err != nil {
			return nil, err
		}
		return msg.(*sip.Response), nil
	}
}

// states records OnState.
type states struct {
	mu   sync.Mutex
	list []string
}

func (s *states) on(status int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := strconv.Itoa(status)
	if err != nil {
		text += " " + err.Error()
	}
	s.list = append(s.list, text)
}

func (s *states) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.list, ", ")
}

// registering runs a client against a script for a while, and closes it.
func registering(t *testing.T, req RegisterRequest, wait time.Duration, script ...func(*sip.Request) (*sip.Response, error)) (*registrar, string) {
	t.Helper()
	r := &registrar{script: script, start: time.Now()}
	var s states
	if req.Registrar == "" {
		req.Registrar = "sip:carrier.example"
	}
	if req.User == "" {
		req.User = "alice"
	}
	req.Password, req.OnState = "wonderland", s.on
	c, err := newRegistrationClient(req, r.env())
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(wait)
	c.Close()
	return r, s.String()
}

func TestRegistrationRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := registering(t, RegisterRequest{User: "+49 30", Domain: "sip.example", Contact: "line1"}, 100*time.Second,
			answerWith(200, "Contact: <sip:other@192.0.2.1:5060>;expires=7", "Contact: <sip:line1@192.0.2.1:5060>;expires=80"))
		reqs, at := r.requests()
		if got := fmt.Sprint(at); got != "[0s 40s 1m20s 1m40s]" {
			t.Errorf("at %s", got)
		}
		if s != "200, 200, 200" {
			t.Errorf("states %s", s)
		}
		first := reqs[0]
		for i, req := range reqs {
			if req.CallID().Value() != first.CallID().Value() || req.From().Params[0] != first.From().Params[0] {
				t.Error("another Call-ID or tag")
			}
			if req.CSeq().SeqNo != first.CSeq().SeqNo+uint32(i) {
				t.Errorf("CSeq %d in request %d", req.CSeq().SeqNo, i)
			}
			if i > 0 && req.Via().Value() == first.Via().Value() {
				t.Error("the same branch again")
			}
		}
		if first.Recipient.String() != "sip:carrier.example" || first.To().Address.String() != "sip:+49%2030@sip.example" ||
			first.Contact().Address.String() != "sip:line1@192.0.2.1:5060" || first.GetHeader("Expires").Value() != "3600" {
			t.Errorf("request\n%s", first)
		}
		if last := reqs[3]; last.GetHeader("Expires").Value() != "0" {
			t.Errorf("the farewell is\n%s", last)
		}
	})
}

func TestRefreshIn(t *testing.T) {
	for granted, want := range map[time.Duration]time.Duration{
		time.Hour: 30 * time.Minute, 2 * time.Minute: time.Minute, time.Minute: 30 * time.Second,
		50 * time.Second: 20 * time.Second, 30 * time.Second: 10 * time.Second, 2 * time.Second: time.Second, 0: time.Second,
	} {
		if got := refreshIn(granted); got != want {
			t.Errorf("of %v after %v, want %v", granted, got, want)
		}
	}
}

// TestRegistrationDigest: one exchange per challenge, the nonce used again with
// a rising count, stale followed, a wrong password not repeated.
func TestRegistrationDigest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth := testAuth()
		server := func(req *sip.Request) (*sip.Response, error) {
			_, r := auth.check(req, netip.MustParseAddr("192.0.2.1"), false, time.Now())
			if r == nil {
				return answerWith(200, "Expires: 600")(req)
			}
			var headers []string
			for _, h := range r.headers {
				headers = append(headers, h.Name+": "+h.Value)
			}
			return answerWith(r.status, headers...)(req)
		}
		r, s := registering(t, RegisterRequest{}, 11*time.Minute, server)
		if s != "200, 200, 200" {
			t.Errorf("states %s", s)
		}
		// 0 s: challenged, answered; 300 s: nonce just dead, stale, answered; 600 s likewise; farewell.
		reqs, at := r.requests()
		if got := fmt.Sprint(at); got != "[0s 0s 5m0s 5m0s 10m0s 10m0s 11m0s]" {
			t.Errorf("at %s", got)
		}
		if reqs[0].GetHeader("Authorization") != nil || reqs[1].GetHeader("Authorization") == nil || reqs[2].GetHeader("Authorization") == nil {
			t.Error("credentials in the wrong requests")
		}
		if !strings.Contains(reqs[1].GetHeader("Authorization").Value(), "SHA-256") {
			t.Errorf("not the strongest: %s", reqs[1].GetHeader("Authorization").Value())
		}
	})
}

func TestRegistrationWrongPassword(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		auth := testAuth()
		refuse := func(req *sip.Request) (*sip.Response, error) {
			return answerWith(401, "WWW-Authenticate: "+auth.challenge(req, digestSrc, false, false, time.Now()).headers[1].Value)(req)
		}
		r, s := registering(t, RegisterRequest{}, 30*time.Minute, refuse)
		reqs, at := r.requests()
		if !strings.HasPrefix(s, "401 "+errChallenge.Error()) {
			t.Errorf("states %s", s)
		}
		// A REGISTER and its one answer, then minutes of silence.
		if len(reqs) > 16 || at[1] != 0 || at[2] < 2*time.Minute {
			t.Errorf("%d requests at %v", len(reqs), at)
		}
	})
}

func TestRegistrationTooBrief(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := registering(t, RegisterRequest{Expires: time.Minute}, time.Second,
			answerWith(423, "Min-Expires: 900"), answerWith(200))
		reqs, _ := r.requests()
		if s != "200" || len(reqs) != 3 || reqs[0].GetHeader("Expires").Value() != "60" || reqs[1].GetHeader("Expires").Value() != "900" {
			t.Errorf("states %s, %d requests", s, len(reqs))
		}
		_, s = registering(t, RegisterRequest{}, time.Second, answerWith(423))
		if s != "423" {
			t.Errorf("423 without Min-Expires: %s", s)
		}
		r, s = registering(t, RegisterRequest{}, time.Second, answerWith(423, "Min-Expires: 900"))
		if reqs, _ := r.requests(); s != "423" || len(reqs) != 2 {
			t.Errorf("423 for ever: %s, %d requests", s, len(reqs))
		}
	})
}

// TestRegistrationBackoff: doubling with jitter up to half an hour, longer from
// the start after a refusal, and no shorter than Retry-After.
func TestRegistrationBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fail := func(*sip.Request) (*sip.Response, error) { return nil, errors.New("timed out") }
		gaps := func(req RegisterRequest, wait time.Duration, f func(*sip.Request) (*sip.Response, error)) (gaps []time.Duration, states string) {
			r, s := registering(t, req, wait, f)
			_, at := r.requests()
			for i := 1; i < len(at); i++ {
				gaps = append(gaps, at[i]-at[i-1])
			}
			return gaps, s
		}
		within := func(what string, gaps []time.Duration, most ...time.Duration) {
			t.Helper()
			if len(gaps) < len(most) {
				t.Errorf("%s: gaps %v", what, gaps)
				return
			}
			for i, m := range most {
				if gaps[i] < m/2 || gaps[i] > m {
					t.Errorf("%s: gap %d is %v, want %v to %v", what, i, gaps[i], m/2, m)
				}
			}
		}
		g, s := gaps(RegisterRequest{}, 6*time.Hour, fail)
		within("time-outs", g, 30*time.Second, time.Minute, 2*time.Minute, 4*time.Minute, 8*time.Minute, 16*time.Minute, 30*time.Minute, 30*time.Minute)
		if !strings.HasPrefix(s, "0 timed out") {
			t.Errorf("states %s", s)
		}
		g, _ = gaps(RegisterRequest{}, 2*time.Hour, answerWith(403))
		within("403", g, 4*time.Minute, 8*time.Minute, 16*time.Minute)
		g, _ = gaps(RegisterRequest{}, time.Hour, answerWith(503, "Retry-After: 600 (maintenance);duration=9"))
		if len(g) == 0 || g[0] != 10*time.Minute {
			t.Errorf("Retry-After: gaps %v", g)
		}
		r, s := registering(t, RegisterRequest{Registrar: "sip:nowhere.invalid"}, time.Minute, fail)
		if reqs, _ := r.requests(); len(reqs) != 0 || !strings.HasPrefix(s, "0 no such host") {
			t.Errorf("unresolved: %d requests, %s", len(reqs), s)
		}
	})
}

// TestRegistrationRecovers: a success ends the back-off.
func TestRegistrationRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, s := registering(t, RegisterRequest{}, 20*time.Minute,
			answerWith(500), answerWith(500), answerWith(200, "Expires: 3600"))
		if s != "500, 500, 200" {
			t.Errorf("states %s", s)
		}
		if _, at := r.requests(); len(at) != 4 || at[3] != 20*time.Minute {
			t.Errorf("at %v", at)
		}
		r, s = registering(t, RegisterRequest{}, 20*time.Minute,
			answerWith(403), answerWith(403), answerWith(200, "Expires: 60"), answerWith(500))
		_, at := r.requests()
		if !strings.HasPrefix(s, "403, 403, 200, 500") || at[3]-at[2] != 30*time.Second || at[4]-at[3] > backoffBase {
			t.Errorf("states %s at %v: the back-off goes on where it was", s, at)
		}
	})
}

func TestRegistrationRefreshNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &registrar{script: []func(*sip.Request) (*sip.Response, error){answerWith(200, "Expires: 3600")}, start: time.Now()}
		c, err := newRegistrationClient(RegisterRequest{Registrar: "sip:h", User: "a"}, r.env())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		c.Refresh()
		c.Refresh() // two at once are one or two, never lost
		synctest.Wait()
		if reqs, at := r.requests(); len(reqs) < 2 || at[1] != time.Second {
			t.Errorf("at %v", at)
		}
		c.Close()
		c.Close()
	})
}

// TestRegistrationCloseIsPrompt: Close waits for the farewell, but not for
// long, and sends none when there is nothing to remove.
func TestRegistrationCloseIsPrompt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, registered := range []bool{true, false} {
			r := &registrar{script: []func(*sip.Request) (*sip.Response, error){answerWith(200)}, start: time.Now()}
			if !registered {
				r.script[0] = answerWith(500)
			}
			env := r.env()
			answer := env.request
			env.request = func(ctx context.Context, req *sip.Request, f Flow) (*sip.Response, error) {
				if req.GetHeader("Expires").Value() == "0" {
					<-ctx.Done() // a registrar that has gone silent
					return nil, ctx.Err()
				}
				return answer(ctx, req, f)
			}
			c, err := newRegistrationClient(RegisterRequest{Registrar: "sip:h", User: "a"}, env)
			if err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			start, want := time.Now(), time.Duration(0)
			if registered {
				want = unregisterTimeout
			}
			c.Close()
			if took := time.Since(start); took != want {
				t.Errorf("registered %v: Close took %v, want %v", registered, took, want)
			}
		}
	})
}

func TestRegistrationOfNoURI(t *testing.T) {
	if _, err := newRegistrationClient(RegisterRequest{Registrar: "x"}, registerEnv{}); err == nil {
		t.Error("no error")
	}
}
