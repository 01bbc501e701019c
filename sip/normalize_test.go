package sip

import (
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

func TestSqueeze(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""},
		{"<sip:a@b>;tag=x", "<sip:a@b>;tag=x"},
		{"<sip:a@b>; tag=x", "<sip:a@b>;tag=x"},
		{"<sip:a@b> ;\ttag  =  x ", "<sip:a@b>;tag=x"},
		{"  sip:a@b ; tag = x", "sip:a@b;tag=x"},
		{`"A ; tag = 1"  <sip:a@b>;tag=x`, `"A ; tag = 1" <sip:a@b>;tag=x`},
		{`"A \" ; b" <sip:a@b> ;tag=x`, `"A \" ; b" <sip:a@b>;tag=x`},
		{"Bob Smith <sip:a@b> ;tag=x", "Bob Smith <sip:a@b>;tag=x"},
		{"<sip:a@b;x = y> ; tag=x", "<sip:a@b;x = y>;tag=x"},
		{"SIP / 2.0 / UDP  h:5060 ; branch = z", "SIP/2.0/UDP h:5060;branch=z"},
		{"SIP/2.0/UDP h : 5060", "SIP/2.0/UDP h:5060"},
		{"a\tb", "a b"},
		{"a  b", "a b"},
		{"a \r\n b", "a b"},
		{`"open ; quote`, `"open ; quote`},
	} {
		if got := squeeze(tt.in); got != tt.want {
			t.Errorf("squeeze(%q) = %q, want %q", tt.in, got, tt.want)
		}
		if again := squeeze(tt.want); again != tt.want {
			t.Errorf("squeeze(%q) = %q: not at rest", tt.want, again)
		}
	}
}

func TestSqueezeLeavesCleanTextAlone(t *testing.T) {
	clean := `"Alice" <sip:alice@example.com>;tag=x`
	if n := testing.AllocsPerRun(100, func() { squeeze(clean) }); n != 0 {
		t.Errorf("%v allocations for a value that needs nothing", n)
	}
}

func TestAddressShaped(t *testing.T) {
	for value, want := range map[string]bool{
		"sip:a@b":                          true,
		"<sip:a@b>":                        true,
		`"A, B" <sip:a@b>;tag=1`:           true,
		"A, B <sip:a@b>":                   true,
		"sip:a@b;tag=1":                    true,
		"*":                                true,
		"":                                 false,
		"<>":                               false,
		"<sip:a@b":                         false,
		"sip:a@b>":                         false,
		"<sip:a@b><sip:c@d>":               false,
		"<sip:a@b> x":                      false,
		"< sip:a@b>":                       false,
		"<sip:a@b >":                       false,
		`"A <sip:a@b>`:                     false,
		"sip:a@b?x=y":                      false,
		"sip:a b@c":                        false,
		";tag=1":                           false,
		`"quoted > and <" <sip:a@b>;x="<"`: true,
	} {
		if got := addressShaped(value); got != want {
			t.Errorf("addressShaped(%q) = %v", value, got)
		}
	}
}

// message builds a request from lines; the mandatory headers that are not
// given are added.
func message(lines ...string) string {
	text := strings.Join(lines, "\r\n")
	have := func(name string) bool {
		return strings.Contains(strings.ToLower(text), "\r\n"+strings.ToLower(name)+":")
	}
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	method, _, _ := strings.Cut(head, " ")
	for _, h := range [][2]string{
		{"Via", "SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKabc"}, {"From", "<sip:alice@example.com>;tag=f1"},
		{"To", "<sip:bob@example.com>"}, {"Call-ID", "c1@192.0.2.9"}, {"CSeq", "1 " + method},
		{"Contact", "<sip:alice@192.0.2.9>"},
	} {
		if !have(h[0]) {
			head += "\r\n" + h[0] + ": " + h[1]
		}
	}
	return head + "\r\n\r\n" + body
}

func parseRequest(t testing.TB, lines ...string) *sip.Request {
	t.Helper()
	msg, err := newParser().ParseSIP([]byte(message(lines...)))
	if err != nil {
		t.Fatalf("%v in\n%s", err, message(lines...))
	}
	req := msg.(*sip.Request)
	req.SetSource("192.0.2.9:5060")
	req.SetTransport("UDP")
	return req
}

