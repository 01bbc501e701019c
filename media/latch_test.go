package media

import (
	"net/netip"
	"testing"
)

// heardFrom sends n packets of a stream of their own from a socket, 20 ms
// apart, and reports whether the last one was taken.
func (b *bench) heardFrom(from *fakeSocket, st *stream, n int) bool {
	before := uint64(0)
	for range n {
		before = b.s.Stats().PacketsIn
		b.sendAs(from, st, 0, level(1000, 160))
		st.ts += 160
		b.tick()
	}
	return b.s.Stats().PacketsIn > before
}

func TestStrangersAreDropped(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	attacker := b.socket(strangerAddr)
	if b.heardFrom(attacker, &stream{ssrc: 1}, 50) {
		t.Error("a stranger was heard although SDP gives a public address")
	}
	if !b.heardFrom(b.peer, &stream{ssrc: 2}, 1) {
		t.Error("the peer was not heard")
	}
	if remote := b.s.Stats().Remote; remote != peerAddr {
		t.Errorf("sends to %v", remote)
	}
	if got := b.s.Stats().Discarded; got < 40 {
		t.Errorf("%d discarded, want the stranger's", got)
	}
	// Now the kernel filters: the stranger's packets do not even arrive.
	for range controlTicks {
		b.tick()
	}
	if b.s.in.peer != peerAddr {
		t.Errorf("connected to %v", b.s.in.peer)
	}
}

// The bleed: somebody sprays our ports to have a call's audio sent to them.
func TestNoAudioForSprayers(t *testing.T) {
	for _, symmetric := range []bool{false, true} {
		b := newBench(t, SessionConfig{Symmetric: symmetric})
		b.agree(plainOffer())
		attacker := b.socket(strangerAddr)
		for i := range 100 {
			b.send(b.peer, 0, level(1000, 160))
			for range 3 { // as fast as it likes, under one SSRC
				b.sendAs(attacker, &stream{ssrc: 7, seq: uint16(i)}, 0, level(-1000, 160))
			}
			b.tick()
		}
		if len(attacker.queue) != 0 {
			t.Errorf("symmetric %v: %d packets sent to the attacker", symmetric, len(attacker.queue))
		}
		if n := len(b.peer.queue); n < 95 {
			t.Errorf("symmetric %v: only %d packets to the peer", symmetric, n)
		}
	}
}

// The injection: nothing of what an attacker sends may be heard, whatever it
// knows of the stream, unless it can forge the source address.
func TestNoInjection(t *testing.T) {
	b := newBench(t, SessionConfig{Symmetric: true})
	b.agree(offerOf(privateAddr.Addr().String(), "audio 4000 RTP/AVP 0"))
	if !b.heardFrom(b.peer, &b.stream, 10) {
		t.Fatal("the peer behind NAT is not heard")
	}
	attacker := b.socket(strangerAddr)
	copied := b.stream // the very SSRC, sequence and timestamps
	for range 100 {
		b.sendAs(attacker, &copied, 0, level(-9000, 160))
		copied.ts += 160
		b.send(b.peer, 0, level(1000, 160))
		if heard, ok := b.tick(); ok && heard[80] < 0 {
			t.Fatal("the attacker is heard")
		}
	}
}

