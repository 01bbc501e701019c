package media

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"warmline/mixer"
)

// talk sends n packets of a stream, 20 ms apart, and returns the last frame.
func (b *bench) talk(st *stream, loud int16, n int) (frame []int16) {
	for range n {
		b.sendAs(b.peer, st, 0, level(loud, 160))
		st.ts += 160
		frame, _ = b.tick()
	}
	return frame
}

// A new SSRC (a transfer on the far side, music from a gateway) is heard with
// sequence numbers and timestamps of its own.
func TestChangeOfStream(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	if frame := b.talk(&b.stream, 1000, 20); !near(frame, 1000) {
		t.Fatalf("heard %d", frame[0])
	}
	second := &stream{ssrc: 2, seq: 9, ts: 1 << 31}
	if frame := b.talk(second, 3000, 6); !near(frame, 3000) {
		t.Errorf("the second stream is not heard: %d", frame[0])
	}
	// And back, after a pause: at once.
	for range 10 {
		b.tick()
	}
	before := b.s.Stats().Discarded
	b.talk(&b.stream, 1000, 5)
	if st := b.s.Stats(); st.Discarded != before || st.Lost > 1 {
		t.Errorf("%+v", st)
	}
}

// A stray packet of another stream does not break the one that is heard.
func TestStrayStream(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 10)
	for i := range 50 {
		b.sendAs(b.peer, &stream{ssrc: 99, seq: uint16(i)}, 0, level(9000, 160))
		if frame := b.talk(&b.stream, 1000, 1); !near(frame, 1000) {
			t.Fatalf("disturbed: %d", frame[0])
		}
	}
}

func TestSequenceWraps(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	st := &stream{ssrc: 1, seq: 65530, ts: 1<<32 - 800}
	b.talk(st, 1000, 3)
	for range 20 {
		if frame := b.talk(st, 1000, 1); !near(frame, 1000) {
			t.Fatalf("heard %d at sequence %d", frame[0], st.seq)
		}
	}
	if s := b.s.Stats(); s.Lost != 0 || s.Discarded != 0 {
		t.Errorf("%+v", s)
	}
}

func TestLossAndDuplicates(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	for i := range 100 {
		again := b.stream
		b.sendAs(b.peer, &b.stream, 0, level(1000, 160))
		b.stream.ts += 160
		switch {
		case i%10 == 5: // every tenth twice
			b.sendAs(b.peer, &again, 0, level(1000, 160))
		case i%10 == 9: // and one left out
			b.stream.seq++
			b.stream.ts += 160
		}
		b.tick()
	}
	if s := b.s.Stats(); s.Lost != 9 || s.Discarded != 10 || s.PacketsIn != 110 {
		t.Errorf("%+v, want 9 lost (the tenth is not known yet), 10 discarded of 110", s)
	}
}

func TestComfortNoise(t *testing.T) {
	for _, pt := range []uint8{13, 19} {
		b := newBench(t, SessionConfig{})
		b.agree(plainOffer())
		b.talk(&b.stream, 1000, 10)
		for range 10 {
			b.sendAs(b.peer, &b.stream, pt, []byte{60})
			b.stream.ts += 160
			b.tick()
		}
		frame, ok := b.tick()
		if peak := slices.Max(frame); !ok || peak == 0 || peak > 80 { // −60 dBov
			t.Errorf("type %d: heard %d", pt, peak)
		}
		if s := b.s.Stats(); s.Discarded != 0 || s.Lost != 0 || s.Silent > 40*time.Millisecond {
			t.Errorf("type %d: %+v", pt, s)
		}
	}
}

func TestUnknownPayloadTypes(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(offerOf(ip, "audio 4000 RTP/AVP 0"))
	for _, pt := range []uint8{3, 9, 18, 96, 101} {
		b.send(b.peer, pt, level(1000, 160))
		if _, ok := b.tick(); ok {
			t.Errorf("type %d is heard", pt)
		}
	}
	s := b.s.Stats()
	if s.Discarded != 5 || s.Started || s.Silent < 80*time.Millisecond {
		t.Errorf("%+v: packets of no use must not pass for audio", s)
	}
}

