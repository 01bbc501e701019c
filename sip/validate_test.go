package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestValidate(t *testing.T) {
	const options = "OPTIONS sip:bob@example.com SIP/2.0"
	const sdp = "Content-Type: application/sdp\r\nContent-Length: 5\r\n\r\nv=0\r\n"
	for _, tt := range []struct {
		name   string
		lines  []string
		known  bool
		status int // 0: nil
		reason string
	}{
		{"plain", []string{inviteLine}, false, 0, ""},
		{"with sdp", []string{inviteLine, sdp}, false, 0, ""},
		{"register", []string{"REGISTER sip:example.com SIP/2.0"}, false, 0, ""},
		{"tel", []string{"INVITE tel:+4930 SIP/2.0"}, false, 0, ""},
		{"sips", []string{"INVITE sips:bob@example.com SIP/2.0"}, false, 0, ""},
		{"version in lower case", []string{"INVITE sip:bob@example.com sip/2.0"}, false, 0, ""},
		{"version 3", []string{"INVITE sip:bob@example.com SIP/3.0"}, false, 505, ""},
		{"cseq in another case", []string{options, "CSeq: 1 options"}, false, 0, ""},
		{"cseq of another method", []string{options, "CSeq: 1 BYE"}, false, 400, "CSeq Method Does Not Match"},
		{"no from tag", []string{options, "From: <sip:a@b>"}, false, 400, "Missing From Tag"},
		{"empty from tag", []string{options, "From: <sip:a@b>;tag="}, false, 400, "Missing From Tag"},
		{"from tag in upper case", []string{options, "From: <sip:a@b>;TAG=x"}, false, 0, ""},
		{"two from", []string{options, "From: <sip:a@b>;tag=1", "f: <sip:a@b>;tag=2"}, false, 400, "Repeated From"},
		{"two to", []string{options, "To: <sip:a@b>", "To: <sip:a@b>"}, false, 400, "Repeated To"},
		{"two call-id", []string{options, "Call-ID: a", "i: a"}, false, 400, "Repeated Call-ID"},
		{"two cseq", []string{options, "CSeq: 1 OPTIONS", "CSeq: 1 OPTIONS"}, false, 400, "Repeated CSeq"},
		{"two max-forwards", []string{options, "Max-Forwards: 9", "max-forwards: 9"}, false, 400, "Repeated Max-Forwards"},
		{"two content-type", []string{options, "Content-Type: a/b", "c: a/b"}, false, 400, "Repeated Content-Type"},
		{"two expires", []string{options, "Expires: 1", "expires: 1"}, false, 400, "Repeated Expires"},
		{"two routes", []string{options, "Route: <sip:a;lr>", "Route: <sip:b;lr>"}, false, 0, ""},
		{"via of version 3", []string{options, "Via: SIP/3.0/UDP h;branch=z9hG4bK1"}, false, 400, "Malformed Via"},
		{"via of another protocol", []string{options, "Via: HTTP/2.0/UDP h;branch=z9hG4bK1"}, false, 400, "Malformed Via"},
		{"via without host", []string{options, "Via: SIP/2.0/UDP ;branch=z9hG4bK1"}, false, 400, ""},
		{"invite with two contacts", []string{inviteLine, "Contact: <sip:a@b>,<sip:c@d>"}, false, 400, "One Contact Needed"},
		{"invite without contact", []string{inviteLine, "m:"}, false, 400, ""},
		{"message", []string{"MESSAGE sip:bob@example.com SIP/2.0"}, false, 405, ""},
		{"unknown method", []string{"FROB sip:bob@example.com SIP/2.0"}, false, 405, ""},
		{"http", []string{"OPTIONS http://example.com SIP/2.0"}, false, 416, ""},
		{"mail", []string{"OPTIONS mailto:bob@example.com SIP/2.0"}, false, 416, ""},
		{"no host", []string{"OPTIONS sip:;x SIP/2.0"}, false, 400, "Malformed Request-URI"},
		{"headers in uri", []string{"OPTIONS sip:bob@example.com?Subject=x SIP/2.0"}, false, 400, "Headers In Request-URI"},
		{"no hops", []string{options, "Max-Forwards: 0"}, false, 483, ""},
		{"one hop", []string{options, "Max-Forwards: 1"}, false, 0, ""},
		{"too many hops", []string{options, "Max-Forwards: 256"}, false, 400, "Malformed Max-Forwards"},
		{"no hops needed in a dialog", []string{"BYE sip:bob@example.com SIP/2.0", "To: <sip:b@c>;tag=t", "Max-Forwards: 0"}, true, 0, ""},
		{"unknown dialog", []string{"BYE sip:bob@example.com SIP/2.0", "To: <sip:b@c>;tag=t"}, false, 481, ""},
		{"unknown dialog, re-INVITE", []string{inviteLine, "To: <sip:b@c>;tag=t"}, false, 481, ""},
		{"to tag in CANCEL", []string{"CANCEL sip:bob@example.com SIP/2.0", "To: <sip:b@c>;tag=t"}, false, 0, ""},
		{"to tag in REGISTER", []string{"REGISTER sip:example.com SIP/2.0", "To: <sip:b@c>;tag=t"}, false, 0, ""},
		{"require", []string{options, "Require: foo"}, false, 420, ""},
		{"require 100rel", []string{inviteLine, "Require: 100rel"}, false, 420, ""},
		{"proxy-require", []string{options, "Proxy-Require: foo"}, false, 420, ""},
		{"require in CANCEL", []string{"CANCEL sip:bob@example.com SIP/2.0", "Require: foo"}, false, 0, ""},
		{"require in ACK", []string{"ACK sip:bob@example.com SIP/2.0", "Require: foo"}, false, 0, ""},
		{"empty require", []string{options, "Require: "}, false, 0, ""},
		{"body without type", []string{inviteLine, "Content-Length: 1\r\n\r\nx"}, false, 400, "Missing Content-Type"},
		{"body of another type", []string{inviteLine, "Content-Type: text/plain\r\n\r\nx"}, false, 415, ""},
		{"encoded body", []string{inviteLine, "Content-Encoding: gzip\r\n" + sdp}, false, 415, ""},
		{"identity body", []string{inviteLine, "e: Identity\r\n" + sdp}, false, 0, ""},
		{"OPTIONS with any body", []string{options, "Content-Type: text/plain\r\n\r\nx"}, false, 0, ""},
		{"INFO with any body", []string{"INFO sip:b@c SIP/2.0", "To: <sip:b@c>;tag=t", "Content-Type: text/plain\r\n\r\nx"}, true, 0, ""},
		{"accepts sdp", []string{inviteLine, "Accept: text/plain, application/SDP;level=1"}, false, 0, ""},
		{"accepts application", []string{inviteLine, "Accept: application/*"}, false, 0, ""},
		{"accepts all", []string{inviteLine, "Accept: text/plain", "Accept: */*;q=0.1"}, false, 0, ""},
		{"accepts no sdp", []string{inviteLine, "Accept: text/plain"}, false, 406, ""},
		{"accept in OPTIONS", []string{options, "Accept: text/plain"}, false, 0, ""},
		{"order: 505 first", []string{"FROB x:y SIP/9.0", "Require: z"}, false, 505, ""},
		{"order: 405 before 416", []string{"FROB mailto:y SIP/2.0", "Require: z"}, false, 405, ""},
		{"order: 416 before 420", []string{"OPTIONS mailto:y SIP/2.0", "Require: z"}, false, 416, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := validate(parseRequest(t, tt.lines...), tt.known)
			switch {
			case r == nil && tt.status != 0:
				t.Errorf("let through, want %d", tt.status)
			case r != nil && (r.status != tt.status || tt.reason != "" && r.reason != tt.reason):
				t.Errorf("%d %s, want %d %s", r.status, r.reason, tt.status, tt.reason)
			case r != nil && r.reason == "":
				t.Error("a refusal without a phrase")
			}
		})
	}
}

