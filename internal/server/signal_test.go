package server_test

import (
	"strings"
	"testing"
	"time"

	"warmline/transfer"
)

var signalling = options{change: func(c *configType) { c.Trunks[0].SignalHold = true }}

// rawCall brings a peer that speaks by hand to Alice.
func (st *stage) rawCall() *raw {
	st.Helper()
	r := st.newRaw("10.9.0.7")
	r.calls("101", r.sdp("sendrecv", "10.9.0.7"))
	st.alice.answers()
	r.answered()
	r.request("ACK", "", "")
	st.wants("C live, A live")
	return r
}

// takesReoffer answers the server's re-INVITE.
func (r *raw) takesReoffer(direction, answer string) {
	r.st.Helper()
	m := r.gets("INVITE")
	if !strings.Contains(m.body, "a="+direction) {
		r.st.Errorf("re-INVITE\n%s\nwant %s", m.body, direction)
	}
	r.reply(m, "200 OK", r.sdp(answer, "10.9.0.7"))
	r.gets("ACK")
}

// By default a trunk is told of no hold.
func TestHoldNotSignalled(t *testing.T) {
	play(t, options{}, func(st *stage) {
		r := st.rawCall()
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C"})
		time.Sleep(time.Second)
		for len(r.inbox) > 0 {
			if m := <-r.inbox; strings.HasPrefix(m.first, "INVITE") {
				st.Error("the hold is signalled")
			}
		}
		r.request("BYE", "", "")
		r.gets("200")
	})
}

// Where the trunk wants it, the hold is told by a re-INVITE, and its end too. A
// hold pressed while one is under way follows it.
func TestHoldSignalled(t *testing.T) {
	play(t, signalling, func(st *stage) {
		r := st.rawCall()
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C"})
		r.takesReoffer("sendonly", "recvonly")
		st.wants("C held explicit, A live")
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "C"})
		m := r.gets("INVITE")
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C"})
		r.reply(m, "200 OK", r.sdp("sendrecv", "10.9.0.7"))
		r.gets("ACK")
		r.takesReoffer("sendonly", "recvonly")
		st.wants("C held explicit, A live")
		// Refused: the hold is ours alone.
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "C"})
		r.reply(r.gets("INVITE"), "488 Not Acceptable Here", "")
		r.gets("ACK")
		st.wants("C live, A live")
		r.request("BYE", "", "")
		r.gets("200")
		st.over("C left hangup, A left finished")
	})
}

// Both sides offer at once: both are told 491, and we come back to it.
func TestHoldGlare(t *testing.T) {
	play(t, signalling, func(st *stage) {
		r := st.rawCall()
		st.do(verb{do: transfer.DoHold, by: "alice", on: "C"})
		ours := r.gets("INVITE")
		r.request("INVITE", "application/sdp", r.sdp("sendonly", "10.9.0.7"))
		r.gets("491")
		r.request("ACK", "", "")
		r.reply(ours, "491 Request Pending", "")
		r.gets("ACK")
		r.again() // RFC 3261 §14.1: the Call-ID is not ours, so within 2 s
		r.request("INVITE", "application/sdp", r.sdp("sendonly", "10.9.0.7"))
		r.answered()
		r.request("ACK", "", "")
		st.wants("C held explicit remote, A live")
		r.request("BYE", "", "")
		r.gets("200")
	})
}

// again answers the server's next attempt.
func (r *raw) again() {
	r.st.Helper()
	began := time.Now()
	r.takesReoffer("sendonly", "recvonly")
	if took := time.Since(began); took > 2100*time.Millisecond {
		r.st.Errorf("tried again after %v", took)
	}
}
