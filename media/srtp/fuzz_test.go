package srtp

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzParseCrypto wants what was read to survive a round trip, and errors that
// repeat nothing.
func FuzzParseCrypto(f *testing.F) {
	for _, s := range everySuite {
		f.Add(NewKey(s).Crypto(1))
	}
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|2^20|1:4 -X WSH=64")
	f.Add("1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|0004294967295:4")
	f.Fuzz(func(t *testing.T, value string) {
		tag, key, err := ParseCrypto(value)
		if err != nil {
			if tag != 0 || key != (Key{}) || len(value) > 40 && strings.Contains(err.Error(), value[33:]) {
				t.Fatalf("%q: %d, %v, %v", value, tag, key, err)
			}
			return
		}
		if again, same, err := ParseCrypto(key.Crypto(tag)); again != tag || same != key || err != nil {
			t.Fatalf("%q: %d, %v, %v", value, again, same, err)
		}
	})
}

// FuzzOpener gives anything to Openers of all suites. Those that refuse it are
// the same before and after. The keys are fixed, so that packets found by one
// run are good for another.
func FuzzOpener(f *testing.F) {
	var openers []*Opener
	for _, s := range everySuite {
		sealer, opener := pair(f, keyOf(s, make([]byte, s.KeyLen()+s.SaltLen())))
		f.Add(seal(f, sealer.RTP, rtpPacket(1, 1)))
		f.Add(seal(f, sealer.RTCP, rtcpPacket(1, 24)))
		if _, err := opener.RTP(seal(f, sealer.RTP, rtpPacket(1, 2))); err != nil {
			f.Fatal(err)
		}
		identified, err := NewOpener(named(f, keyOf(s, make([]byte, s.KeyLen()+s.SaltLen())), "1:4"))
		if err != nil {
			f.Fatal(err)
		}
		openers = append(openers, opener, identified)
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, o := range openers {
			for _, f := range []func([]byte) (int, error){o.RTP, o.RTCP} {
				before := o.known
				got, err := open(f, p)
				if (err != nil) != (o.known == before) || len(got) > len(p) {
					t.Fatalf("%d bytes, %v, state changed: %t", len(got), err, o.known != before)
				}
				o.known = before
			}
		}
	})
}

// FuzzSealer protects whatever a Sealer takes; an Opener gives it back.
func FuzzSealer(f *testing.F) {
	f.Add(rtpPacket(1, 1), false)
	f.Add(rtcpPacket(1, 24), true)
	f.Fuzz(func(t *testing.T, p []byte, rtcp bool) {
		for _, suite := range everySuite {
			s, o := pair(t, NewKey(suite))
			sealer, opener := s.RTP, o.RTP
			if rtcp {
				sealer, opener = s.RTCP, o.RTCP
			}
			b := append(bytes.Clone(p), make([]byte, 20)...)
			n, err := sealer(b, len(p))
			if err != nil {
				continue
			}
			wantOpen(t, opener, b[:n], p)
		}
	})
}
