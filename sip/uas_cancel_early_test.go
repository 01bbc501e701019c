package sip

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
)

// serverTransactions counts those that sipgo keeps.
func serverTransactions(e *Endpoint) int {
	layer := reflect.ValueOf(e.transactions).Elem()
	return layer.FieldByName("serverTransactions").Elem().FieldByName("items").Len()
}

// waitingCancels counts the CANCELs that wait for their INVITE.
func waitingCancels(e *Endpoint) int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.cancels)
}

// strayCancel is a CANCEL of nothing.
func strayCancel(sentBy, callID, branch string) string {
	return fmt.Sprintf("CANCEL sip:200@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:a@b>;tag=1\r\nTo: <sip:200@203.0.113.1>\r\nCall-ID: %s\r\nCSeq: 1 CANCEL\r\nContent-Length: 0\r\n\r\n",
		sentBy, branch, callID)
}

// Every CANCEL of nothing gets 481 and leaves nothing behind: those that differ
// in the branch, and those that differ in the sent-by alone and so take each
// other's place.
func TestCancelsOfNothingLeaveNothing(t *testing.T) {
	for name, text := range map[string]func(int) string{
		"other branches": func(i int) string { return strayCancel(trunkAddr.String(), "x", fmt.Sprint("x", i)) },
		"other sent-by":  func(i int) string { return strayCancel(fmt.Sprintf("10.0.0.%d:5060", i), "x", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				p := r.peer(trunkAddr)
				const count = 50
				for i := range count {
					p.send(text(i))
				}
				for range count {
					p.response(481)
				}
				p.silent(10 * time.Minute)
				synctest.Wait()
				if n, w := serverTransactions(r.ep), waitingCancels(r.ep); n+w != 0 {
					t.Errorf("%d transactions and %d CANCELs are left", n, w)
				}
			})
		})
	}
}

// Strangers cannot fill the table: they are answered at once.
func TestStrangersCancelsDoNotWait(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		for s := range 24 {
			q := r.peer(addrAt("192.0.2.77", uint16(20000+s)))
			for i := range 50 {
				q.send(strayCancel(q.addr.String(), fmt.Sprintf("x%d-%d", s, i), fmt.Sprintf("x%d-%d", s, i)))
			}
		}
		synctest.Wait()
		if n := waitingCancels(r.ep); n != 0 {
			t.Errorf("%d CANCELs of strangers wait", n)
		}
		p := r.peer(trunkAddr)
		l := p.leg("early")
		l.seq++
		invite := l.text("INVITE", l.seq, offerSDP)
		l.ackedSeq = l.seq
		p.send(l.cancelText())
		time.Sleep(10 * time.Millisecond)
		p.send(invite)
		p.response(200)
		p.response(487)
	})
}

func TestEarlyCancelIsForItsBranchAlone(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		p := r.peer(trunkAddr)
		l := p.leg("early")
		l.seq++
		invite := l.text("INVITE", l.seq, offerSDP)
		l.ackedSeq = l.seq
		l.branch = "z9hG4bKother"
		p.send(l.cancelText())
		time.Sleep(outOfOrder / 2)
		p.send(invite)
		if res := p.response(481); res.CSeq().MethodName != sip.CANCEL {
			t.Errorf("%s", res)
		}
		c := r.call()
		c.Ring(nil)
		p.response(180)
		r.want()
	})
}

// A phone that has authenticated by its socket or connection may have its
// CANCEL overtake the INVITE.
func TestEarlyCancelOfAPhone(t *testing.T) {
	for _, network := range []string{"udp", "tcp"} {
		t.Run(network, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *rig) {
				var p *peer
				if network == "tcp" {
					p, _ = r.connect(phoneAddr.Addr().String())
				} else {
					p = r.peer(phoneAddr)
				}
				cancel := func(i int) time.Duration {
					text := strayCancel(p.addr.String(), fmt.Sprint("x", i), fmt.Sprint("x", i))
					start := time.Now()
					p.send(strings.Replace(text, "SIP/2.0/UDP", "SIP/2.0/"+strings.ToUpper(network), 1))
					p.response(481)
					return time.Since(start)
				}
				if d := cancel(1); d != 0 {
					t.Errorf("a stranger's waited for %v", d)
				}
				r.ep.trust(Flow{Transport: network, Local: ourAddr, Remote: p.addr})
				if d := cancel(2); d != outOfOrder {
					t.Errorf("a phone's waited for %v", d)
				}
			})
		})
	}
}
