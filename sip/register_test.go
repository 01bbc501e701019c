package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

func TestParseRegister(t *testing.T) {
	const own = "To: <sip:alice@example.com>"
	for _, tt := range []struct {
		name   string
		lines  []string
		status int
		want   []Contact
		star   bool
	}{
		{"query", []string{"Contact:"}, 400, nil, false},
		{"one", []string{"Contact: <sip:a@192.0.2.1:5062;transport=tcp>"}, 0, []Contact{{URI: "sip:a@192.0.2.1:5062;transport=tcp", Expires: defaultExpires, Q: 1}}, false},
		{"header expires", []string{"Contact: <sip:a@h>", "Expires: 60"}, 0, []Contact{{URI: "sip:a@h", Expires: time.Minute, Q: 1}}, false},
		{"parameter beats header", []string{"Contact: <sip:a@h>;expires=30", "Expires: 60"}, 0, []Contact{{URI: "sip:a@h", Expires: 30 * time.Second, Q: 1}}, false},
		{"parameter in upper case", []string{"Contact: <sip:a@h>; Expires = 30"}, 0, []Contact{{URI: "sip:a@h", Expires: 30 * time.Second, Q: 1}}, false},
		{"remove one", []string{"Contact: <sip:a@h>;expires=0"}, 0, []Contact{{URI: "sip:a@h", Q: 1}}, false},
		{"garbled expires", []string{"Contact: <sip:a@h>;expires=soon", "Expires: later"}, 0, []Contact{{URI: "sip:a@h", Expires: defaultExpires, Q: 1}}, false},
		{"enormous expires", []string{"Contact: <sip:a@h>;expires=99999999999999999999"}, 0, []Contact{{URI: "sip:a@h", Expires: maxExpires, Q: 1}}, false},
		{"negative expires", []string{"Contact: <sip:a@h>;expires=-1"}, 0, []Contact{{URI: "sip:a@h", Expires: defaultExpires, Q: 1}}, false},
		{"two", []string{"Contact: <sip:a@h>;q=0.5, sip:b@h;expires=9", "Expires: 60"}, 0,
			[]Contact{{URI: "sip:a@h", Expires: time.Minute, Q: 0.5}, {URI: "sip:b@h", Expires: 9 * time.Second, Q: 1}}, false},
		{"instance", []string{`Contact: <sip:a@h>;+sip.instance="<urn:uuid:1-2>";reg-id=1`}, 0,
			[]Contact{{URI: "sip:a@h", Instance: "<urn:uuid:1-2>", Expires: defaultExpires, Q: 1}}, false},
		{"uri headers left out", []string{"Contact: <sip:a@h?Route=%3Csip:evil%3E>"}, 0, []Contact{{URI: "sip:a@h", Expires: defaultExpires, Q: 1}}, false},
		{"star", []string{"Contact: *", "Expires: 0"}, 0, nil, true},
		{"star without expires", []string{"Contact: *"}, 400, nil, false},
		{"star with another expires", []string{"Contact: *", "Expires: 60"}, 400, nil, false},
		{"star and another", []string{"Contact: *", "Contact: <sip:a@h>", "Expires: 0"}, 400, nil, false},
		{"two stars", []string{"Contact: *", "Contact: *", "Expires: 0"}, 400, nil, false},
		{"q too large", []string{"Contact: <sip:a@h>;q=2"}, 400, nil, false},
		{"q not a number", []string{"Contact: <sip:a@h>;q=NaN"}, 400, nil, false},
		{"tel contact", []string{"Contact: <tel:+49>"}, 400, nil, false},
		{"long contact", []string{"Contact: <sip:" + strings.Repeat("a", maxContactURI) + "@h>"}, 400, nil, false},
		{"too many", []string{"Contact: " + strings.Repeat("<sip:a@h>,", maxContacts) + "<sip:a@h>"}, 400, nil, false},
		{"two expires headers", []string{"Contact: <sip:a@h>", "Expires: 1", "Expires: 2"}, 400, nil, false},
		{"another's address", []string{"To: <sip:bob@example.com>"}, 403, nil, false},
		{"nobody's address", []string{"To: <sip:example.com>"}, 403, nil, false},
		{"address of another scheme", []string{"To: <tel:+49>"}, 400, nil, false},
		{"escaped address", []string{"To: <sip:%61lice@example.com>", "Contact: <sip:a@h>"}, 0, []Contact{{URI: "sip:a@h", Expires: defaultExpires, Q: 1}}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := tt.lines
			if !strings.HasPrefix(lines[0], "To:") {
				lines = append([]string{own}, lines...)
			}
			flow := Flow{Transport: "udp"}
			reg, r := parseRegister(registerWith(t, lines...), "alice", flow)
			if r != nil {
				if r.status != tt.status {
					t.Errorf("%d %s, want %d", r.status, r.reason, tt.status)
				}
				return
			}
			if tt.status != 0 {
				t.Fatalf("taken: %+v, want %d", reg, tt.status)
			}
			if reg.User != "alice" || reg.Flow != flow || reg.Star != tt.star || reg.CSeq == 0 || reg.CallID != "c1@192.0.2.9" {
				t.Errorf("%+v", reg)
			}
			if len(reg.Contacts) != len(tt.want) {
				t.Fatalf("contacts %+v, want %+v", reg.Contacts, tt.want)
			}
			for i := range tt.want {
				if reg.Contacts[i] != tt.want[i] {
					t.Errorf("contact %+v, want %+v", reg.Contacts[i], tt.want[i])
				}
			}
		})
	}
}

