package sip

import (
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// headerOf is the value of a message's header, "" without one.
func headerOf(msg sip.Message, name string) string {
	for _, h := range msg.GetHeaders(name) {
		return h.Value()
	}
	return ""
}

func TestSessionExpiresIsRead(t *testing.T) {
	for _, tt := range []struct {
		line string
		want sessionExpires
		ok   bool
	}{
		{"Session-Expires: 1800", sessionExpires{30 * time.Minute, ""}, true},
		{"x: 1800;refresher=uas", sessionExpires{30 * time.Minute, refresherUAS}, true},
		{"Session-Expires:  90 ; foo=bar; Refresher = UAC ", sessionExpires{90 * time.Second, refresherUAC}, true},
		{"Session-Expires: 1800;refresher=both", sessionExpires{30 * time.Minute, ""}, true},
		{"Session-Expires: 1800;refresher", sessionExpires{30 * time.Minute, ""}, true},
		{"Session-Expires: 99999999999999999999", sessionExpires{(1<<32 - 1) * time.Second, ""}, true},
		{"Subject: none", sessionExpires{}, true},
		{"Session-Expires: 0", sessionExpires{}, false},
		{"Session-Expires: -1800", sessionExpires{}, false},
		{"Session-Expires: soon", sessionExpires{}, false},
		{"Session-Expires: ;refresher=uac", sessionExpires{}, false},
		{"Session-Expires: ", sessionExpires{}, false},
	} {
		got, ok := sessionExpiresOf(parseRequest(t, inviteLine, tt.line))
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("%q: %+v %v, want %+v %v", tt.line, got, ok, tt.want, tt.ok)
		}
	}
}

func TestMinSEIsRead(t *testing.T) {
	for line, want := range map[string]time.Duration{
		"Min-SE: 120": 2 * time.Minute, "min-se: 120;x=y": 2 * time.Minute, "Min-SE: x": 0, "Min-SE: ": 0, "Subject: none": 0,
	} {
		if got := minSEOf(parseRequest(t, inviteLine, line)); got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

// An interval below 90 s is refused to who knows the refusal, and no other.
func TestSmallIntervalsAreRefused(t *testing.T) {
	update := "UPDATE sip:bob@example.com SIP/2.0"
	for _, tt := range []struct {
		lines  []string
		status int
	}{
		{[]string{inviteLine, "Supported: timer", "Session-Expires: 89"}, 422},
		{[]string{inviteLine, "k: 100rel, TIMER", "x: 60;refresher=uac"}, 422},
		{[]string{inviteLine, "Require: timer", "Session-Expires: 1"}, 422},
		{[]string{update, "Supported: timer", "Session-Expires: 60"}, 422},
		{[]string{inviteLine, "Supported: timer", "Session-Expires: 90"}, 0},
		{[]string{inviteLine, "Supported: timer"}, 0},
		{[]string{inviteLine, "Session-Expires: 60"}, 0}, // a proxy's: RFC 4028 §9
		{[]string{inviteLine, "Session-Expires: never"}, 400},
		{[]string{"OPTIONS sip:bob@example.com SIP/2.0", "Supported: timer", "Session-Expires: 60"}, 0},
	} {
		req := parseRequest(t, tt.lines...)
		r := checkInterval(req)
		if r == nil {
			r = &refusal{}
		}
		if r.status != tt.status {
			t.Errorf("%q: %d, want %d", tt.lines, r.status, tt.status)
		}
		if r.status == 422 && (len(r.headers) != 1 || r.headers[0] != Header{"Min-SE", "90"}) {
			t.Errorf("%q: %v", tt.lines, r.headers)
		}
	}
}

// TestGrant is table 2 of RFC 4028 §9, and what it leaves open.
func TestGrant(t *testing.T) {
	const (
		half = 30 * time.Minute
		hour = time.Hour
	)
	none, theirs, ours := terms{}, terms{half, false}, terms{half, true}
	for _, tt := range []struct {
		name   string
		header []string
		wish   time.Duration
		least  time.Duration
		now    terms
		want   terms
	}{
		{"table 2: unaware, none", []string{"Session-Expires: 1800"}, half, 0, none, ours},
		{"table 2: aware, none", []string{"Supported: timer", "Session-Expires: 1800"}, half, 0, none, theirs},
		{"table 2: aware, uac", []string{"Supported: timer", "Session-Expires: 1800;refresher=uac"}, half, 0, none, theirs},
		{"table 2: aware, uas", []string{"Supported: timer", "Session-Expires: 1800;refresher=uas"}, half, 0, none, ours},
		{"says uac but not timer", []string{"Session-Expires: 1800;refresher=uac"}, half, 0, none, theirs},
		{"never heard of it", nil, half, 0, none, none},
		{"aware, not asking", []string{"Supported: timer"}, half, 0, none, theirs},
		{"aware, not asking, nor we", []string{"Supported: timer"}, 0, 0, none, none},
		{"asks, we would not", []string{"Supported: timer", "Session-Expires: 3600"}, 0, 0, none, terms{hour, false}},
		{"made shorter", []string{"Supported: timer", "Session-Expires: 3600"}, half, 0, none, theirs},
		{"not below its Min-SE", []string{"Supported: timer", "Session-Expires: 3600"}, half, 45 * time.Minute, none, terms{45 * time.Minute, false}},
		{"not made longer", []string{"Supported: timer", "Session-Expires: 120"}, half, 0, none, terms{2 * time.Minute, false}},
		{"not even for its own Min-SE", []string{"Supported: timer", "Session-Expires: 120"}, half, hour, none, terms{2 * time.Minute, false}},
		{"ours not below its Min-SE", []string{"Supported: timer"}, half, hour, none, terms{hour, false}},
		{"a Min-SE alone is no wish", []string{"Supported: timer"}, 0, hour, none, none},
		{"ours not below 90 s", []string{"Supported: timer"}, time.Second, 0, none, terms{minSession, false}},
		{"a proxy's nonsense", []string{"Session-Expires: 60"}, half, 0, none, none},
		{"roles stay: theirs", []string{"Supported: timer", "Session-Expires: 1800"}, half, 0, theirs, theirs},
		{"roles stay: ours", []string{"Supported: timer", "Session-Expires: 1800"}, half, 0, ours, ours},
		{"roles are told: uac", []string{"Supported: timer", "Session-Expires: 1800;refresher=uac"}, half, 0, ours, theirs},
		{"roles are told: uas", []string{"Supported: timer", "Session-Expires: 1800;refresher=uas"}, half, 0, theirs, ours},
		{"silent in the dialog", nil, half, 0, theirs, ours},
		{"silent in the dialog, ours", nil, half, 0, ours, ours},
	} {
		req := parseRequest(t, append([]string{inviteLine}, tt.header...)...)
		if got := grant(req, tt.wish, tt.least, tt.now); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}
