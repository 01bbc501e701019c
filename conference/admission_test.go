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
		"late":               {{0, 0.5, 10 * ms, false}, {500 * ms, 0.5, 4 * ms, false}, {1000 * ms, 0.5, 4 * ms, true}},
		"late, by little":    {{0, 0.5, 5250 * time.Microsecond, false}},
		"between latenesses": {{0, 0.5, 5 * ms, true}, {100 * ms, 0.5, 6 * ms, false}, {5000 * ms, 0.5, 5 * ms, false}, {5100 * ms, 0.5, 4 * ms, false}, {6000 * ms, 0.5, 4 * ms, true}, {6100 * ms, 0.5, 5 * ms, true}},
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
				if got := g.admits(begin.Add(l.at), mixer.Load{Use: l.use, Lateness: l.late, Legs: 1200}, limits); got != l.admit {
					t.Errorf("after %v, use %v, %v late: %v", l.at, l.use, l.late, got)
				}
			}
		})
	}
}

// TestGateCountsWhatItLetsIn: of a burst only so many are let in as there is time
// for, whatever the worker's last figure is; the next figure has them, and each
// is counted until then.
func TestGateCountsWhatItLetsIn(t *testing.T) {
	limits := Limits{WorkerUse: 0.85, Lateness: 5 * time.Millisecond}
	for _, c := range []struct {
		name        string
		legs        int
		use         float64
		least, most int // of 2000 that come at once
	}{
		{"84 %", 1200, 0.84, 10, 20},
		{"half full", 700, 0.49, 480, 540},
		{"empty", 0, 0, 1200, 1230},
		{"a few legs, and the worker's own turns", 3, 0.02, 400, 1230},
		{"costly legs", 100, 0.5, 70, 90},
		{"full", 1230, 0.85, 0, 1},
	} {
		var g gate
		now, in := time.Unix(1_000_000, 0), 0
		load := mixer.Load{Use: c.use, Legs: c.legs, Windows: 7}
		for range 2000 {
			if g.admits(now, load, limits) {
				in++
			}
		}
		if in < c.least || in > c.most {
			t.Errorf("%s: %d let in, want %d to %d", c.name, in, c.least, c.most)
		}
	}

	var g gate
	now := time.Unix(1_000_000, 0)
	for range 100 {
		g.admits(now, mixer.Load{Legs: 1000, Use: 0.7, Windows: 7}, limits)
	}
	for _, c := range []struct {
		window uint64
		use    float64 // as told
		want   float64
	}{
		{7, 0.7, 0.77}, {8, 0.7, 0.735}, {9, 0.77, 0.77}, {12, 0.77, 0.77}, {12, 1, 1},
	} {
		g.follow(c.window)
		if got := g.expected(mixer.Load{Legs: 1000, Use: c.use}); got < c.want-0.001 || got > c.want+0.001 {
			t.Errorf("window %d, %g told: %.3f expected, want %.3f", c.window, c.use, got, c.want)
		}
	}
}

// TestGateHoldsTheLimit: a worker whose figure is a second old, and more callers
// than it can serve. It never works much more than the limit, is not left idle,
// and the gate does not flap.
func TestGateHoldsTheLimit(t *testing.T) {
	const each, step = 0.0007, 5 * time.Millisecond
	limits := Limits{WorkerUse: 0.85, Lateness: 5 * time.Millisecond}
	for _, stay := range []time.Duration{3 * time.Second, 10 * time.Second, 100 * time.Second} {
		var g gate
		var ends []time.Time
		var load mixer.Load
		var sum, most, least float64
		least = 1
		changes, begun := 0, 0
		for i := range 120 * 200 { // 200 calls a second, for two minutes
			now := time.Unix(1_000_000, 0).Add(time.Duration(i) * step)
			for len(ends) > 0 && ends[0].Before(now) {
				ends = ends[1:]
			}
			was := g.shut
			if g.admits(now, load, limits) {
				ends = append(ends, now.Add(stay))
			}
			if g.shut != was {
				changes++
			}
			use := each * float64(len(ends))
			most = max(most, use)
			if i > 30*200 {
				least = min(least, use)
			}
			if sum += use; i%200 == 199 { // the worker tells
				load = mixer.Load{Use: min(1, sum/200), Legs: (begun + len(ends)) / 2, Windows: load.Windows + 1}
				sum, begun = 0, len(ends)
			}
		}
		full := min(0.85, each*200*stay.Seconds())
		if most > 0.87 || least < full-0.35 || changes > 2*120/3 {
			t.Errorf("calls of %v: use between %.2f and %.2f, the gate changed %d times", stay, least, most, changes)
		}
	}
}

// TestGatesAreOfWorkers: one worker that has too much to do says nothing of
// another, and what is let in to one is not counted for another.
func TestGatesAreOfWorkers(t *testing.T) {
	limits := Limits{WorkerUse: 0.85, Lateness: 5 * time.Millisecond}
	var o overload
	now := time.Unix(1_000_000, 0)
	asks := func(worker int, use float64, legs int, want bool) {
		t.Helper()
		if got := o.admits(now, mixer.Load{Use: use, Legs: 1200, Worker: worker}, limits, legs); got != want {
			t.Errorf("worker %d at %g: %v", worker, use, got)
		}
	}
	asks(2, 0.9, 1, false)
	asks(0, 0.84, 1, true)
	asks(2, 0.7, 1, false) // not for a second yet
	asks(1, 0.84, 2, true)
	asks(0, 0.84, 20, true) // the last that there is time for: with so many legs
	asks(0, 0.84, 1, false)
	asks(1, 0.84, 1, true)
	asks(2, 0.7, 1, false)
	now = now.Add(time.Second)
	asks(2, 0.7, 1, true)
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
