package main

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"warmline/internal/config"
	"warmline/internal/server"
)

// TestTakeOver reloads a server: the configuration in force afterwards is the
// new one if the server took it, drain time-out and all, and else the old one.
func TestTakeOver(t *testing.T) {
	var out strings.Builder
	log := slog.New(slog.NewTextHandler(&out, nil))
	parse := func(yaml string) *config.Config {
		t.Helper()
		cfg, err := config.Parse([]byte("sip: {listen: [\"udp://127.0.0.1:5060\"]}\n"+yaml), "c.yaml", config.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	udp, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	first := parse("drain_timeout: 1m\nagents: [{id: alice, password: x}]\n")
	s, err := server.Start(first, server.Options{Log: slog.New(slog.DiscardHandler), UDP: []net.PacketConn{udp}, NoAPI: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()

	next := parse("drain_timeout: 2m\nmedia: {codecs: [pcma]}\nagents: [{id: alice, password: x}, {id: bob, password: y}]\n")
	if got := takeOver(s, log, first, next); got != next || got.DrainTimeout != 2*time.Minute {
		t.Errorf("in force with a drain time-out of %v", got.DrainTimeout)
	}
	for _, want := range []string{"configuration reloaded", "agents=2", "need a restart", "keys=[media]"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in the log:\n%s", want, out.String())
		}
	}

	broken := parse("agents: [{id: alice, password: x}]\n")
	broken.Agents = append(broken.Agents, broken.Agents[0]) // the checks of the file would have found it
	out.Reset()
	if got := takeOver(s, log, next, broken); got != next || !strings.Contains(out.String(), "configuration refused, the running one is kept") {
		t.Errorf("a broken one is in force, or nothing was said: %s", out.String())
	}
}