// TestParseRegisterQuery: no Contact at all asks for the bindings.
func TestParseRegisterQuery(t *testing.T) {
	text := message("REGISTER sip:example.com SIP/2.0", "To: <sip:alice@example.com>", "User-Agent: phone\t1")
	text = strings.Replace(text, "\r\nContact: <sip:alice@192.0.2.9>", "", 1)
	msg, err := newParser().ParseSIP([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	reg, r := parseRegister(msg.(*sip.Request), "alice", Flow{})
	if r != nil || reg.Contacts != nil || reg.Star || reg.UserAgent != "phone 1" {
		t.Errorf("%+v %v", reg, r)
	}
}

// TestParseRegisterByName: the To may be the name of the digest instead of the
// id, but not the name in just any Authorization.
func TestParseRegisterByName(t *testing.T) {
	auth := func(name string) string {
		return `Authorization: Digest username="` + name + `", realm="r", nonce="n", uri="u", response="x"`
	}
	for _, tt := range []struct {
		lines []string
		ok    bool
	}{
		{[]string{"To: <sip:201@h>", auth("201")}, true},
		{[]string{"To: <sip:201@h>", auth("202")}, false},
		{[]string{"To: <sip:201@h>", auth("201"), auth("alice")}, false},
		{[]string{"To: <sip:201@h>", auth("alice"), auth("201")}, false},
		{[]string{"To: <sip:201@h>", "Authorization: Basic x"}, false},
	} {
		_, r := parseRegister(registerWith(t, tt.lines...), "alice", Flow{})
		if (r == nil) != tt.ok {
			t.Errorf("%q: %+v", tt.lines, r)
		}
	}
}

func TestRegisterResponse(t *testing.T) {
	answer := func(result RegisterResult) *sip.Response {
		res := sip.NewResponseFromRequest(registerWith(t), 200, "OK", nil)
		registerResponse(res, result)
		return res
	}
	res := answer(RegisterResult{Status: 200, Contacts: []Contact{
		{URI: "sip:a@h;transport=tcp", Expires: 59*time.Second + 1, Q: 1},
		{URI: "sip:b@h", Expires: time.Hour, Q: 0.25, Instance: "<urn:uuid:1>"},
	}})
	var got []string
	for _, h := range res.GetHeaders("Contact") {
		got = append(got, h.Value())
	}
	want := `<sip:a@h;transport=tcp>;expires=60|<sip:b@h>;expires=3600;q=0.25;+sip.instance="<urn:uuid:1>"`
	if strings.Join(got, "|") != want {
		t.Errorf("contacts %q", got)
	}
	if d := res.GetHeader("Date"); d == nil {
		t.Error("no Date")
	} else if _, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", d.Value()); err != nil {
		t.Error(err)
	}
	if _, err := newParser().ParseSIP([]byte(res.String())); err != nil {
		t.Errorf("%v in\n%s", err, res)
	}
	for status, header := range map[int]string{423: "Min-Expires: 90", 403: "", 500: "", 503: "Retry-After: 10"} {
		res := answer(RegisterResult{Status: status, MinExpires: 90 * time.Second, Contacts: []Contact{{URI: "sip:a@h"}}})
		if res.StatusCode != status || res.Reason == "" || !strings.Contains(res.String(), header) || res.GetHeader("Contact") != nil {
			t.Errorf("%d:\n%s", status, res)
		}
	}
	if res := answer(RegisterResult{}); res.StatusCode != 500 {
		t.Errorf("no status gives %d", res.StatusCode)
	}
	evil := answer(RegisterResult{Status: 200, Contacts: []Contact{{URI: "sip:a@h>\r\nEvil: 1"}}})
	if strings.Contains(evil.String(), "\r\nEvil") {
		t.Errorf("a header was injected:\n%s", evil)
	}
}