func TestLearning(t *testing.T) {
	nat := netip.MustParseAddrPort("203.0.113.5:33333")
	tests := []struct {
		name      string
		sdp       netip.AddrPort
		symmetric bool
		learns    bool
	}{
		{"public", peerAddr, false, false},
		{"public, symmetric", peerAddr, true, true},
		{"private", privateAddr, false, true},
		{"shared address space", netip.MustParseAddrPort("100.64.1.2:4000"), false, true},
		{"link-local", netip.MustParseAddrPort("169.254.1.2:4000"), false, true},
		{"public, port not known", netip.MustParseAddrPort("198.51.100.7:9"), false, false},
		{"same host, port not known", netip.AddrPortFrom(nat.Addr(), discardPort), false, true},
		{"unique local IPv6", netip.MustParseAddrPort("[fd00::1]:4000"), false, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var l latch
			l.agree(tt.sdp, tt.symmetric, 0)
			for i := range uint16(10) {
				got := l.admit(int64(i)*frameNanos, nat, &rtpHeader{ssrc: 5, seq: i})
				if want := tt.learns && i >= learnPackets-1; got != want {
					t.Fatalf("packet %d admitted: %v, want %v", i, got, want)
				}
			}
			want := tt.sdp
			if want.Port() == discardPort {
				want = netip.AddrPort{}
			}
			if tt.learns {
				want = nat
			}
			if l.dest != want {
				t.Errorf("sends to %v, want %v", l.dest, want)
			}
		})
	}
}

func TestLearningNeedsConsecutivePackets(t *testing.T) {
	other := netip.MustParseAddrPort("203.0.113.9:1")
	nat := netip.MustParseAddrPort("203.0.113.5:33333")
	type packet struct {
		from netip.AddrPort
		ssrc uint32
		seq  uint16
	}
	tests := []struct {
		name    string
		packets []packet
	}{
		{"another address in between", []packet{{nat, 1, 1}, {nat, 1, 2}, {other, 1, 3}, {nat, 1, 3}, {nat, 1, 4}}},
		{"another SSRC in between", []packet{{nat, 1, 1}, {nat, 1, 2}, {nat, 2, 3}, {nat, 1, 4}, {nat, 1, 5}}},
		{"random numbers", []packet{{nat, 1, 1}, {nat, 1, 77}, {nat, 1, 12}, {nat, 1, 900}, {nat, 1, 4}}},
		{"one packet repeated", []packet{{nat, 1, 1}, {nat, 1, 1}, {nat, 1, 1}, {nat, 1, 1}}},
		{"another port of the same host", []packet{{nat, 1, 1}, {nat, 1, 2}, {netip.AddrPortFrom(nat.Addr(), 5), 1, 3}, {nat, 1, 4}}},
	}
	for _, tt := range tests {
		var l latch
		l.agree(privateAddr, false, 0)
		for i, p := range tt.packets {
			if l.admit(int64(i), p.from, &rtpHeader{ssrc: p.ssrc, seq: p.seq}) {
				t.Errorf("%s: packet %d admitted", tt.name, i)
			}
		}
	}
}

func TestLearningEnds(t *testing.T) {
	admit := func(l *latch, now int64, from netip.AddrPort) (ok bool) {
		for i := range uint16(learnPackets) {
			ok = l.admit(now+int64(i), from, &rtpHeader{ssrc: 3, seq: 65534 + i})
		}
		return ok
	}
	first, second := netip.MustParseAddrPort("203.0.113.5:33333"), netip.MustParseAddrPort("203.0.113.6:44444")

	var l latch
	l.agree(privateAddr, false, 0)
	if admit(&l, learnWindow, first) {
		t.Error("learned after the window")
	}
	if !l.admit(learnWindow, privateAddr, &rtpHeader{}) {
		t.Error("SDP's own address refused after the window")
	}

	l = latch{}
	l.agree(privateAddr, false, 0)
	if !admit(&l, 0, first) {
		t.Fatal("not learned")
	}
	if admit(&l, 2*sourceQuiet, second) {
		t.Error("learned a second time under the same agreement")
	}

	// A new agreement: the source stays as long as it sends, then it may move.
	l.agree(privateAddr, false, 10*sourceQuiet)
	l.admit(10*sourceQuiet, first, &rtpHeader{})
	if admit(&l, 10*sourceQuiet+1000, second) {
		t.Error("taken over while the source was sending")
	}
	if !admit(&l, 12*sourceQuiet, second) || l.dest != second {
		t.Error("not followed to its new address after renegotiation")
	}

	// SDP's own address beats a learned one within the window.
	if !l.admit(13*sourceQuiet, privateAddr, &rtpHeader{}) || l.dest != privateAddr {
		t.Error("the address agreed on does not win")
	}
}

