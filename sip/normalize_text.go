package sip

import (
	"strings"
	"unicode/utf8"
)

// maxText bounds what is copied from a message into names, reasons and logs.
const maxText = 256

// scrub makes text safe to put into a header or a log line: control characters
// and invalid UTF-8 become spaces, so that nothing copied from one leg to
// another can start a header of its own, and it is cut to a sane length.
func scrub(s string) string {
	return clip(strings.Map(func(r rune) rune {
		if r < 0x20 || r == 0x7f || r == utf8.RuneError || 0x80 <= r && r < 0xa0 || r == 0x2028 || r == 0x2029 {
			return ' '
		}
		return r
	}, s), maxHeader)
}

// maxHeader bounds a header value that we write.
const maxHeader = 4096

// clip cuts s to at most n bytes, at the end of a rune.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// unescape decodes the %XX of a URI's user part (RFC 3261 §19.1.2). What is
// not an escape stays as it is, and one of a control character too: a number
// that is compared and logged shall not hold a NUL or a line end.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := unhex(s[i+1]), unhex(s[i+2])
			if c := hi<<4 | lo; hi < 16 && lo < 16 && c >= 0x20 && c != 0x7f {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// escape encodes text for the user part of a URI: all that is not unreserved
// or user-unreserved (RFC 3261 §25.1).
func escape(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			strings.IndexByte("-_.!~*'()&=+$,;?/", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

// number reduces the user part of a URI to the digits to dial: unescaped, and
// without the parameters that carriers put into it (;npdi;rn=…;phone-context=…).
func number(user string) string {
	user, _, _ = strings.Cut(user, ";")
	return clip(scrub(unescape(user)), maxText)
}
