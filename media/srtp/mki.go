package srtp

import (
	"math/big"
	"strconv"
	"strings"
)

// longestMKI is the most bytes that a master key identifier may have (RFC 4568
// section 6.1).
const longestMKI = 128

// parseMKI reads "value:length": a number, and in how many bytes packets carry it.
func parseMKI(s string) (string, error) {
	text, size, _ := strings.Cut(s, ":")
	length, err := strconv.Atoi(size)
	if err != nil || !digits(size) || !digits(text) || length < 1 || length > longestMKI {
		return "", ErrMKI
	}
	value, _ := new(big.Int).SetString(text, 10)
	if value.BitLen() > 8*length {
		return "", ErrMKI
	}
	return string(value.FillBytes(make([]byte, length))), nil
}

// formatMKI is the inverse of parseMKI.
func formatMKI(mki string) string {
	return new(big.Int).SetBytes([]byte(mki)).String() + ":" + strconv.Itoa(len(mki))
}

// cutMKI takes the identifier out of a packet, in which so many bytes of tag
// follow it, and returns the packet as it is without; false if it is another's, or
// not there.
func (o *Opener) cutMKI(p []byte, tag int) ([]byte, bool) {
	at := len(p) - tag - len(o.mki)
	if at < 0 || string(p[at:at+len(o.mki)]) != o.mki {
		return nil, false
	}
	return p[:at+copy(p[at:], p[at+len(o.mki):])], true
}

// tagBehindMKI is how many bytes of tag stand behind the identifier. That of GCM is
// before it (RFC 7714 sections 8.1 and 9.1).
func (s Suite) tagBehindMKI(overhead int) int {
	if suites[s].gcm {
		return 0
	}
	return overhead
}
