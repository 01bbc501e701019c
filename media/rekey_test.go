package media

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/pion/rtcp"

	"warmline/media/srtp"
)

// A new key of ours begins a new stream, so that it does not matter which of its
// first packets the peer cannot open yet, also just before the numbers wrap. An
// agreement with the same key changes nothing.
func TestRekeyNearWrap(t *testing.T) {
	suite := srtp.AES128SHA80
	inHall(t, func(t *testing.T, h *hall) {
		p := h.join("pcmu", "alice", func(p *phone) { p.suite = &suite })
		h.join("pcma", "", nil)
		h.run(10)
		p.negotiate(false)
		p.s.out.seq = 65530
		h.run(2)
		before := p.got[len(p.got)-1]
		p.newKey()
		p.negotiate(false)
		for range 5 { // these are under way while the peer still has the old key
			time.Sleep(frameNanos)
		}
		lost, buf := 0, make([]byte, datagramSize)
		for _, _, _, ok := p.sock.TryRead(buf); ok; _, _, _, ok = p.sock.TryRead(buf) {
			lost++
		}
		h.run(5)
		after := p.got[len(p.got)-1]
		first := p.got[slices.IndexFunc(p.got, func(s sent) bool { return s.ssrc != before.ssrc })]
		if before.seq < 65530 || lost < 4 || after.ssrc == before.ssrc || first.seq >= 1<<15 || after.seq >= 1<<15 {
			t.Errorf("%+v, then %d lost, then %+v to %+v", before.rtpHeader, lost, first.rtpHeader, after.rtpHeader)
		}
		if n := int32(first.ts-before.ts) / frameSamples; int(n) < lost || int(n) > lost+3 {
			t.Errorf("the time goes on by %d frames, %d packets are lost", n, lost)
		}
	})
}

// The first packet under a new key is marked, and the stream before says goodbye
// under the old one.
func TestGoodbyeBeforeRekey(t *testing.T) {
	b, _ := rekeying(t)
	open := func() (list []rtpHeader) {
		o, _ := srtp.NewOpener(b.s.agreed.secured.ours)
		buf := make([]byte, datagramSize)
		for {
			n, _, _, ok := b.peer.TryRead(buf)
			if !ok {
				return list
			}
			n, err := o.RTP(buf[:n])
			if err != nil {
				t.Fatal(err)
			}
			h, _, _ := parseRTP(buf[:n])
			list = append(list, h)
		}
	}
	b.tick()
	b.tick()
	control, _ := srtp.NewOpener(b.s.agreed.secured.ours)
	old := open()
	_, line := cryptoOf(t, 1, cm80)
	b.agree(offerOf(ip, savp, line))
	b.tick()
	b.tick()
	is, was := open(), old[1]
	if len(is) != 2 || is[0].ssrc == was.ssrc || !is[0].marker || is[1].marker || is[0].ts != was.ts+frameSamples || is[1].ssrc != is[0].ssrc {
		t.Errorf("%+v, then %+v", old, is)
	}
	if len(b.ctl.queue) != 1 {
		t.Fatalf("%d RTCP packets", len(b.ctl.queue))
	}
	p := b.ctl.queue[0].payload
	n, err := control.RTCP(p)
	if err != nil {
		t.Fatal(err)
	}
	packets, err := rtcp.Unmarshal(p[:n])
	if err != nil {
		t.Fatal(err)
	}
	if bye, ok := packets[len(packets)-1].(*rtcp.Goodbye); !ok || bye.Sources[0] != was.ssrc {
		t.Errorf("%v", packets)
	}
}

// Forks that answer in turn, each under a key of its own, are sent to again and
// again: a key that was in use before begins nothing anew.
func TestForksInTurn(t *testing.T) {
	b := newBench(t, SessionConfig{SRTP: SRTPOptional})
	b.s.Offer()
	_, one := cryptoOf(t, 1, cm80)
	_, two := cryptoOf(t, 2, gcm)
	ssrcs := map[uint32]bool{}
	for i := range 20 {
		if err := b.s.Accept([]byte(offerOf(ip, avp, []string{one, two}[i%2]))); err != nil {
			t.Fatal(err)
		}
		b.s.Commit()
		b.tick()
		ssrcs[b.s.out.ssrc] = true
	}
	if st := b.s.Stats(); len(ssrcs) != 2 || st.Unsent != 0 || st.PacketsOut != 20 {
		t.Errorf("%d SSRCs, %+v", len(ssrcs), st)
	}
}

