package media

import (
	"net/netip"
	"testing"

	"warmline/media/srtp"
)

// loop is a session whose peer's packets are made in advance, so that nothing but
// the session costs anything; what it sends is dropped.
type loop struct {
	fakeSocket
	p       *phone
	now     int64
	base    int64 // when the first of the packets comes
	packets [][]byte
	next    int
	lose    int // one packet in so many is lost; 0: none
	from    netip.AddrPort
}

func (l *loop) TryRead(p []byte) (int, netip.AddrPort, int64, bool) {
	if l.next >= len(l.packets) || int64(l.next) > (l.now-l.base)/frameNanos {
		return 0, netip.AddrPort{}, 0, false
	}
	n := copy(p, l.packets[l.next])
	l.next++
	if l.lose > 0 && l.next%l.lose == 0 {
		return 0, netip.AddrPort{}, 0, false
	}
	return n, l.from, 0, true
}

func (l *loop) TryWrite([]byte, netip.AddrPort) error { return nil }
func (l *loop) Connect(netip.AddrPort) error          { return nil }

// newLoop makes a session in a call; suite 0: plain RTP.
func newLoop(t testing.TB, codec string, suite srtp.Suite) *loop {
	t.Helper()
	net := newFakeNetwork()
	e, err := New(Config{Network: net, Addr: ourAddr, PortMin: 20000, PortMax: 20999})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return loopOf(t, e, net, 0, codec, suite)
}

func loopOf(t testing.TB, e *Engine, net *fakeNetwork, n int, codec string, suite srtp.Suite) *loop {
	t.Helper()
	l := &loop{from: phoneAddr(n)}
	l.p = newPhone(t, e, net, n, codecNamed(codec), func(p *phone) {
		if suite != 0 {
			p.suite = &suite
		}
	})
	t.Cleanup(l.p.s.Close)
	l.p.says = voiceOf(t, []string{"alice", "customer", "bob"}[n%3], l.p.codec.rate)
	l.net = net
	l.p.s.rtp.Close()
	l.p.s.rtp = l
	l.p.s.rtcp = &replaySocket{fakeSocket: fakeSocket{net: net}}
	return l
}

// batch makes the packets of so many frames from now on.
func (l *loop) batch(n int) {
	p := l.p
	l.packets, l.next, l.base = l.packets[:0], 0, l.now
	for len(p.sent) < 200 { // four seconds, round and round
		p.say()
	}
	for range n {
		payload := p.sent[int(p.stream.seq)%200]
		buf := make([]byte, rtpHeaderSize+len(payload)+32)
		putRTP(buf, rtpHeader{payloadType: p.sends, seq: p.stream.seq, ts: p.stream.ts, ssrc: p.stream.ssrc})
		size := rtpHeaderSize + copy(buf[rtpHeaderSize:], payload)
		p.stream.seq++
		p.stream.ts += uint32(p.codec.clock / framesPerSecond)
		if p.seal != nil {
			var err error
			if size, err = p.seal.RTP(buf, size); err != nil {
				p.Fatal(err)
			}
		}
		l.packets = append(l.packets, buf[:size])
	}
}
