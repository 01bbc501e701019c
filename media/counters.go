package media

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"time"
)

// counters are what the worker tells the rest of the program. It alone writes
// them.
type counters struct {
	packetsIn, packetsOut atomic.Uint64
	lost                  atomic.Uint64
	discarded, unsent     atomic.Uint64
	late                  atomic.Uint64 // of the discarded: came after they were to be played
	jitter                atomic.Uint64 // RTP clock units
	delay                 atomic.Int64  // samples waiting in the jitter buffer
	roundTrip             atomic.Int64  // nanoseconds
	now                   atomic.Int64  // the worker's clock when it last looked
	audioAt               atomic.Int64  // when the last audio packet came, or the agreement
	started               atomic.Bool
	remote                addrCell
}

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

// Stats of one leg.
type Stats struct {
	PacketsIn, PacketsOut uint64
	Lost                  uint64        // packets that never came
	Discarded             uint64        // late, duplicate, from strangers
	Unsent                uint64        // packets the socket did not take
	Jitter                time.Duration // RFC 3550 interarrival jitter
	RoundTrip             time.Duration // from RTCP; 0: unknown
	MOS                   float64       // E-model estimate, 1.0–4.5; 0 before packets came
	// Silent is for how long no audio packet came, counted from the last one or
	// from the agreement; it is meaningful only while the peer is obliged to send.
	// Comfort noise is audio, a payload type that was not agreed on is not.
	Silent  time.Duration
	Started bool // audio has come at all
	Remote  netip.AddrPort
}

// Stats is a snapshot from the worker's counters. Any goroutine may take it.
func (s *Session) Stats() Stats {
	c := &s.count
	st := Stats{
		PacketsIn:  c.packetsIn.Load(),
		PacketsOut: c.packetsOut.Load(),
		Lost:       c.lost.Load(),
		Discarded:  c.discarded.Load(),
		Unsent:     c.unsent.Load(),
		Jitter:     time.Duration(c.jitter.Load()) * nanosPerSample,
		RoundTrip:  time.Duration(c.roundTrip.Load()),
		Silent:     max(0, time.Duration(c.now.Load()-c.audioAt.Load())),
		Started:    c.started.Load(),
		Remote:     c.remote.load(),
	}
	if st.PacketsIn > 0 {
		delay := st.RoundTrip/2 + time.Duration(c.delay.Load())*nanosPerSample
		missing := st.Lost + c.late.Load()
		st.MOS = opinionScore(float64(missing)/float64(st.Lost+st.PacketsIn), delay)
	}
	return st
}

// The E-model (ITU-T G.107) for G.711 with concealment.
const (
	bestRating     = 93.2 // of an undisturbed call with default values
	lossRobustness = 25.1 // Bpl of G.711 with concealment (G.113), random loss
	packetization  = 20 * time.Millisecond
)

// opinionScore estimates the MOS of what we hear from the share of packets
// lost and the one-way delay up to the end of the jitter buffer.
func opinionScore(loss float64, delay time.Duration) float64 {
	d := float64(delay+packetization) / float64(time.Millisecond)
	impairment := 0.024 * d
	if d > 177.3 {
		impairment += 0.11 * (d - 177.3)
	}
	percent := 100 * loss
	impairment += 95 * percent / (percent + lossRobustness)
	r := bestRating - impairment
	if r <= 0 {
		return 1
	}
	return max(1, 1+0.035*r+r*(r-60)*(100-r)*7e-6)
}
