package server

import (
	"math/rand/v2"
	"net/netip"
	"time"

	"warmline/internal/testnet"
	"warmline/media"
)

// stall is a time in which something stands still.
type stall struct{ from, to time.Time }

// over is when what is due at a moment is done.
func over(stalls []stall, due time.Time) time.Time {
	for _, s := range stalls {
		if !due.Before(s.from) && due.Before(s.to) {
			return s.to
		}
	}
	return due
}

// Listen opens a socket whose reader stands still with the workers.
func (r *delayRig) Listen(addr netip.AddrPort) (media.Socket, error) {
	s, err := r.net.ListenSocket(addr)
	return stalling{s, r}, err
}

type stalling struct {
	*testnet.Socket
	rig *delayRig
}

func (s stalling) TryRead(p []byte) (n int, from netip.AddrPort, at int64, ok bool) {
	now := time.Now()
	time.Sleep(over(s.rig.workers, now).Sub(now))
	return s.Socket.TryRead(p)
}

// stalls are some in the first 16 s from now on, at random, of 5 to 40 ms.
func stalls(n int, rng *rand.Rand) (list []stall) {
	part := 16 * time.Second / time.Duration(n)
	for i := range n {
		from := time.Now().Add(time.Duration(i)*part + time.Duration(rng.Int64N(int64(part))))
		list = append(list, stall{from, from.Add(5*time.Millisecond + time.Duration(rng.Int64N(35e6)))})
	}
	return list
}