// TestValidateHeaders: a refusal tells the peer what would be accepted.
func TestValidateHeaders(t *testing.T) {
	for _, tt := range []struct {
		lines []string
		want  Header
	}{
		{[]string{"FROB sip:b@c SIP/2.0"}, Header{"Allow", "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, REGISTER"}},
		{[]string{inviteLine, "Require: a, b", "Require: c;x=1", "Proxy-Require: d"}, Header{"Unsupported", "a, b, c, d"}},
		{[]string{inviteLine, "Content-Type: a/b\r\n\r\nx"}, Header{"Accept", "application/sdp, multipart/mixed"}},
		{[]string{inviteLine, "Content-Encoding: gzip", "Content-Type: application/sdp\r\n\r\nx"}, Header{"Accept-Encoding", "identity"}},
	} {
		r := validate(parseRequest(t, tt.lines...), false)
		if r == nil || len(r.headers) != 1 || r.headers[0] != tt.want {
			t.Errorf("%q: %+v, want %+v", tt.lines[0], r, tt.want)
		}
	}
	many := parseRequest(t, inviteLine, "Require: "+strings.Repeat(strings.Repeat("x", 200)+",", 100))
	if n := len(validate(many, false).headers[0].Value); n > 2000 {
		t.Errorf("Unsupported of %d bytes", n)
	}
}

