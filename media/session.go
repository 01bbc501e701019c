package media

import (
	"crypto/rand"
	"encoding/binary"
	"net/netip"
	"sync/atomic"
)

// SessionConfig configures one leg's session.
type SessionConfig struct {
	// Digit is called for each DTMF digit heard (0-9 * # A-D), once per key
	// press, from a goroutine of the engine's (never the worker). It must not
	// block: the digits of all sessions wait for it.
	Digit func(digit byte)
	// Symmetric says the peer may be behind NAT: learn its address from its
	// packets even where SDP gives a public one.
	Symmetric bool
	// Addr is the local address of this leg, on a machine that has several; zero:
	// the engine's. SDP shows it, unless the engine advertises another that can
	// stand for it (NAT does not translate loopback or another family).
	Addr netip.Addr
	// Codecs are the names of those this leg may use, in order of preference;
	// empty: the engine's.
	Codecs []string
	// SRTP is whether this leg's audio is encrypted.
	SRTP SRTPPolicy
}

// Session is one leg's RTP session and SDP state. It implements mixer.Stream;
// those methods belong to the worker, all others to the conference's
// goroutine.
type Session struct {
	engine *Engine
	cfg    SessionConfig
	port   uint16

	// The conference's goroutine.
	origin  origin
	offer   *offered   // what an answer would refer to
	pending *agreement // not in force yet
	agreed  *agreement // in force
	holding bool       // we hold the peer by SDP
	keys    keyring    // of SRTP

	downgraded bool // to plain RTP, and it was logged

	// From one side to the other.
	heardEvents digitRing                 // worker to pump
	heardInfo   atomic.Pointer[digitRing] // conference to pump; nil before the first
	pairs       *pairing                  // the pump's; nil before the first digit
	toSend      digitRing                 // conference to worker
	inForce     atomic.Pointer[agreement]
	count       counters

	// The worker.
	rtp, rtcp Socket
	aboard    *carrier   // of the worker; nil: none
	taken     *agreement // what it works by
	out       sender
	control   control
	collision collision
	in        receiver
}

// NewSession opens a port pair and returns a session that sends nothing until
// an answer is agreed. ErrNoPort when the range is used up.
func (e *Engine) NewSession(cfg SessionConfig) (*Session, error) {
	cfg.Addr = cfg.Addr.Unmap()
	if !cfg.Addr.IsValid() {
		cfg.Addr = e.cfg.Addr
	}
	port, rtp, rtcp, err := e.open(cfg.Addr)
	if err != nil {
		return nil, err
	}
	s := &Session{engine: e, cfg: cfg, port: port, rtp: rtp, rtcp: rtcp}
	s.in.playout.Reset(*e.newFormat(pcmu))
	s.seed()
	e.add(s)
	return s, nil
}

// seed draws all that must not be guessed (RFC 3550 §5.1, RFC 7022), and our
// session id, which fits 63 bits because some peers read it signed.
func (s *Session) seed() {
	var b [46]byte
	rand.Read(b[:]) // never fails
	s.origin.id = binary.BigEndian.Uint64(b[0:]) >> 2
	s.origin.addr = s.engine.shown(s.cfg.Addr)
	s.out.ssrc = binary.BigEndian.Uint32(b[8:])
	s.out.seq = binary.BigEndian.Uint16(b[12:]) & 0x7fff // its first wrap is the first roll-over (RFC 3711 §3.3.1)
	s.out.ts = binary.BigEndian.Uint32(b[14:])
	s.control.random = binary.BigEndian.Uint64(b[18:]) | 1
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	for i := range s.control.cname {
		s.control.cname[i] = letters[b[26+i]%32]
	}
}

// Close sends an RTCP BYE, closes the sockets and lets the ports rest. The
// worker must have released the session. A digit heard just before may still
// be reported while Close runs.
func (s *Session) Close() {
	if !s.engine.remove(s) {
		return
	}
	if s.taken != nil {
		s.goodbye(s.taken)
	}
	s.rtp.Close()
	s.rtcp.Close()
	s.engine.release(s.port)
}
