package sip

import (
	"fmt"
	"testing"
	"testing/synctest"
)

// pings sends OPTIONS without a user and counts the answers.
func (r *rig) pings(p *peer, count int) int {
	for i := range count {
		p.send(fmt.Sprintf("OPTIONS sip:203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d;rport\r\nMax-Forwards: 70\r\n"+
			"From: <sip:a@b>;tag=1\r\nTo: <sip:203.0.113.1>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n", p.addr, i, i))
	}
	synctest.Wait()
	return len(p.in)
}

// Strangers, whose addresses may be forged, share a few answers; those who are
// known get theirs all the same.
func TestKeepAlivesOfStrangersAreLimited(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		const count = 2 * answerBurst
		if n := r.pings(r.peer(addrAt("192.0.2.77", 5060)), count); n != answerBurst {
			t.Errorf("a stranger got %d answers to %d", n, count)
		}
		if n := r.pings(r.peer(trunkAddr), count); n != count {
			t.Errorf("a trunk got %d answers to %d", n, count)
		}
		phone := r.peer(phoneAddr)
		r.pings(phone, 1) // its source is known from now on
		r.ep.trust(Flow{Transport: "udp", Local: ourAddr, Remote: phoneAddr})
		phone.drain()
		if n := r.pings(phone, count); n != count {
			t.Errorf("a phone got %d answers to %d", n, count)
		}
		if n := serverTransactions(r.ep); n != 0 {
			t.Errorf("%d transactions left", n)
		}
	})
}
