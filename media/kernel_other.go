//go:build !linux

package media

import (
	"errors"
	"net/netip"
)

// Kernel is written for Linux; elsewhere the package serves with another
// Network only.
type Kernel struct{}

// NewKernel returns one that opens no sockets.
func NewKernel(KernelConfig) *Kernel { return new(Kernel) }

// Listen fails.
func (*Kernel) Listen(netip.AddrPort) (Socket, error) {
	return nil, errors.New("media: UDP sockets are implemented for Linux only")
}

// Steered is 0.
func (*Kernel) Steered() int { return 0 }

// Dropped is 0.
func (*Kernel) Dropped() uint64 { return 0 }

// Close does nothing.
func (*Kernel) Close() {}
