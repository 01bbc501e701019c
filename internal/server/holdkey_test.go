package server_test

import (
	"strings"
	"testing"
	"time"

	"warmline/transfer"
)

// The phone's own hold key: what it sends then reaches nobody, and the server's
// hold is another thing.
func TestHoldKey(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		if err := st.alice.call.Hold(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A held remote")
		st.hears(st.carla, "music")
		st.refused("actor_held", verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
		st.do(verb{do: transfer.DoHold, on: "A"})
		st.wants("C live, A held explicit remote")
		if err := st.alice.call.Resume(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A held explicit")
		time.Sleep(2 * time.Second)
		st.hears(st.carla, "music")
		st.do(verb{do: transfer.DoUnhold, by: "alice", on: "A"})
		st.wants("C live, A live")
		st.hears(st.carla, "A", st.alice, "C")
	})
}

// A customer's own hold: its music never enters the mix, and a server hold that
// ends does not end it.
func TestCustomerHoldKey(t *testing.T) {
	play(t, options{}, func(st *stage) {
		st.serve()
		if err := st.carla.call.Hold(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C held remote, A live")
		st.hears(st.alice, "noise")
		st.consult1()
		st.wants("C held consult remote, A live, B live")
		st.do(verb{do: transfer.DoMerge, by: "alice"})
		st.wants("C held remote, A live, B live")
		st.hears(st.alice, "B", st.bob, "A")
		if err := st.carla.call.Resume(st.Context()); err != nil {
			st.Fatal(err)
		}
		st.wants("C live, A live, B live")
		st.hears(st.carla, "AB", st.alice, "BC", st.bob, "AC")
	})
}

// consult1 is consult, whatever the customer's state.
func (st *stage) consult1() {
	st.Helper()
	st.do(verb{do: transfer.DoConsult, by: "alice", target: "agent:bob"})
	st.bob.answers()
	time.Sleep(20 * time.Millisecond)
}

// The old way to hold, c=0.0.0.0 (RFC 2543), and all directions there are.
func TestHoldBySDP(t *testing.T) {
	play(t, options{}, func(st *stage) {
		r := st.newRaw("10.9.0.7")
		r.calls("101", r.sdp("sendrecv", "10.9.0.7"))
		st.alice.answers()
		r.answered()
		r.request("ACK", "", "")
		st.wants("C live, A live")
		for _, c := range []struct{ direction, addr, answer, words string }{
			{"sendrecv", "0.0.0.0", "recvonly", "C held remote, A live"},
			{"sendrecv", "10.9.0.7", "sendrecv", "C live, A live"},
			{"sendonly", "10.9.0.7", "recvonly", "C held remote, A live"},
			{"inactive", "10.9.0.7", "inactive", "C held remote, A live"},
			{"inactive", "0.0.0.0", "inactive", "C held remote, A live"},
			{"recvonly", "10.9.0.7", "sendonly", "C live, A live"},
			{"sendrecv", "10.9.0.7", "sendrecv", "C live, A live"},
		} {
			r.request("INVITE", "application/sdp", r.sdp(c.direction, c.addr))
			if m := r.answered(); !strings.Contains(m.body, "a="+c.answer) {
				st.Errorf("%s %s is answered with\n%s", c.direction, c.addr, m.body)
			}
			r.request("ACK", "", "")
			st.wants(c.words)
		}
		// What cannot be taken leaves all as it was.
		r.request("INVITE", "application/sdp", strings.Replace(r.sdp("sendonly", "10.9.0.7"), "RTP/AVP 0 101", "RTP/AVP 96", 1))
		r.gets("488")
		r.request("ACK", "", "")
		st.wants("C live, A live")
		st.alice.hangsUp()
		r.reply(r.gets("BYE"), "200 OK", "")
		st.over("C left finished, A left hangup")
	})
}

// A re-INVITE without SDP is answered with an offer, and the ACK brings the
// answer; so is a first INVITE.
func TestDelayedOffer(t *testing.T) {
	play(t, options{}, func(st *stage) {
		r := st.newRaw("10.9.0.7")
		r.calls("101", "")
		st.alice.answers()
		if m := r.answered(); !strings.Contains(m.body, "m=audio") {
			st.Errorf("the 200 offers %q", m.body)
		}
		r.request("ACK", "application/sdp", r.sdp("sendrecv", "10.9.0.7"))
		st.wants("C live, A live")
		r.request("INVITE", "", "")
		if m := r.answered(); !strings.Contains(m.body, "m=audio") {
			st.Errorf("the 200 of the re-INVITE offers %q", m.body)
		}
		r.request("ACK", "application/sdp", r.sdp("sendonly", "10.9.0.7"))
		st.wants("C held remote, A live")
		r.request("INVITE", "", "")
		r.answered()
		r.request("ACK", "application/sdp", r.sdp("sendrecv", "10.9.0.7"))
		st.wants("C live, A live")
		r.request("BYE", "", "")
		r.gets("200")
		st.over("C left hangup, A left finished")
	})
	// An ACK that brings no answer: there is nothing to talk over.
	play(t, options{}, func(st *stage) {
		r := st.newRaw("10.9.0.7")
		r.calls("101", "")
		st.alice.answers()
		r.answered()
		r.request("ACK", "", "")
		r.reply(r.gets("BYE"), "200 OK", "")
		st.alice.gone(time.Second)
	})
}
