package media

import (
	"testing"

	"github.com/pion/rtcp"

	"warmline/media/srtp"
)

// arrived empties the peer's RTP socket.
func (b *bench) arrived() (list []rtpHeader) {
	for {
		h, _, ok := b.peer.read(b)
		if !ok {
			return list
		}
		list = append(list, h)
	}
}

// byes are the SSRCs that said goodbye.
func (b *bench) byes() (list []uint32) {
	for _, p := range b.reports(b.ctl) {
		if bye, ok := p.(*rtcp.Goodbye); ok {
			list = append(list, bye.Sources...)
		}
	}
	return list
}

// A peer's packet with our SSRC, be it RTP or RTCP, has us say goodbye and begin
// another stream, and is heard all the same.
func TestCollision(t *testing.T) {
	for _, control := range []bool{false, true} {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		for range 5 {
			b.send(b.peer, 0, level(1000, 160))
			b.tick()
		}
		before := b.arrived()
		old := before[len(before)-1]
		if control {
			p, err := (&rtcp.ReceiverReport{SSRC: old.ssrc}).Marshal()
			if err != nil {
				t.Fatal(err)
			}
			b.ctl.TryWrite(p, b.s.rtcp.LocalAddr())
		} else {
			b.stream.ssrc = old.ssrc
		}
		var heard []int16
		for range controlTicks + 15 {
			b.send(b.peer, 0, level(1000, 160))
			heard, _ = b.tick()
		}
		if !near(heard, 1000) {
			t.Errorf("control %v: heard %d", control, heard[0])
		}
		if byes := b.byes(); len(byes) != 1 || byes[0] != old.ssrc {
			t.Errorf("control %v: goodbyes of %x, want %x", control, byes, old.ssrc)
		}
		changed := -1
		after := append([]rtpHeader{old}, b.arrived()...)
		for i := 1; i < len(after); i++ {
			was, is := after[i-1], after[i]
			if is.ts != was.ts+frameSamples {
				t.Errorf("control %v: time %d after %d", control, is.ts, was.ts)
			}
			switch {
			case is.ssrc == was.ssrc && (is.seq != was.seq+1 || is.marker):
				t.Errorf("control %v: %+v after %+v", control, is, was)
			case is.ssrc != was.ssrc && (changed >= 0 || !is.marker || is.seq > 1<<15):
				t.Errorf("control %v: changed to %+v at %d", control, is, i)
			}
			if is.ssrc != was.ssrc {
				changed = i
			}
		}
		if changed < 0 {
			t.Errorf("control %v: the SSRC stays", control)
		}
	}
}

// All that we send comes back, over RTP and RTCP, for as long as the call lasts:
// one change and no more. It is a change again when the loop has been gone for
// long, and at most three in all.
func TestLoop(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	seen := map[uint32]bool{}
	buf := make([]byte, datagramSize)
	loop := func(frames int) {
		for range frames {
			for n, _, _, ok := b.peer.TryRead(buf); ok; n, _, _, ok = b.peer.TryRead(buf) {
				h, _, _ := parseRTP(buf[:n])
				seen[h.ssrc] = true
				b.peer.TryWrite(buf[:n], b.rtpAddr())
			}
			for n, _, _, ok := b.ctl.TryRead(buf); ok; n, _, _, ok = b.ctl.TryRead(buf) {
				b.ctl.TryWrite(buf[:n], b.s.rtcp.LocalAddr())
			}
			b.tick()
		}
	}
	loop(6000)
	if len(seen) != 2 {
		t.Errorf("%d SSRCs in two minutes of a loop", len(seen))
	}
	for want := 3; want < 8; want++ {
		b.now += 2 * collisionMemory
		if loop(50); len(seen) != min(want, 1+mostChanges) {
			t.Errorf("%d SSRCs after loop %d", len(seen), want-1)
		}
	}
}

// Whoever is not the peer does not make us change.
func TestCollisionWithAStranger(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.send(b.peer, 0, level(1000, 160))
	b.tick()
	ours := b.s.out.ssrc
	stranger := b.socket(strangerAddr)
	st := &stream{ssrc: ours}
	for range 50 {
		b.sendAs(stranger, st, 0, level(9000, 160))
		b.send(b.peer, 0, level(1000, 160))
		b.tick()
	}
	if b.s.out.ssrc != ours {
		t.Error("changed")
	}
}

// Under SRTP the new stream begins with an index of its own, as often as it may
// change; a packet that is not under the peer's key changes nothing.
func TestCollisionUnderSRTP(t *testing.T) {
	suite := srtp.AES128SHA80
	inHall(t, func(t *testing.T, h *hall) {
		p := h.join("pcmu", "alice", func(p *phone) { p.suite = &suite })
		h.join("pcma", "", nil)
		h.run(10)
		for i := range mostChanges {
			old := p.s.out.ssrc
			if i == 0 {
				forged := make([]byte, 182)
				putRTP(forged, rtpHeader{seq: p.stream.seq + 1, ssrc: old})
				p.sock.TryWrite(forged, p.s.rtp.LocalAddr())
				if h.run(2); p.s.out.ssrc != old {
					t.Error("changed by a forged packet")
				}
			}
			p.s.collision.host = strangerAddr.Addr() // no loop
			p.stream.ssrc = old
			before := len(p.got)
			h.run(20)
			if p.s.out.ssrc == old {
				t.Errorf("collision %d: not changed", i)
			}
			// A slot that moves may put one packet on the other side of the end.
			if n := len(p.got) - before; n < 18 {
				t.Errorf("collision %d: %d packets of 20", i, n)
			}
			if got := p.got[len(p.got)-1]; got.ssrc != p.s.out.ssrc {
				t.Errorf("collision %d: the phone got %x", i, got.ssrc)
			}
		}
		if st := p.s.Stats(); st.Unsent != 0 {
			t.Errorf("%d not sent", st.Unsent)
		}
	})
}
