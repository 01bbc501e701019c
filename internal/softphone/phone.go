package softphone

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"warmline/media"
	"warmline/sip"
)

// Config says who the phone is and where it lives. Server is all that is
// needed over real sockets.
type Config struct {
	Server   string // host:port of the registrar, which calls go through too
	User     string // address of record and digest user; also the caller's number
	Name     string // shown to those called
	Password string // for REGISTER and for calls
	TCP      bool   // signalling over TCP

	Addr     netip.Addr // of this phone; the zero Addr is 127.0.0.1
	Codecs   []string   // "opus", "g722", "pcmu", "pcma" by preference; none: the last two
	SRTP     media.SRTPPolicy
	PortMin  int // range of RTP ports; 0: 40000 to 49999
	PortMax  int
	Logger   *slog.Logger // nil: discarded
	AutoTake bool         // answer calls at once
	Refuse   int          // answer every call with this status instead; 0: do not

	// For a network in memory; nil: the kernel's.
	PacketConn net.PacketConn                                                    // bound to Addr
	Dial       func(ctx context.Context, network, addr string) (net.Conn, error) // with TCP
	Media      media.Network
}

// Phone is a telephone with any number of lines.
type Phone struct {
	cfg      Config
	endpoint *sip.Endpoint
	engine   *media.Engine
	incoming chan *Call
	clocks   sync.WaitGroup

	mu     sync.Mutex
	reg    *sip.RegistrationClient
	calls  map[*Call]struct{}
	closed bool
}

// waiting is how many calls ring at once; further ones find the phone busy.
const waiting = 16

