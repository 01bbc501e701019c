package srtp

import "strings"

// A Suite is a crypto-suite of SDES: cipher, authentication and their lengths.
// The zero value is none.
type Suite uint8

// The suites, in no order of preference.
const (
	AES128SHA80 Suite = iota + 1 // AES_CM_128_HMAC_SHA1_80, RFC 4568 section 6.2.1
	AES128SHA32                  // AES_CM_128_HMAC_SHA1_32, RFC 4568 section 6.2.2
	AES256SHA80                  // AES_256_CM_HMAC_SHA1_80, RFC 6188
	AES256SHA32                  // AES_256_CM_HMAC_SHA1_32, RFC 6188
	AES128GCM                    // AEAD_AES_128_GCM, RFC 7714
	AES256GCM                    // AEAD_AES_256_GCM, RFC 7714

	// Before RFC 6188 its suites had other names, by which some still know them.
	// All else is the same.
	AES256SHA80Draft // AES_CM_256_HMAC_SHA1_80
	AES256SHA32Draft // AES_CM_256_HMAC_SHA1_32
)

const (
	maxKey  = 32 // bytes of the longest master key
	maxSalt = 14
	authKey = 20 // bytes of the session key of HMAC-SHA1
	gcmTag  = 16
	word    = 4 // E bit and index of SRTCP
)

// suites holds what there is to know about each Suite; lengths in bytes.
var suites = [...]struct {
	name      string
	key, salt int
	rtp, rtcp int // what a packet grows by
	gcm       bool
}{
	AES128SHA80: {"AES_CM_128_HMAC_SHA1_80", 16, 14, 10, 10 + word, false},
	AES128SHA32: {"AES_CM_128_HMAC_SHA1_32", 16, 14, 4, 10 + word, false},
	AES256SHA80: {"AES_256_CM_HMAC_SHA1_80", 32, 14, 10, 10 + word, false},
	AES256SHA32: {"AES_256_CM_HMAC_SHA1_32", 32, 14, 4, 10 + word, false},
	AES128GCM:   {"AEAD_AES_128_GCM", 16, 12, gcmTag, gcmTag + word, true},
	AES256GCM:   {"AEAD_AES_256_GCM", 32, 12, gcmTag, gcmTag + word, true},

	AES256SHA80Draft: {"AES_CM_256_HMAC_SHA1_80", 32, 14, 10, 10 + word, false},
	AES256SHA32Draft: {"AES_CM_256_HMAC_SHA1_32", 32, 14, 4, 10 + word, false},
}

// SuiteNamed finds a suite by its name in SDES, in whatever case.
func SuiteNamed(sdes string) (Suite, bool) {
	for s := AES128SHA80; s.valid(); s++ {
		if strings.EqualFold(suites[s].name, sdes) {
			return s, true
		}
	}
	return 0, false
}

func (s Suite) valid() bool { return s > 0 && int(s) < len(suites) }

// String is the suite's name in SDES, or "none".
func (s Suite) String() string {
	if !s.valid() {
		return "none"
	}
	return suites[s].name
}

// KeyLen is the length of the master key in bytes; 0 for no suite, as with the
// other lengths.
func (s Suite) KeyLen() int {
	if !s.valid() {
		return 0
	}
	return suites[s].key
}

// SaltLen is the length of the master salt in bytes.
func (s Suite) SaltLen() int {
	if !s.valid() {
		return 0
	}
	return suites[s].salt
}

// Overhead is by how many bytes an RTP packet grows.
func (s Suite) Overhead() int {
	if !s.valid() {
		return 0
	}
	return suites[s].rtp
}

// OverheadRTCP is by how many bytes a compound RTCP packet grows.
func (s Suite) OverheadRTCP() int {
	if !s.valid() {
		return 0
	}
	return suites[s].rtcp
}
