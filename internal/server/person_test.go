package server_test

import (
	"errors"
	"math"
	"net/netip"
	"sync"
	"time"

	"warmline/internal/softphone"
	"warmline/internal/testnet"
	"warmline/media"
)

// person has a phone and, in a call, hums a note of her own without end. Media
// and signalling have addresses of their own, so that either can be cut.
type person struct {
	st    *stage
	name  string
	hz    float64
	addr  netip.Addr
	phone *softphone.Phone
	call  *softphone.Call // the latest
}

// mediaAddr is where a person's RTP lives: 10.0.1.1 has 10.128.1.1.
func (p *person) mediaAddr() netip.Addr {
	a := p.addr.As4()
	a[1] += 128
	return netip.AddrFrom4(a)
}

func (p *person) open(cfg softphone.Config) {
	p.st.Helper()
	conn, err := p.st.net.ListenPacket(netip.AddrPortFrom(p.addr, 5060).String())
	if err != nil {
		p.st.Fatal(err)
	}
	cfg.Server, cfg.PacketConn = serverAddr.String(), conn
	cfg.Addr, cfg.Media = p.mediaAddr(), testnet.Sockets[media.Socket]{Network: p.st.net}
	if p.phone, err = softphone.New(cfg); err != nil {
		p.st.Fatal(err)
	}
}

func (p *person) logsIn() {
	p.st.Helper()
	if err := p.phone.Register(p.st.Context()); err != nil {
		p.st.Fatalf("%s cannot log in: %v", p.name, err)
	}
}

// dials starts a call.
func (p *person) dials(number string) {
	p.st.Helper()
	call, err := p.phone.Start(number)
	if err != nil {
		p.st.Fatalf("%s dials %s: %v", p.name, number, err)
	}
	p.call = call
}

// talks waits for the answer to what was dialled, and hums from then on.
func (p *person) talks() {
	p.st.Helper()
	select {
	case <-p.call.Answered():
		p.hums()
	case <-p.call.Done():
		p.st.Fatalf("%s is not answered: %v", p.name, p.call.Err())
	case <-time.After(2*time.Second + p.st.patience):
		p.st.Fatalf("%s is not answered", p.name)
	}
}

func (p *person) hums() {
	for range 20 {
		p.call.Play(hum(p.hz))
	}
}

// rings waits for the phone to ring.
func (p *person) rings() {
	p.st.Helper()
	select {
	case p.call = <-p.phone.Incoming():
	case <-time.After(2*time.Second + p.st.patience):
		p.st.Fatalf("the phone of %s does not ring; %v", p.name, p.st.srv.Manager().List())
	}
}

// quiet wants the phone not to ring.
func (p *person) quiet() {
	p.st.Helper()
	select {
	case <-p.phone.Incoming():
		p.st.Errorf("the phone of %s rings", p.name)
	default:
	}
}

// answers takes the call that rings, or is about to.
func (p *person) answers() {
	p.st.Helper()
	p.rings()
	p.takes()
}

// takes answers the phone that rings.
func (p *person) takes() {
	p.call.Answer()
	p.hums()
}

func (p *person) hangsUp() {
	if p.call != nil {
		p.call.Hangup()
	}
}

// gone wants the person's call over, in the given time at most.
func (p *person) gone(within time.Duration) {
	p.st.Helper()
	select {
	case <-p.call.Done():
	case <-time.After(within):
		p.st.Errorf("%s is still on the phone after %v", p.name, within)
	}
}

// refused wants the call refused with a status.
func (p *person) refused(status int) {
	p.st.Helper()
	p.gone(2 * time.Second)
	var r *softphone.Refused
	if err := p.call.Err(); !errors.As(err, &r) || r.Status != status {
		p.st.Errorf("the call of %s ended with %v, want %d", p.name, err, status)
	}
}

// keys types digits, and waits until they are typed.
func (p *person) keys(digits string) {
	p.st.Helper()
	if err := p.call.Digits(digits); err != nil {
		p.st.Fatalf("%s: %v", p.name, err)
	}
	time.Sleep(time.Duration(len(digits))*200*time.Millisecond + 100*time.Millisecond)
}

// mute cuts the person's audio on its way to the server, and nothing else.
func (p *person) cutAudio(cut bool) {
	p.st.net.SetLinkBetween(p.mediaAddr(), serverAddr.Addr(), testnet.Link{Delay: 5 * time.Millisecond, Down: cut})
}

// vanish pulls the plug: nothing gets to or from the person any more.
func (p *person) vanish(gone bool) {
	l := testnet.Link{Delay: 5 * time.Millisecond, Down: gone}
	for _, a := range []netip.Addr{p.addr, p.mediaAddr()} {
		p.st.net.SetLinkBetween(a, serverAddr.Addr(), l)
		p.st.net.SetLinkBetween(serverAddr.Addr(), a, l)
	}
}

// hum is a minute of a note, made once.
func hum(hz float64) []int16 {
	hums.Lock()
	defer hums.Unlock()
	if hums.made[hz] == nil {
		s := make([]int16, 60*8000)
		for i := range s {
			s[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
		}
		if hums.made == nil {
			hums.made = make(map[float64][]int16)
		}
		hums.made[hz] = s
	}
	return hums.made[hz]
}

var hums struct {
	sync.Mutex
	made map[float64][]int16
}

// logsOut has the server forget the person's phone, as if its registration had
// run out.
func (st *stage) logsOut(p *person) {
	st.Helper()
	st.srv.Directory().Unbind("udp", serverAddr, netip.AddrPortFrom(p.addr, 5060), time.Now())
	st.presence(p.name, "busy")
}

// More places to call from: the carrier's own host, and another behind it.
var (
	carrierHost = netip.MustParseAddr("10.9.0.2")
	otherTrunk  = netip.MustParseAddr("10.9.0.3")
)

// statusOf is the status a call was refused with, 0 for another end.
func statusOf(err error) int {
	var r *softphone.Refused
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}
