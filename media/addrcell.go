package media

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
)

// addrCell is an address one goroutine writes and others read, without locks:
// a reader that meets a writer reads again.
type addrCell struct {
	version       atomic.Uint32 // odd while it is written
	high, low     atomic.Uint64
	portAndFamily atomic.Uint32
}

const cellIs4, cellValid = 1 << 16, 1 << 17

func (c *addrCell) store(a netip.AddrPort) {
	var ip [16]byte
	var rest uint32
	if a.IsValid() {
		ip = a.Addr().As16()
		rest = uint32(a.Port()) | cellValid
		if a.Addr().Is4() {
			rest |= cellIs4
		}
	}
	c.version.Add(1)
	c.high.Store(binary.BigEndian.Uint64(ip[:8]))
	c.low.Store(binary.BigEndian.Uint64(ip[8:]))
	c.portAndFamily.Store(rest)
	c.version.Add(1)
}

func (c *addrCell) load() netip.AddrPort {
	for {
		version := c.version.Load()
		var ip [16]byte
		binary.BigEndian.PutUint64(ip[:8], c.high.Load())
		binary.BigEndian.PutUint64(ip[8:], c.low.Load())
		rest := c.portAndFamily.Load()
		if version%2 != 0 || version != c.version.Load() {
			continue
		}
		switch {
		case rest&cellValid == 0:
			return netip.AddrPort{}
		case rest&cellIs4 != 0:
			return netip.AddrPortFrom(netip.AddrFrom16(ip).Unmap(), uint16(rest))
		}
		return netip.AddrPortFrom(netip.AddrFrom16(ip), uint16(rest))
	}
}
