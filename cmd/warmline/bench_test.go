package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"warmline/internal/bench"
)

// TestMain lets the test binary be the server that `bench` starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// TestBenchOfAPrivateServer: one command starts a server, measures it and ends
// it.
func TestBenchOfAPrivateServer(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	status, out, errs := warmline("bench", "--rooms", "2", "--size", "2", "--warm-up", "200ms", "--duration", "2500ms", "--json",
		"--pin-server", "0", "--require", "legs=5")
	var r bench.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, errs)
	}
	if status != 1 || len(r.Missed) != 1 || r.Failure != "" || !strings.HasSuffix(errs, "warmline: bench: a requirement is not met\n") {
		t.Errorf("status %d, missed %q, failure %q, %s", status, r.Missed, r.Failure, errs)
	}
	m := r.Measurements[0]
	if m.LegCount != 4 || m.Calls.Answered != 4 || m.Server == nil || m.Server.Threads == 0 || m.Heard.Pairs == 0 {
		t.Errorf("%+v", m)
	}
	if left, _ := os.ReadDir(os.Getenv("TMPDIR")); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestBenchRefuses: what is wrong is said before anything is started.
func TestBenchRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--target sip:192.0.2.1:5060": "not this machine",
		"--rooms 0":                   "at least one room",
		"--require beauty=1":          "there are on-time,",
		"--target sip:x --self":       "can't be used together",
		"--codec gsm":                 "--codec must be one of",
		"--local here":                "bench: local address:",
		"--server-pid 1":              "a server of your own",
	} {
		if status, _, errs := warmline(append([]string{"bench"}, strings.Fields(args)...)...); status != 1 || !strings.Contains(errs, want) {
			t.Errorf("%s: status %d, %s", args, status, errs)
		}
	}
}
