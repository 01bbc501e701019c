//go:build !linux

package media

import (
	"errors"
	"net/netip"
)

// kernelNetwork is written for Linux; elsewhere the package serves with another
// Network only.
type kernelNetwork struct{}

// Listen fails.
func (kernelNetwork) Listen(netip.AddrPort) (Socket, error) {
	return nil, errors.New("media: UDP sockets are implemented for Linux only")
}
