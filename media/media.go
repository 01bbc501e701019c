// Package media is the RTP half of a leg: SDP offer/answer, codecs, the jitter
// buffer, DTMF and RTCP.
package media

import (
	"log/slog"
	"net/netip"
	"time"
)

// Socket is a bound datagram socket that never waits.
type Socket interface {
	// TryRead copies one waiting datagram into p; ok is false when none waits.
	TryRead(p []byte) (n int, from netip.AddrPort, ok bool)
	// TryWrite sends one datagram; a full send buffer drops it (an error, counted).
	TryWrite(p []byte, to netip.AddrPort) error
	// Connect fixes the peer, so that the kernel filters strangers; the zero
	// AddrPort undoes it.
	Connect(to netip.AddrPort) error
	LocalAddr() netip.AddrPort
	Close() error
}

// Network opens sockets: the kernel's by default, an in-memory one in tests.
type Network interface {
	Listen(addr netip.AddrPort) (Socket, error)
}

// Config configures an Engine.
type Config struct {
	Network   Network    // nil: the kernel's UDP
	Addr      netip.Addr // local address the RTP sockets are bound to
	Advertise netip.Addr // address put into SDP; zero: Addr
	PortMin   int        // even RTP ports of this range are used, RTCP on the next odd one
	PortMax   int
	Codecs    []string      // "pcmu", "pcma" in order of preference; empty: both
	PortRest  time.Duration // a closed port is not used again for so long; 0: 5 s
	Logger    *slog.Logger
}

// Engine makes sessions and owns their ports.
type Engine struct{}

// New returns an Engine.
func New(cfg Config) (*Engine, error) { panic("stub") }

// Close ends the event pump. Sessions must be closed before.
func (e *Engine) Close() { panic("stub") }

// Stats sums the counters of all sessions, ended ones included.
func (e *Engine) Stats() EngineStats { panic("stub") }

// EngineStats are the counters of warmline_rtp_*.
type EngineStats struct {
	PacketsIn, PacketsOut, Lost uint64
	Sessions                    int
	PortsFree                   int
}

// SessionConfig configures one leg's session.
type SessionConfig struct {
	// Digit is called for each DTMF digit heard (0-9 * # A-D), once per key
	// press, from a goroutine of the engine's (never the worker).
	Digit func(digit byte)
	// Symmetric says the peer may be behind NAT: learn its address from its
	// packets even where SDP gives a public one.
	Symmetric bool
}

// NewSession opens a port pair and returns a session that sends nothing until
// an answer is agreed. ErrNoPort when the range is used up.
func (e *Engine) NewSession(cfg SessionConfig) (*Session, error) { panic("stub") }

// Session is one leg's RTP session and SDP state. It implements mixer.Stream;
// those methods belong to the worker, all others to the conference's
// goroutine.
type Session struct{}

// Offer returns our SDP offer: the first, or a new one within the dialog
// (same session id; the version rises only if something changed).
func (s *Session) Offer() ([]byte, error) { panic("stub") }

// Answer takes the peer's offer and returns our answer. Nothing changes on the
// media side until Commit; Rollback forgets the exchange. A *NegotiationError
// says which status the peer should get (488, 400, 415).
func (s *Session) Answer(offer []byte) ([]byte, error) { panic("stub") }

// Accept takes the peer's answer to our Offer, pending until Commit like
// Answer. Called again (another fork, 183 then 200) it replaces the former.
func (s *Session) Accept(answer []byte) error { panic("stub") }

// Commit makes the pending exchange the one in force.
func (s *Session) Commit() { panic("stub") }

// Rollback forgets a pending offer or answer: the last agreed session stays.
func (s *Session) Rollback() { panic("stub") }

// Agreed reports whether an exchange is in force.
func (s *Session) Agreed() bool { panic("stub") }

// RemoteHold reports whether the session in force has the peer hold us:
// sendonly, inactive or c=0.0.0.0 on its side.
func (s *Session) RemoteHold() bool { panic("stub") }

// Codec is the name of the codec in force, "" before.
func (s *Session) Codec() string { panic("stub") }

// SendDigit queues a DTMF digit as an RFC 4733 event of the given length. It
// reports false when the peer did not agree to telephone-event.
func (s *Session) SendDigit(digit byte, length time.Duration) bool { panic("stub") }

// Stats is a snapshot from the worker's counters.
func (s *Session) Stats() Stats { panic("stub") }

// Close sends an RTCP BYE, closes the sockets and lets the ports rest. The
// worker must have released the session.
func (s *Session) Close() { panic("stub") }

// Receive, Pull and Push implement mixer.Stream.
func (s *Session) Receive(now int64)                { panic("stub") }
func (s *Session) Pull(now int64, dst []int16) bool { panic("stub") }
func (s *Session) Push(now int64, frame []int16)    { panic("stub") }

// Stats of one leg.
type Stats struct {
	PacketsIn, PacketsOut uint64
	Lost                  uint64        // packets that never came
	Discarded             uint64        // late, duplicate, from strangers
	Jitter                time.Duration // RFC 3550 interarrival jitter
	RoundTrip             time.Duration // from RTCP; 0: unknown
	MOS                   float64       // E-model estimate, 1.0–4.5; 0 before packets came
	// Silent is for how long no audio packet came, counted from the last one or
	// from the agreement; it is meaningful only while the peer is obliged to send.
	Silent  time.Duration
	Started bool // audio has come at all
	Remote  netip.AddrPort
}

// NegotiationError says why an offer or answer cannot be taken, and the SIP
// status that tells the peer.
type NegotiationError struct {
	Status int // 400, 415 or 488
	Reason string
}

func (e *NegotiationError) Error() string { return e.Reason }
