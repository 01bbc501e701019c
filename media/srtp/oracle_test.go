package srtp

import (
	"bytes"
	"math/rand/v2"
	"testing"

	oracle "github.com/pion/srtp/v3"
)

var profiles = map[Suite]oracle.ProtectionProfile{
	AES128SHA80: oracle.ProtectionProfileAes128CmHmacSha1_80,
	AES128SHA32: oracle.ProtectionProfileAes128CmHmacSha1_32,
	AES256SHA80: oracle.ProtectionProfileAes256CmHmacSha1_80,
	AES256SHA32: oracle.ProtectionProfileAes256CmHmacSha1_32,
	AES128GCM:   oracle.ProtectionProfileAeadAes128Gcm,
	AES256GCM:   oracle.ProtectionProfileAeadAes256Gcm,

	AES256SHA80Draft: oracle.ProtectionProfileAes256CmHmacSha1_80,
	AES256SHA32Draft: oracle.ProtectionProfileAes256CmHmacSha1_32,
}

func oracleOf(t testing.TB, k Key, options ...oracle.ContextOption) *oracle.Context {
	t.Helper()
	master, salt := k.material()
	c, err := oracle.CreateContext(master, salt, profiles[k.suite], options...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestOracleRTP compares both directions with another implementation, with
// every kind of header, across the roll-over of the sequence number.
func TestOracleRTP(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		theirs, checker := oracleOf(t, k), oracleOf(t, k)
		r := rand.New(rand.NewPCG(1, uint64(k.suite)))
		sequence := uint16(30000)
		for range 400 {
			plain := randomRTP(r, 0xdecade, sequence)
			sequence += uint16(1 + r.IntN(1000))
			want, err := theirs.EncryptRTP(nil, plain, nil)
			if err != nil {
				t.Fatal(err)
			}
			got := seal(t, s.RTP, plain)
			if !bytes.Equal(got, want) {
				t.Fatalf("sealed %x, want %x", got, want)
			}
			if back, err := checker.DecryptRTP(nil, got, nil); err != nil || !bytes.Equal(back, plain) {
				t.Fatalf("the oracle opened %x, %v; want %x", back, err, plain)
			}
			wantOpen(t, o.RTP, want, plain)
		}
		if rounds := s.sent[0].index >> 16; rounds < 2 {
			t.Errorf("only %d rounds of the sequence number", rounds)
		}
	})
}

// TestOracleRTCP compares both directions, for packets of all lengths.
func TestOracleRTCP(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		s, o := pair(t, k)
		theirs, checker := oracleOf(t, k), oracleOf(t, k)
		for n := range 100 {
			// The oracle wants a compound packet to be whole words.
			plain := rtcpPacket(0xdecade, 4*(n%25))
			want, err := theirs.EncryptRTCP(nil, plain, nil)
			if err != nil {
				t.Fatal(err)
			}
			// The oracle starts to count at 1.
			if n == 0 {
				s.of(0xdecade).rtcp = 1
			}
			got := seal(t, s.RTCP, plain)
			if !bytes.Equal(got, want) {
				t.Fatalf("sealed %x, want %x", got, want)
			}
			if back, err := checker.DecryptRTCP(nil, got, nil); err != nil || !bytes.Equal(back, plain) {
				t.Fatalf("the oracle opened %x, %v; want %x", back, err, plain)
			}
			wantOpen(t, o.RTCP, want, plain)
		}
	})
}

// TestPlainRTCP opens packets whose E bit is not set, made by the oracle. They
// are as much authenticated as others.
func TestPlainRTCP(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		_, o := pair(t, k)
		theirs := oracleOf(t, k, oracle.SRTCPNoEncryption())
		for n := range 20 {
			plain := rtcpPacket(7, 4*n)
			sealed, err := theirs.EncryptRTCP(nil, plain, nil)
			if err != nil {
				t.Fatal(err)
			}
			for i := range sealed {
				if i > 0 { // the version has an error of its own
					bad := bytes.Clone(sealed)
					bad[i] ^= 0x80
					wantRefused(t, o, o.RTCP, bad, ErrAuth)
				}
			}
			wantOpen(t, o.RTCP, sealed, plain)
			wantRefused(t, o, o.RTCP, sealed, ErrReplay)
		}
	})
}
