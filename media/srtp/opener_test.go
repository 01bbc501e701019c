package srtp

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestTampering changes every bit of a packet. Whatever it was, the packet is
// refused, nothing is remembered of it, and the right one is taken after it.
func TestTampering(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		for _, kind := range []struct {
			name  string
			short string // bytes that can make the header longer than the packet
			plain []byte
			seal  func([]byte, int) (int, error)
			open  func([]byte) (int, error)
		}{
			{"RTP", "\x00", rtpPacket(1, 5), s.RTP, o.RTP},
			{"RTP with extension", "\x00\x12\x13", append([]byte{0x91, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 1, 9, 9, 9, 9, 0xbe, 0xde, 0, 1, 1, 2, 3, 4}, make([]byte, 40)...), s.RTP, o.RTP},
			{"RTCP", "", rtcpPacket(1, 24), s.RTCP, o.RTCP},
		} {
			good := seal(t, kind.seal, kind.plain)
			for bit := range 8 * len(good) {
				bad := bytes.Clone(good)
				bad[bit/8] ^= 1 << (bit % 8)
				before := o.known
				_, err := open(kind.open, bad)
				if err != ErrAuth && !(bit < 8 && err == ErrHeader) &&
					!(err == ErrShort && strings.IndexByte(kind.short, byte(bit/8)) >= 0) {
					t.Fatalf("%s: bit %d changed: %v", kind.name, bit, err)
				}
				if o.known != before {
					t.Fatalf("%s: bit %d changed: so did the state", kind.name, bit)
				}
			}
			wantOpen(t, kind.open, good, kind.plain)
		}
	})
}

func TestOtherKey(t *testing.T) {
	for _, a := range everySuite {
		s, own := pair(t, NewKey(a))
		_, other := pair(t, NewKey(a))
		rtp, rtcp := seal(t, s.RTP, rtpPacket(1, 1)), seal(t, s.RTCP, rtcpPacket(1, 24))
		wantRefused(t, other, other.RTP, rtp, ErrAuth)
		wantRefused(t, other, other.RTCP, rtcp, ErrAuth)
		wantOpen(t, own.RTP, rtp, rtpPacket(1, 1))
	}
}

// TestShortPackets cuts good packets to every length, in the buffer they came
// in.
func TestShortPackets(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		rtp, rtcp := seal(t, s.RTP, rtpPacket(1, 1)), seal(t, s.RTCP, rtcpPacket(1, 24))
		for n := range len(rtp) {
			want := ErrAuth
			if n < fixedRTP+k.suite.Overhead() {
				want = ErrShort
			}
			wantRefused(t, o, o.RTP, rtp[:n], want)
		}
		for n := range len(rtcp) {
			want := ErrAuth
			if n < headerRTCP+k.suite.OverheadRTCP() {
				want = ErrShort
			}
			wantRefused(t, o, o.RTCP, rtcp[:n], want)
		}
		wantOpen(t, o.RTP, seal(t, s.RTP, rtpPacket(1, 2)[:fixedRTP]), rtpPacket(1, 2)[:fixedRTP])
	})
}

// TestReorder shuffles the packets of three rounds of the sequence number
// within the window, each delivered twice.
func TestReorder(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		r := rand.New(rand.NewPCG(2, 3))
		const step = 31 // so that three rounds are few packets
		var plain, sealed [][]byte
		for i := range 3 * 65536 / step {
			p := rtpPacket(1, uint16(i*step))
			plain, sealed = append(plain, p), append(sealed, seal(t, s.RTP, p))
			if len(plain) < window/step {
				continue
			}
			for _, j := range r.Perm(len(plain)) {
				wantOpen(t, o.RTP, sealed[j], plain[j])
				wantRefused(t, o, o.RTP, sealed[j], ErrReplay)
			}
			plain, sealed = plain[:0], sealed[:0]
		}
		if rounds := o.known.find(1).rtp.highest >> 16; rounds != 2 {
			t.Errorf("%d rounds, want 2", rounds)
		}
	})
}

// TestAge wants a packet to be taken when it is 127 late, and not later.
func TestAge(t *testing.T) {
	for age := window - 2; age <= window+2; age++ {
		s, o := pair(t, NewKey(AES128GCM))
		late := seal(t, s.RTP, rtpPacket(1, 1000))
		newest := rtpPacket(1, uint16(1000+age))
		wantOpen(t, o.RTP, seal(t, s.RTP, newest), newest)
		if age < window {
			wantOpen(t, o.RTP, late, rtpPacket(1, 1000))
		}
		wantRefused(t, o, o.RTP, late, ErrReplay)
	}
}

// TestReplayRTCP repeats and reorders RTCP; its index is not guessed.
func TestReplayRTCP(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		p := rtcpPacket(1, 24)
		var sealed [][]byte
		for range 300 {
			sealed = append(sealed, seal(t, s.RTCP, p))
		}
		for _, i := range []int{0, 2, 1, 200, 299, 172, 298} {
			wantOpen(t, o.RTCP, sealed[i], p)
		}
		for _, i := range []int{0, 1, 2, 3, 171, 172, 200, 298, 299} {
			wantRefused(t, o, o.RTCP, sealed[i], ErrReplay)
		}
	})
}

// TestRollOverBackwards delivers the last packets of a round after the first of
// the next, and a forged jump in between.
func TestRollOverBackwards(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		sealed := make(map[uint16][]byte)
		for _, n := range []uint16{30000, 60000, 65534, 65535, 0, 1} {
			sealed[n] = seal(t, s.RTP, rtpPacket(1, n))
		}
		for _, n := range []uint16{30000, 60000, 65534, 1, 65535, 0} {
			wantOpen(t, o.RTP, sealed[n], rtpPacket(1, n))
			forged := bytes.Clone(sealed[n])
			binary.BigEndian.PutUint16(forged[2:], n+20000)
			wantRefused(t, o, o.RTP, forged, ErrAuth)
		}
		if h := o.known.find(1).rtp.highest; h != 1<<16|1 {
			t.Errorf("highest index %#x", h)
		}
	})
}
