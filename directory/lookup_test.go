package directory

import (
	"fmt"
	"net/netip"
	"testing"
)

// bigStore has a thousand agents and fifty trunks.
func bigStore(tb testing.TB) *Store {
	tb.Helper()
	var cfg Config
	for i := range 1000 {
		cfg.Agents = append(cfg.Agents, Agent{ID: fmt.Sprint("agent", i), Extension: fmt.Sprint(10000 + i), Password: "x"})
	}
	for i := range 50 {
		p := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(i), 0, 0}), 16)
		cfg.Trunks = append(cfg.Trunks, Trunk{ID: fmt.Sprint("trunk", i), Match: []netip.Prefix{p}})
	}
	s, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// TestStrangersCostNoMemory: what runs for every packet, whoever sent it, must
// not allocate.
func TestStrangersCostNoMemory(t *testing.T) {
	s := bigStore(t)
	stranger := netip.MustParseAddr("203.0.113.1")
	for what, f := range map[string]func(){
		"TrunkOf":     func() { s.TrunkOf(stranger) },
		"AgentByUser": func() { s.AgentByUser("sipvicious") },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s allocates %v times", what, n)
		}
	}
}

func BenchmarkTrunkOf(b *testing.B) {
	s := bigStore(b)
	stranger := netip.MustParseAddr("203.0.113.1")
	b.ReportAllocs()
	for b.Loop() {
		s.TrunkOf(stranger)
	}
}

func BenchmarkResolve(b *testing.B) {
	s := bigStore(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Resolve("10500"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkStates(b *testing.B) {
	s := bigStore(b)
	b.ReportAllocs()
	for b.Loop() {
		s.States(t0)
	}
}
