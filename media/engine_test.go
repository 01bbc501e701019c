package media

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestConfigErrors(t *testing.T) {
	good := Config{Network: newFakeNetwork(), Addr: ourAddr, PortMin: 20000, PortMax: 20001}
	tests := []struct {
		name   string
		change func(*Config)
		want   string
	}{
		{"no address", func(c *Config) { c.Addr = netip.Addr{} }, "no local address"},
		{"bound to all, nothing to advertise", func(c *Config) { c.Addr = netip.IPv4Unspecified() }, "real one"},
		{"mixed versions", func(c *Config) { c.Advertise = netip.MustParseAddr("2001:db8::1") }, "IP version"},
		{"port 0", func(c *Config) { c.PortMin = 0 }, "not between"},
		{"port too high", func(c *Config) { c.PortMax = 65536 }, "not between"},
		{"no pair", func(c *Config) { c.PortMin = 20001 }, "no even port"},
		{"backwards", func(c *Config) { c.PortMax = 10000 }, "no even port"},
		{"codec", func(c *Config) { c.Codecs = []string{"pcmu", "gsm"} }, `unknown codec "gsm"`},
	}
	for _, tt := range tests {
		cfg := good
		tt.change(&cfg)
		e, err := New(cfg)
		if err == nil {
			e.Close()
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	e, err := New(good)
	if err != nil {
		t.Fatal(err)
	}
	e.Close()
}

func TestAdvertise(t *testing.T) {
	s := oneSession(t, Config{Network: newFakeNetwork(), Addr: netip.IPv4Unspecified(), Advertise: netip.MustParseAddr("203.0.113.1"),
		PortMin: 20000, PortMax: 20001})
	offer, _ := s.Offer()
	if !strings.Contains(string(offer), "c=IN IP4 203.0.113.1\r\n") || !strings.Contains(string(offer), "IN IP4 203.0.113.1\r\ns=") {
		t.Errorf("offer:\n%s", offer)
	}
}

// A port rests after its session is closed, then it is the last to be used
// again.
func TestPortRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, err := New(Config{Network: newFakeNetwork(), Addr: ourAddr, PortMin: 20000, PortMax: 20003})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		open := func() *Session {
			t.Helper()
			s, err := e.NewSession(SessionConfig{})
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
		first, second := open(), open()
		if first.port == second.port || first.port%2 != 0 || second.port%2 != 0 {
			t.Errorf("ports %d and %d", first.port, second.port)
		}
		if _, err := e.NewSession(SessionConfig{}); !errors.Is(err, ErrNoPort) {
			t.Errorf("a third session of two ports: %v", err)
		}
		first.Close()
		first.Close() // a second time does nothing
		time.Sleep(time.Second)
		second.Close()
		time.Sleep(4*time.Second - 1)
		if _, err := e.NewSession(SessionConfig{}); !errors.Is(err, ErrNoPort) {
			t.Errorf("a port that rests was used: %v", err)
		}
		if n := e.Stats().PortsFree; n != 0 {
			t.Errorf("%d ports free", n)
		}
		time.Sleep(time.Nanosecond)
		again := open()
		defer again.Close()
		if again.port != first.port {
			t.Errorf("port %d, want the one that rested longest, %d", again.port, first.port)
		}
		time.Sleep(time.Second)
		if st := e.Stats(); st.PortsFree != 1 || st.Sessions != 1 {
			t.Errorf("%+v", st)
		}
	})
}

// Ports that another program holds are passed over, RTCP's too.
func TestBusyPorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newFakeNetwork()
		n.busy[netip.AddrPortFrom(ourAddr, 20000)] = true
		n.busy[netip.AddrPortFrom(ourAddr, 20003)] = true
		s := oneSession(t, Config{Network: n, Addr: ourAddr, PortMin: 20000, PortMax: 20005})
		if s.port != 20004 {
			t.Errorf("port %d", s.port)
		}
		time.Sleep(time.Minute)
		if _, err := s.engine.NewSession(SessionConfig{}); !errors.Is(err, ErrNoPort) {
			t.Errorf("no port is left: %v", err)
		}
		if len(n.sockets) != 2 {
			t.Errorf("%d sockets open, want the session's 2", len(n.sockets))
		}
	})
}

func TestEngineStatsKeepEndedSessions(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.stream.seq = 0
	b.talk(&b.stream, 1000, 5)
	b.stream.seq += 2
	b.talk(&b.stream, 1000, 5)
	b.s.count.of(pcmu).relayed.Add(1)
	want := EngineStats{PacketsIn: 10, PacketsOut: 10, Lost: 2, Sessions: 1, PortsFree: 49}
	want.Frames = [4]FrameStats{{"pcmu", 10, 0, 1}, {Codec: "pcma"}, {Codec: "g722"}, {Codec: "opus"}}
	if got := b.engine.Stats(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	b.s.Close()
	want.Sessions = 0
	if got := b.engine.Stats(); got != want {
		t.Errorf("after the end: %+v, want %+v", got, want)
	}
}

// What is counted as lost stays so for those who count, also when it comes late,
// and a loss after that is counted once.
func TestLostNeverFalls(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 5)
	late := b.stream
	b.stream.seq, b.stream.ts = b.stream.seq+1, b.stream.ts+160
	b.talk(&b.stream, 1000, 1)
	for i, want := range [][2]uint64{{1, 1}, {0, 1}, {2, 2}, {2, 2}} {
		switch i {
		case 1:
			b.sendAs(b.peer, &late, 0, level(1000, 160))
			b.tick()
		case 2:
			b.stream.seq, b.stream.ts = b.stream.seq+2, b.stream.ts+3*160
			b.talk(&b.stream, 1000, 1)
		case 3:
			b.s.Close()
		}
		if leg, all := b.s.Stats().Lost, b.engine.Stats().Lost; leg != want[0] || all != want[1] {
			t.Errorf("step %d: %d lost of the leg, %d in all, want %d", i, leg, all, want)
		}
	}
}

// SSRC, sequence, timestamp and session id differ from session to session.
func TestSeeds(t *testing.T) {
	b := newBench(t, SessionConfig{})
	type seed struct {
		id       uint64
		ssrc, ts uint32
		name     [cnameLength]byte
	}
	seen := map[seed]bool{}
	ids, ssrcs := map[uint64]bool{}, map[uint32]bool{}
	for range 40 {
		s, err := b.engine.NewSession(SessionConfig{})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		seen[seed{s.origin.id, s.out.ssrc, s.out.ts, s.control.cname}] = true
		ids[s.origin.id], ssrcs[s.out.ssrc] = true, true
	}
	if len(seen) != 40 || len(ids) != 40 || len(ssrcs) != 40 {
		t.Errorf("%d seeds, %d ids, %d SSRCs of 40", len(seen), len(ids), len(ssrcs))
	}
}
