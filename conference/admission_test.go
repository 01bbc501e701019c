package conference

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"warmline/mixer"
)

// A worker over time, and whether it is given another call.
func TestGate(t *testing.T) {
	const ms = time.Millisecond
	limits := Limits{WorkerUse: 0.85, Lateness: 5 * ms}
	type look struct {
		at    time.Duration
		use   float64
		late  time.Duration
		admit bool
	}
	tests := map[string][]look{
		"idle":               {{0, 0, 0, true}},
		"busy, within":       {{0, 0.85, 5 * ms, true}},
		"over":               {{0, 0.86, 0, false}},
		"over at first only": {{0, 0.86, 0, false}, {999 * ms, 0.5, 0, false}, {1000 * ms, 0.5, 0, true}},
		"late":               {{0, 0.5, 10 * ms, false}, {500 * ms, 0.5, 5 * ms, false}, {1000 * ms, 0.5, 5 * ms, true}},
		"late by itself":     {{0, 0.09, 10 * ms, true}},
		"between the levels": {{0, 0.82, 0, true}, {100 * ms, 0.9, 0, false}, {200 * ms, 0.82, 0, false}, {5000 * ms, 0.82, 0, false}, {5100 * ms, 0.79, 0, false}, {6000 * ms, 0.79, 0, true}, {6100 * ms, 0.82, 0, true}},
		"back over in calm":  {{0, 0.9, 0, false}, {900 * ms, 0.7, 0, false}, {950 * ms, 0.9, 0, false}, {1500 * ms, 0.7, 0, false}, {1950 * ms, 0.7, 0, true}},
		"asked once an hour": {{0, 0.9, 0, false}, {time.Hour, 0.7, 0, true}},
		"all calls over":     {{0, 1, 10 * ms, false}, {100 * ms, 0, 0, true}, {200 * ms, 0.82, 0, true}},
		"a jump":             {{0, 0.1, 0, true}, {100 * ms, 1, 0, false}},
	}
	for name, looks := range tests {
		t.Run(name, func(t *testing.T) {
			var g gate
			begin := time.Unix(1_000_000, 0)
			for _, l := range looks {
				if got := g.admits(begin.Add(l.at), mixer.Load{Use: l.use, Lateness: l.late}, limits); got != l.admit {
					t.Errorf("after %v, use %v, %v late: %v", l.at, l.use, l.late, got)
				}
			}
		})
	}
}

// However many calls are refused, the log says so every ten seconds only, with
// their number.
func TestOverloadIsSaidNowAndThen(t *testing.T) {
	var log bytes.Buffer
	m := &Manager{log: slog.New(slog.NewTextHandler(&log, nil))}
	begin := time.Unix(1_000_000, 0)
	for i := range 2500 { // 25 s
		err := m.overloaded(begin.Add(time.Duration(i)*10*time.Millisecond), mixer.Load{Use: 0.876})
		if !errors.Is(err, ErrBusy) {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 3 {
		t.Errorf("%d lines", n)
	}
	for _, want := range []string{"refused=1\n", "use=0.88", "refused=1000\n"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %q in %s", want, log.String())
		}
	}
}

func TestRetryAfterIsSpread(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 1000 {
		d := RetryAfter()
		if d < 2*time.Second || d > 6*time.Second || d%time.Second != 0 {
			t.Fatalf("come back in %v", d)
		}
		seen[d] = true
	}
	if len(seen) != 5 {
		t.Errorf("of 2 to 6 s only %v", seen)
	}
}
