package sip

import "strings"

// scanner follows quotes and angle brackets through a header value, so that
// separators inside them are left alone.
type scanner struct {
	quoted, escaped, bracketed bool
}

// step takes the next byte and reports whether it stands outside of quotes and
// brackets; the quotes and brackets themselves count as inside.
func (s *scanner) step(c byte) bool {
	switch {
	case s.escaped:
		s.escaped = false
		return false
	case s.quoted:
		switch c {
		case '\\':
			s.escaped = true
		case '"':
			s.quoted = false
		}
		return false
	case c == '"':
		// A quote inside of <> is not legal, and treating it as one would let
		// it hide the closing bracket.
		s.quoted = !s.bracketed
		return false
	case c == '<':
		s.bracketed = true
		return false
	case c == '>':
		s.bracketed = false
		return false
	}
	return !s.bracketed
}

// comma returns the offset of the first comma outside quotes and brackets, -1
// when there is none.
func comma(text string) int {
	var s scanner
	for i := range len(text) {
		if s.step(text[i]) && text[i] == ',' {
			return i
		}
	}
	return -1
}

func lws(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// separator tells the bytes that RFC 3261 §25.1 lets white space surround
// (SEMI, EQUAL, SLASH, and COLON in sent-by).
func separator(c byte) bool { return c == ';' || c == '=' || c == '/' || c == ':' }

// squeeze removes white space around separators outside quotes and brackets,
// trims both ends, and folds every other run into one space. A value that
// needs none of it is returned as it is.
func squeeze(text string) string {
	if !squeezable(text) {
		return text
	}
	var (
		s       scanner
		out     strings.Builder
		pending bool // white space seen, not yet known to be kept
		last    byte // last byte written
		free    = true
	)
	out.Grow(len(text))
	for i := range len(text) {
		c := text[i]
		outside := s.step(c)
		if outside && lws(c) {
			pending = true
			continue
		}
		if pending && last != 0 && (!free || !separator(last)) && (!outside || !separator(c)) {
			out.WriteByte(' ')
		}
		pending = false
		out.WriteByte(c)
		last, free = c, outside
	}
	return out.String()
}

// squeezable reports whether squeeze would change the text.
func squeezable(text string) bool {
	var s scanner
	for i := range len(text) {
		c := text[i]
		if !s.step(c) || !lws(c) {
			continue
		}
		if i == 0 || i+1 == len(text) || c != ' ' {
			return true
		}
		if p, n := text[i-1], text[i+1]; separator(p) || separator(n) || lws(n) {
			return true
		}
	}
	return false
}

// addressShaped reports whether the value can be a name-addr or addr-spec with
// parameters (RFC 3261 §20.10): quotes closed, at most one pair of brackets
// with no white space inside, and only parameters behind it. The display name
// may hold anything but a bracket: peers put commas and UTF-8 there unquoted.
func addressShaped(value string) bool {
	var s scanner
	open, shut := -1, -1
	for i := range len(value) {
		c := value[i]
		inside := s.bracketed
		s.step(c)
		switch {
		case s.quoted || s.escaped || c == '"':
		case c == '<':
			if open >= 0 {
				return false
			}
			open = i
		case c == '>':
			if open < 0 || !inside {
				return false
			}
			shut = i
		case inside && lws(c):
			return false
		}
	}
	switch {
	case s.quoted || s.bracketed:
		return false
	case open < 0:
		return bareAddress(value)
	}
	rest := value[shut+1:]
	return (rest == "" || rest[0] == ';') && shut > open+1
}

// bareAddress checks an addr-spec without brackets: RFC 3261 §20.10 forbids
// comma, question mark and white space there, since they would be ambiguous.
func bareAddress(value string) bool {
	uri, _, _ := strings.Cut(value, ";")
	return uri != "" && !strings.ContainsAny(uri, ", \t\"?")
}
