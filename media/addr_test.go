package media

import (
	"net/netip"
	"testing"
)

// On a machine with several addresses each leg shows the one its signalling
// uses; an advertised address stands for those that NAT translates.
func TestShownAddress(t *testing.T) {
	lan, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")
	public := netip.MustParseAddr("203.0.113.9")
	loopback, six := netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("2001:db8::1")
	for _, c := range []struct {
		name                   string
		advertise, local, want netip.Addr
	}{
		{"the engine's own", lan, lan, lan},
		{"another address of the machine", lan, other, other},
		{"behind NAT", public, lan, public},
		{"behind NAT, another address", public, other, public},
		{"loopback is not translated", public, loopback, loopback},
		{"the other family is not translated", public, six, six},
	} {
		e := &Engine{cfg: Config{Addr: lan, Advertise: c.advertise}}
		if got := e.shown(c.local); got != c.want {
			t.Errorf("%s: shows %v, not %v", c.name, got, c.want)
		}
	}
}