// New starts a phone. Close it.
func New(cfg Config) (*Phone, error) {
	if !cfg.Addr.IsValid() {
		cfg.Addr = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	if cfg.PortMin == 0 {
		cfg.PortMin, cfg.PortMax = 40000, 49999
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.PacketConn == nil {
		conn, err := net.ListenPacket("udp", netip.AddrPortFrom(cfg.Addr, 0).String())
		if err != nil {
			return nil, err
		}
		cfg.PacketConn = conn
	}
	p := &Phone{cfg: cfg, incoming: make(chan *Call, waiting), calls: make(map[*Call]struct{})}
	if err := p.open(); err != nil {
		cfg.PacketConn.Close()
		return nil, fmt.Errorf("softphone: %w", err)
	}
	return p, nil
}

// open makes the endpoint and the engine.
func (p *Phone) open() (err error) {
	p.engine, err = media.New(media.Config{
		Network: p.cfg.Media, Addr: p.cfg.Addr, PortMin: p.cfg.PortMin, PortMax: p.cfg.PortMax,
		Codecs: p.cfg.Codecs, Logger: p.cfg.Logger,
	})
	if err != nil {
		return err
	}
	p.endpoint, err = sip.New(sip.Config{
		UDP: []net.PacketConn{p.cfg.PacketConn}, Dial: p.cfg.Dial, UserAgent: "warmline softphone",
		Domain: p.host(), Logger: p.cfg.Logger, Handler: handler{p}, Credentials: nobody{},
		// Who calls a phone need not prove anything: all are a trunk to it.
		Trunk: func(netip.Addr) (string, bool) { return "anybody", true },
	})
	if err == nil {
		err = p.endpoint.Start()
	}
	if err != nil {
		p.engine.Close()
	}
	return err
}

// host is the server's host, the domain of all addresses.
func (p *Phone) host() string {
	host, _, err := net.SplitHostPort(p.cfg.Server)
	if err != nil {
		return p.cfg.Server
	}
	return host
}

// uri is the SIP URI of a user part at the server; "" is the server itself.
func (p *Phone) uri(user string) string {
	uri := "sip:"
	if user != "" {
		uri += user + "@"
	}
	uri += p.cfg.Server
	if p.cfg.TCP {
		uri += ";transport=tcp"
	}
	return uri
}

// Addr is the address that the phone's SIP is bound to.
func (p *Phone) Addr() netip.AddrPort {
	addr, _ := netip.ParseAddrPort(p.cfg.PacketConn.LocalAddr().String())
	return addr
}

// Register logs the phone in and keeps it so until Close. It returns once the
// server has answered.
func (p *Phone) Register(ctx context.Context) error {
	answer := make(chan error, 1)
	reg, err := p.endpoint.Register(sip.RegisterRequest{
		Registrar: p.uri(""), User: p.cfg.User, Password: p.cfg.Password,
		OnState: func(status int, err error) {
			if err == nil && status != 200 {
				err = &Refused{Status: status}
			}
			select {
			case answer <- err:
			default: // a later one: nobody waits for it
			}
		},
	})
	if err != nil {
		return err
	}
	p.mu.Lock()
	old := p.reg
	p.reg = reg
	p.mu.Unlock()
	if old != nil {
		old.Close()
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Incoming gives the calls that ring here. With AutoTake they are answered
// already.
func (p *Phone) Incoming() <-chan *Call { return p.incoming }

// Refused is a call or registration that was answered with a failure.
type Refused struct {
	Status int // 300 to 699
	Reason string
}

func (e *Refused) Error() string { return fmt.Sprintf("refused: %d %s", e.Status, e.Reason) }

// Start calls a number, without waiting for an answer.
func (p *Phone) Start(number string) (*Call, error) {
	c, err := newCall(p)
	if err != nil {
		return nil, err
	}
	c.Number = number
	c.mu.Lock()
	defer c.mu.Unlock()
	offer, err := c.offer()
	if err != nil {
		c.end(0, err.Error())
		return nil, err
	}
	c.sip = p.endpoint.Dial(sip.DialRequest{
		Targets: []sip.Target{{URI: p.uri(number)}},
		From:    sip.Party{Name: p.cfg.Name, User: p.cfg.User, Host: p.host()},
		To:      sip.Party{User: number, Host: p.host()},
		Body:    offer, Username: p.cfg.User, Password: p.cfg.Password,
	}, c.event)
	return c, nil
}

// Dial calls a number and waits until it is answered. A failure is a *Refused.
// The call is given up when ctx ends.
func (p *Phone) Dial(ctx context.Context, number string) (*Call, error) {
	c, err := p.Start(number)
	if err != nil {
		return nil, err
	}
	select {
	case <-c.Answered():
		return c, nil
	case <-c.Done():
		return nil, c.Err()
	case <-ctx.Done():
		c.Hangup()
		return nil, context.Cause(ctx)
	}
}

// Close hangs up, logs out and waits for everything the phone has started.
func (p *Phone) Close() {
	p.mu.Lock()
	closed, reg := p.closed, p.reg
	p.closed = true
	var calls []*Call
	for c := range p.calls {
		calls = append(calls, c)
	}
	p.mu.Unlock()
	if closed {
		return
	}
	for _, c := range calls {
		c.Hangup()
	}
	patience, cancel := context.WithTimeout(context.Background(), farewell)
	defer cancel()
	for _, c := range calls {
		select {
		case <-c.Done():
		case <-patience.Done():
			c.abandon() // the server is gone
		}
	}
	if reg != nil {
		reg.Close()
	}
	p.endpoint.Close()
	p.clocks.Wait()
	p.engine.Close()
}

// farewell is how long Close waits for the answer to a hang-up.
const farewell = 2 * time.Second

// add lists a call; false when the phone is closed.
func (p *Phone) add(c *Call) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.calls[c] = struct{}{}
	return true
}

func (p *Phone) remove(c *Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.calls, c)
}

// startClock runs a call's clock, which Close waits for.
func (p *Phone) startClock(run func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.clocks.Go(run)
	return true
}

// handler is the phone as its endpoint sees it.
type handler struct{ p *Phone }

// Invite rings.
func (h handler) Invite(call *sip.Call, inv sip.Invite) {
	p := h.p
	if p.cfg.Refuse != 0 {
		call.Reject(p.cfg.Refuse, 0)
		return
	}
	c, err := newCall(p)
	if err != nil {
		call.Reject(480, 0)
		return
	}
	c.Number, c.Name, c.Dialled, c.peerOffer = inv.From.User, inv.From.Name, inv.Dialled, inv.Body
	c.mu.Lock()
	c.sip = call
	c.mu.Unlock()
	select {
	case p.incoming <- c:
	default:
		call.Reject(486, 0)
		c.finish(486, "no line is free")
		return
	}
	call.Attach(c.event)
	call.Ring(nil)
	if p.cfg.AutoTake {
		c.Answer()
	}
}

// Register refuses: a phone is no registrar.
func (h handler) Register(sip.Registration) sip.RegisterResult {
	return sip.RegisterResult{Status: 403}
}

// FlowClosed is no concern: the calls hear of it themselves.
func (h handler) FlowClosed(sip.Flow) {}

// Known takes calls for any name.
func (h handler) Known(string) bool { return true }

// nobody has a password here.
type nobody struct{}

// HA1 knows nobody.
func (nobody) HA1(string, string, sip.Algorithm) (string, string, bool) { return "", "", false }
