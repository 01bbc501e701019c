package sip

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"warmline/internal/testnet"
)

// softphone is an endpoint that answers every call, as a phone would: whoever
// reaches it is taken for its server.
type softphone struct {
	ep *Endpoint

	mu     sync.Mutex
	events map[EventKind]int
	calls  []*Call
}

func newSoftphone(t *testing.T, n *testnet.Network, addr netip.AddrPort) *softphone {
	t.Helper()
	pc, err := n.ListenPacket(addr.String())
	if err != nil {
		t.Fatal(err)
	}
	s := &softphone{events: make(map[EventKind]int)}
	s.ep, err = New(Config{
		UDP: []net.PacketConn{pc}, Handler: s, Limits: Limits{CallsPerSecond: 1 << 20},
		Trunk: func(netip.Addr) (string, bool) { return "server", true },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ep.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.ep.Close)
	return s
}

func (s *softphone) sink(ev Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events[ev.Kind]++
}

func (s *softphone) Invite(c *Call, _ Invite) {
	s.mu.Lock()
	s.calls = append(s.calls, c)
	s.mu.Unlock()
	c.Attach(func(ev Event) {
		s.sink(ev)
		if ev.Kind == Offered {
			c.Reply(ev.Offer, 200, []byte(answerSDP))
		}
	})
	c.Ring(nil)
	time.AfterFunc(2*time.Second, func() { c.Answer([]byte(answerSDP)) })
}

func (s *softphone) Register(Registration) RegisterResult { return RegisterResult{Status: 403} }
func (s *softphone) FlowClosed(Flow)                      {}
func (s *softphone) Known(string) bool                    { return true }

func (s *softphone) count(kind EventKind) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.events[kind]
}

// Two endpoints over a bad network: a third of the datagrams lost, late or
// doubled, and still every call is made, changed and ended on both sides.
func TestCallsSurviveABadNetwork(t *testing.T) {
	for seed := range uint64(3) {
		synctest.Test(t, func(t *testing.T) {
			n := testnet.New(seed)
			n.SetLink(testnet.Link{Delay: 20 * time.Millisecond, Loss: 0.15, Duplicate: 0.1, Reorder: 0.1})
			a, b := newSoftphone(t, n, ourAddr), newSoftphone(t, n, trunkAddr)
			const calls = 40
			for i := range calls {
				var c *Call
				ready := make(chan struct{})
				c = a.ep.Dial(DialRequest{
					Targets: []Target{{URI: fmt.Sprintf("sip:%d@%s", i, trunkAddr)}},
					Body:    []byte(offerSDP),
				}, func(ev Event) {
					<-ready
					a.sink(ev)
					switch ev.Kind {
					case Answered:
						c.Reoffer([]byte(offerSDP))
					case ReofferDone:
						c.Hangup()
					}
				})
				close(ready)
			}
			time.Sleep(5 * time.Minute)
			synctest.Wait()
			for kind, want := range map[EventKind][2]int{
				Answered: {calls, 0}, ReofferDone: {calls, 0}, Offered: {0, calls}, Ended: {calls, calls}, Failed: {0, 0},
			} {
				if got := [2]int{a.count(kind), b.count(kind)}; got != want {
					t.Errorf("seed %d, event %d: %v, want %v", seed, kind, got, want)
				}
			}
			for _, s := range []*softphone{a, b} {
				s.ep.mu.Lock()
				if left := len(s.ep.usages) + len(s.ep.calls) + len(s.ep.invites) + len(s.ep.sent); left > 0 {
					t.Errorf("seed %d: %d entries left", seed, left)
				}
				s.ep.mu.Unlock()
			}
		})
	}
}

func TestCancelledCallsOverABadNetwork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := testnet.New(7)
		n.SetLink(testnet.Link{Delay: 20 * time.Millisecond, Loss: 0.15, Duplicate: 0.1, Reorder: 0.1})
		a, b := newSoftphone(t, n, ourAddr), newSoftphone(t, n, trunkAddr)
		const calls = 40
		for i := range calls {
			c := a.ep.Dial(DialRequest{
				Targets: []Target{{URI: fmt.Sprintf("sip:%d@%s", i, trunkAddr)}}, Body: []byte(offerSDP),
			}, a.sink)
			// Around the moment it is answered: CANCEL and 200 cross.
			time.AfterFunc(1900*time.Millisecond+time.Duration(i)*5*time.Millisecond, c.Hangup)
		}
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		if a.count(Ended) != calls || b.count(Ended)+b.count(Cancelled) != calls {
			t.Errorf("caller: %v, callee: %v", a.events, b.events)
		}
	})
}

// Two endpoints over a bad network keep calls up for a day, one of them
// refreshing, whichever wants the timer; and one that vanishes is missed.
func TestSessionTimersOverABadNetwork(t *testing.T) {
	for _, wishes := range [][2]time.Duration{{halfHour, 0}, {0, halfHour}, {halfHour, time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			n := testnet.New(11)
			n.SetLink(testnet.Link{Delay: 20 * time.Millisecond, Loss: 0.15, Duplicate: 0.1, Reorder: 0.1})
			a, b := newSoftphone(t, n, ourAddr), newSoftphone(t, n, trunkAddr)
			a.ep.cfg.SessionExpires, b.ep.cfg.SessionExpires = wishes[0], wishes[1]
			const calls, refreshes = 10, 24 * 4 // of each
			for i := range calls {
				a.ep.Dial(DialRequest{
					Targets: []Target{{URI: fmt.Sprintf("sip:%d@%s", i, trunkAddr)}}, Body: []byte(offerSDP),
				}, a.sink)
			}
			time.Sleep(24*time.Hour + 5*time.Minute)
			if got := [...]int{a.count(Answered), a.count(Ended), b.count(Ended), a.count(RefreshDue)}; got != [...]int{calls, 0, 0, 0} {
				t.Errorf("%v: answered, ended, ended, due: %v", wishes, got)
			}
			byUs := a.ep.Stats().Requests[RequestKey{"UPDATE", "out"}]
			byThem := b.ep.Stats().Requests[RequestKey{"UPDATE", "out"}]
			if byUs != calls*refreshes || byThem != 0 {
				t.Errorf("%v: %d refreshes, and %d of the other side", wishes, byUs, byThem)
			}
			b.ep.Close()
			time.Sleep(16 * time.Minute)
			if n := a.count(Ended); n != calls {
				t.Errorf("%v: %d of %d calls with nobody are over", wishes, n, calls)
			}
		})
	}
}

func TestTrunkThatClosedItsConnectionIsDialledAgain(t *testing.T) {
	bubble(t, func(t *testing.T, r *rig) {
		l, err := r.net.Listen(trunkAddr.String())
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		c := r.dial(DialRequest{Targets: []Target{{URI: "sip:1@" + trunkAddr.String() + ";transport=tcp"}}, Body: []byte(offerSDP)})
		conn, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		s := r.stream(conn)
		s.addr = trunkAddr
		s.reply(s.request(sip.INVITE), 200, "x", answerSDP)
		s.request(sip.ACK)
		r.want(Answered)
		conn.Close()
		r.want() // the call is not over because of that
		c.Hangup()
		second, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		s = r.stream(second)
		s.reply(s.request(sip.BYE), 200, "", "")
		r.want(Ended)
	})
}
