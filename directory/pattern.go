package directory

import (
	"errors"
	"fmt"
)

// maxNumber bounds what is matched or quoted: longer than any number there is.
const maxNumber = 128

// Pattern matches numbers: "x" is one digit, "." one or more of anything, all
// else stands for itself.
type Pattern struct {
	text string
	part []part
}

// part is one element of a compiled pattern.
type part struct {
	kind partKind
	lit  byte
}

type partKind uint8

const (
	literal partKind = iota
	digit
	anyOne  // any one character
	anyMore // any number of characters, none too
)

// ParsePattern compiles a pattern. It refuses an empty one, a space and any
// other character that no number contains, each of which is a slip.
func ParsePattern(text string) (Pattern, error) {
	if text == "" {
		return Pattern{}, errors.New("empty pattern")
	}
	if len(text) > maxNumber {
		return Pattern{}, fmt.Errorf("pattern longer than %d characters", maxNumber)
	}
	p := Pattern{text: text}
	for i := range len(text) {
		switch c := text[i]; {
		case c == 'x':
			p.part = append(p.part, part{kind: digit})
		case c == '.':
			p.part = append(p.part, part{kind: anyOne}, part{kind: anyMore})
		case c <= ' ' || c >= 0x7f:
			return Pattern{}, fmt.Errorf("pattern %q: character %q is in no number", text, rune(c))
		default:
			p.part = append(p.part, part{kind: literal, lit: c})
		}
	}
	return p, nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.text }

// Match reports whether the whole number fits. It takes time proportional to
// the product of both lengths at worst, whatever the pattern: on a mismatch
// only the last "." is tried again, one character further.
func (p Pattern) Match(number string) bool {
	if len(p.part) == 0 || len(number) > maxNumber {
		return false
	}
	at, n := 0, 0
	retryAt, retryN := -1, 0
	for n < len(number) {
		switch {
		case at < len(p.part) && p.part[at].kind == anyMore:
			retryAt, retryN = at, n
			at++
		case at < len(p.part) && p.part[at].takes(number[n]):
			at++
			n++
		case retryAt >= 0:
			retryN++
			at, n = retryAt+1, retryN
		default:
			return false
		}
	}
	for at < len(p.part) && p.part[at].kind == anyMore {
		at++
	}
	return at == len(p.part)
}

func (t part) takes(c byte) bool {
	switch t.kind {
	case digit:
		return c >= '0' && c <= '9'
	case anyOne:
		return true
	default:
		return t.kind == literal && t.lit == c
	}
}
