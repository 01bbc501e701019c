package softphone

import (
	"context"
	"errors"
	"math"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"warmline/internal/testnet"
	"warmline/media"
)

var (
	addrA = netip.MustParseAddrPort("10.0.0.1:5060")
	addrB = netip.MustParseAddrPort("10.0.0.2:5060")
)

// pair is two phones on a network in memory, each the other's server.
type pair struct {
	net  *testnet.Network
	a, b *Phone
}

// bubble runs a test with two phones in virtual time. change may alter their
// configurations.
func bubble(t *testing.T, change func(a, b *Config), f func(t *testing.T, p *pair)) {
	synctest.Test(t, func(t *testing.T) {
		p := &pair{net: testnet.New(1)}
		p.net.SetLink(testnet.Link{Delay: 10 * time.Millisecond})
		ca, cb := p.config(t, addrA, addrB, "1001"), p.config(t, addrB, addrA, "1002")
		if change != nil {
			change(&ca, &cb)
		}
		p.a, p.b = open(t, ca), open(t, cb)
		f(t, p)
	})
}

func (p *pair) config(t *testing.T, own, server netip.AddrPort, user string) Config {
	conn, err := p.net.ListenPacket(own.String())
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Server: server.String(), User: user, Name: "Phone " + user, Addr: own.Addr(),
		PacketConn: conn, Media: testnet.Sockets[media.Socket]{Network: p.net},
	}
}

func open(t *testing.T, c Config) *Phone {
	t.Helper()
	p, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// call has a call b, and b answer.
func (p *pair) call(t *testing.T) (a, b *Call) {
	t.Helper()
	a, err := p.a.Start("1002")
	if err != nil {
		t.Fatal(err)
	}
	b = <-p.b.Incoming()
	<-a.Ringing()
	b.Answer()
	select {
	case <-a.Answered():
	case <-a.Done():
		t.Fatalf("not answered: %v", a.Err())
	}
	return a, b
}

// sine is a tone of a second.
func sine(hertz float64) []int16 {
	s := make([]int16, 8000)
	for i := range s {
		s[i] = int16(8000 * math.Sin(2*math.Pi*hertz*float64(i)/8000))
	}
	return s
}

// level is how much of a frequency is in samples: 1 for a sine of its own.
func level(samples []int16, hertz float64) float64 {
	re, im := 0.0, 0.0
	for i, v := range samples {
		x := 2 * math.Pi * hertz * float64(i) / 8000
		re += float64(v) * math.Cos(x)
		im += float64(v) * math.Sin(x)
	}
	return 2 * math.Hypot(re, im) / float64(max(len(samples), 1)) / 8000
}

func tail(c *Call, seconds float64) []int16 {
	all, _ := c.Recorded()
	return all[max(0, len(all)-int(seconds*8000)):]
}

func TestTalk(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *pair) {
		a, b := p.call(t)
		if b.Number != "1001" || b.Name != "Phone 1001" || b.Dialled != "1002" {
			t.Errorf("call from %q %q for %q", b.Name, b.Number, b.Dialled)
		}
		start := time.Now()
		pa, pb := a.Play(sine(500)), b.Play(sine(900))
		<-pa.Done()
		<-pb.Done()
		if at := pa.Started().Sub(start); at < 0 || at > 20*time.Millisecond {
			t.Errorf("said after %v", at)
		}
		time.Sleep(100 * time.Millisecond)
		for name, c := range map[string]struct {
			*Call
			hears, not float64
		}{"a": {a, 900, 500}, "b": {b, 500, 900}} {
			rec := tail(c.Call, 0.9)
			if l := level(rec[:5000], c.hears); l < 0.9 {
				t.Errorf("%s hears the other at %.3f", name, l)
			}
			if l := level(rec[:5000], c.not); l > 0.01 {
				t.Errorf("%s hears itself at %.3f", name, l)
			}
		}
		all, began := a.Recorded()
		if got, want := time.Duration(len(all))*time.Second/8000, time.Since(began); (want - got).Abs() > 40*time.Millisecond {
			t.Errorf("recorded %v in %v", got, want)
		}
		b.Hangup()
		<-a.Done()
		<-b.Done()
		if a.Err() != nil || b.Err() != nil {
			t.Errorf("an answered call ended with %v, %v", a.Err(), b.Err())
		}
		if <-a.Play(sine(1)).Done(); a.Digits("1") == nil {
			t.Error("digits after the end")
		}
	})
}

func TestDigits(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *pair) {
		a, b := p.call(t)
		time.Sleep(100 * time.Millisecond)
		if err := a.Digits("*71002#"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		if got := b.HeardDigits(); got != "*71002#" {
			t.Errorf("heard %q", got)
		}
		if err := a.Digits("x"); err == nil {
			t.Error("x is no digit")
		}
	})
}

