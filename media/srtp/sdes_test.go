package srtp

import (
	"encoding/base64"
	"strings"
	"testing"
)

const (
	key128 = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz" // 30 bytes, from RFC 4568 section 9
	key256 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLQ=="
	keyGCM = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw=="
)

func TestParseCrypto(t *testing.T) {
	for _, c := range []struct {
		value string
		tag   int
		suite Suite
		err   error
	}{
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128, 1, AES128SHA80, nil},
		{"1 AES_CM_128_HMAC_SHA1_32 inline:" + key128 + "|2^20", 1, AES128SHA32, nil},
		{"999999999\taes_cm_128_hmac_sha1_80  INLINE:" + key128 + "|1048576 ", 999999999, AES128SHA80, nil},
		{"0 AES_256_CM_HMAC_SHA1_80 inline:" + key256, 0, AES256SHA80, nil},
		{"2 AES_256_CM_HMAC_SHA1_32 inline:" + strings.TrimRight(key256, "="), 2, AES256SHA32, nil},
		{"2 AES_CM_256_HMAC_SHA1_80 inline:" + key256, 2, AES256SHA80Draft, nil},
		{"2 AES_CM_256_HMAC_SHA1_32 inline:" + key256, 2, AES256SHA32Draft, nil},
		{"3 AEAD_AES_128_GCM inline:" + keyGCM + "|2^48", 3, AES128GCM, nil},
		{"4 AEAD_AES_256_GCM inline:" + key256[:59] + "=", 4, AES256GCM, nil},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + " WSH=64 -FUTURE=1 -x", 1, AES128SHA80, nil},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|2^20|1:4", 1, AES128SHA80, nil},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|1:4", 1, AES128SHA80, nil},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|4294967295:4 -x", 1, AES128SHA80, nil},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|0:128", 1, AES128SHA80, nil},

		{"", 0, 0, ErrSyntax},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|1:0", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|1:129", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|256:1", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|4294967296:4", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|:4", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|1:", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|-1:4", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|1:+4", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|x:4", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|1:4:4", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|2^20|1", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|2^20|", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|2^20|1:4|", 0, 0, ErrMKI},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|1:4|2^20", 0, 0, ErrLifetime},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|1:4;inline:" + key128 + "|2:4", 0, 0, ErrKeys},
		{"1 AES_CM_128_HMAC_SHA1_80", 0, 0, ErrSyntax},
		{"-1 AES_CM_128_HMAC_SHA1_80 inline:" + key128, 0, 0, ErrSyntax},
		{"x AES_CM_128_HMAC_SHA1_80 inline:" + key128, 0, 0, ErrSyntax},
		{"1234567890 AES_CM_128_HMAC_SHA1_80 inline:" + key128, 0, 0, ErrSyntax},
		{"1 AES_CM_128_HMAC_SHA1_80 " + key128, 0, 0, ErrSyntax},
		{"1 AES_CM_128_HMAC_SHA1_80 x", 0, 0, ErrSyntax},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + strings.Repeat(" -x", 200), 0, 0, ErrSyntax},
		{"1 F8_128_HMAC_SHA1_80 inline:" + key128, 0, 0, ErrSuite},
		{"1 inline:" + key128 + " AES_CM_128_HMAC_SHA1_80", 0, 0, ErrSuite},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:", 0, 0, ErrKey},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128[4:], 0, 0, ErrKey},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key256, 0, 0, ErrKey},
		{"1 AES_256_CM_HMAC_SHA1_80 inline:" + key128, 0, 0, ErrKey},
		{"1 AES_CM_256_HMAC_SHA1_80 inline:" + key128, 0, 0, ErrKey},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:*" + key128[1:], 0, 0, ErrKey},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + ";inline:" + key128, 0, 0, ErrKeys},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|", 0, 0, ErrLifetime},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|2^49", 0, 0, ErrLifetime},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|+5", 0, 0, ErrLifetime},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|281474976710657", 0, 0, ErrLifetime},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|99999999999999999999999", 0, 0, ErrLifetime},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + " UNENCRYPTED_SRTP", 0, 0, ErrParameter},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + " UNENCRYPTED_SRTCP", 0, 0, ErrParameter},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + " UNAUTHENTICATED_SRTP", 0, 0, ErrParameter},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + " KDR=1", 0, 0, ErrParameter},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + " WSH=", 0, 0, ErrParameter},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + " -", 0, 0, ErrParameter},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + " FUTURE", 0, 0, ErrParameter},
	} {
		tag, key, err := ParseCrypto(c.value)
		if tag != c.tag || key.Suite() != c.suite || err != c.err {
			t.Errorf("%q: %d, %v, %v; want %d, %v, %v", c.value, tag, key, err, c.tag, c.suite, c.err)
		}
	}
}

func TestParseCryptoReadsTheKey(t *testing.T) {
	_, k, err := ParseCrypto("1 AES_CM_128_HMAC_SHA1_80 inline:" + key128 + "|2^20")
	if err != nil {
		t.Fatal(err)
	}
	master, salt := k.material()
	if got := base64.StdEncoding.EncodeToString(append(master, salt...)); got != key128 {
		t.Errorf("key %s, want %s", got, key128)
	}
	if got, want := k.Crypto(7), "7 AES_CM_128_HMAC_SHA1_80 inline:"+key128; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := (Key{}).Crypto(1); got != "" {
		t.Errorf("no key: %q", got)
	}
}

func TestCryptoRoundTrip(t *testing.T) {
	eachSuite(t, func(t *testing.T, k Key) {
		for _, want := range []int{0, 1, 999999999} {
			if tag, got, err := ParseCrypto(k.Crypto(want)); tag != want || got != k || err != nil {
				t.Errorf("%d, %v, %v", tag, got, err)
			}
		}
	})
}
