package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// brief is a stage whose session timer is the least, 90 s, and on which peers
// by hand need not send audio.
var brief = options{change: func(c *configType) {
	c.Timers.Session = 90 * time.Second
	c.Timers.RTPFirst, c.Timers.RTPTrunk = time.Hour, time.Hour
}}

// agrees answers an INVITE and takes part in the session timer, without UPDATE.
func (r *raw) agrees(m message) {
	r.st.Helper()
	to, expires := m.fields["to"], m.fields["session-expires"]
	if !strings.Contains(to, ";tag=") {
		to += ";tag=raw"
		expires += ";refresher=uac" // later ones say so themselves
	}
	r.send("SIP/2.0 200 OK", []string{
		"Via: " + m.fields["via"], "From: " + m.fields["from"], "To: " + to, "Call-ID: " + m.fields["call-id"],
		"CSeq: " + m.fields["cseq"], fmt.Sprintf("Contact: <sip:raw@%v>", r.addr), "Allow: INVITE, ACK, CANCEL, BYE",
		"Require: timer", "Session-Expires: " + expires,
	}, "application/sdp", r.sdp("sendrecv", r.addr.Addr().String()))
	r.gets("ACK")
}

// The session timer of the configuration is asked for. A peer without UPDATE
// is offered the session as it is, and missed when it answers no more.
func TestSessionRefreshedByReinvite(t *testing.T) {
	play(t, brief, func(st *stage) {
		r := st.newRaw("10.9.0.2")
		st.alice.dials("+4930123")
		first := r.gets("INVITE")
		if first.fields["session-expires"] != "90" || first.fields["supported"] != "timer" || first.fields["min-se"] != "90" {
			st.Errorf("the INVITE says %v", first.fields)
		}
		r.agrees(first)
		st.alice.talks()
		for range 3 {
			time.Sleep(44 * time.Second)
			again := r.gets("INVITE")
			if again.body != first.body || again.fields["session-expires"] != "90;refresher=uac" {
				st.Errorf("the session is refreshed by\n%v\n%s\nwas\n%s", again.fields, again.body, first.body)
			}
			r.agrees(again)
		}
		st.wants("A live, C live")
		time.Sleep(44 * time.Second)
		r.gets("INVITE")
		time.Sleep(13 * time.Second)
		r.gets("BYE")
		st.alice.gone(time.Second)
	})
}

// Phones that know session timers talk on, however long, and are refreshed in
// the background; by the server where it called, by the phone where that did.
func TestSessionsRefreshedByUpdate(t *testing.T) {
	play(t, brief, func(st *stage) {
		st.serve()
		time.Sleep(3 * time.Minute)
		st.wants("C live, A live")
		st.hears(st.carla, "A", st.alice, "C")
		st.metric(`warmline_sip_requests_total{direction="in",method="UPDATE"}`, 4)
		st.metric(`warmline_sip_requests_total{direction="out",method="UPDATE"}`, 4)
	})
}

// A reload cannot change the timer of an endpoint that runs, and says so.
func TestSessionTimerNeedsRestart(t *testing.T) {
	play(t, options{}, func(st *stage) {
		restart, err := st.srv.Reload(st.config(brief))
		if err != nil || fmt.Sprint(restart) != "[timers.session]" {
			st.Errorf("%v, restart for %v", err, restart)
		}
	})
}