// What was not agreed on is no change of the stream, be it in one of its own or
// RTCP on the port of RTP, and no loss where it is part of the stream.
func TestUnknownTypesChangeNothing(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 10)
	other := &stream{ssrc: 99}
	for range 50 {
		b.tick()
		b.sendAs(b.peer, other, 96, level(9000, 160))
		b.peer.TryWrite(peerReport(b, 5<<32, 0, 0), b.rtpAddr())
	}
	b.tick()
	if st := b.s.Stats(); b.s.in.stream.ssrc != b.stream.ssrc || st.Discarded != 100 || b.s.in.rivals != 0 {
		t.Errorf("the stream is %x, %+v", b.s.in.stream.ssrc, st)
	}
	b.stream.ts += 50 * 160 // a pause
	for range 10 {
		b.sendAs(b.peer, &b.stream, 96, nil)
		b.stream.ts += 160
		b.tick()
	}
	frame := b.talk(&b.stream, 1000, 10)
	if st := b.s.Stats(); !near(frame, 1000) || st.Lost != 0 || st.Discarded != 110 {
		t.Errorf("heard %d, %+v", frame[0], st)
	}
}

// A peer that does not send by agreement is not heard if it does.
func TestNotListening(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer("inactive"))
	b.talk(&b.stream, 1000, 10)
	if _, ok := b.tick(); ok || b.s.Stats().Discarded != 10 {
		t.Errorf("heard %v, %+v", ok, b.s.Stats())
	}
	b.agree(plainOffer())
	if frame := b.talk(&b.stream, 1000, 10); !near(frame, 1000) {
		t.Errorf("not heard after the resume: %d", frame[0])
	}
}

func TestSilence(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	for range 50 {
		b.tick()
	}
	// The agreement takes effect in the first tick.
	if s := b.s.Stats(); s.Silent != 980*time.Millisecond || s.Started {
		t.Errorf("before audio: %v, %v", s.Silent, s.Started)
	}
	b.talk(&b.stream, 1000, 1)
	for range 10 {
		b.tick()
	}
	if s := b.s.Stats(); s.Silent != 200*time.Millisecond || !s.Started {
		t.Errorf("after audio: %v, %v", s.Silent, s.Started)
	}
	b.agree(plainOffer())
	if b.tick(); b.s.Stats().Silent != 0 {
		t.Errorf("after a new agreement: %v", b.s.Stats().Silent)
	}
}

// A backlog is read away, but only so much per tick.
func TestBacklog(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	for range 20 {
		b.send(b.peer, 0, level(1000, 160))
	}
	b.tick()
	if n := b.s.Stats().PacketsIn; n != readsPerTick {
		t.Errorf("%d packets in one tick, want %d", n, readsPerTick)
	}
	for range 5 {
		b.tick()
	}
	if n := b.s.Stats().PacketsIn; n != 20 {
		t.Errorf("%d packets in six ticks", n)
	}
}

// Packets of 5 ms, and Opus of 2.5 ms: what a late worker left in the socket goes
// away, and costs no reads after that. A flood costs only so much.
func TestBacklogOfShortPackets(t *testing.T) {
	for _, perTick := range []int{4, 8} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, SessionConfig{})
			b.net.stamps = true
			b.agree(plainOffer())
			counted := &countingSocket{Socket: b.s.rtp}
			b.s.rtp = counted
			queue := &counted.Socket.(*fakeSocket).queue
			run := func(ticks, perTick int, work bool) {
				for range ticks {
					for range perTick {
						time.Sleep(frameNanos / time.Duration(perTick))
						b.send(b.peer, 0, level(1000, 160/perTick))
					}
					if b.now += frameNanos; work {
						b.s.Next(b.now)
					}
				}
			}
			run(100, perTick, true)
			if run(5, perTick, false); len(*queue) < 5*perTick {
				t.Fatalf("%d packets in the socket", len(*queue))
			}
			run(4+perTick/4, perTick, true)
			if left := len(*queue); left > perTick/4 {
				t.Errorf("packets of %v: %d still wait", 20*time.Millisecond/time.Duration(perTick), left)
			}
			counted.reads = 0
			if run(100, perTick, true); counted.reads > 100*perTick {
				t.Errorf("packets of %v: %d reads for %d", 20*time.Millisecond/time.Duration(perTick), counted.reads, 100*perTick)
			}
			counted.reads = 0
			if run(20, 32, true); counted.reads > 20*mostReads {
				t.Errorf("%d reads of a flood", counted.reads)
			}
		})
	}
}

