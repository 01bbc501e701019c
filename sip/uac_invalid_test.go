package sip

import (
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
)

// A response that has to be discarded leaves the timers of its transaction
// running; one with a fault elsewhere counts.
func TestFaultyRefusalStillEndsTheCall(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		status         int
		within         time.Duration
	}{
		{"two Vias", "From:", "Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKzz\r\nFrom:", 408, giveUp},
		{"version", "SIP/2.0 486", "SIP/2.1 486", 408, giveUp},
		{"From", "From: ", "From: <<", 408, giveUp},
		{"Record-Route", "From:", "Record-Route: <sip:a b>\r\nFrom:", 486, 0},
		{"Max-Forwards", "From:", "Max-Forwards: abc\r\nFrom:", 486, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				r.dialTrunk()
				inv := p.request(sip.INVITE)
				p.send(strings.Replace(p.replyText(inv, 486, "x", ""), c.old, c.new, 1))
				time.Sleep(c.within + time.Second)
				if ev := r.want(Failed)[0]; ev.Status != c.status {
					t.Errorf("failed with %d, want %d", ev.Status, c.status)
				}
			})
		})
	}
}

func TestFaultyAnswerToByeEndsTheCall(t *testing.T) {
	for name, c := range map[string]struct {
		header string
		within time.Duration
	}{
		"counts":    {"Max-Forwards: abc", 0},
		"discarded": {"Via: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKzz", giveUp},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				call, _ := r.established(p)
				call.Hangup()
				bye := p.request(sip.BYE)
				p.send(strings.Replace(p.replyText(bye, 200, "x", ""), "From:", c.header+"\r\nFrom:", 1))
				time.Sleep(c.within + time.Second)
				if ev := r.want(Ended)[0]; ev.Cause != LocalBye {
					t.Errorf("%+v", ev)
				}
			})
		})
	}
}

func TestAnswerWithFaultInAnIrrelevantHeaderCounts(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.send(strings.Replace(p.replyText(inv, 200, "x", answerSDP), "From:", "Referred-By: <<x\r\nRefer-To: <<\r\nFrom:", 1))
		p.request(sip.ACK)
		r.want(Answered)
	})
}

// The callee believes in the call, so it gets ACK and BYE; but a dialog whose
// routes nobody can read is none to go on with.
func TestAnswerWithUnreadableRoutesIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		r.dialTrunk()
		inv := p.request(sip.INVITE)
		p.send(strings.Replace(p.replyText(inv, 200, "x", answerSDP), "From:", "Record-Route: <sip:a b>\r\nFrom:", 1))
		p.request(sip.ACK)
		p.reply(p.request(sip.BYE), 200, "", "")
		if ev := r.want(Failed)[0]; ev.Status != sip.StatusBadGateway {
			t.Errorf("%+v", ev)
		}
	})
}

// A 2xx to a re-INVITE that comes when its transaction is long gone must not be
// acknowledged with the ACK of the first INVITE.
func TestStrayAnswerOfAReinviteIsNotTheFirstAnswer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		c.Reoffer([]byte(offerSDP))
		inv := p.request(sip.INVITE)
		ok := p.replyText(inv, 200, "", answerSDP)
		p.send(ok)
		p.request(sip.ACK)
		r.want(ReofferDone)
		time.Sleep(2 * giveUp)
		p.send(ok)
		p.silent(time.Second)
	})
}
