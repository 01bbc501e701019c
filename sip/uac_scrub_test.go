package sip

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// What the layer above passes on from others cannot shape the request.
func TestPartiesAndHeadersCannotShapeTheInvite(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dial(DialRequest{
			Targets: []Target{{URI: "sip:1@" + trunkAddr.String()}},
			From:    Party{Name: "a\"\r\nX-Evil: 1\\", User: "u>;x=\"\r\nEvil: 1", Host: "evil.example>;tag=forged\r\nX: y"},
			To:      Party{Name: "b\x00\n", User: "2@x", Host: "b> , <sip:c"},
			Body:    []byte(offerSDP),
			Headers: []Header{
				{"X-A", "1\r\nEvil: 2"}, {"Via", "SIP/2.0/UDP evil;branch=z9hG4bKevil"}, {"Content-Length", "3"},
				{"v", "SIP/2.0/UDP evil;branch=z9hG4bKevil"}, {"route", "<sip:evil;lr>"}, {"Record-Route", "<sip:evil;lr>"},
				{"CSEQ", "1 BYE"}, {"Call-ID", "evil"}, {"i", "evil"}, {"From", "<sip:evil>"}, {"t", "<sip:evil>"},
				{"m", "<sip:evil>"}, {"Max-Forwards", "250"}, {"c", "text/evil"}, {"l", "3"},
			},
		})
		inv := p.request(sip.INVITE)
		if h := inv.From().Address.Host; h != "example.test" {
			t.Errorf("From host %q", h)
		}
		if h := inv.To().Address.Host; h != trunkAddr.Addr().String() {
			t.Errorf("To host %q", h)
		}
		if n := len(inv.From().Params); n != 1 || tagOf(inv.From().Params) == "forged" {
			t.Errorf("From %s", inv.From())
		}
		if strings.Contains(inv.String(), "evil") || inv.GetHeader("Evil") != nil || inv.GetHeader("X-Evil") != nil {
			t.Errorf("injected:\n%s", inv)
		}
		if h := inv.GetHeader("X-A"); h == nil || h.Value() != "1  Evil: 2" {
			t.Errorf("X-A: %v", h)
		}
		for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq", "Contact", "Max-Forwards", "Content-Type", "Content-Length"} {
			if n := len(inv.GetHeaders(name)); n != 1 {
				t.Errorf("%d of %s", n, name)
			}
		}
	})
}

func TestHostOf(t *testing.T) {
	for in, want := range map[string]string{
		"example.test": "example.test", "a-b_c.example": "a-b_c.example", "192.0.2.1": "192.0.2.1",
		"2001:db8::1": "[2001:db8::1]", "[2001:db8::1]": "[2001:db8::1]",
		"": "", "a b": "", "a;b": "", "a>": "", "a@b": "", "a:5060": "", "fe80::1%eth0": "", "a\r\nb": "", "é": "",
		"[a]": "", strings.Repeat("a", maxText+1): "",
	} {
		if got := hostOf(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func FuzzHostOf(f *testing.F) {
	f.Add("example.test")
	f.Add("[2001:db8::1]")
	f.Fuzz(func(t *testing.T, s string) {
		host := hostOf(s)
		if strings.ContainsAny(host, "<>\"@,; \t\r\n%?&=") || hostOf(host) != host {
			t.Errorf("%q is %q", s, host)
		}
		if strings.Contains(host, ":") {
			if _, err := netip.ParseAddr(strings.Trim(host, "[]")); err != nil {
				t.Errorf("%q is %q: %v", s, host, err)
			}
		}
	})
}