const inviteLine = "INVITE sip:bob@example.com SIP/2.0"

// TestParserWhiteSpace holds the parser to what sipgo's own gets wrong.
func TestParserWhiteSpace(t *testing.T) {
	req := parseRequest(t, inviteLine,
		"From: <sip:a@b> ; tag = x1", "To: sip:c@d ;tag= x2",
		"Via: SIP / 2.0 / UDP   192.0.2.1:5062 ; branch = z9hG4bK1 ;rport , SIP/2.0/TCP [2001:db8::1]:5061 ; branch=z9hG4bK2",
		"CSeq:  7 \t INVITE",
		"Contact: <sip:a@b>  ; expires = 60",
		"Record-Route: <sip:p1;lr> , <sip:p2;lr>,<sip:p3;lr>")
	if tag, _ := req.From().Params.Get("tag"); tag != "x1" {
		t.Errorf("From tag %q", tag)
	}
	if tag, _ := req.To().Params.Get("tag"); tag != "x2" {
		t.Errorf("To tag %q", tag)
	}
	if s := req.CSeq().Value(); s != "7 INVITE" {
		t.Errorf("CSeq %q", s)
	}
	vias := req.GetHeaders("Via")
	if len(vias) != 2 {
		t.Fatalf("%d Vias", len(vias))
	}
	first, second := vias[0].(*sip.ViaHeader), vias[1].(*sip.ViaHeader)
	if b, _ := first.Params.Get("branch"); b != "z9hG4bK1" || first.Port != 5062 || !first.Params.Has("rport") {
		t.Errorf("first Via %s", first.Value())
	}
	if b, _ := second.Params.Get("branch"); b != "z9hG4bK2" || second.Port != 5061 || second.Transport != "TCP" {
		t.Errorf("second Via %s", second.Value())
	}
	if e, _ := req.Contact().Params.Get("expires"); e != "60" {
		t.Errorf("Contact expires %q", e)
	}
	if n := len(req.GetHeaders("Record-Route")); n != 3 {
		t.Errorf("%d Record-Routes", n)
	}
}