// A gateway that sends from another port than it listens on is heard, but its
// audio goes where it asked for it.
func TestAsymmetricPort(t *testing.T) {
	var l latch
	l.agree(peerAddr, false, 0)
	from := netip.AddrPortFrom(peerAddr.Addr(), 7777)
	var ok bool
	for i := range uint16(learnPackets) {
		ok = l.admit(0, from, &rtpHeader{seq: i})
	}
	if !ok || l.dest != peerAddr {
		t.Errorf("heard %v, sends to %v", ok, l.dest)
	}
	if l.final(learnWindow).IsValid() {
		t.Error("the socket would be connected to one of two addresses")
	}
}

// A peer behind NAT that holds and resumes goes on where it was, and one that
// names a new address is followed there at once.
func TestRenegotiatedAddress(t *testing.T) {
	b := newBench(t, SessionConfig{})
	private := offerOf("192.168.1.20", "audio 4000 RTP/AVP 0")
	b.agree(private)
	b.heardFrom(b.peer, &b.stream, 5)
	if remote := b.s.Stats().Remote; remote != peerAddr {
		t.Fatalf("sends to %v, want what was learned", remote)
	}
	b.agree(private + "a=sendonly\r\n")
	b.tick()
	b.agree(private)
	if b.tick(); b.s.Stats().Remote != peerAddr {
		t.Errorf("after the hold it sends to %v", b.s.Stats().Remote)
	}
	moved := b.socket(netip.MustParseAddrPort("198.51.100.9:4400"))
	b.agree(offerOf("198.51.100.9", "audio 4400 RTP/AVP 0"))
	if b.tick(); len(moved.queue) != 1 {
		t.Errorf("%d packets at the new address at once, want 1", len(moved.queue))
	}
	if !b.heardFrom(moved, &stream{ssrc: 9}, 3) {
		t.Error("not heard at the new address")
	}
}

// The kernel's filter must open again for a new address.
func TestReconnect(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.heardFrom(b.peer, &b.stream, 8)
	if b.s.in.peer != peerAddr {
		t.Fatalf("connected to %v, want %v", b.s.in.peer, peerAddr)
	}
	b.agree(offerOf("198.51.100.9", "audio 4400 RTP/AVP 0"))
	if b.tick(); b.s.in.peer.IsValid() {
		t.Errorf("still connected to %v", b.s.in.peer)
	}
}

// Where a call goes on at another device, the one before may still be sending:
// its address is not the new one's so soon. But a device behind NAT that only
// says something else of itself is found again.
func TestTheDeviceBeforeIsLeft(t *testing.T) {
	private := func(host string) string { return offerOf(host, "audio 4000 RTP/AVP 0") }
	old, now := netip.MustParseAddrPort("203.0.113.20:4000"), netip.MustParseAddrPort("203.0.113.30:4000")
	for _, c := range []struct {
		name       string
		stragglers int // of the old device after the agreement
		news       int // of the new one after those
		want       netip.AddrPort
	}{
		{"another device", 10, 10, now},
		{"another device, at once", 0, 3, now},
		{"the same device", 30, 0, old},
	} {
		b := newBench(t, SessionConfig{})
		before, after := b.socket(old), b.socket(now)
		b.agree(private("192.168.1.5"))
		one := &stream{ssrc: 1}
		b.heardFrom(before, one, 10)
		if got := b.s.Stats().Remote; got != old {
			t.Fatalf("void: the peer is at %v", got)
		}
		b.agree(private("192.168.1.9"))
		b.heardFrom(before, one, c.stragglers)
		b.heardFrom(after, &stream{ssrc: 2}, c.news)
		if got := b.s.Stats().Remote; got != c.want {
			t.Errorf("%s: the peer is taken to be at %v, want %v", c.name, got, c.want)
		}
	}
}
