package sip

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestBucket(t *testing.T) {
	now := digestNow
	b := newBucket(10, 3)
	take := func(want bool) {
		t.Helper()
		if b.take(now) != want {
			t.Errorf("take at %v is %v", now.Sub(digestNow), !want)
		}
	}
	take(true)
	take(true)
	take(true)
	take(false)
	now = now.Add(99 * time.Millisecond)
	take(false)
	now = now.Add(2 * time.Millisecond)
	take(true)
	take(false)
	now = now.Add(-time.Hour) // a clock set back
	take(false)
	now = now.Add(time.Hour)
	for range 3 {
		take(true)
	}
	take(false)
}

func TestBucketsAreBounded(t *testing.T) {
	bs := newBuckets[int](1, 2, 100)
	now := digestNow
	for bs.take(-1, now) {
	}
	for i := range 10_000 {
		bs.take(i, now)
	}
	if n := len(bs.table); n > 100 {
		t.Errorf("%d buckets", n)
	}
	now = now.Add(time.Minute)
	bs.take(-2, now)
	if n := len(bs.table); n > 100-10 {
		t.Errorf("%d buckets: the full ones stay", n)
	}
}

func TestAllowInvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGuard(Limits{CallsPerSecond: 5}, nil, time.Now)
		count := func() (n int) {
			for range 100 {
				if g.allowInvite(time.Now()) {
					n++
				}
			}
			return n
		}
		if n := count(); n != 5 {
			t.Errorf("%d at once", n)
		}
		time.Sleep(400 * time.Millisecond)
		if n := count(); n != 2 {
			t.Errorf("%d after 0.4 s", n)
		}
	})
}

func TestAllowRegister(t *testing.T) {
	g := newGuard(Limits{RegistrationsPerMinutePerAddr: 6}, nil, nil)
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	mapped := netip.MustParseAddr("::ffff:192.0.2.1")
	for range 3 {
		if !g.allowRegister(a, digestNow) || !g.allowRegister(mapped, digestNow) {
			t.Fatal("refused within the limit")
		}
	}
	if g.allowRegister(a, digestNow) || g.allowRegister(mapped, digestNow) {
		t.Error("beyond the limit")
	}
	if !g.allowRegister(b, digestNow) {
		t.Error("another address pays")
	}
	if !g.allowRegister(a, digestNow.Add(10*time.Second)) || g.allowRegister(a, digestNow.Add(10*time.Second)) {
		t.Error("one more every ten seconds")
	}
	for i := range 100_000 {
		g.allowRegister(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), digestNow)
	}
	if n := len(g.registers.table); n > maxPrefixes {
		t.Errorf("%d addresses kept", n)
	}
}

func addr4(i int) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), 5060)
}

// TestSpoofedSources is the flood that fills sipgo's table: 100,000 sources,
// one datagram each, within a second.
func TestSpoofedSources(t *testing.T) {
	g := newGuard(Limits{}, nil, nil)
	agent := netip.MustParseAddrPort("192.0.2.1:5060")
	g.admit(agent, false, digestNow)
	g.trust(agent)
	passed := 0
	for i := range 100_000 {
		now := digestNow.Add(time.Duration(i) * 10 * time.Microsecond)
		if ok, _ := g.admit(addr4(i), false, now); ok {
			passed++
		}
	}
	if passed > freshBurst+freshRate+1 {
		t.Errorf("%d of 100,000 sources let through in a second", passed)
	}
	if ok, added := g.admit(agent, false, digestNow.Add(time.Second)); !ok || added {
		t.Error("a known agent is shut out by the flood")
	}
	// Patient: as many as the rate lets in, for hours.
	for i := range 4 * maxSources {
		g.admit(addr4(i), false, digestNow.Add(time.Hour+time.Duration(i)*6*time.Millisecond))
	}
	if n := len(g.sources); n > maxSources {
		t.Errorf("%d sources kept", n)
	}
	if n := len(g.prefixes.table); n > maxPrefixes {
		t.Errorf("%d prefixes kept", n)
	}
	if !g.known(agent) {
		t.Error("the trusted source was evicted before the others")
	}
	if d := g.drops(); d["source"] == 0 || d["shape"] != 0 {
		t.Errorf("drops %v", d)
	}
}

