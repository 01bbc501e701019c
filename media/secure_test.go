package media

import (
	"slices"
	"testing"

	"warmline/media/srtp"
	"warmline/mixer"
)

var suites = []srtp.Suite{
	srtp.AES128SHA80, srtp.AES128SHA32, srtp.AES256SHA80, srtp.AES256SHA32, srtp.AES128GCM, srtp.AES256GCM, srtp.AES256SHA80Draft,
}

// Each suite, both ways, with each kind of payload; the longest packets have
// room for the tag. A change of the key in the middle is not heard.
func TestSuitesEndToEnd(t *testing.T) {
	for i, suite := range suites {
		codec := []string{"pcmu", "g722", "opus"}[i%3]
		inHall(t, func(t *testing.T, h *hall) {
			secure := func(p *phone) { p.suite = &suite }
			a := h.phone(codec, func(p *phone) {
				p.suite = &suite
				if codec != "opus" {
					p.ptime, p.extra = 60, []string{"ptime:60"}
				}
				if i%2 == 1 {
					p.extra = append(p.extra, "rtcp-mux")
				}
			})
			a.says = voiceOf(t, "alice", a.codec.rate)
			h.room.Join(0, a.s, own(0))
			if !slices.Contains(offeredSuites, suite) {
				secure = nil // it is called, and can take only what we offer
			}
			b := h.join("pcma", "customer", secure)
			h.run(settle + 100)
			if a.s.SRTP() != suite.String() {
				t.Errorf("the suite is %s, want %s", a.s.SRTP(), suite)
			}
			a.collect()
			a.newKey()
			a.negotiate(false)
			h.run(50)
			checkHeard(t, a, b, 0.6)
			checkHeard(t, b, a, 0.6)
			for _, p := range h.phones {
				if st := p.s.Stats(); st.Discarded != 0 || st.Lost != 0 || st.Unsent != 0 {
					t.Errorf("%v: %+v", suite, st)
				}
			}
		})
	}
}

// Packets that were changed on the way, sent twice, or made under another key,
// are counted and nothing else.
func TestForgedPackets(t *testing.T) {
	for _, suite := range suites {
		net := newFakeNetwork()
		e, err := New(Config{Network: net, Addr: ourAddr, PortMin: 20000, PortMax: 20099})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		p := newPhone(t, e, net, 0, pcmu, func(p *phone) { p.suite = &suite })
		defer p.s.Close()
		stranger, _ := srtp.NewSealer(srtp.NewKey(suite))
		packet := func(seal *srtp.Sealer, seq uint16) []byte {
			buf := make([]byte, 400)
			putRTP(buf, rtpHeader{payloadType: p.sends, seq: seq, ts: uint32(seq) * 160, ssrc: 5})
			copy(buf[rtpHeaderSize:], level(4000, 160))
			n, err := seal.RTP(buf, rtpHeaderSize+160)
			if err != nil {
				t.Fatal(err)
			}
			return buf[:n]
		}
		changed := func(at int, b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b }
		one, now := packet(p.seal, 1), int64(frameNanos)
		again := append([]byte(nil), one...)
		for i, tt := range []struct {
			packet []byte
			taken  bool
		}{
			{one, true},
			{again, false},
			{changed(-1, packet(p.seal, 2)), false},
			{changed(20, packet(p.seal, 3)), false},
			{changed(5, packet(p.seal, 4)), false},
			{packet(stranger, 5), false},
			{packet(p.seal, 6)[:50], false},
			{packet(p.seal, 7), true},
		} {
			before := p.s.Stats()
			p.sock.TryWrite(tt.packet, p.s.rtp.LocalAddr())
			p.s.Next(now)
			now += frameNanos
			after := p.s.Stats()
			if in, out := after.PacketsIn-before.PacketsIn, after.Discarded-before.Discarded; (in == 1) != tt.taken || in+out != 1 {
				t.Errorf("%v, packet %d: %d taken, %d discarded", suite, i, in, out)
			}
		}
	}
}

// The path allocates nothing with any codec and any suite, in and out. With Opus
// it is so as long as nothing is lost: the library's concealment allocates.
func TestNoAllocationsOfCodecs(t *testing.T) {
	for i, suite := range append([]srtp.Suite{0}, suites...) {
		for _, codec := range []string{"pcmu", "pcma", "g722", "opus"} {
			if codec == "opus" && i > 1 {
				continue
			}
			l := newLoop(t, codec, suite)
			l.batch(1200)
			frame := mixer.NewFrame(voiceOf(t, "bob", l.p.codec.rate)[8000 : 8000+l.p.codec.rate/framesPerSecond])
			other := mixer.Narrow + mixer.Wide - l.p.codec.rate
			step := func() {
				l.p.s.Next(l.now)
				l.p.s.Samples(l.p.codec.rate)
				l.p.s.Samples(other)
				l.p.s.Push(l.now, frame)
				l.now += frameNanos
			}
			for range 150 {
				step()
			}
			if n := testing.AllocsPerRun(500, step); n != 0 {
				t.Errorf("%s, %v: %v allocations a frame", codec, suite, n)
			}
		}
	}
}

// Losses cost no memory either, but for what the library of Opus allocates for
// each frame that it conceals.
func TestAllocationsForLosses(t *testing.T) {
	for codec, most := range map[string]float64{"pcmu": 0, "g722": 0, "opus": 3} {
		const every = 10
		l := newLoop(t, codec, 0)
		l.batch(1500)
		l.lose = every
		step := func() {
			for range every {
				l.p.s.Next(l.now)
				l.p.s.Samples(l.p.codec.rate)
				l.now += frameNanos
			}
		}
		for range 20 {
			step()
		}
		n := testing.AllocsPerRun(100, step)
		t.Logf("%s: %v allocations for a packet lost", codec, n)
		if n > most {
			t.Errorf("%s: %v allocations for a packet lost, want at most %v", codec, n, most)
		}
		if st := l.p.s.Stats(); st.Lost < 100 || st.Concealed == 0 {
			t.Errorf("%s: %d lost, %v concealed", codec, st.Lost, st.Concealed)
		}
	}
}
