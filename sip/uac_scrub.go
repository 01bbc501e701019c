package sip

import (
	"net/netip"
	"strings"
)

// hostOf is host as it may stand in a URI that we write (RFC 3261 §25.1), ""
// when it is neither a name nor an address: any other byte could end the URI
// and begin a parameter or a header.
func hostOf(host string) string {
	if inner := strings.TrimSuffix(strings.TrimPrefix(host, "["), "]"); strings.Contains(inner, ":") {
		addr, err := netip.ParseAddr(inner)
		if err != nil || addr.Zone() != "" {
			return ""
		}
		return "[" + addr.String() + "]"
	}
	for i := range len(host) {
		switch c := host[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
		default:
			return ""
		}
	}
	if len(host) > maxText {
		return ""
	}
	return host
}

// structural reports whether a header, by its long or compact name, carries the
// message, its transaction or its dialog. These are ours alone.
func structural(name string) bool {
	name = strings.ToLower(name)
	for _, table := range [...]map[string]string{singleAddress, listed, plain} {
		if _, ok := table[name]; ok {
			return true
		}
	}
	return false
}
