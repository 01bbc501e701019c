package sip

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// FuzzDialog plays a peer and a layer above that do anything in any order. What
// must hold: no panic, exactly one last event and none after it, and nothing
// left in the tables once all timers are over.
func FuzzDialog(f *testing.F) {
	f.Add(true, []byte("rajb"))
	f.Add(true, []byte("raRkjcCihHuU"))
	f.Add(false, []byte("1234567890RhHbB"))
	f.Add(false, []byte{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9})
	f.Fuzz(func(t *testing.T, incoming bool, script []byte) {
		if len(script) > 40 {
			script = script[:40]
		}
		synctest.Test(t, func(t *testing.T) {
			newStorm(t, incoming).play(script)
		})
	})
}

// storm is the state of one fuzz run.
type storm struct {
	t        *testing.T
	r        *rig
	p        *peer
	c        *Call
	l        *leg
	requests []*sip.Request // of the endpoint, to be answered
	offers   []uint32
	last     map[*Call]int // last events
}

func newStorm(t *testing.T, incoming bool) *storm {
	r := newRig(t)
	s := &storm{t: t, r: r, p: r.peer(trunkAddr), last: make(map[*Call]int)}
	var mu sync.Mutex // a new INVITE without our tag is another call
	r.onEvent = func(c *Call, ev Event) {
		mu.Lock()
		defer mu.Unlock()
		if s.last[c] > 0 {
			t.Errorf("event after the last: %+v", ev)
		}
		switch {
		case ev.Kind == Ended, ev.Kind == Failed, ev.Kind == Cancelled && ev.Offer == 0:
			s.last[c]++
		case ev.Kind == Offered:
			s.offers = append(s.offers, ev.Offer)
		}
	}
	if incoming {
		s.l = s.p.leg("storm")
		s.l.invite(offerSDP)
		s.c = r.call()
		return s
	}
	s.c = r.dialTrunk()
	inv := s.p.request(sip.INVITE)
	s.requests = append(s.requests, inv)
	s.l = s.p.calledLeg(inv, "storm")
	return s
}

func (s *storm) play(script []byte) {
	for _, op := range script {
		s.step(op)
		s.collect()
	}
	calls := append([]*Call{s.c}, s.r.calls...)
	for _, c := range calls {
		c.Hangup()
	}
	time.Sleep(5 * time.Minute)
	synctest.Wait()
	for i, c := range calls {
		if s.last[c] != 1 {
			s.t.Errorf("call %d of %d has %d last events", i, len(calls), s.last[c])
		}
	}
	e := s.r.ep
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.usages)+len(e.invites)+len(e.cancels)+len(e.sent)+len(e.calls) > 0 {
		s.t.Errorf("left: %d usages, %d invites, %d cancels, %d sent, %d calls",
			len(e.usages), len(e.invites), len(e.cancels), len(e.sent), len(e.calls))
	}
}

// collect takes what the endpoint sent.
func (s *storm) collect() {
	synctest.Wait()
	for len(s.p.in) > 0 {
		switch m := (<-s.p.in).(type) {
		case *sip.Request:
			if m.Method != sip.ACK && len(s.requests) < 64 {
				s.requests = append(s.requests, m)
			}
		case *sip.Response:
			if tag := tagOf(m.To().Params); tag != "" && m.CSeq().MethodName == sip.INVITE && s.l.to == "" {
				s.l.to = tag
			}
		}
	}
}

// step does one thing; the low bits of op choose it, the high ones the detail.
func (s *storm) step(op byte) {
	detail := int(op >> 5)
	switch op & 31 {
	case 0:
		s.c.Ring(nil)
	case 1:
		s.c.Answer([]byte(answerSDP))
	case 2:
		s.c.Reject(480+detail, 0)
	case 3:
		s.c.Hangup()
	case 4:
		s.c.Reoffer([]byte("ours"))
	case 5:
		s.c.Info("text/plain", []byte("x"))
	case 6, 7:
		if len(s.offers) > 0 {
			s.c.Reply(s.offers[len(s.offers)-1], 200+detail%2*288, []byte(answerSDP))
		}
	case 8, 9:
		s.l.ack(strings.Repeat("x", detail%2))
	case 10:
		s.p.send(s.l.cancelText())
	case 11:
		s.p.send(s.l.again("INVITE", s.l.ackedSeq, offerSDP))
	case 12, 13:
		s.l.invite("theirs")
	case 14:
		s.l.send([]string{"BYE", "INFO", "UPDATE", "OPTIONS", "REFER", "NOTIFY", "PRACK", "MESSAGE"}[detail], "")
	case 15:
		s.l.send("UPDATE", "theirs")
	case 16:
		s.l.seq += uint32(detail)
	case 17:
		s.l.seq -= min(uint32(detail), s.l.seq-1)
	case 18:
		s.l.tag = fmt.Sprint("tag", detail)
	case 19, 20:
		time.Sleep(time.Duration(1<<(2*detail)) * 10 * time.Millisecond)
	case 21:
		s.p.send(s.l.text("INFO", s.l.seq+uint32(detail), "x", "Content-Type: text/plain"))
	default:
		s.reply(int(op&31)-22, detail)
	}
}

// reply answers one of the last requests of the endpoint.
func (s *storm) reply(kind, which int) {
	if len(s.requests) == 0 {
		return
	}
	req := s.requests[max(0, len(s.requests)-1-which)]
	status := []int{100, 180, 183, 200, 200, 401, 481, 487, 491, 603}[kind]
	tag := "storm"
	if kind == 4 {
		tag = fmt.Sprint("fork", which)
	}
	s.p.reply(req, status, tag, answerSDP, challengeMD5)
}