func TestHoldKey(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *pair) {
		a, b := p.call(t)
		var versions []string
		p.net.Tap(func(d testnet.Datagram) {
			if s := string(d.Payload); d.From == addrA && strings.HasPrefix(s, "INVITE") {
				_, s, _ = strings.Cut(s, "\r\no=")
				versions = append(versions, strings.Fields(s)[2])
			}
		})
		if err := a.Hold(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !remoteHold(b) || remoteHold(a) {
			t.Errorf("held: a %v, b %v", remoteHold(a), remoteHold(b))
		}
		b.Play(sine(900))
		time.Sleep(1500 * time.Millisecond)
		if l := level(tail(a, 1.2), 900); l > 0.001 {
			t.Errorf("a hears %.3f while it holds", l)
		}
		if err := a.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if remoteHold(b) {
			t.Error("resumed, and still held")
		}
		<-b.Play(sine(900)).Done()
		if l := level(tail(a, 0.8), 900); l < 0.8 {
			t.Errorf("a hears %.3f after resuming", l)
		}
		if !slices.IsSorted(versions) || len(slices.Compact(versions)) != 2 {
			t.Errorf("SDP versions %v", versions)
		}
	})
}

func remoteHold(c *Call) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.session.RemoteHold()
}

func TestRefusals(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *pair) {
		c, err := p.a.Start("1002")
		if err != nil {
			t.Fatal(err)
		}
		in := <-p.b.Incoming()
		in.Reject(486)
		<-c.Done()
		wantRefused(t, c.Err(), 486)
		<-in.Done()

		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, err = p.a.Dial(ctx, "1002"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("given up: %v", err)
		}
		in = <-p.b.Incoming()
		<-in.Done()
		wantRefused(t, in.Err(), 487)
		in.Answer() // too late, and harmless
	})
}

func wantRefused(t *testing.T, err error, status int) {
	t.Helper()
	var refused *Refused
	if !errors.As(err, &refused) || refused.Status != status {
		t.Errorf("got %v, want %d", err, status)
	}
}

func TestHabits(t *testing.T) {
	refuse := func(_, b *Config) { b.Refuse = 603 }
	bubble(t, refuse, func(t *testing.T, p *pair) {
		_, err := p.a.Dial(t.Context(), "1002")
		wantRefused(t, err, 603)
	})
	take := func(_, b *Config) { b.AutoTake, b.Codecs = true, []string{"pcma"} }
	bubble(t, take, func(t *testing.T, p *pair) {
		c, err := p.a.Dial(t.Context(), "1002")
		if err != nil {
			t.Fatal(err)
		}
		if in := <-p.b.Incoming(); in == nil || c.session.Codec() != "pcma" {
			t.Errorf("taken with %q", c.session.Codec())
		}
		if err := p.a.Register(t.Context()); err == nil {
			t.Error("a phone registered another")
		}
	})
}

// The peer vanishes without a word: Close must not wait for it.
func TestCloseWithoutPeer(t *testing.T) {
	bubble(t, nil, func(t *testing.T, p *pair) {
		a, _ := p.call(t)
		p.net.SetLink(testnet.Link{Down: true})
		start := time.Now()
		p.a.Close()
		if d := time.Since(start); d > 5*time.Second {
			t.Errorf("Close took %v", d)
		}
		<-a.Done()
		if _, err := p.a.Start("1002"); err == nil {
			t.Error("a closed phone calls")
		}
	})
}

// A machine that stood still for a while: the recording keeps to the clock, and
// what is being said is not lost.
func TestSkip(t *testing.T) {
	a := newAudio()
	for _, c := range []struct{ late, skipped time.Duration }{
		{0, 0}, {90 * time.Millisecond, 0}, {100 * time.Millisecond, 100 * time.Millisecond}, {257 * time.Millisecond, 240 * time.Millisecond},
	} {
		before := len(a.recorded)
		if got := a.skip(c.late); got != c.skipped {
			t.Errorf("%v late: skipped %v, want %v", c.late, got, c.skipped)
		}
		if got := time.Duration(len(a.recorded)-before) * time.Second / 8000; got != c.skipped {
			t.Errorf("%v late: recorded %v of silence, want %v", c.late, got, c.skipped)
		}
	}
	if a.late != 257*time.Millisecond {
		t.Errorf("late by %v", a.late)
	}
}

func TestRaiseVersion(t *testing.T) {
	for in, want := range map[string]string{
		"o=- 12 7 IN IP4 10.0.0.1\r\n": "o=- 12 9 IN IP4 10.0.0.1\r\n",
		"o=- 12 x IN IP4 10.0.0.1\r\n": "o=- 12 x IN IP4 10.0.0.1\r\n",
		"o=\r\n":                       "o=\r\n",
	} {
		if got := string(raiseVersion([]byte(in), 2)); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// Over real sockets and in real time, for as short as possible.
func TestRealSockets(t *testing.T) {
	b := open(t, Config{Server: "127.0.0.1:9", User: "1002", AutoTake: true, PortMin: 42000, PortMax: 42019})
	a := open(t, Config{Server: b.Addr().String(), User: "1001", PortMin: 42020, PortMax: 42039})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	c, err := a.Dial(ctx, "1002")
	if err != nil {
		t.Fatal(err)
	}
	in := <-b.Incoming()
	<-c.Play(sine(500)[:4000]).Done()
	time.Sleep(60 * time.Millisecond)
	if l := level(tail(in, 0.4), 500); l < 0.5 {
		t.Errorf("heard at %.3f", l)
	}
	c.Hangup()
	<-in.Done()
}