// With one packet per tick there is one read per tick, nearly always.
func TestReadsPerTick(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 5)
	counted := &countingSocket{Socket: b.s.rtp}
	b.s.rtp = counted
	b.talk(&b.stream, 1000, 80)
	if counted.reads > 80+80/blindTicks {
		t.Errorf("%d reads for 80 packets", counted.reads)
	}
	// 10 ms packets: both of each tick are read in it.
	counted.reads = 0
	for range blindTicks {
		b.talk(&b.stream, 1000, 1)
	}
	for range 40 {
		b.sendAs(b.peer, &b.stream, 0, level(1000, 80))
		b.stream.ts += 80
		b.sendAs(b.peer, &b.stream, 0, level(1000, 80))
		b.stream.ts += 80
		b.tick()
	}
	if left := len(counted.Socket.(*fakeSocket).queue); left != 0 {
		t.Errorf("%d packets left waiting", left)
	}
}

type countingSocket struct {
	Socket
	reads int
}

func (s *countingSocket) TryRead(p []byte) (n int, from netip.AddrPort, at int64, ok bool) {
	s.reads++
	return s.Socket.TryRead(p)
}

func TestStreamOrder(t *testing.T) {
	const in, gap, back, dup = inSequence, afterGap, reordered, duplicate
	tests := []struct {
		name string
		seqs []uint16
		want []order
		lost uint64
	}{
		{"in order", []uint16{65534, 65535, 0, 1}, []order{in, in, in, in}, 0},
		{"one missing", []uint16{1, 3, 4}, []order{in, gap, in}, 1},
		{"swapped", []uint16{1, 3, 2, 4}, []order{in, gap, back, in}, 0},
		{"swapped across the wrap", []uint16{65535, 1, 0, 2}, []order{in, gap, back, in}, 0},
		{"repeated", []uint16{1, 2, 2, 1, 3}, []order{in, in, dup, dup, in}, 0},
		{"too late to tell", []uint16{1, 80, 10}, []order{in, gap, dup}, 78},
		{"before the first", []uint16{10, 9, 11}, []order{in, back, in}, 0},
		{"a jump forward begins anew", []uint16{1, 20_000, 20_001}, []order{in, in, in}, 0},
		{"a jump back begins anew", []uint16{20_000, 1, 2}, []order{in, in, in}, 0},
		{"what was lost before stays lost", []uint16{1, 4, 20_000, 20_002}, []order{in, gap, in, gap}, 3},
	}
	for _, tt := range tests {
		var s streamStats
		s.begin(&rtpHeader{seq: tt.seqs[0]})
		for i, seq := range tt.seqs {
			if got := s.count(&rtpHeader{seq: seq}); got != tt.want[i] {
				t.Errorf("%s: packet %d is %d, want %d", tt.name, i, got, tt.want[i])
			}
		}
		if s.lost() != tt.lost {
			t.Errorf("%s: %d lost, want %d", tt.name, s.lost(), tt.lost)
		}
	}
}

// A sender whose clock stood still while we did not listen is heard at once.
func TestResumeWithAStoppedClock(t *testing.T) {
	b := newBench(t, SessionConfig{})
	b.agree(plainOffer())
	b.talk(&b.stream, 1000, 20)
	b.agree(plainOffer("inactive"))
	for range 100 {
		b.tick()
	}
	b.agree(plainOffer())
	if frame := b.talk(&b.stream, 3000, 4); !near(frame, 3000) {
		t.Errorf("heard %d, 60 ms after its first packet", frame[0])
	}
}

// After frames that nobody asked for at the other rate nothing of the time before
// them is heard at it, and frames in a row are one sound.
func TestConversionAfterAPause(t *testing.T) {
	for _, c := range []*codec{pcmu, codecG722} {
		b := newBench(t, SessionConfig{Codecs: []string{"pcmu", "g722"}})
		b.engine.widen()
		b.agree(offerOf(ip, fmt.Sprintf("audio 4000 RTP/AVP %d", c.payloadType)))
		other := mixer.Narrow + mixer.Wide - c.rate
		first := func(loud int16, asked bool) int16 { // sample of a frame so loud
			b.now += frameNanos
			b.s.Next(b.now)
			own := b.s.in.playout.Samples()
			for i := range own {
				own[i] = loud
			}
			if !asked {
				return 0
			}
			return b.s.Samples(other)[0]
		}
		b.send(b.peer, c.payloadType, make([]byte, 160))
		first(0, false)
		if got := first(8000, true); got > 2000 {
			t.Errorf("%s: begins with %d", c.name, got)
		}
		if got := first(8000, true); got < 7900 {
			t.Errorf("%s: goes on with %d", c.name, got)
		}
		first(8000, false)
		if got := first(0, true); got != 0 {
			t.Errorf("%s: %d after a pause, of the time before it", c.name, got)
		}
	}
}
