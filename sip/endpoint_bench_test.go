package sip

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"

	"warmline/internal/testnet"
)

// BenchmarkCall is a whole incoming call: INVITE, 100, 200, ACK, BYE, 200, with
// the endpoint's share and a peer made of string formatting.
func BenchmarkCall(b *testing.B) {
	network := testnet.New(1)
	pc, err := network.ListenPacket(ourAddr.String())
	if err != nil {
		b.Fatal(err)
	}
	ep, err := New(Config{
		UDP: []net.PacketConn{pc}, Handler: answering{}, Limits: Limits{CallsPerSecond: 1 << 30},
		Trunk: func(netip.Addr) (string, bool) { return "carrier", true },
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := ep.Start(); err != nil {
		b.Fatal(err)
	}
	defer ep.Close()
	peer, err := network.ListenPacket(trunkAddr.String())
	if err != nil {
		b.Fatal(err)
	}
	defer peer.Close()
	buf := make([]byte, 1<<16)
	send := func(method, tag string, id, seq int, body string) {
		to := "<sip:200@203.0.113.1>"
		if tag != "" {
			to += ";tag=" + tag
		}
		msg := fmt.Sprintf("%s sip:200@203.0.113.1 SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%d-%s;rport\r\n"+
			"Max-Forwards: 70\r\nFrom: <sip:1@%s>;tag=f%d\r\nTo: %s\r\nCall-ID: bench-%d\r\nCSeq: %d %s\r\n"+
			"Contact: <sip:1@%s>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
			method, trunkAddr, id, method, trunkAddr, id, to, id, seq, method, trunkAddr, len(body), body)
		if _, err := peer.WriteTo([]byte(msg), net.UDPAddrFromAddrPort(ourAddr)); err != nil {
			b.Fatal(err)
		}
	}
	// wait returns the To tag of the next final response.
	wait := func() string {
		for {
			n, _, err := peer.ReadFrom(buf)
			if err != nil {
				b.Fatal(err)
			}
			if !bytes.HasPrefix(buf[:n], []byte("SIP/2.0 200")) {
				continue
			}
			_, rest, _ := strings.Cut(string(buf[:n]), "\r\nTo: ")
			_, rest, _ = strings.Cut(rest, ";tag=")
			tag, _, _ := strings.Cut(rest, "\r\n")
			return tag
		}
	}
	b.ReportAllocs()
	id := 0
	for b.Loop() {
		id++
		send("INVITE", "", id, 1, offerSDP)
		tag := wait()
		send("ACK", tag, id, 1, "")
		send("BYE", tag, id, 2, "")
		wait()
	}
}

type answering struct{ Handler }

func (answering) Invite(c *Call, _ Invite) {
	c.Attach(func(Event) {})
	c.Answer([]byte(answerSDP))
}
func (answering) FlowClosed(Flow)   {}
func (answering) Known(string) bool { return true }
