package sip

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

func TestReofferIsAcknowledgedAndReported(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("re")
		l.invite(offerSDP, "Record-Route: <sip:198.51.100.7;lr>")
		c := r.call()
		c.Answer([]byte(answerSDP))
		l.learn(p.response(200))
		l.ack("")
		r.want(Acked)
		c.Reoffer([]byte("hold"))
		inv := p.request(sip.INVITE)
		if string(inv.Body()) != "hold" || inv.Contact() == nil || tagOf(inv.To().Params) != l.tag {
			t.Errorf("%s", inv)
		}
		p.reply(inv, 100, "", "")
		p.reply(inv, 200, "", answerSDP)
		ack := p.request(sip.ACK)
		if ack.Route() == nil || ack.CSeq().SeqNo != inv.CSeq().SeqNo || branchOf(ack) == branchOf(inv) {
			t.Errorf("%s", ack)
		}
		if ev := r.want(ReofferDone)[0]; ev.Status != 200 || string(ev.Body) != answerSDP {
			t.Errorf("%+v", ev)
		}
		p.reply(inv, 200, "", answerSDP)
		if again := p.request(sip.ACK); again.String() != ack.String() {
			t.Errorf("ACK changed:\n%s", again)
		}
	})
}

func TestRefusedReofferLeavesTheCall(t *testing.T) {
	for _, status := range []int{488, 500, 415, 603} {
		bubble(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			c, l := r.answered(p)
			c.Reoffer([]byte("hold"))
			p.reply(p.request(sip.INVITE), status, "", "")
			p.request(sip.ACK)
			if ev := r.want(ReofferDone)[0]; ev.Status != status || ev.Body != nil {
				t.Errorf("%+v", ev)
			}
			c.Reoffer([]byte("again"))
			p.reply(p.request(sip.INVITE), 200, "", answerSDP)
			p.request(sip.ACK)
			r.want(ReofferDone)
			l.send("BYE", "")
			p.response(200)
			r.want(Ended)
		})
	}
}

func TestReoffersGoOneByOne(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		c.Reoffer([]byte("a"))
		c.Reoffer([]byte("b"))
		first := p.request(sip.INVITE)
		p.silent(400 * time.Millisecond)
		p.reply(first, 200, "", answerSDP)
		p.request(sip.ACK)
		second := p.request(sip.INVITE)
		if string(second.Body()) != "b" || second.CSeq().SeqNo <= first.CSeq().SeqNo {
			t.Errorf("%s", second)
		}
		p.reply(second, 200, "", answerSDP)
		p.request(sip.ACK)
		r.want(ReofferDone, ReofferDone)
	})
}

func TestTooManyReoffersAreRefusedHere(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		for range maxReoffers + 2 {
			c.Reoffer([]byte("x"))
		}
		p.request(sip.INVITE)
		if ev := r.want(ReofferDone)[0]; ev.Status != 491 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestReofferWaitsForTheAck(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := ringing(r, p)
		c.Answer([]byte(answerSDP))
		p.response(200)
		c.Reoffer([]byte("hold"))
		p.silent(300 * time.Millisecond)
		l.ack("")
		p.request(sip.INVITE)
		r.want(Acked)
	})
}

// glare refuses the re-INVITE with 491 and measures when it comes again.
func glare(r *rig, p *peer) time.Duration {
	p.reply(p.request(sip.INVITE), 491, "", "")
	p.request(sip.ACK)
	start := time.Now()
	inv := p.request(sip.INVITE)
	d := time.Since(start)
	p.reply(inv, 200, "", answerSDP)
	p.request(sip.ACK)
	if ev := r.want(ReofferDone)[0]; ev.Status != 200 {
		r.t.Errorf("%+v", ev)
	}
	return d
}

func TestGlareIsRetriedLaterByTheCaller(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		for range 10 {
			c.Reoffer([]byte("hold"))
			if d := glare(r, p); d < 2100*time.Millisecond || d > 4*time.Second {
				t.Errorf("the owner of the Call-ID tried again after %v", d)
			}
		}
	})
}