// TestOnePrefix: the ports of one address, and the addresses of one IPv6
// subnet, share a bucket; others do not pay for them.
func TestOnePrefix(t *testing.T) {
	for _, tt := range []struct{ name, other string }{{"10.0.0.1", "10.0.0.2"}, {"2001:db8::%d", "2001:db8:0:1::1"}} {
		g := newGuard(Limits{}, nil, nil)
		passed := 0
		for i := range 1000 {
			a := tt.name
			if strings.Contains(a, "%d") {
				a = fmt.Sprintf(a, i)
			}
			if ok, _ := g.admit(netip.AddrPortFrom(netip.MustParseAddr(a), uint16(1000+i)), false, digestNow); ok {
				passed++
			}
		}
		if passed != prefixBurst {
			t.Errorf("%s: %d sources of one prefix", tt.name, passed)
		}
		if ok, _ := g.admit(netip.AddrPortFrom(netip.MustParseAddr(tt.other), 1), false, digestNow); !ok {
			t.Errorf("%s is shut out", tt.other)
		}
	}
}

func TestSourceRate(t *testing.T) {
	g := newGuard(Limits{}, nil, nil)
	src := addr4(1)
	passed := 0
	for range 10 * sourceBurst {
		if ok, _ := g.admit(src, false, digestNow); ok {
			passed++
		}
	}
	if passed != sourceBurst {
		t.Errorf("%d datagrams at once", passed)
	}
	for range 10 * sourceBurst {
		if ok, _ := g.admit(src, true, digestNow); !ok {
			t.Fatal("a trunk is limited")
		}
	}
	if d := g.drops()["rate"]; d != 9*sourceBurst {
		t.Errorf("%d dropped for rate", d)
	}
}

const plainOptions = "OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;rport\r\n" +
	"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"

