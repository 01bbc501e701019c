package srtp

import (
	"bytes"
	"math/rand/v2"
	"testing"

	oracle "github.com/pion/srtp/v3"
)

// named is a key with an identifier.
func named(t testing.TB, k Key, mki string) Key {
	t.Helper()
	_, key, err := ParseCrypto(k.Crypto(1) + "|2^31|" + mki)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var identifiers = []struct {
	text  string
	bytes []byte
}{
	{"1:1", []byte{1}},
	{"1:4", []byte{0, 0, 0, 1}},
	{"66051:4", []byte{0, 1, 2, 3}},
	{"0:128", make([]byte, 128)},
}

// Packets with an identifier, made by another implementation, are opened; those
// with another, or none, or changed in any place, are not.
func TestOracleMKI(t *testing.T) {
	eachSuite(t, func(t *testing.T, plainKey Key) {
		for _, id := range identifiers {
			k := named(t, plainKey, id.text)
			o, err := NewOpener(k)
			if err != nil {
				t.Fatal(err)
			}
			theirs, other, none := oracleOf(t, k, oracle.MasterKeyIndicator(id.bytes)), bytes.Clone(id.bytes), oracleOf(t, k)
			other[0] ^= 1
			wrong := oracleOf(t, k, oracle.MasterKeyIndicator(other))
			r := rand.New(rand.NewPCG(2, uint64(k.suite)))
			for i := range 50 {
				plain, report := randomRTP(r, 7, uint16(1000+i)), rtcpPacket(7, 4*(i%25))
				audio := func(c *oracle.Context) []byte {
					p, err := c.EncryptRTP(nil, plain, nil)
					if err != nil {
						t.Fatal(err)
					}
					return p
				}
				control := func(c *oracle.Context) []byte {
					p, err := c.EncryptRTCP(nil, report, nil)
					if err != nil {
						t.Fatal(err)
					}
					return p
				}
				wantRefused(t, o, o.RTP, audio(wrong), ErrAuth)
				wantRefused(t, o, o.RTCP, control(wrong), ErrAuth)
				if _, err := open(o.RTP, audio(none)); err == nil {
					t.Fatal("RTP without an identifier")
				}
				if _, err := open(o.RTCP, control(none)); err == nil {
					t.Fatal("RTCP without an identifier")
				}
				p, q := audio(theirs), control(theirs)
				for _, at := range []int{fixedRTP, len(p) - 1, len(p) - len(id.bytes), r.IntN(len(p)-fixedRTP) + fixedRTP} {
					bad := bytes.Clone(p)
					bad[min(at, len(p)-1)] ^= 0x10
					if _, err := open(o.RTP, bad); err == nil {
						t.Fatalf("changed at %d of %d", at, len(p))
					}
				}
				wantOpen(t, o.RTP, p, plain)
				wantRefused(t, o, o.RTP, p, ErrReplay)
				wantOpen(t, o.RTCP, q, report)
				wantRefused(t, o, o.RTCP, q, ErrReplay)
			}
		}
	})
}

// Whatever the length, nothing is read beyond a packet.
func TestShortMKI(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		o, err := NewOpener(named(t, k, "0:4"))
		if err != nil {
			t.Fatal(err)
		}
		for n := range 64 {
			p := make([]byte, n)
			if n > 0 {
				p[0] = 0x80
			}
			if _, err := open(o.RTP, p); err == nil {
				t.Fatalf("RTP of %d bytes", n)
			}
			if _, err := open(o.RTCP, p); err == nil {
				t.Fatalf("RTCP of %d bytes", n)
			}
		}
	})
}

// A key's identifier is part of it: it is handed on, makes another key, and none
// of ours has one.
func TestMKIIsPartOfTheKey(t *testing.T) {
	k := NewKey(AES128SHA80)
	one := named(t, k, "1:4")
	if one == k || one == named(t, k, "1:5") || one == named(t, k, "2:4") || one != named(t, k, "01:4") {
		t.Error("keys of different identifiers are equal, or of the same not")
	}
	if got, want := one.Crypto(1), k.Crypto(1)+"|1:4"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if _, err := NewSealer(one); err != ErrMKI {
		t.Errorf("a Sealer: %v", err)
	}
}
