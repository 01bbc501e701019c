package media

import (
	"log/slog"
	"net/netip"

	"warmline/internal/steer"
)

// Kernel is the kernel's network: a UDP socket for each port. The zero value
// has no batches; see [NewKernel].
type Kernel struct {
	ring  bool
	table *steer.Table // nil: nothing is steered
	log   *slog.Logger
}

// NewKernel returns a network with what the configuration wants and the system
// permits; what it does not is logged.
func NewKernel(cfg KernelConfig) *Kernel {
	k := &Kernel{ring: cfg.Ring, log: cfg.Logger}
	if k.log == nil {
		k.log = slog.New(slog.DiscardHandler)
	}
	if cfg.Lanes > 0 {
		var err error
		if k.table, err = steer.NewTable(cfg.Lanes); err != nil {
			k.log.Info("media packets are not steered: each leg's come by its own socket", "err", err)
		} else {
			k.log.Info("media packets are steered: those of all legs come by one socket per worker")
		}
	}
	return k
}

// Steered is how many workers have the packets of their legs come by one socket.
func (k *Kernel) Steered() int {
	if k.table == nil {
		return 0
	}
	return k.table.Lanes()
}

// Dropped counts the datagrams to steered sockets for which there was no room.
func (k *Kernel) Dropped() uint64 {
	if k.table == nil {
		return 0
	}
	return k.table.Dropped()
}

// Close is called once no worker has a batch any more.
func (k *Kernel) Close() {
	if k.table != nil {
		k.table.Close()
	}
}

// steer has a socket's packets come by the lane of its batch, where it can.
func (s *kernelSocket) steer() {
	if s.batch.lane == nil || s.six || s.local.Addr().IsUnspecified() {
		return
	}
	// The kernel prefers a connected socket to the lane's.
	if s.peer.IsValid() && s.connect(netip.AddrPort{}) != nil {
		return
	}
	s.batch.lane.Take(s.local)
	if s.peer.IsValid() {
		s.batch.lane.Only(s.local.Port(), s.peer)
	}
	s.origin = steer.OriginOf(s.local)
	s.steered, s.alone = true, false
}

// unsteer has them come by the socket again.
func (s *kernelSocket) unsteer() {
	if !s.steered {
		return
	}
	s.batch.lane.Drop(s.local.Port())
	s.steered, s.alone = false, false
	if s.peer.IsValid() && s.connect(s.peer) != nil {
		s.peer = netip.AddrPort{} // strangers are for its owner to tell
	}
}

// takeSteered is TryRead for what came by the lane.
func (s *kernelSocket) takeSteered(p []byte) (int, netip.AddrPort, int64, bool) {
	for {
		data, from, at, ok := s.batch.lane.Next(s.origin.Port)
		if !ok {
			return 0, netip.AddrPort{}, 0, false
		}
		// What came before there was a peer, or from the one before, is nobody's.
		if from == s.peer || !s.peer.IsValid() {
			return copy(p, data), from, at, true
		}
	}
}

// warmLane reads what has come for sockets that are steered.
func (b *kernelBatch) warmLane(soon []Socket) {
	for _, s := range soon {
		if k, ok := s.(*kernelSocket); ok && k.steered {
			b.warmed += b.lane.Waiting(k.origin.Port)
		}
	}
	for _, s := range soon {
		if k, ok := s.(*kernelSocket); ok && k.steered {
			b.warmed += b.lane.Warm(k.origin.Port)
		}
	}
}

// writeSteered queues a packet for the lane; false: send it otherwise.
func (b *kernelBatch) writeSteered(s *kernelSocket, p []byte, to netip.AddrPort) bool {
	if len(p) > steer.Datagram || !to.Addr().Is4() {
		return false
	}
	if b.lane.Writes() == steer.Size {
		b.sendSteered()
	}
	b.steered[b.lane.Write(p, s.origin, to)] = s
	s.pending = true
	return true
}

// sendSteered sends what waits in the lane.
func (b *kernelBatch) sendSteered() {
	n := b.lane.Writes()
	b.lane.Send()
	for i, s := range b.steered[:n] {
		s.written(b.lane.Sent(i))
	}
}
