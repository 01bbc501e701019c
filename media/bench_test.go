package media

import (
	"net/netip"
	"testing"

	"warmline/mixer"
)

// BenchmarkSession is one leg-frame without a kernel: a packet in, a frame out
// to the mixer, a frame in from it, a packet out.
func BenchmarkSession(b *testing.B) {
	for _, name := range []string{"pcmu", "pcma"} {
		b.Run(name, func(b *testing.B) {
			s, in := replaySession(b, name)
			runFrames(b, s, in.next)
		})
	}
}

// BenchmarkSessionLoss has a tenth of the packets lost and as many reordered.
func BenchmarkSessionLoss(b *testing.B) {
	s, in := replaySession(b, "pcmu")
	i := 0
	runFrames(b, s, func() {
		switch i++; {
		case i%10 == 3:
			in.seq, in.ts = in.seq+1, in.ts+frameSamples
		case i%10 == 7:
			in.seq, in.ts = in.seq-2, in.ts-2*frameSamples
			in.next()
			in.seq, in.ts = in.seq+1, in.ts+frameSamples
		default:
			in.next()
		}
	})
}

func BenchmarkDigits(b *testing.B) {
	s, in := replaySession(b, "pcmu")
	i := 0
	runFrames(b, s, func() {
		if i++; i%20 == 0 {
			s.toSend.push(queuedDigit{digit: '5', samples: 800})
		}
		in.next()
	})
}

// runFrames measures leg-frames; before each, arrive has a packet come in.
func runFrames(b *testing.B, s *Session, arrive func()) {
	var frame, heard [frameSamples]int16
	now := int64(frameNanos)
	b.ReportAllocs()
	for b.Loop() {
		arrive()
		pull(s, now, heard[:])
		s.Push(now, mixer.NewFrame(frame[:]))
		now += frameNanos
	}
}

// replaySocket has one packet waiting whenever it is told, and swallows what
// is written.
type replaySocket struct {
	fakeSocket
	packet  []byte
	waiting bool
	seq     uint16
	ts      uint32
	pt      uint8
}

func (s *replaySocket) next() {
	s.seq++
	s.ts += frameSamples
	putRTP(s.packet, rtpHeader{payloadType: s.pt, seq: s.seq, ts: s.ts, ssrc: 1})
	s.waiting = true
}

func (s *replaySocket) TryRead(p []byte) (int, netip.AddrPort, int64, bool) {
	if !s.waiting {
		return 0, netip.AddrPort{}, 0, false
	}
	s.waiting = false
	return copy(p, s.packet), peerAddr, 0, true
}

func (s *replaySocket) TryWrite(p []byte, to netip.AddrPort) error { return nil }

func (s *replaySocket) Connect(netip.AddrPort) error { return nil }

// replaySession is a session in a call over a replaySocket.
func replaySession(b *testing.B, codecName string) (*Session, *replaySocket) {
	w := newBench(b, SessionConfig{})
	c := codecNamed(codecName)
	w.agree(offerOf(ip, "audio 4000 RTP/AVP "+map[*codec]string{pcmu: "0 101", pcma: "8 101"}[c], "rtpmap:101 telephone-event/8000"))
	w.s.rtp.Close()
	in := &replaySocket{packet: make([]byte, rtpHeaderSize+frameSamples), pt: c.payloadType}
	in.net = w.net
	w.s.rtp = in
	w.s.rtcp = &replaySocket{fakeSocket: fakeSocket{net: w.net}}
	return w.s, in
}

// The path of a packet allocates nothing, in any of its states.
func TestNoAllocations(t *testing.T) {
	w := newBench(t, SessionConfig{})
	w.agree(plainOffer())
	in := &replaySocket{packet: make([]byte, rtpHeaderSize+frameSamples)}
	in.net = w.net
	w.s.rtp, w.s.rtcp = in, &replaySocket{fakeSocket: fakeSocket{net: w.net}}
	var frame, heard [frameSamples]int16
	now := int64(frameNanos)
	i := 0
	allocs := testing.AllocsPerRun(5000, func() { // past twenty reports
		i++
		switch {
		case i%50 == 10:
			w.s.toSend.push(queuedDigit{digit: '5', samples: 800})
		case i%50 == 20:
			in.pt = 101
		case i%50 == 21:
			in.pt = 0
		case i%50 == 30:
			in.ts += 1 << 30
		}
		if i%50 != 40 {
			in.next()
		}
		pull(w.s, now, heard[:])
		w.s.Push(now, mixer.NewFrame(frame[:]))
		now += frameNanos
	})
	if allocs != 0 {
		t.Errorf("%v allocations per frame", allocs)
	}
}