// Where a call goes on at another device, behind NAT as the one before, that one's
// last packets, under the former key, do not teach its address for the new one's.
func TestFormerKeyTeachesNoAddress(t *testing.T) {
	b := newBench(t, SessionConfig{SRTP: SRTPOptional})
	_, one := cryptoOf(t, 1, cm80)
	_, two := cryptoOf(t, 1, cm80)
	before, after := sealerOf(t, one), sealerOf(t, two)
	old, now := b.socket(netip.MustParseAddrPort("203.0.113.20:4000")), b.socket(netip.MustParseAddrPort("203.0.113.30:4000"))
	talk := func(from *fakeSocket, seal *srtp.Sealer, ssrc uint32, seq uint16, n int) {
		for i := range uint16(n) {
			buf := make([]byte, 400)
			putRTP(buf, rtpHeader{seq: seq + i, ts: uint32(seq+i) * frameSamples, ssrc: ssrc})
			size, err := seal.RTP(buf, rtpHeaderSize+frameSamples)
			if err != nil {
				t.Fatal(err)
			}
			from.TryWrite(buf[:size], b.rtpAddr())
			b.tick()
		}
	}
	b.agree(offerOf("192.168.1.5", savp, one))
	talk(old, before, 1, 0, 10)
	if got := b.s.Stats().Remote; got != old.LocalAddr() {
		t.Fatalf("void: the peer is at %v", got)
	}
	b.agree(offerOf("192.168.1.9", savp, two))
	talk(old, before, 1, 10, 10) // under way, or it does not know yet
	talk(now, after, 2, 0, 100)
	if got := b.s.Stats().Remote; got != now.LocalAddr() {
		t.Errorf("the peer is taken to be at %v, and is at %v", got, now.LocalAddr())
	}
}

// Packets under the former key are still under way for a moment, RTCP too, and
// after that nobody's who may be heard.
func TestFormerKeyExpires(t *testing.T) {
	for _, wait := range []int64{0, rekeyTime - 100_000_000, rekeyTime + 100_000_000} {
		b := newBench(t, SessionConfig{SRTP: SRTPOptional})
		_, one := cryptoOf(t, 1, cm80)
		_, two := cryptoOf(t, 1, cm80)
		before := sealerOf(t, one)
		b.agree(offerOf(peerAddr.Addr().String(), savp, one, "rtcp-mux"))
		send := func(seq uint16) {
			buf := make([]byte, 400)
			putRTP(buf, rtpHeader{seq: seq, ts: uint32(seq) * frameSamples, ssrc: 9})
			size, err := before.RTP(buf, rtpHeaderSize+frameSamples)
			if err != nil {
				t.Fatal(err)
			}
			b.peer.TryWrite(buf[:size], b.rtpAddr())
		}
		report := func() {
			p := binary.BigEndian.AppendUint32(append(make([]byte, 0, 200), 2<<6, typeRR, 0, 1), 9)
			p = binary.BigEndian.AppendUint32(append(p, 2<<6|1, typeBYE, 0, 1), 9)
			n, err := before.RTCP(p[:cap(p)], len(p))
			if err != nil {
				t.Fatal(err)
			}
			b.peer.TryWrite(p[:cap(p)][:n], b.rtpAddr())
		}
		send(0)
		b.tick()
		b.agree(offerOf(peerAddr.Addr().String(), savp, two, "rtcp-mux"))
		b.tick()
		b.now += wait
		in, byes := b.s.Stats().PacketsIn, b.s.count.byes.Load()
		send(1)
		report()
		b.tick()
		want := wait < rekeyTime
		if got := b.s.Stats().PacketsIn > in; got != want {
			t.Errorf("after %d ns RTP under the former key: taken %v, want %v", wait, got, want)
		}
		if got := b.s.count.byes.Load() > byes; got != want {
			t.Errorf("after %d ns RTCP under the former key: taken %v, want %v", wait, got, want)
		}
	}
}

// A peer that gives encryption up, by its offer or its answer, has sent encrypted
// packets that are still under way: they are no noise, and neither is what it then
// sends in the clear. Its RTCP is understood as well.
func TestFormerKeyOutlivesEncryption(t *testing.T) {
	for name, change := range map[string]func(b *bench){
		"an offer": func(b *bench) { b.agree(offerOf(peerAddr.Addr().String(), avp, "rtcp-mux")) },
		"an answer": func(b *bench) {
			b.s.Offer()
			if err := b.s.Accept([]byte(offerOf(peerAddr.Addr().String(), avp, "rtcp-mux"))); err != nil {
				t.Fatal(err)
			}
			b.s.Commit()
		},
	} {
		b := newBench(t, SessionConfig{SRTP: SRTPOptional})
		_, line := cryptoOf(t, 1, cm80)
		seal := sealerOf(t, line)
		b.agree(offerOf(peerAddr.Addr().String(), savp, line, "rtcp-mux"))
		talk := func(n int, sealed bool) {
			for range n {
				p := make([]byte, rtpHeaderSize, 400)
				putRTP(p, rtpHeader{seq: b.stream.seq, ts: b.stream.ts, ssrc: b.stream.ssrc})
				p = append(p, level(500, frameSamples)...)
				if size := len(p); sealed {
					size, err := seal.RTP(p[:cap(p)], size)
					if err != nil {
						t.Fatal(err)
					}
					p = p[:size]
				}
				b.stream.seq++
				b.stream.ts += frameSamples
				b.peer.TryWrite(p, b.rtpAddr())
				if frame, ok := b.tick(); b.s.Stats().PacketsIn > 2 && (!ok || !near(frame, 500)) {
					t.Errorf("%s: packet %d is heard as %v, %d", name, b.stream.seq-1, ok, frame[:8])
				}
			}
		}
		talk(10, true)
		change(b)
		talk(5, true)
		b.peer.TryWrite(sealedBy(t, seal, byeOf(t, 7)), b.rtpAddr())
		talk(5, false)
		if st := b.s.Stats(); b.s.Secure() || st.Byes != 1 || st.Discarded != 0 || st.PacketsIn != 20 {
			t.Errorf("%s: secure %v, %+v", name, b.s.Secure(), st)
		}
	}
}
