package media

import (
	"net/netip"
	"time"

	"warmline/media/quality"
)

// Stats of one leg: what we hear of the peer, and, by its RTCP, what it hears of
// us (Far…; 0 while it has not reported).
type Stats struct {
	PacketsIn, PacketsOut uint64
	Lost                  uint64        // packets that never came
	Discarded             uint64        // late, duplicate, from strangers, RTCP that is none
	Unsent                uint64        // packets the socket did not take
	Byes                  uint64        // RTCP BYEs of the peer: a stream of its ended, not the call
	Jitter                time.Duration // RFC 3550 interarrival jitter
	Delay                 time.Duration // the audio waits in the jitter buffer now
	Concealed             time.Duration // of audio that was made up in place of packets missing
	RoundTrip             time.Duration // from RTCP; 0: unknown
	MOS                   float64       // E-model estimate, 1.0–4.5; 0 before packets came

	FarReports    uint64        // report blocks about our stream
	FarLost       uint64        // packets
	FarLoss       float64       // share of all we sent, 0 to 1
	FarRecentLoss float64       // the same between its last two reports
	FarJitter     time.Duration // interarrival jitter there
	// FarMOS is the conversational MOS the peer reports (RFC 3611), else our
	// estimate from the figures above.
	FarMOS float64
	// Only from a peer that reports VoIP metrics (RFC 3611): MOS of listening
	// only, rating R, share of packets that came too late to be played, delay
	// through the peer from its socket to the ear, and in its jitter buffer.
	FarListening, FarRating, FarDiscarded float64
	FarDelay, FarBuffer                   time.Duration

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
		Lost:       uint64(c.lost.get()),
		Discarded:  c.discarded.Load(),
		Unsent:     c.unsent.Load(),
		Byes:       c.byes.Load(),
		Jitter:     time.Duration(c.jitter.get()),
		Delay:      c.buffered(),
		Concealed:  time.Duration(c.concealed.get()),
		RoundTrip:  time.Duration(c.roundTrip.Load()),
		Silent:     max(0, time.Duration(c.now.get()-c.audioAt.get())),
		Started:    c.started.Load(),
		Remote:     c.remote.load(),
	}
	codec := quality.Of("")
	if a := s.inForce.Load(); a != nil {
		codec = quality.Of(a.codec.encoding)
	}
	if st.PacketsIn > 0 {
		st.MOS = c.call(codec).Conversational()
	}
	c.far.show(&st, codec)
	return st
}