func TestGlareIsRetriedSoonerByTheCallee(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.established(p)
		for range 10 {
			c.Reoffer([]byte("hold"))
			if d := glare(r, p); d > 2*time.Second {
				t.Errorf("tried again after %v", d)
			}
		}
	})
}

func TestEndlessGlareIsReported(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		c.Reoffer([]byte("hold"))
		for range maxGlares + 1 {
			p.reply(p.request(sip.INVITE), 491, "", "")
			p.request(sip.ACK)
		}
		if ev := r.want(ReofferDone)[0]; ev.Status != 491 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestPeersOfferIsServedBetweenOurTries(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.answered(p)
		c.Reoffer([]byte("hold"))
		p.reply(p.request(sip.INVITE), 491, "", "")
		p.request(sip.ACK)
		synctest.Wait()
		l.invite("theirs")
		ev := r.want(Offered)[0]
		c.Reply(ev.Offer, 200, []byte(answerSDP))
		p.response(200)
		l.ack("")
		p.reply(p.request(sip.INVITE), 200, "", answerSDP)
		p.request(sip.ACK)
		r.want(Acked, ReofferDone)
	})
}

func TestReofferIntoAGoneDialogEndsTheCall(t *testing.T) {
	for _, status := range []int{481, 408} {
		bubble(t, func(t *testing.T, r *rig) {
			p := r.peer(trunkAddr)
			c, _ := r.answered(p)
			c.Reoffer([]byte("hold"))
			p.reply(p.request(sip.INVITE), status, "", "")
			p.request(sip.ACK)
			evs := r.want(ReofferDone, Ended)
			if evs[1].Cause != DialogGone || evs[1].Status != status {
				t.Errorf("%+v", evs)
			}
			if status == 408 {
				p.request(sip.BYE) // it may only have been slow
			}
		})
	}
}

func TestReofferWithoutAnswerEndsTheCall(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		c.Reoffer([]byte("hold"))
		time.Sleep(33 * time.Second)
		if evs := r.want(ReofferDone, Ended); evs[0].Status != 408 {
			t.Errorf("%+v", evs)
		}
	})
}

func TestReofferThatIsNeverDecidedIsCancelled(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, _ := r.answered(p)
		c.Reoffer([]byte("hold"))
		inv := p.request(sip.INVITE)
		p.reply(inv, 100, "", "")
		time.Sleep(reofferPatience)
		p.reply(p.request(sip.CANCEL), 200, "", "")
		p.reply(inv, 487, "", "")
		p.request(sip.ACK)
		if ev := r.want(ReofferDone)[0]; ev.Status != 487 {
			t.Errorf("%+v", ev)
		}
	})
}

func TestByeThatCrossesOurReoffer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.answered(p)
		c.Reoffer([]byte("hold"))
		inv := p.request(sip.INVITE)
		l.send("BYE", "")
		p.response(200)
		r.want(Ended)
		p.reply(inv, 487, "", "")
		p.request(sip.ACK)
		p.silent(time.Minute)
		r.want()
	})
}

func TestPeersReoffer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.invite("hold")
		ev := r.want(Offered)[0]
		if string(ev.Body) != "hold" || ev.Offer == 0 {
			t.Errorf("%+v", ev)
		}
		c.Reply(ev.Offer+1, 200, []byte("other")) // not the one asked
		c.Reply(ev.Offer, 200, []byte(answerSDP))
		c.Reply(ev.Offer, 488, nil) // too late
		for range 3 {
			if res := p.response(200); string(res.Body()) != answerSDP || res.Contact() == nil {
				t.Errorf("%s", res)
			}
		}
		l.ack("")
		if ev := r.want(Acked)[0]; ev.Offer == 0 || ev.Body != nil {
			t.Errorf("%+v", ev)
		}
		p.silent(time.Minute)
	})
}

func TestPeersReofferWithoutSDPAsksForOurs(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.invite("")
		ev := r.want(Offered)[0]
		if len(ev.Body) != 0 {
			t.Errorf("%+v", ev)
		}
		c.Reply(ev.Offer, 200, []byte("ours"))
		p.response(200)
		l.ack("theirs")
		if ev := r.want(Acked)[0]; string(ev.Body) != "theirs" {
			t.Errorf("%+v", ev)
		}
	})
}

func TestPeersReofferIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.invite("t38")
		c.Reply(r.want(Offered)[0].Offer, 488, nil)
		p.response(488)
		p.send(l.again("ACK", l.ackedSeq, ""))
		l.invite(offerSDP)
		c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
		p.response(200)
		l.ack("")
		r.want(Acked)
	})
}

func TestPeersReofferWhileOursIsPendingIs491(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.answered(p)
		c.Reoffer([]byte("hold"))
		inv := p.request(sip.INVITE)
		l.invite("theirs")
		p.response(491)
		p.send(l.again("ACK", l.ackedSeq, ""))
		p.reply(inv, 200, "", answerSDP)
		p.request(sip.ACK)
		r.want(ReofferDone)
	})
}

func TestSecondOfferBeforeTheFirstIsAnsweredIs500(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		l.invite("one")
		r.want(Offered)
		l.send("UPDATE", "two")
		res := p.response(500)
		h := res.GetHeader("Retry-After")
		if h == nil {
			t.Fatalf("%s", res)
		}
		if n, err := strconv.Atoi(h.Value()); err != nil || n < 0 || n > 10 {
			t.Errorf("Retry-After %q", h.Value())
		}
		r.want()
	})
}

func TestReofferWaitsForThePeersOffer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.invite("theirs")
		ev := r.want(Offered)[0]
		p.response(100)
		c.Reoffer([]byte("ours"))
		p.silent(time.Second)
		c.Reply(ev.Offer, 200, []byte(answerSDP))
		p.response(200)
		p.silent(100 * time.Millisecond)
		l.ack("")
		if inv := p.request(sip.INVITE); string(inv.Body()) != "ours" {
			t.Errorf("%s", inv)
		}
		r.want(Acked)
	})
}

func TestCancelledReofferOfThePeer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.invite("hold")
		ev := r.want(Offered)[0]
		p.send(l.again("CANCEL", l.ackedSeq, ""))
		p.response(200)
		p.response(487)
		p.send(l.again("ACK", l.ackedSeq, ""))
		if got := r.want(Cancelled)[0]; got.Offer != ev.Offer {
			t.Errorf("%+v", got)
		}
		c.Reply(ev.Offer, 200, []byte(answerSDP))
		p.silent(time.Minute)
		l.send("BYE", "")
		p.response(200)
		r.want(Ended)
	})
}

func TestByeEndsThePeersPendingReoffer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		_, l := r.established(p)
		l.invite("hold")
		r.want(Offered)
		l.send("BYE", "")
		p.response(200)
		p.response(487)
		r.want(Ended)
	})
}

func TestHangupEndsThePeersPendingReoffer(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.invite("hold")
		r.want(Offered)
		c.Hangup()
		p.response(487)
		p.reply(p.request(sip.BYE), 200, "", "")
		r.want(Ended)
	})
}

func TestReofferOfThePeerWithoutAckEndsInBye(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.invite("hold")
		c.Reply(r.want(Offered)[0].Offer, 200, []byte(answerSDP))
		for {
			if req, ok := p.next().(*sip.Request); ok {
				if req.Method != sip.BYE {
					t.Fatalf("%s", req)
				}
				break
			}
		}
		if ev := r.want(Ended)[0]; ev.Cause != NoAck {
			t.Errorf("%+v", ev)
		}
	})
}

func TestUpdate(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		c, l := r.established(p)
		l.send("UPDATE", "") // a refresh
		if res := p.response(200); len(res.Body()) != 0 || res.Contact() == nil {
			t.Errorf("%s", res)
		}
		l.send("UPDATE", "hold")
		ev := r.want(Offered)[0]
		c.Reply(ev.Offer, 200, []byte(answerSDP))
		if res := p.response(200); string(res.Body()) != answerSDP {
			t.Errorf("%s", res)
		}
		l.send("UPDATE", "video")
		c.Reply(r.want(Offered)[0].Offer, 488, nil)
		p.response(488)
		l.send("UPDATE", "left open")
		r.want(Offered)
		l.send("BYE", "")
		p.response(200)
		p.response(481)
		r.want(Ended)
	})
}
