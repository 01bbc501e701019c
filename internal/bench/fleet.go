package bench

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"warmline/sip"
)

// fleet is all calls of a run.
type fleet struct {
	opts     Options
	codec    codec
	target   netip.AddrPort
	local    netip.Addr
	conn     net.PacketConn
	endpoint *sip.Endpoint
	driver   *driver
	signals  []*signal // by voice
	taper    []float64 // of the blocks in which levels are taken; nil: of the second as it is
	random   *rand.Rand
	order    [slotCount]int // of the slots that the next legs get
	nextPort int
	legs     []*leg
	held     []*leg // on hold by their own SDP, each in a room of its own
	calls    []*call

	mu     sync.Mutex
	setup  []float64 // ms, of calls answered
	broken map[string]int
}

// call is one call's SIP.
type call struct {
	leg    *leg
	number string
	sip    *sip.Call
	placed time.Time
	ended  chan struct{}
	up     chan struct{} // answered, or failed
	told   bool          // up is closed
}

// settle closes up once. The events of a call come one at a time.
func (c *call) settle() {
	if !c.told {
		c.told = true
		close(c.up)
	}
}

// Ports of our legs. What is in use is passed over.
const (
	firstPort = 20_000
	lastPort  = 65_000
)

// answerTime is how long a call may take to be answered, byeTime how long all
// may take to be hung up.
const (
	answerTime = 20 * time.Second
	byeTime    = 10 * time.Second
)

// newFleet opens the SIP side.
func newFleet(o Options, d *driver, target netip.AddrPort, local netip.Addr) (*fleet, error) {
	f := &fleet{
		opts: o, codec: d.codec, target: target, local: local, driver: d,
		random: random(o.Seed), nextPort: firstPort, broken: make(map[string]int),
	}
	f.speak()
	var err error
	if f.conn, err = net.ListenPacket("udp4", netip.AddrPortFrom(local, 0).String()); err != nil {
		return nil, err
	}
	f.endpoint, err = sip.New(sip.Config{
		UDP: []net.PacketConn{f.conn}, Domain: local.String(), UserAgent: "warmline bench",
		Handler: nobody{}, Credentials: nobody{},
		Trunk: func(netip.Addr) (string, bool) { return "target", true },
	})
	if err == nil {
		err = f.endpoint.Start()
	}
	if err != nil {
		f.conn.Close()
		return nil, err
	}
	return f, nil
}

// random is a source that gives the same for the same seed.
func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// speak makes what the legs of a room say, of some rooms where they differ.
func (f *fleet) speak() {
	o, quiet := f.opts, silence(f.codec)
	var text []float64
	if o.Signal == "speech" {
		text, f.taper = dialogue(f.codec.rate(), o.voiceSets()*o.Talkers), hann(f.codec.rate()/blockLength)
	}
	for set := range o.voiceSets() {
		for i := range o.Size {
			said := quiet
			switch {
			case i >= o.Talkers:
			case text != nil:
				said = say(f.codec, text, set, i, o.Talkers)
			default:
				said = talk(f.codec, i, o.Talkers, o.Signal == "phrases")
			}
			f.signals = append(f.signals, said)
		}
	}
}

// voice is which of the signals belongs to a place in a room.
func (f *fleet) voice(room, index int) int {
	return (room*f.opts.Size + index) % len(f.signals)
}

// rooms is how many there are.
func (f *fleet) rooms() int { return len(f.legs) / f.opts.Size }

// grow places calls until there are so many rooms.
func (f *fleet) grow(ctx context.Context, rooms int) error {
	return f.dial(ctx, rooms*f.opts.Size-len(f.legs), f.newLeg)
}

// hold places calls until so many legs are on hold.
func (f *fleet) hold(ctx context.Context, legs int) error {
	return f.dial(ctx, legs-len(f.held), f.newHeld)
}

// dial places so many calls and waits until all are answered. A call that fails
// is an error.
func (f *fleet) dial(ctx context.Context, calls int, next func() (*leg, error)) error {
	began, from := time.Now(), len(f.calls)
	for range calls {
		l, err := next()
		if err != nil {
			return err
		}
		f.place(l)
		n := len(f.calls) - from
		pause := time.Until(began.Add(time.Duration(float64(n) / f.opts.Rate * float64(time.Second))))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(0, pause)):
		}
	}
	patience, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	for _, c := range f.calls[from:] {
		select {
		case <-c.up:
		case <-patience.Done():
			f.note("no answer")
		}
	}
	return f.failures()
}

// failures is an error when calls have failed or ended.
func (f *fleet) failures() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []error
	for why, n := range f.broken {
		all = append(all, fmt.Errorf("%d calls: %s", n, why))
	}
	return errors.Join(all...)
}

// note counts what went wrong.
func (f *fleet) note(why string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.broken[why]; known || len(f.broken) < 16 {
		f.broken[why]++
	}
}