func TestValidateMissing(t *testing.T) {
	full := message("OPTIONS sip:bob@example.com SIP/2.0")
	for _, name := range []string{"From", "To", "Call-ID", "CSeq", "Via"} {
		var lines []string
		for l := range strings.SplitSeq(full, "\r\n") {
			if !strings.HasPrefix(l, name+":") {
				lines = append(lines, l)
			}
		}
		msg, err := newParser().ParseSIP([]byte(strings.Join(lines, "\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		if r := validate(msg.(*sip.Request), false); r == nil || r.status != 400 || r.reason != "Missing "+name {
			t.Errorf("without %s: %+v", name, r)
		}
	}
}

func TestValidateResponse(t *testing.T) {
	const head = "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\n"
	for text, want := range map[string]bool{
		"SIP/2.0 200 OK\r\n" + head + "CSeq: 1 INVITE\r\n\r\n":                                       true,
		"SIP/2.0 200 OK\r\n" + head + "CSeq: 1 INVITE\r\nContact: <\r\n\r\n":                         true,
		"SIP/2.0 200 OK\r\n" + head + "CSeq: x INVITE\r\n\r\n":                                       false,
		"SIP/2.0 200 OK\r\n" + head + "\r\n":                                                         false,
		"SIP/2.0 200 OK\r\n" + head + "CSeq: 1 INVITE\r\nVia: SIP/2.0/UDP o;branch=z9hG4bK2\r\n\r\n": false,
		"SIP/2.0 099 No\r\n" + head + "CSeq: 1 INVITE\r\n\r\n":                                       false,
		"SIP/2.0 700 No\r\n" + head + "CSeq: 1 INVITE\r\n\r\n":                                       false,
		"SIP/3.0 200 OK\r\n" + head + "CSeq: 1 INVITE\r\n\r\n":                                       false,
	} {
		msg, err := newParser().ParseSIP([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := validateResponse(msg.(*sip.Response)); got != want {
			t.Errorf("%v for\n%s", got, text)
		}
	}
}

// TestComplete: the peer finds its transaction in the answer to a broken
// request, and learns its address.
func TestComplete(t *testing.T) {
	req := parseRequest(t, "OPTIONS sip:bob@example.com SIP/2.0", "From: <sip:a", "Via: SIP/2.0/UDP phone.local:5060;branch=z9hG4bK1;rport")
	res := sip.NewResponseFromRequest(req, 400, "Bad", nil)
	complete(res, req)
	if h := res.GetHeader("From"); h == nil || h.Value() != "<sip:a" {
		t.Errorf("From is %v", h)
	}
	via := res.Via()
	if got, _ := via.Params.Get("received"); got != "192.0.2.9" {
		t.Errorf("received is %q", got)
	}
	if got, _ := via.Params.Get("rport"); got != "5060" {
		t.Errorf("rport is %q", got)
	}
	plain := parseRequest(t, "OPTIONS sip:bob@example.com SIP/2.0")
	res = sip.NewResponseFromRequest(plain, 200, "OK", nil)
	complete(res, plain)
	if n := len(res.GetHeaders("From")) + len(res.GetHeaders("Call-ID")); n != 2 || res.Via().Params.Has("received") {
		t.Errorf("a good request's answer was changed:\n%s", res)
	}
}

func TestTokens(t *testing.T) {
	for s, want := range map[string]bool{"abc": true, "a-b.!%*_+`'~": true, "": false, "a b": false, "a;": false, "ü": false} {
		if token(s) != want {
			t.Errorf("token(%q) = %v", s, !want)
		}
	}
	got := split(`a, "b,c" ,<d,e>;f,, g`, ',')
	if strings.Join(got, "|") != `a|"b,c"|<d,e>;f|g` {
		t.Errorf("split: %q", got)
	}
}