func TestInspect(t *testing.T) {
	change := func(old, with string) string {
		if !strings.Contains(plainOptions, old) {
			t.Fatalf("no %q to replace", old)
		}
		return strings.Replace(plainOptions, old, with, 1)
	}
	for _, tt := range []struct {
		name, msg string
		want      verdict
		status    int
	}{
		{"plain", plainOptions, pass, 0},
		{"response", "SIP/2.0 200 OK\r\nVia: x/y\r\n\r\n", pass, 0},
		{"response without phrase", "SIP/2.0 200 \r\nVia: x/y\r\n\r\n", pass, 0},
		{"response, bad status", "SIP/2.0 20 OK\r\n\r\n", drop, 0},
		{"response, no space", "SIP/2.0 200\r\n\r\n", drop, 0},
		{"response with lf", "SIP/2.0 200 OK\r\nA: b\nc\r\n\r\n", drop, 0},
		{"empty", "", drop, 0},
		{"no end", strings.TrimSuffix(plainOptions, "\r\n"), drop, 0},
		{"http", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", drop, 0},
		{"binary", "\x00\x01\x02\x03\r\n\r\n", drop, 0},
		{"stun", "\x00\x01\x00\x00\x21\x12\xa4\x42\r\n\r\n", drop, 0},
		{"long method", strings.Repeat("A", 65) + " sip:a@b SIP/2.0\r\n\r\n", drop, 0},
		{"huge head", change("Call-ID: x", "Call-ID: "+strings.Repeat("x", maxHead)), drop, 0},
		{"lf in a value", change("Call-ID: x", "Call-ID: x\nInjected: y"), reject, 400},
		{"cr in a value", change("Call-ID: x", "Call-ID: x\rInjected: y"), reject, 400},
		{"nul in a value", change("Call-ID: x", "Call-ID: x\x00"), reject, 400},
		{"escape in a value", change("Call-ID: x", "Call-ID: \x1b[2J"), reject, 400},
		{"tab in a value", change("Call-ID: x", "Call-ID:\tx"), pass, 0},
		{"utf-8", change("<sip:a@b>", "Grüße <sip:a@b>"), pass, 0},
		{"lf in the uri", change("sip:bob@", "sip:b\nob@"), reject, 400},
		{"lf in the body", change("Length: 0\r\n\r\n", "Length: 3\r\n\r\na\nb"), pass, 0},
		{"header without colon", change("Call-ID: x", "Call-ID x"), reject, 400},
		{"header without name", change("Call-ID: x", ": x"), reject, 400},
		{"space in a name", change("Call-ID: x", "Call ID: x"), reject, 400},
		{"space behind a name", change("Call-ID: x", "Call-ID : x"), pass, 0},
		{"folded", change("Call-ID: x", "Call-ID:\r\n x"), pass, 0},
		{"folded nothing", change("Via: ", " x\r\nVia: "), reject, 400},
		{"folded cseq", change("CSeq: 1 OPTIONS", "CSeq:\r\n 1\r\n OPTIONS"), pass, 0},
		{"cseq too large", change("CSeq: 1 ", "CSeq: 2147483648 "), reject, 400},
		{"largest cseq", change("CSeq: 1 ", "CSeq: 2147483647 "), pass, 0},
		{"negative cseq", change("CSeq: 1 ", "CSeq: -1 "), reject, 400},
		{"no cseq", change("CSeq: 1 OPTIONS\r\n", ""), pass, 0},
		{"malformed and no cseq", change("CSeq: 1 OPTIONS", "Broken"), drop, 0},
		{"malformed and no via", strings.Replace(change("Via: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bK1;rport", "X: y"), "Call-ID:", "Call-ID", 1), drop, 0},
		{"malformed ACK", strings.ReplaceAll(change("Call-ID: x", "Call-ID x"), "OPTIONS", "ACK"), drop, 0},
		{"length twice", change("Content-Length: 0", "Content-Length: 0\r\nl: 0"), reject, 400},
		{"length negative", change("Content-Length: 0", "Content-Length: -1"), reject, 400},
		{"length of hex", change("Content-Length: 0", "Content-Length: 0x1"), reject, 400},
		{"length empty", change("Content-Length: 0", "Content-Length:"), reject, 400},
		{"length enormous", change("Content-Length: 0", "Content-Length: 99999999999"), reject, 400},
		{"length beyond", change("Content-Length: 0", "Content-Length: 1"), reject, 400},
		{"length short", plainOptions + "more", pass, 0},
		{"no length", change("Content-Length: 0\r\n", ""), pass, 0},
		{"compact", change("Content-Length: 0", "L:0"), pass, 0},
		{"255 headers", change("Call-ID: x", strings.Repeat("X: y\r\n", maxHeaders-6)+"Call-ID: x"), pass, 0},
		{"257 headers", change("Content-Length: 0", strings.Repeat("X: y\r\n", maxHeaders)+"Content-Length: 0"), reject, 400},
		{"two spaces", change("OPTIONS sip", "OPTIONS  sip"), reject, 400},
		{"no uri", change(" sip:bob@example.com", ""), reject, 400},
		{"version of letters", change("SIP/2.0\r\nVia", "SIP/x.0\r\nVia"), reject, 400},
		{"version short", change("SIP/2.0\r\nVia", "SIP/2\r\nVia"), reject, 400},
		{"version 7", change("SIP/2.0\r\nVia", "SIP/7.0\r\nVia"), pass, 0},
		{"uri without scheme", change("sip:bob@example.com", "bob"), reject, 400},
		{"uri in brackets", change("sip:bob@example.com", "<sip:bob@example.com>"), reject, 400},
		{"ipv6", change("sip:bob@example.com", "sip:bob@[2001:db8::1]:5060;x"), pass, 0},
		{"ipv6 without end", change("sip:bob@example.com", "sip:bob@[2001:db8::1"), reject, 400},
		{"ipv6 and more", change("sip:bob@example.com", "sip:bob@[::1]x"), reject, 400},
		{"port of letters", change("sip:bob@example.com", "sip:bob@h:x"), reject, 400},
		{"port too large", change("sip:bob@example.com", "sip:bob@h:65536"), reject, 400},
		{"port empty", change("sip:bob@example.com", "sip:bob@h:"), reject, 400},
		{"host empty", change("sip:bob@example.com", "sip:bob@"), reject, 400},
		{"tel", change("sip:bob@example.com", "tel:+49;x=y"), pass, 0},
		{"scheme with digits", change("sip:bob@example.com", "h323:x"), reject, 416},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h, v := inspect([]byte(tt.msg), true)
			if v != tt.want || v == reject && h.status != tt.status {
				t.Errorf("%d %d %s, want %d %d", v, h.status, h.reason, tt.want, tt.status)
			}
			if v == pass && h.request {
				if _, err := newParser().ParseSIP([]byte(tt.msg)); err != nil {
					t.Errorf("passed, but %v", err)
				}
			}
		})
	}
}

