package sip

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// token reports whether s is a token (RFC 3261 §25.1).
func token(s string) bool {
	for i := range len(s) {
		if !tokenByte(s[i]) {
			return false
		}
	}
	return s != ""
}

func tokenByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// split cuts a header value at a separator outside quotes and brackets, and
// trims the pieces; empty ones are left out.
func split(value string, sep byte) []string {
	var (
		s     scanner
		parts []string
		start int
	)
	add := func(end int) {
		if p := strings.TrimSpace(value[start:end]); p != "" {
			parts = append(parts, p)
		}
	}
	for i := range len(value) {
		if s.step(value[i]) && value[i] == sep {
			add(i)
			start = i + 1
		}
	}
	add(len(value))
	return parts
}

// tokens lists the comma-separated values of all headers of a name, without
// their parameters.
func tokens(msg sip.Message, name string) []string {
	var list []string
	for _, h := range msg.GetHeaders(name) {
		for _, v := range split(h.Value(), ',') {
			v, _, _ = strings.Cut(v, ";")
			list = append(list, strings.TrimSpace(v))
		}
	}
	return list
}

// param looks a parameter up by name in any case (RFC 3261 §7.3.1).
func param(params sip.HeaderParams, name string) (string, bool) {
	for _, p := range params {
		if strings.EqualFold(p.K, name) {
			return p.V, true
		}
	}
	return "", false
}

func containsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(e string) bool { return strings.EqualFold(e, s) })
}
