package media

import (
	"time"

	"warmline/mixer"
)

// EngineStats are the counters of all sessions, ended ones included, and gauges
// of the moment.
type EngineStats struct {
	PacketsIn, PacketsOut uint64
	Lost                  uint64                      // packets; it never falls, though one may turn out to be only late
	Frames                [mixer.MaxCodecs]FrameStats // sent, by codec
	Sessions              int
	Encrypted             int // sessions whose audio is, now
	PortsFree             int
	Dropped               uint64 // datagrams that had come, but for which a steering network had no room
	Steered               int    // workers for which the network has all packets of their sessions in one socket
}

// FrameStats say how the frames sent in a codec were made.
type FrameStats struct {
	Codec   string // its name in the configuration
	Encoded uint64 // by an encoder of the leg's own
	Shared  uint64 // copied from what was encoded once for several legs
	Relayed uint64 // handed on as they came
}

// add counts one session's packets and frames in.
func (t *EngineStats) add(s *Session) {
	t.PacketsIn += s.count.packetsIn.Load()
	t.PacketsOut += s.count.packetsOut.Load()
	t.Lost += uint64(s.count.lost.get())
	for i := range t.Frames {
		f, c := &t.Frames[i], &s.count.frames[i]
		f.Encoded += c.encoded.Load()
		f.Shared += c.shared.Load()
		f.Relayed += c.relayed.Load()
	}
}

// Stats sums the counters of all sessions. Any goroutine may take it.
func (e *Engine) Stats() EngineStats {
	e.mu.Lock()
	defer e.mu.Unlock()
	total := e.ended
	for _, c := range codecs {
		total.Frames[c.number()].Codec = c.name
	}
	total.Sessions = len(e.sessions)
	total.PortsFree = e.ports.ready(time.Now())
	if k, ok := e.cfg.Network.(*Kernel); ok {
		total.Steered, total.Dropped = k.Steered(), k.Dropped()
	}
	for s := range e.sessions {
		total.add(s)
		if a := s.inForce.Load(); a != nil && a.seal != nil {
			total.Encrypted++
		}
	}
	e.lost = max(e.lost, total.Lost)
	total.Lost = e.lost
	return total
}
