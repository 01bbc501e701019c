package media

import (
	"fmt"
	"testing"

	"warmline/mixer"
)

// BenchmarkLegs is the cost of a leg and frame, packets of the kernel and the
// sum of the mix not included, among so many legs: the more there are, the less
// of each is still in the processor's cache when its turn comes again.
func BenchmarkLegs(b *testing.B) {
	for _, n := range []int{3, 300, 2400} {
		b.Run(fmt.Sprintf("legs=%d", n), func(b *testing.B) {
			sessions, packets := replaySessions(b, n)
			now := int64(0)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if i%n == 0 {
					now += frameNanos
				}
				at := i % n
				packets[at].next()
				sessions[at].Next(now)
				f := mixer.NewFrame(sessions[at].Samples(mixer.Narrow))
				sessions[at].Push(now, f)
			}
		})
	}
}

// replaySessions are sessions of one engine, each in a call.
func replaySessions(b *testing.B, n int) ([]*Session, []*replaySocket) {
	network := newFakeNetwork()
	engine, err := New(Config{Network: network, Addr: ourAddr, PortMin: 20000, PortMax: 29999})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(engine.Close)
	sessions, packets := make([]*Session, n), make([]*replaySocket, n)
	for i := range sessions {
		s, err := engine.NewSession(SessionConfig{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Answer([]byte(plainOffer())); err != nil {
			b.Fatal(err)
		}
		s.Commit()
		s.rtp.Close()
		s.rtcp.Close()
		in := &replaySocket{packet: make([]byte, rtpHeaderSize+frameSamples)}
		in.net = network
		s.rtp, s.rtcp = in, &replaySocket{fakeSocket: fakeSocket{net: network}}
		b.Cleanup(s.Close)
		sessions[i], packets[i] = s, in
	}
	return sessions, packets
}
