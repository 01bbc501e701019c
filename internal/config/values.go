package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Scheme is the transport of a SIP listener.
type Scheme string

// The transports there are.
const (
	UDP Scheme = "udp"
	TCP Scheme = "tcp"
)

// Listen is where SIP is listened for.
type Listen struct {
	Scheme Scheme
	Addr   netip.AddrPort // port 0: any free one
}

// String is the URI as in the file.
func (l Listen) String() string { return string(l.Scheme) + "://" + l.Addr.String() }

// MarshalText makes logs show the URI.
func (l Listen) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// Expand replaces each listener on all addresses by one on each of local, so
// that every message leaves from the address it came to. None is there twice,
// though two interfaces may have one address.
func Expand(listen []Listen, local []netip.Addr) []Listen {
	var all []Listen
	add := func(l Listen) {
		if !slices.Contains(all, l) {
			all = append(all, l)
		}
	}
	for _, l := range listen {
		if !l.Addr.Addr().IsUnspecified() {
			add(l)
			continue
		}
		for _, a := range local {
			if a.Is4() == l.Addr.Addr().Is4() {
				add(Listen{l.Scheme, netip.AddrPortFrom(a, l.Addr.Port())})
			}
		}
	}
	return all
}

func parseListen(text string) (Listen, error) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		return Listen{}, fmt.Errorf("%q is no listener; write udp://ADDRESS:PORT or tcp://ADDRESS:PORT", text)
	}
	switch scheme {
	case "udp", "tcp":
	case "tls", "ws", "wss":
		return Listen{}, fmt.Errorf("%s:// is not available yet; use udp:// or tcp://", scheme)
	default:
		return Listen{}, fmt.Errorf("%q is no transport; use udp:// or tcp://", scheme)
	}
	addr, err := parseAddrPort(rest)
	return Listen{Scheme(scheme), addr}, err
}

func parseAddrPort(text string) (netip.AddrPort, error) {
	if port, ok := strings.CutPrefix(text, "localhost:"); ok {
		text = "127.0.0.1:" + port
	}
	addr, err := netip.ParseAddrPort(text)
	if err != nil {
		return addr, fmt.Errorf("%q is no address and port; write as 127.0.0.1:8080 or 0.0.0.0:8080", text)
	}
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port()), nil
}

func parseAddr(text string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return addr, fmt.Errorf("%q is no IP address; write as 203.0.113.10", text)
	}
	return addr.Unmap(), nil
}

// parsePrefix takes a single address as the prefix that holds just it.
func parsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil {
		addr = addr.Unmap()
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("%q is no address or network; write as 192.0.2.10 or 198.51.100.0/24", text)
	}
	if m := p.Masked(); m != p {
		return p, fmt.Errorf("%q has bits set beyond its length; did you mean %v?", text, m)
	}
	return p, nil
}

// Ports is a range of UDP ports, both ends included.
type Ports struct{ Min, Max uint16 }

// String is MIN-MAX.
func (p Ports) String() string { return fmt.Sprintf("%d-%d", p.Min, p.Max) }

// parsePorts wants room for one leg at least: a port for RTP and the next for RTCP.
func parsePorts(text string) (Ports, error) {
	from, to, ok := strings.Cut(text, "-")
	low, err1 := strconv.ParseUint(strings.TrimSpace(from), 10, 16)
	high, err2 := strconv.ParseUint(strings.TrimSpace(to), 10, 16)
	switch {
	case !ok || err1 != nil || err2 != nil:
		return Ports{}, fmt.Errorf("%q is no range of ports; write as 10000-19999", text)
	case low < 1024:
		return Ports{}, fmt.Errorf("ports begin at 1024, not %d", low)
	case high <= low:
		return Ports{}, fmt.Errorf("%q holds no pair of ports; the second number must be above the first", text)
	}
	return Ports{uint16(low), uint16(high)}, nil
}

// Days is a long time, written 30d.
type Days int

// maxDays is a hundred years: longer than anything is kept, and no overflow.
const maxDays = 36_500

// String is the time as in the file.
func (d Days) String() string { return strconv.Itoa(int(d)) + "d" }

// Duration is d as others want it.
func (d Days) Duration() time.Duration { return time.Duration(d) * 24 * time.Hour }

func parseDays(text string) (Days, error) {
	number, unit := strings.CutSuffix(text, "d")
	n, err := strconv.ParseUint(number, 10, 32)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%q is no number of days; write as 30d, or 0 for ever", text)
	case !unit && n != 0:
		return 0, fmt.Errorf("%q lacks a unit; did you mean %sd?", text, number)
	case n > maxDays:
		return 0, fmt.Errorf("%s is too long; %dd is the most, and 0 is for ever", text, maxDays)
	}
	return Days(n), nil
}

// Path is a file or directory, seen from the working directory.
type Path string

// Secret is a password or the like. It prints as [redacted]; string(s) is it.
type Secret string

const redacted = "[redacted]"

// String hides the secret from every formatted line.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return redacted
}

// GoString hides it from %#v.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// LogValue hides it from logs.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides it from encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// parseSecret resolves ${NAME} and file:PATH.
func (d *decoder) parseSecret(text string) (Secret, error) {
	if name, ok := strings.CutPrefix(text, "${"); ok {
		name, ok = strings.CutSuffix(name, "}")
		if !ok || name == "" {
			return "", errors.New("a secret from the environment is written ${NAME}")
		}
		value, _ := d.env(name)
		if value == "" {
			return "", fmt.Errorf("environment variable %s is not set", name)
		}
		return Secret(value), nil
	}
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		return readSecret(d.resolve(path))
	}
	return Secret(text), nil
}
