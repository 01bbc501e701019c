package srtp

import (
	"encoding/base64"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// Why an a=crypto value is not usable. The texts are fixed, because even a
// malformed value may hold a key.
var (
	ErrSyntax    = errors.New("srtp: malformed crypto attribute")
	ErrSuite     = errors.New("srtp: unknown crypto suite")
	ErrKey       = errors.New("srtp: malformed key in crypto attribute")
	ErrKeys      = errors.New("srtp: more than one master key in crypto attribute")
	ErrLifetime  = errors.New("srtp: malformed lifetime in crypto attribute")
	ErrMKI       = errors.New("srtp: malformed or misplaced master key identifier")
	ErrParameter = errors.New("srtp: unsupported session parameter in crypto attribute")
)

const (
	maxCrypto  = 512 // bytes of a value that is looked at
	maxPackets = 48  // a lifetime is at most 2^48 packets
	inline     = "inline:"
)

// ParseCrypto reads the value of an a=crypto attribute (RFC 4568 section 9.1):
//
//	1 AES_CM_128_HMAC_SHA1_80 inline:<key and salt in base64>|2^20|1:4
//
// A lifetime is accepted, and so is a master key identifier, which the packets
// under the key then carry. Not accepted are more than one key and session
// parameters that change what a packet looks like; a window size
// hint and parameters marked as optional with "-" are passed over. An attribute
// that is refused should be treated as if it were not there.
func ParseCrypto(value string) (tag int, key Key, err error) {
	if len(value) > maxCrypto {
		return 0, Key{}, ErrSyntax
	}
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return 0, Key{}, ErrSyntax
	}
	if tag, err = parseTag(fields[0]); err != nil {
		return 0, Key{}, err
	}
	suite, ok := SuiteNamed(fields[1])
	if !ok {
		return 0, Key{}, ErrSuite
	}
	if key, err = parseKey(suite, fields[2]); err != nil {
		return 0, Key{}, err
	}
	for _, p := range fields[3:] {
		if !harmless(p) {
			return 0, Key{}, ErrParameter
		}
	}
	return tag, key, nil
}

func parseTag(s string) (int, error) {
	if len(s) > 9 || !digits(s) {
		return 0, ErrSyntax
	}
	return strconv.Atoi(s)
}

// parseKey reads the one key parameter that there may be.
func parseKey(suite Suite, param string) (Key, error) {
	if strings.Contains(param, ";") {
		return Key{}, ErrKeys
	}
	if len(param) < len(inline) || !strings.EqualFold(param[:len(inline)], inline) {
		return Key{}, ErrSyntax
	}
	text, rest, more := strings.Cut(param[len(inline):], "|")
	mki := ""
	if more {
		var err error
		if mki, err = parseRest(rest); err != nil {
			return Key{}, err
		}
	}
	// Not all senders pad.
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil || len(b) != suite.KeyLen()+suite.SaltLen() {
		return Key{}, ErrKey
	}
	key := keyOf(suite, b)
	key.mki = mki
	return key, nil
}

// parseRest reads what follows a key: lifetime, identifier, or both in that order.
func parseRest(rest string) (mki string, err error) {
	lifetime, identifier, both := strings.Cut(rest, "|")
	if !both && strings.Contains(rest, ":") {
		return parseMKI(rest)
	}
	if err := checkLifetime(lifetime); err != nil || !both {
		return "", err
	}
	return parseMKI(identifier)
}

func checkLifetime(s string) error {
	if power, ok := strings.CutPrefix(s, "2^"); ok {
		return checkNumber(power, maxPackets)
	}
	return checkNumber(s, 1<<maxPackets)
}

func checkNumber(s string, most uint64) error {
	if n, err := strconv.ParseUint(s, 10, 64); err != nil || !digits(s) || n > most {
		return ErrLifetime
	}
	return nil
}

// harmless reports whether a session parameter changes nothing for us.
func harmless(param string) bool {
	if strings.HasPrefix(param, "-") {
		return len(param) > 1
	}
	size, ok := strings.CutPrefix(param, "WSH=")
	return ok && digits(size)
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Crypto is the value of an a=crypto attribute that hands the key over, with
// the given tag (0 to 999999999). It is secret. The zero Key gives "".
func (k Key) Crypto(tag int) string {
	if !k.suite.valid() {
		return ""
	}
	master, salt := k.material()
	text := base64.StdEncoding.EncodeToString(slices.Concat(master, salt))
	if k.mki != "" {
		text += "|" + formatMKI(k.mki)
	}
	return strconv.Itoa(tag) + " " + k.suite.String() + " " + inline + text
}
