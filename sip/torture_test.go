package sip

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
)

// Outcomes of a message besides a status.
const (
	accepted = 0  // passed on to the layer above
	dropped  = -1 // not answered: a response, or nothing to answer by
)

// torture is RFC 4475 message by message: what becomes of it as a datagram.
// 400 by the guard and by validate look the same to the peer; by says which it
// is here, so that a change of the one that answers is noticed.
var torture = []struct {
	file string
	by   string // "guard", "validate", "register", ""
	want int
	why  string
}{
	// §3.1.1: valid.
	{"wsinv", "validate", 481, "white space everywhere, folded and compact headers: its tags are read, and are of no dialog of ours"},
	{"intmeth", "guard", 400, "legal, but it has a NUL in a quoted string, which is refused in any place"},
	{"esc01", "", accepted, "escaped user parts"},
	{"escnull", "register", 200, "%00 in a user is legal and stays escaped"},
	{"esc02", "validate", 405, "an escaped method is not unescaped: RE%47IST%45R is not REGISTER"},
	{"lwsdisp", "", accepted, "no space between display name and <"},
	{"longreq", "", accepted, "long values and many of them"},
	{"dblreq", "register", 200, "what follows the body in a datagram is ignored"},
	{"semiuri", "", accepted, "semicolon in the user part"},
	{"transports", "", accepted, "unknown transports in Via"},
	{"mpart01", "validate", 405, "MESSAGE, which is not served; its body is never looked at"},
	{"unreason", "", accepted, "a response with an UTF-8 phrase"},
	{"noreason", "", accepted, "a response without a phrase"},
	// §3.1.2: invalid.
	{"badinv01", "validate", 400, "empty parameters and values in Via and Contact"},
	{"clerr", "guard", 400, "Content-Length larger than the datagram"},
	{"ncl", "guard", 400, "negative Content-Length"},
	{"scalar02", "guard", 400, "CSeq out of range"},
	{"scalarlg", "", dropped, "a response with a CSeq out of range"},
	{"quotbal", "validate", 400, "quote without end in To"},
	{"ltgtruri", "guard", 400, "Request-URI in <>"},
	{"lwsruri", "guard", 400, "white space within the Request-URI"},
	{"lwsstart", "guard", 400, "more than one space in the request line"},
	{"trws", "guard", 400, "white space at the end of the request line"},
	{"escruri", "validate", 400, "headers in the Request-URI"},
	{"baddate", "", accepted, "a Date that is not GMT; Date is of no use to us"},
	{"regbadct", "validate", 400, "Contact with ? and without <>"},
	{"badaspec", "validate", 400, "white space within <>"},
	{"baddn", "", accepted, "unquoted comma in a display name: what is meant is clear, and phones do it"},
	{"badvers", "validate", 505, "SIP/7.0"},
	{"mismatch01", "validate", 400, "method in CSeq does not match"},
	{"mismatch02", "validate", 400, "likewise, with an unknown method"},
	{"bigcode", "", dropped, "a response with a status beyond 2^32"},
	// §3.2: transaction layer.
	{"badbranch", "", accepted, "a branch of the magic cookie alone: matched as in RFC 2543"},
	// §3.3: application layer.
	{"insuf", "validate", 400, "no From, To, Call-ID"},
	{"unkscm", "validate", 416, "unknown URI scheme"},
	{"novelsc", "guard", 416, "known scheme, but not for SIP"},
	{"unksm2", "register", 400, "unknown schemes in To and Contact of a REGISTER"},
	{"bext01", "validate", 420, "unknown extensions in Require and Proxy-Require"},
	{"invut", "validate", 415, "unknown body type"},
	{"regaut01", "", accepted, "an unknown scheme in Authorization is no answer to our challenge: 401 follows"},
	{"multi01", "validate", 400, "single headers twice, with different values"},
	{"mcl01", "guard", 400, "two Content-Lengths"},
	{"bcast", "", dropped, "a response with a Via below ours"},
	{"zeromf", "validate", 483, "Max-Forwards 0"},
	{"cparam01", "register", 200, "a parameter of the Contact header, unknown and ignored"},
	{"cparam02", "register", 200, "a parameter of the Contact URI, kept"},
	{"regescrt", "register", 200, "an escaped Route in a Contact URI: bound without it"},
	{"sdp01", "validate", 406, "Accept without SDP"},
	// §3.4: backward compatibility.
	{"inv2543", "validate", 400, "no tag in From: dialogs without tags are not served"},
}

