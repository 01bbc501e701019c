package srtp

import (
	"encoding/binary"
	"runtime"
	"testing"
)

const room = 32

// TestNothingIsAllocated seals and opens packets that are right, replayed or
// wrong.
func TestNothingIsAllocated(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		rtp, rtcp := make([]byte, fixedRTP+payload+room), make([]byte, 32+room)
		again := make([]byte, len(rtp))
		var sequence uint16
		p, q := rtpPacket(1, 0), rtcpPacket(1, 24)
		allocs := testing.AllocsPerRun(1000, func() {
			sequence++
			binary.BigEndian.PutUint16(p[2:], sequence)
			copy(rtp, p)
			n, err := s.RTP(rtp, len(p))
			copy(again, rtp[:n])
			_, err1 := o.RTP(rtp[:n])
			_, err2 := o.RTP(again[:n])
			copy(rtcp, q)
			m, err3 := s.RTCP(rtcp, len(q))
			_, err4 := o.RTCP(rtcp[:m])
			if err != nil || err1 != nil || err2 != ErrReplay || err3 != nil || err4 != nil {
				t.Fatal(err, err1, err2, err3, err4)
			}
			binary.BigEndian.PutUint16(again[2:], sequence+9)
			if _, err := o.RTP(again[:n]); err != ErrAuth {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%v allocations", allocs)
		}
	})
}

// BenchmarkSeal protects a packet of 20 ms of G.711: 172 bytes.
func BenchmarkSeal(b *testing.B) {
	for _, suite := range everySuite {
		b.Run(suite.String(), func(b *testing.B) {
			s, _ := pair(b, NewKey(suite))
			p := append(rtpPacket(1, 0), make([]byte, room)...)
			b.ReportAllocs()
			for i := uint16(1); b.Loop(); i++ {
				binary.BigEndian.PutUint16(p[2:], i)
				if _, err := s.RTP(p, fixedRTP+payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkOpen opens such packets. The Opener forgets after each, so that one
// packet will do.
func BenchmarkOpen(b *testing.B) {
	for _, suite := range everySuite {
		b.Run(suite.String(), func(b *testing.B) {
			s, o := pair(b, NewKey(suite))
			sealed := seal(b, s.RTP, rtpPacket(1, 1))
			p := make([]byte, len(sealed))
			b.ReportAllocs()
			for b.Loop() {
				copy(p, sealed)
				if _, err := o.RTP(p); err != nil {
					b.Fatal(err)
				}
				o.known = incoming{}
			}
		})
	}
}

// BenchmarkFlood refuses packets of SSRCs that do not know the key.
func BenchmarkFlood(b *testing.B) {
	for _, suite := range everySuite {
		b.Run(suite.String(), func(b *testing.B) {
			_, o := pair(b, NewKey(suite))
			p := rtpPacket(1, 1)
			b.ReportAllocs()
			for i := uint32(0); b.Loop(); i++ {
				p[0] = 0x80
				binary.BigEndian.PutUint32(p[8:], i)
				if _, err := o.RTP(p); err != ErrAuth {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNew makes both sides of a session, and measures the memory that one
// takes.
func BenchmarkNew(b *testing.B) {
	for _, suite := range everySuite {
		b.Run(suite.String(), func(b *testing.B) {
			k := NewKey(suite)
			b.ReportAllocs()
			for b.Loop() {
				pair(b, k)
			}
			b.ReportMetric(heldBySession(b, k), "B/session")
		})
	}
}

// heldBySession is the mean size of both sides of a session in bytes.
func heldBySession(b *testing.B, k Key) float64 {
	const n = 500
	type sides struct {
		s *Sealer
		o *Opener
	}
	held := make([]sides, n)
	before := heap()
	for i := range held {
		held[i].s, held[i].o = pair(b, k)
		// What is made with the first packet counts too.
		if _, err := held[i].o.RTP(seal(b, held[i].s.RTP, rtpPacket(1, 1))); err != nil {
			b.Fatal(err)
		}
		if _, err := held[i].o.RTCP(seal(b, held[i].s.RTCP, rtcpPacket(1, 24))); err != nil {
			b.Fatal(err)
		}
	}
	size := float64(heap()-before) / n
	runtime.KeepAlive(held)
	return size
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