// TestParserContactList covers an addr-spec behind a comma, for which sipgo's
// own parser loses the whole message.
func TestParserContactList(t *testing.T) {
	req := parseRequest(t, "REGISTER sip:example.com SIP/2.0",
		`Contact: "A, B" <sip:a@b>;expires=5, sip:c@d;expires=6 , <sip:e@f;x=1,2>;q=0.5`)
	var got []string
	for _, h := range req.GetHeaders("Contact") {
		got = append(got, h.Value())
	}
	want := []string{`"A, B" <sip:a@b>;expires=5`, "<sip:c@d>;expires=6", "<sip:e@f;x=1,2>;q=0.5"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParserCompactForms(t *testing.T) {
	req := parseRequest(t, inviteLine,
		"k: timer", "x: 1800;refresher=uas", "o: refer", "u: presence", "e: gzip", "s: hello",
		"r: <sip:c@d>", "b: <sip:e@f>", "j: *", "d: no-fork", "a: *", "y: sig", "n: <u>",
		"X-Other: kept")
	for name, want := range map[string]string{
		"Supported": "timer", "Session-Expires": "1800;refresher=uas", "Event": "refer", "Allow-Events": "presence",
		"Content-Encoding": "gzip", "Subject": "hello", "Refer-To": "<sip:c@d>", "Referred-By": "<sip:e@f>",
		"Reject-Contact": "*", "Request-Disposition": "no-fork", "Accept-Contact": "*", "Identity": "sig",
		"Identity-Info": "<u>", "X-Other": "kept",
	} {
		if h := req.GetHeader(name); h == nil || h.Value() != want {
			t.Errorf("%s is %v, want %q", name, h, want)
		}
	}
}

// TestParserKeepsWhatItCannotParse: a malformed header must not lose the
// message, or nobody could answer 400.
func TestParserKeepsWhatItCannotParse(t *testing.T) {
	for _, line := range []string{
		"Contact: <sip:a@b", "Contact: <sip:a@b>, <", "Route: <", "Record-Route: x", "Max-Forwards: many",
		"Refer-To: <sip:a@b", "From: <sip:", `To: "x <sip:a@b>`, "CSeq: x INVITE", "Via: nonsense", "Via: SIP/2.0/UDP h,,",
		"Contact: <sip:a@b>,", "Content-Type: ", "Call-ID: ",
	} {
		req := parseRequest(t, inviteLine, line)
		name, _, _ := strings.Cut(line, ":")
		hs := req.GetHeaders(name)
		if _, raw := unparsed(hs[len(hs)-1]); !raw {
			t.Errorf("%q is %#v", line, hs[len(hs)-1])
		}
		if r := validate(req, false); r == nil || r.status != 400 {
			t.Errorf("%q gives %+v, want 400", line, r)
		}
	}
}

func TestParserLeavesTheSharedTableAlone(t *testing.T) {
	newParser()
	if _, ok := sip.DefaultHeadersParser()["k"]; ok {
		t.Error("sipgo's own table was changed")
	}
}

func TestScrub(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                          "plain",
		"a\r\nInjected: 1":               "a  Injected: 1",
		"a\x00b\x7fc\u0085d\u2028e":      "a b c d e",
		"tab\there":                      "tab here",
		"Grüße":                          "Grüße",
		"bad \xff utf8":                  "bad   utf8",
		strings.Repeat("x", maxHeader+5): strings.Repeat("x", maxHeader),
	} {
		if got := scrub(in); got != want {
			t.Errorf("scrub(%q) = %q, want %q", in, got, want)
		}
	}
	if got := clip("aü", 2); got != "a" {
		t.Errorf("clip cut a rune: %q", got)
	}
}

func TestUnescapeEscape(t *testing.T) {
	for in, want := range map[string]string{
		"alice": "alice", "%2B49": "+49", "a%20b": "a b", "%": "%", "%2": "%2", "%zz": "%zz",
		"%00x": "%00x", "%0d%0A": "%0d%0A", "%C3%BC": "ü", "%%41": "%A", "%7f": "%7f",
	} {
		if got := unescape(in); got != want {
			t.Errorf("unescape(%q) = %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"+4930": "+4930", "a b": "a%20b", "#31#": "%2331%23", "ü@": "%C3%BC%40"} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) = %q, want %q", in, got, want)
		} else if back := unescape(got); back != in {
			t.Errorf("unescape(%q) = %q, want %q", got, back, in)
		}
	}
	for in, want := range map[string]string{"+49301;npdi;rn=1": "+49301", "%2B49;phone-context=x": "+49", "": ""} {
		if got := number(in); got != want {
			t.Errorf("number(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestSDPBody(t *testing.T) {
	const sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\n"
	mixed := func(parts ...string) string {
		return "--b1\r\n" + strings.Join(parts, "\r\n--b1\r\n") + "\r\n--b1--\r\n"
	}
	const mt = "Content-Type: multipart/mixed;boundary=b1"
	sdpPart := "Content-Type: application/sdp\r\n\r\n" + sdp
	for _, tt := range []struct {
		name, headers, body string
		want                string
		status              int
	}{
		{"plain", "Content-Type: application/sdp", sdp, sdp, 0},
		{"parameters and case", "Content-Type: Application/SDP ; charset=utf-8", sdp, sdp, 0},
		{"compact", "c: application/sdp", sdp, sdp, 0},
		{"none", "", "", "", 0},
		{"unknown", "Content-Type: text/plain", "x", "", 415},
		{"unknown, optional", "Content-Type: text/plain\r\nContent-Disposition: render;handling=optional", "x", "", 0},
		{"unknown, required", "Content-Type: text/plain\r\nContent-Disposition: render;handling=required", "x", "", 415},
		{"disposition of another kind", "Content-Type: application/sdp\r\nContent-Disposition: icon", sdp, "", 415},
		{"disposition optional", "Content-Type: application/sdp\r\nContent-Disposition: icon; handling = \"optional\"", sdp, "", 0},
		{"first of two", mt, mixed(sdpPart, "Content-Type: application/isup\r\n\r\n\x01\x02"), sdp, 0},
		{"second of two", mt, mixed("Content-Type: application/isup\r\n\r\n\x01\x02", sdpPart), sdp, 0},
		{"required other", mt, mixed(sdpPart, "Content-Type: application/isup\r\nContent-Disposition: signal;handling=required\r\n\r\nx"), "", 415},
		{"optional other", mt, mixed("Content-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\nx", sdpPart), sdp, 0},
		{"two sdp", mt, mixed(sdpPart, sdpPart+"s=second\r\n"), sdp, 0},
		{"no sdp", mt, mixed("Content-Type: text/plain\r\n\r\nx"), "", 0},
		{"quoted boundary", `Content-Type: multipart/mixed;boundary="b1"`, mixed(sdpPart), sdp, 0},
		{"base64", mt, mixed("Content-Type: application/sdp\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: session;handling=required\r\n\r\nAAAA"), "", 415},
		{"binary", mt, mixed("Content-Type: application/sdp\r\nContent-Transfer-Encoding: binary\r\n\r\n" + sdp), sdp, 0},
		{"no boundary", "Content-Type: multipart/mixed", mixed(sdpPart), "", 400},
		{"not multipart", mt, "nothing of the kind", "", 400},
		{"cut off", mt, "--b1\r\nContent-Type: application/sdp\r\n\r\nv=0", "", 400},
		{"too many", mt, mixed(strings.Split(strings.Repeat("Content-Type: a/b\r\n\r\nx,", maxBodyParts+1), ",")...), "", 400},
		{"malformed type", "Content-Type: /", "x", "", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := []string{inviteLine}
			if tt.headers != "" {
				lines = append(lines, tt.headers)
			}
			lines = append(lines, "\r\n"+tt.body)
			req := parseRequest(t, strings.Replace(strings.Join(lines, "\r\n"), "\r\n\r\n\r\n", "\r\n\r\n", 1))
			got, r := sdpBody(req)
			status := 0
			if r != nil {
				status = r.status
			}
			if string(got) != tt.want || status != tt.status {
				t.Errorf("got %q %d, want %q %d", got, status, tt.want, tt.status)
			}
			if status == 415 && (len(r.headers) != 1 || r.headers[0].Name != "Accept") {
				t.Errorf("415 without Accept: %+v", r)
			}
		})
	}
}

func TestCaller(t *testing.T) {
	anonymous := Party{"Anonymous", "anonymous", "anonymous.invalid"}
	from := Party{"", "alice", "example.com"}
	for _, tt := range []struct {
		name    string
		trusted bool
		lines   []string
		want    Party
	}{
		{"from", true, nil, from},
		{"asserted", true, []string{`P-Asserted-Identity: "Bob \"B\" Ü" <sip:+4930@carrier.example;user=phone>`}, Party{`Bob "B" Ü`, "+4930", "carrier.example"}},
		{"asserted, not trusted", false, []string{"P-Asserted-Identity: <sip:+4930@x>"}, from},
		{"pair", true, []string{"P-Asserted-Identity: <tel:+4931>, <sip:+4930@x>"}, Party{"", "+4930", "x"}},
		{"two headers", true, []string{"P-Asserted-Identity: tel:+4931", "P-Asserted-Identity: sip:+4930@x"}, Party{"", "+4930", "x"}},
		{"tel alone", true, []string{"P-Asserted-Identity: tel:+4931;phone-context=y"}, Party{"", "+4931", ""}},
		{"white space", true, []string{"P-Asserted-Identity:  < sip:a@b >", "P-Asserted-Identity: C <sip:c@d> ; x"}, Party{"C", "c", "d"}},
		{"garbage", true, []string{"P-Asserted-Identity: <", "P-Asserted-Identity: mailto:a@b"}, from},
		{"private", true, []string{"Privacy: ID", "P-Asserted-Identity: sip:+4930@x"}, anonymous},
		{"private, with others", true, []string{"Privacy: critical; header ;id"}, anonymous},
		{"privacy none", true, []string{"Privacy: none"}, from},
		{"escaped", true, []string{"From: %2B <sip:%2B49;npdi@h>;tag=1"}, Party{"%2B", "+49", "h"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			req := parseRequest(t, append([]string{inviteLine}, tt.lines...)...)
			if got := caller(req, tt.trusted); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	if got := callee(parseRequest(t, inviteLine)); got != (Party{"", "bob", "example.com"}) {
		t.Errorf("callee %+v", got)
	}
}
