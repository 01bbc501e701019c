package media

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"warmline/media/jitter"
)

// defaultPortRest is how long a port stays closed where the configuration does
// not say: longer than anything of the old call is still under way.
const defaultPortRest = 5 * time.Second

// Config configures an Engine.
type Config struct {
	Network   Network    // nil: the kernel's UDP
	Addr      netip.Addr // local address the RTP sockets are bound to
	Advertise netip.Addr // address put into SDP; zero: Addr
	PortMin   int        // even RTP ports of this range are used, RTCP on the next odd one
	PortMax   int
	Codecs    []string // "pcmu", "pcma", "g722", "opus" in order of preference; empty: the first two
	Opus      OpusConfig
	// Clock is the workers' clock, that of what they call now, in nanoseconds. With
	// it they may give Next the time it was due instead of the time it is: a late
	// worker is then not taken for a late network. Nil: they give the time it is.
	Clock    func() int64
	PortRest time.Duration // a closed port is not used again for so long; 0: 5 s
	Logger   *slog.Logger
}

// Engine makes sessions and owns their ports.
type Engine struct {
	cfg    Config
	codecs []*codec

	ahead   atomic.Int64  // of the workers' clock, Unix time, in ns
	pressed atomic.Uint64 // counts digits queued by sessions, so that the pump need not look at each
	wake    chan struct{} // one slot: a first session exists
	quit    chan struct{}
	pumping sync.WaitGroup

	scratches scratches // what sessions work with
	spares    spares    // encoders for what several sessions hear
	depths    depths    // memory for streams that need more
	deepen    func() *jitter.Depth

	mu       sync.Mutex
	closed   bool
	ports    *portPool
	wide     bool // there has been a leg with a wideband codec
	sessions map[*Session]struct{}
	ended    EngineStats // counters of sessions that are no more
	lost     uint64      // the most packets that Stats has said are lost
}

// New returns an Engine whose event pump runs until Close.
func New(cfg Config) (*Engine, error) {
	if cfg.Network == nil {
		cfg.Network = new(Kernel)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.PortRest == 0 {
		cfg.PortRest = defaultPortRest
	}
	cfg.Addr, cfg.Advertise = cfg.Addr.Unmap(), cfg.Advertise.Unmap()
	if !cfg.Advertise.IsValid() {
		cfg.Advertise = cfg.Addr
	}
	switch {
	case !cfg.Addr.IsValid():
		return nil, errors.New("media: no local address")
	case cfg.Advertise.IsUnspecified():
		return nil, errors.New("media: the address put into SDP must be a real one")
	case cfg.Advertise.Is4() != cfg.Addr.Is4():
		return nil, errors.New("media: local and advertised address differ in IP version")
	case cfg.PortMin < 1 || cfg.PortMax > 65535:
		return nil, fmt.Errorf("media: RTP ports %d-%d: not between 1 and 65535", cfg.PortMin, cfg.PortMax)
	}
	e := &Engine{
		cfg:       cfg,
		wake:      make(chan struct{}, 1),
		quit:      make(chan struct{}),
		scratches: newScratches(),
		ports:     newPortPool(cfg.PortMin, cfg.PortMax, cfg.PortRest),
		sessions:  make(map[*Session]struct{}),
	}
	if len(e.ports.free) == 0 {
		return nil, fmt.Errorf("media: RTP ports %d-%d: no even port with an odd one after it", cfg.PortMin, cfg.PortMax)
	}
	for _, name := range cfg.Codecs {
		c := codecNamed(name)
		if c == nil {
			return nil, fmt.Errorf("media: unknown codec %q", name)
		}
		e.codecs = append(e.codecs, c)
	}
	if len(e.codecs) == 0 {
		e.codecs = defaultCodecs
	}
	e.deepen = e.depths.take
	e.depths.fill()
	e.look()
	e.pumping.Go(e.pump)
	return e, nil
}

// lookTime is how long a look at both clocks may take to be believed: one that
// the workers' threads interrupt takes milliseconds.
const lookTime = 50_000

// look compares the clocks, of which Unix time may be set.
func (e *Engine) look() {
	if e.cfg.Clock == nil {
		return
	}
	before := e.cfg.Clock()
	unix := time.Now().UnixNano()
	if after := e.cfg.Clock(); after-before < lookTime || e.ahead.Load() == 0 {
		e.ahead.Store(unix - (before+after)/2)
	}
}

// Close ends the event pump and waits for it: no Digit is called afterwards.
// Sessions must be closed before.
func (e *Engine) Close() {
	e.mu.Lock()
	first := !e.closed
	e.closed = true
	e.mu.Unlock()
	if first {
		close(e.quit)
	}
	e.pumping.Wait()
}

// open takes a port pair that has rested and binds it. A port that somebody
// else on this machine holds rests like a used one.
func (e *Engine) open(addr netip.Addr) (port uint16, rtp, rtcp Socket, err error) {
	e.mu.Lock()
	tries := len(e.ports.free)
	e.mu.Unlock()
	for range tries {
		e.mu.Lock()
		port, ok := e.ports.take(time.Now())
		e.mu.Unlock()
		if !ok {
			break
		}
		rtp, rtcp, err = e.bindPair(addr, port)
		if err == nil {
			return port, rtp, rtcp, nil
		}
		e.cfg.Logger.Warn("RTP port cannot be used", "port", port, "error", err)
		e.mu.Lock()
		e.ports.put(port, time.Now())
		e.mu.Unlock()
	}
	if err != nil {
		return 0, nil, nil, fmt.Errorf("%w: %w", ErrNoPort, err)
	}
	return 0, nil, nil, ErrNoPort
}

// shown is the address that SDP gives for a local one.
func (e *Engine) shown(local netip.Addr) netip.Addr {
	if local == e.cfg.Addr {
		return e.cfg.Advertise
	}
	if e.cfg.Advertise == e.cfg.Addr || local.IsLoopback() || local.Is4() != e.cfg.Advertise.Is4() {
		return local
	}
	return e.cfg.Advertise
}

func (e *Engine) bindPair(addr netip.Addr, port uint16) (rtp, rtcp Socket, err error) {
	rtp, err = e.cfg.Network.Listen(netip.AddrPortFrom(addr, port))
	if err != nil {
		return nil, nil, err
	}
	rtcp, err = e.cfg.Network.Listen(netip.AddrPortFrom(addr, port+1))
	if err != nil {
		rtp.Close()
		return nil, nil, err
	}
	return rtp, rtcp, nil
}

// add registers a session with the pump and the statistics.
func (e *Engine) add(s *Session) {
	e.mu.Lock()
	e.sessions[s] = struct{}{}
	if e.wide {
		s.in.other.Store(new(conversion))
	}
	e.mu.Unlock()
	select {
	case e.wake <- struct{}{}:
	default:
	}
}

// widen has all sessions, and those to come, convert between the rates: a leg
// with a wideband codec has come.
func (e *Engine) widen() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.wide {
		return
	}
	e.wide = true
	for s := range e.sessions {
		s.in.other.Store(new(conversion))
	}
}

// remove takes a session out; it reports false for one that is out already.
func (e *Engine) remove(s *Session) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, ok := e.sessions[s]; !ok {
		return false
	}
	delete(e.sessions, s)
	e.ended.add(s)
	return true
}

// release lets a closed session's port rest.
func (e *Engine) release(port uint16) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ports.put(port, time.Now())
}