// newLeg makes the next leg of the last room, or the first of a new one.
func (f *fleet) newLeg() (*leg, error) {
	n := len(f.legs)
	l := &leg{room: n / f.opts.Size, index: n % f.opts.Size, ssrc: f.random.Uint32(), seq: uint16(f.random.Uint32()), ts: f.random.Uint32()}
	l.said = f.signals[f.voice(l.room, l.index)]
	l.mute = l.index >= f.opts.Talkers && f.opts.Listeners == "quiet"
	switch f.opts.Phase {
	case "aligned":
	case "random":
		l.slot = f.random.IntN(slotCount)
	default:
		// Each slot gets as many, and those of a room are anyhow apart.
		if n%slotCount == 0 {
			f.shuffle()
		}
		l.slot = f.order[n%slotCount]
	}
	if err := f.bind(l); err != nil {
		return nil, err
	}
	f.legs = append(f.legs, l)
	f.driver.add(l)
	return l, nil
}

// newHeld makes the next leg on hold. The driver does not know it: it sends
// nothing, and what comes is left to the kernel.
func (f *fleet) newHeld() (*leg, error) {
	l := &leg{room: f.opts.MaxRooms + len(f.held), onHold: true, mute: true}
	if err := f.bind(l); err != nil {
		return nil, err
	}
	f.held = append(f.held, l)
	return l, nil
}

// shuffle draws the slots of the next legs.
func (f *fleet) shuffle() {
	for i, slot := range f.random.Perm(slotCount) {
		f.order[i] = slot
	}
}

// bind opens a leg's sockets: an even port for RTP and the next for RTCP.
func (f *fleet) bind(l *leg) error {
	for f.nextPort < lastPort {
		l.addr = netip.AddrPortFrom(f.local, uint16(f.nextPort))
		f.nextPort += 2
		rtp, err := openSocket(l.addr, !l.onHold)
		if err == nil {
			var rtcp socket
			rtcp, err = openSocket(netip.AddrPortFrom(f.local, l.addr.Port()+1), false)
			if err == nil {
				l.rtp, l.rtcp = rtp, rtcp
				return nil
			}
			rtp.close()
		}
		if !inUse(err) {
			return err
		}
	}
	return errors.New("bench: no free port is left")
}

// place starts a leg's call.
func (f *fleet) place(l *leg) {
	c := &call{leg: l, number: number(f.opts.Numbers, l.room), placed: time.Now(), up: make(chan struct{}), ended: make(chan struct{})}
	f.calls = append(f.calls, c)
	ready := make(chan struct{})
	c.sip = f.endpoint.Dial(sip.DialRequest{
		Targets: []sip.Target{{URI: fmt.Sprintf("sip:%s@%s", c.number, f.target)}},
		From:    sip.Party{User: fmt.Sprintf("%d", 1000+l.index), Host: f.local.String()},
		To:      sip.Party{User: c.number, Host: f.target.Addr().String()},
		Body:    offer(f.codec, l.addr, l.onHold),
	}, func(ev sip.Event) { <-ready; f.event(c, ev) })
	close(ready)
}

// event takes what happened to a call.
func (f *fleet) event(c *call, ev sip.Event) {
	switch ev.Kind {
	case sip.Answered:
		if err := f.connect(c, ev.Body); err != nil {
			f.note(err.Error())
			c.sip.Hangup()
		}
		c.settle()
	case sip.Offered:
		c.sip.Reply(ev.Offer, 200, offer(f.codec, c.leg.addr, c.leg.onHold))
	case sip.Failed:
		f.note(fmt.Sprintf("%d %s", ev.Status, ev.Reason))
		c.settle()
		close(c.ended)
	case sip.Ended:
		if ev.Cause != sip.LocalBye {
			f.note("hung up by the server: " + ev.Reason)
		}
		c.leg.active.Store(false)
		c.settle()
		close(c.ended)
	}
}

// connect starts a leg's media.
func (f *fleet) connect(c *call, answer []byte) error {
	at, err := answered(answer, f.codec)
	if err != nil {
		return err
	}
	if err := c.leg.rtp.connect(at); err != nil {
		return err
	}
	f.mu.Lock()
	f.setup = append(f.setup, ms(int64(time.Since(c.placed))))
	f.mu.Unlock()
	c.leg.active.Store(true)
	return nil
}

// hangup ends all calls, in a bounded time.
func (f *fleet) hangup() {
	deadline := time.NewTimer(byeTime + time.Duration(float64(len(f.calls))/(4*f.opts.Rate)*float64(time.Second)))
	defer deadline.Stop()
	for i, c := range f.calls {
		c.sip.Hangup()
		if i%10 == 9 {
			time.Sleep(time.Duration(10 / (4 * f.opts.Rate) * float64(time.Second)))
		}
	}
	for _, c := range f.calls {
		select {
		case <-c.ended:
		case <-deadline.C:
			return
		}
	}
}

// close ends the SIP side and, once the driver has stopped, the sockets.
func (f *fleet) close() {
	f.endpoint.Close()
	for _, legs := range [][]*leg{f.legs, f.held} {
		for _, l := range legs {
			l.rtp.close()
			l.rtcp.close()
		}
	}
}

// nobody takes no calls.
type nobody struct{}

func (nobody) Invite(c *sip.Call, _ sip.Invite) { c.Reject(480, 0) }
func (nobody) Register(sip.Registration) sip.RegisterResult {
	return sip.RegisterResult{Status: 403}
}
func (nobody) FlowClosed(sip.Flow) {}
func (nobody) Known(string) bool   { return false }
func (nobody) HA1(string, string, sip.Algorithm) (string, string, bool) {
	return "", "", false
}