func readTorture(t testing.TB, file string) []byte {
	t.Helper()
	msg, err := os.ReadFile(filepath.Join("testdata", "torture", file+".dat"))
	if err != nil {
		t.Fatal(err)
	}
	return msg
}

// TestTorture answers each message of RFC 4475.
func TestTorture(t *testing.T) {
	for _, tt := range torture {
		t.Run(tt.file, func(t *testing.T) {
			by, got, reason := judge(t, readTorture(t, tt.file))
			if by != tt.by || got != tt.want {
				t.Errorf("%q says %d %s, want %q %d (%s)", by, got, reason, tt.by, tt.want, tt.why)
			}
		})
	}
}

// TestTortureComplete fails when a message of the RFC is missing from the
// table or the table names one that is not there.
func TestTortureComplete(t *testing.T) {
	files, err := filepath.Glob("testdata/torture/*.dat")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 49 || len(torture) != 49 {
		t.Errorf("%d files and %d rows, RFC 4475 has 49 messages", len(files), len(torture))
	}
	rows := make(map[string]bool)
	for _, tt := range torture {
		rows[tt.file] = true
	}
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".dat"); !rows[name] {
			t.Errorf("%s is in no row", name)
		}
	}
}

// judge takes a datagram through guard, parser, validation and registrar, and
// tells who had the last word.
func judge(t testing.TB, msg []byte) (by string, status int, reason string) {
	t.Helper()
	src := netip.MustParseAddrPort("192.0.2.200:5060")
	h, v := inspect(msg, true)
	switch v {
	case drop:
		return "", dropped, ""
	case reject:
		answer, _ := refuse(msg, h, src)
		if answer == nil {
			return "", dropped, ""
		}
		return "guard", checkAnswer(t, answer, msg), h.reason
	}
	parsed, err := newParser().ParseSIP(msg)
	if err != nil {
		t.Errorf("the guard lets through what the parser refuses: %v", err)
		return "", dropped, ""
	}
	if res, ok := parsed.(*sip.Response); ok {
		if !validateResponse(res) {
			return "", dropped, ""
		}
		return "", accepted, ""
	}
	req := parsed.(*sip.Request)
	req.SetSource(src.String())
	if r := validate(req, false); r != nil {
		return "validate", r.status, r.reason
	}
	if req.Method != sip.REGISTER || req.GetHeader("Contact") == nil || req.GetHeader("Authorization") != nil {
		return "", accepted, ""
	}
	if _, r := parseRegister(req, unescape(req.To().Address.User), Flow{}); r != nil {
		return "register", r.status, r.reason
	}
	return "register", 200, ""
}

// checkAnswer wants a response that the sender of msg can use.
func checkAnswer(t testing.TB, answer, msg []byte) (status int) {
	t.Helper()
	parsed, err := newParser().ParseSIP(answer)
	if err != nil {
		t.Fatalf("the answer does not parse: %v\n%s", err, answer)
	}
	res, ok := parsed.(*sip.Response)
	if !ok || res.StatusCode < 400 {
		t.Fatalf("not a refusal: %s", answer)
	}
	if res.Via() == nil {
		t.Errorf("no Via in the answer:\n%s", answer)
	}
	for _, name := range []string{"Call-ID", "CSeq"} {
		if bytes.Contains(msg, []byte(name+":")) && res.GetHeader(name) == nil {
			t.Errorf("no %s in the answer:\n%s", name, answer)
		}
	}
	if to := res.To(); to != nil && !to.Params.Has("tag") {
		t.Errorf("no To tag in the answer:\n%s", answer)
	}
	return res.StatusCode
}