func TestRefuse(t *testing.T) {
	src := netip.MustParseAddrPort("203.0.113.7:40000")
	msg := []byte("OPTIONS  sip:x SIP/2.0\r\nv: SIP/2.0/UDP 10.0.0.1 ;branch=z9hG4bK1; rport ,SIP/2.0/UDP 10.0.0.2\r\n" +
		"Via: SIP/2.0/UDP 10.0.0.3\r\nf: \"A\nInjected: 1\" <sip:a@b>;tag=1\r\nt:\r\n <sip:c@d>\r\n" +
		"i: x\r\nCSeq: 1\r\n\tOPTIONS\r\nAuthorization: secret\r\n\r\n")
	h, v := inspect(msg, true)
	if v != reject {
		t.Fatalf("verdict %d", v)
	}
	raw, to := refuse(msg, h, src)
	answer := string(raw)
	raw, _ = refuse(msg, h, src)
	first := string(raw)
	if to != src {
		t.Errorf("rport: sent to %v", to)
	}
	want := "SIP/2.0 400 Malformed Request-URI\r\n" +
		"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1;rport=40000;received=203.0.113.7,SIP/2.0/UDP 10.0.0.2\r\n" +
		"Via: SIP/2.0/UDP 10.0.0.3\r\n" +
		"From: \"A Injected: 1\" <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag="
	if !strings.HasPrefix(answer, want) {
		t.Errorf("got\n%s\nwant\n%s…", answer, want)
	}
	if !strings.HasSuffix(answer, "\r\nCall-ID: x\r\nCSeq: 1   OPTIONS\r\nContent-Length: 0\r\n\r\n") {
		t.Errorf("got\n%s", answer)
	}
	if answer != first {
		t.Error("a retransmission gets another answer")
	}
	if strings.Contains(answer, "secret") || strings.Contains(answer, "\nInjected") {
		t.Errorf("leaks:\n%s", answer)
	}
	tagged := strings.Replace(string(msg), "<sip:c@d>", "<sip:c@d>;tag=mine", 1)
	h, _ = inspect([]byte(tagged), true)
	if a, _ := refuse([]byte(tagged), h, src); !strings.Contains(string(a), "To: <sip:c@d>;tag=mine\r\n") {
		t.Errorf("the To tag was changed:\n%s", a)
	}
	vias := strings.Replace(string(msg), "i: x", strings.Repeat("v: SIP/2.0/UDP h\r\n", maxVias)+"i: x", 1)
	h, _ = inspect([]byte(vias), true)
	if a, _ := refuse([]byte(vias), h, src); a != nil {
		t.Errorf("answered with %d bytes to a request of many Vias", len(a))
	}
	if a, _ := refuse([]byte("x"), head{}, src); a != nil {
		t.Errorf("answered %q", a)
	}
}

// TestRefuseGoesTo: back to the address a request came from, whatever its Via
// says, and to the port of the sent-by unless rport was asked for.
func TestRefuseGoesTo(t *testing.T) {
	src := netip.MustParseAddrPort("203.0.113.7:40000")
	for via, port := range map[string]uint16{
		"SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1":               5060,
		"SIP/2.0/UDP 10.0.0.1:5070 ; branch=z9hG4bK1":        5070,
		"SIP/2.0/UDP 10.0.0.1 : 5070":                        5070,
		"SIP/2.0/UDP [2001:db8::1];x":                        5060,
		"SIP/2.0/UDP [2001:db8::1]:5071":                     5071,
		"SIP/2.0/UDP victim.example:99999":                   5060,
		"SIP/2.0/UDP h:5070;RPORT;branch=z":                  40000,
		"SIP/2.0/UDP h:5070;rport=1":                         5070,
		"SIP/2.0/UDP h:5070, SIP/2.0/UDP other:5071;rport":   5070,
		"SIP/2.0/UDP h:5070;x=\"a, b\";rport, SIP/2.0/UDP o": 40000,
	} {
		msg := []byte("OPTIONS  sip:x SIP/2.0\r\nVia: " + via + "\r\nCSeq: 1 OPTIONS\r\n\r\n")
		h, _ := inspect(msg, true)
		if _, to := refuse(msg, h, src); to != netip.AddrPortFrom(src.Addr(), port) {
			t.Errorf("%s: sent to %v, want port %d", via, to, port)
		}
	}
}

func BenchmarkInspect(b *testing.B) {
	msg := readTorture(b, "longreq")
	for _, bb := range []struct {
		name string
		msg  []byte
	}{{"short", []byte(plainOptions)}, {"long", msg}} {
		b.Run(bb.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(bb.msg)))
			for b.Loop() {
				if _, v := inspect(bb.msg, true); v != pass {
					b.Fatal("refused")
				}
			}
		})
	}
}
