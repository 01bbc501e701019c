package srtp

import (
	"encoding/binary"
	"testing"
)

// TestFlood sends packets of many SSRCs that do not know the key: they change
// nothing and allocate nothing, and the call goes on.
func TestFlood(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		wantOpen(t, o.RTP, seal(t, s.RTP, rtpPacket(1, 1)), rtpPacket(1, 1))
		before := o.known
		rtp, rtcp := rtpPacket(0, 0), rtcpPacket(0, 40)
		var ssrc uint32
		allocs := testing.AllocsPerRun(2000, func() {
			ssrc++
			binary.BigEndian.PutUint32(rtp[8:], ssrc+1)
			binary.BigEndian.PutUint32(rtcp[4:], ssrc+1)
			if _, err := o.RTP(rtp); err != ErrAuth {
				t.Fatal(err)
			}
			if _, err := o.RTCP(rtcp); err != ErrAuth {
				t.Fatal(err)
			}
			rtp[0], rtcp[0] = 0x80, 0x80
		})
		if allocs != 0 || o.known != before {
			t.Errorf("%v allocations, state changed: %t", allocs, o.known != before)
		}
		wantOpen(t, o.RTP, seal(t, s.RTP, rtpPacket(1, 2)), rtpPacket(1, 2))
	})
}

// TestOldestGoes has more SSRCs that know the key than there are places.
func TestOldestGoes(t *testing.T) {
	k := NewKey(AES128SHA80)
	_, o := pair(t, k)
	sealer := func() *Sealer { s, _ := pair(t, k); return s }
	for ssrc := range uint32(Streams) {
		s := sealer()
		wantOpen(t, o.RTP, seal(t, s.RTP, rtpPacket(ssrc, 1)), rtpPacket(ssrc, 1))
	}
	// The first speaks again, by RTCP; so the second is the oldest.
	wantOpen(t, o.RTCP, seal(t, sealer().RTCP, rtcpPacket(0, 24)), rtcpPacket(0, 24))
	more := rtpPacket(99, 1)
	wantOpen(t, o.RTP, seal(t, sealer().RTP, more), more)
	for ssrc, want := range map[uint32]bool{0: true, 1: false, 2: true, 3: true, 99: true} {
		if got := o.known.find(ssrc) != nil; got != want {
			t.Errorf("SSRC %d known: %t, want %t", ssrc, got, want)
		}
	}
	for _, ssrc := range []uint32{0, 2, 3} {
		wantRefused(t, o, o.RTP, seal(t, sealer().RTP, rtpPacket(ssrc, 1)), ErrReplay)
	}
}

// TestSSRCsAreApart has two SSRCs in different rounds with the same sequence
// numbers.
func TestSSRCsAreApart(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		for i := range 12 {
			p := rtpPacket(1, uint16(i*20000))
			wantOpen(t, o.RTP, seal(t, s.RTP, p), p)
			q := rtpPacket(2, uint16(i))
			wantOpen(t, o.RTP, seal(t, s.RTP, q), q)
		}
		if a, b := o.known.find(1).rtp.highest>>16, o.known.find(2).rtp.highest>>16; a != 3 || b != 0 {
			t.Errorf("rounds %d and %d", a, b)
		}
	})
}

// TestSealerRefuses lists what a Sealer does not do, and that it leaves the
// packet alone then.
func TestSealerRefuses(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, _ := pair(t, k)
		if !s.Fresh() {
			t.Error("a new one is not fresh")
		}
		for _, c := range []struct {
			name string
			p    []byte
			room int
			want error
		}{
			{"no room", rtpPacket(1, 5), k.suite.Overhead() - 1, ErrRoom},
			{"short", rtpPacket(1, 5)[:11], 32, ErrShort},
			{"short of CSRCs", append([]byte{0x8f}, make([]byte, 70)...), 32, ErrShort},
			{"short of an extension", append([]byte{0x90}, make([]byte, 11)...), 32, ErrShort},
			{"short of its words", append(append([]byte{0x90}, make([]byte, 13)...), 0, 9, 0), 32, ErrShort},
			{"version 1", append([]byte{0x40}, make([]byte, 20)...), 32, ErrHeader},
			{"just enough", rtpPacket(1, 5), k.suite.Overhead(), nil},
			{"again", rtpPacket(1, 5), 32, ErrOrder},
			{"back", rtpPacket(1, 4), 32, ErrOrder},
			{"another SSRC", rtpPacket(2, 4), 32, nil},
			{"a third", rtpPacket(3, 4), 32, nil},
			{"a fourth", rtpPacket(4, 4), 32, nil},
			{"too many", rtpPacket(5, 4), 32, ErrStreams},
			{"the first goes on", rtpPacket(1, 6), 32, nil},
		} {
			b := append(append([]byte(nil), c.p...), make([]byte, c.room)...)
			before := string(b)
			if _, err := s.RTP(b, len(c.p)); err != c.want || err != nil && string(b) != before {
				t.Errorf("%s: %v, want %v", c.name, err, c.want)
			}
		}
		if s.Fresh() {
			t.Error("one that was used is fresh")
		}
		if _, err := s.RTP(make([]byte, 50), -1); err != ErrRoom {
			t.Errorf("negative length: %v", err)
		}
	})
}

// TestSealerRefusesRTCP does the same for RTCP.
func TestSealerRefusesRTCP(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, _ := pair(t, k)
		good := append(rtcpPacket(1, 24), make([]byte, k.suite.OverheadRTCP())...)
		n := 32
		for _, c := range []struct {
			p    []byte
			n    int
			want error
		}{
			{good[:len(good)-1], n, ErrRoom},
			{good, -1, ErrRoom},
			{good, 7, ErrShort},
			{make([]byte, 60), n, ErrHeader},
			{good, n, nil},
		} {
			if _, err := s.RTCP(c.p, c.n); err != c.want {
				t.Errorf("%d of %d bytes: %v, want %v", c.n, len(c.p), err, c.want)
			}
		}
		for ssrc := range uint32(Streams - 1) {
			seal(t, s.RTCP, rtcpPacket(10+ssrc, 4))
		}
		if _, err := s.RTCP(append(rtcpPacket(20, 24), make([]byte, 32)...), n); err != ErrStreams {
			t.Errorf("an SSRC too many: %v", err)
		}
	})
}

// TestEndOfKey brings Sealers to their last index.
func TestEndOfKey(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		*s.of(1) = outgoing{ssrc: 1, begun: true, index: maxIndex - 1, rtcp: maxRTCP}
		o.known.heard(1).rtp.add(maxIndex - 1)
		wantOpen(t, o.RTP, seal(t, s.RTP, rtpPacket(1, 65535)), rtpPacket(1, 65535))
		wantOpen(t, o.RTCP, seal(t, s.RTCP, rtcpPacket(1, 24)), rtcpPacket(1, 24))
		if _, err := s.RTP(append(rtpPacket(1, 0), make([]byte, 32)...), fixedRTP+payload); err != ErrExhausted {
			t.Error(err)
		}
		if _, err := s.RTCP(append(rtcpPacket(1, 24), make([]byte, 32)...), 32); err != ErrExhausted {
			t.Error(err)
		}
		wantRefused(t, o, o.RTP, rtpPacket(1, 0), ErrReplay)
	})
}