// TestTortureStream sends every message over one connection of its own: the
// framer hands on exactly what the guard passes as a datagram, or less.
func TestTortureStream(t *testing.T) {
	for _, tt := range torture {
		t.Run(tt.file, func(t *testing.T) {
			msg := readTorture(t, tt.file)
			_, v := inspect(msg, false)
			got, answered := throughFramer(t, msg)
			switch tt.file {
			case "dblreq": // two on a stream; the second has no end
				if !bytes.HasPrefix(got, []byte("REGISTER ")) || bytes.Count(got, []byte(" SIP/2.0\r\n")) != 2 {
					t.Errorf("handed on %q", got)
				}
				return
			case "inv2543", "clerr": // no Content-Length, and too large a one: no boundary
				if len(got) != 0 {
					t.Errorf("handed on %q", got)
				}
				return
			}
			if v == pass && !bytes.HasPrefix(msg, got) {
				t.Errorf("handed on other bytes than came:\n%q", got)
			}
			if v != pass && len(got) != 0 {
				t.Errorf("handed on a message that is refused:\n%q", got)
			}
			if v == reject && !bytes.HasPrefix(answered, []byte("SIP/2.0 4")) {
				t.Errorf("answered %q", answered)
			}
		})
	}
}

// TestTortureDetails looks at what is inside of messages that are accepted.
func TestTortureDetails(t *testing.T) {
	parse := func(file string) *sip.Request {
		msg, err := newParser().ParseSIP(readTorture(t, file))
		if err != nil {
			t.Fatal(file, err)
		}
		return msg.(*sip.Request)
	}
	equal := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %q, want %q", what, got, want)
		}
	}
	ws := parse("wsinv")
	from, _ := param(ws.From().Params, "tag")
	to, _ := param(ws.To().Params, "tag")
	equal("wsinv From tag", from, "98asjd8")
	equal("wsinv To tag", to, "1918181833n")
	equal("wsinv first Via", ws.Via().Transport+" "+ws.Via().Host, "UDP 192.0.2.2")
	branch, _ := ws.Via().Params.Get("branch")
	equal("wsinv first branch", branch, "390skdjuw")
	if n := len(ws.GetHeaders("Via")); n != 3 {
		t.Errorf("wsinv has %d Vias, want 3", n)
	}
	equal("wsinv CSeq", ws.CSeq().Value(), "9 INVITE")
	equal("wsinv Subject", ws.GetHeader("Subject").Value(), "")
	esc := parse("esc01")
	equal("esc01 user", unescape(esc.Recipient.User), "sips:user@example.com")
	semi := parse("semiuri")
	equal("semiuri dialled", number(semi.Recipient.User), "user")
	null := parse("escnull")
	if s := number(null.To().Address.User); strings.ContainsRune(s, 0) {
		t.Errorf("escnull user holds a NUL: %q", s)
	}
	reg, r := parseRegister(parse("regescrt"), "user", Flow{})
	if r != nil || len(reg.Contacts) != 1 || strings.Contains(reg.Contacts[0].URI, "Route") {
		t.Errorf("regescrt: %+v %v", reg, r)
	}
	reg, _ = parseRegister(parse("cparam02"), "watson", Flow{})
	equal("cparam02 contact", reg.Contacts[0].URI, "sip:+19725552222@gw1.example.net;unknownparam")
	ext := validate(parse("bext01"), false)
	equal("bext01 Unsupported", ext.headers[0].Value,
		"nothingSupportsThis, nothingSupportsThisEither, noProxiesSupportThis, norDoAnyProxiesSupportThis")
}
