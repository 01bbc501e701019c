package server

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"warmline/media"
	"warmline/mixer"
)

// Conferences that change all the time, over kernel sockets and a worker of
// its own thread: under the race detector this finds what one side of the
// media touches that belongs to the other.
const (
	churnRooms = 60
	churnTime  = 1500 * time.Millisecond
	churnLegs  = 4 // at most, in a room
)

// churn is what all its conferences share.
type churn struct {
	*testing.T
	engine            *media.Engine
	mixer             *mixer.Mixer
	promised, kept    atomic.Int64 // callbacks
	digits, exchanges atomic.Int64
}

// churnLeg is a leg as a conference keeps it.
type churnLeg struct {
	port    mixer.Port
	session *media.Session
	rtp     netip.AddrPort
	closed  atomic.Bool
}

// churnRoom is one conference: a goroutine has it.
type churnRoom struct {
	*churn
	*rand.Rand
	room *mixer.Room
	legs []*churnLeg
	next mixer.Port
}

func TestMediaUnderChurn(t *testing.T) {
	c := &churn{T: t}
	var err error
	if c.mixer, err = mixer.New(mixer.Config{Workers: 2}); err != nil {
		t.Fatal(err)
	}
	c.engine, err = media.New(media.Config{
		Addr: netip.MustParseAddr("127.0.0.1"), PortMin: 42000, PortMax: 45999, PortRest: 50 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	c.mixer.Start()
	end := time.Now().Add(churnTime)
	rooms := make([]*churnRoom, churnRooms)
	var running sync.WaitGroup
	for i := range rooms {
		r := &churnRoom{churn: c, Rand: rand.New(rand.NewPCG(uint64(i), 1)), room: c.mixer.NewRoom()}
		rooms[i] = r
		running.Go(func() {
			for time.Now().Before(end) {
				r.step()
			}
			if i%2 == 0 {
				r.end()
			}
		})
	}
	running.Wait()
	// The other half's rooms end with the mixer, as at a second signal.
	stats, packets := c.mixer.Stats(), c.engine.Stats()
	running.Go(c.mixer.Close)
	for i, r := range rooms {
		if i%2 == 1 {
			running.Go(r.end)
		}
	}
	running.Wait()
	c.mixer.Close()
	c.engine.Close()
	if kept, promised := c.kept.Load(), c.promised.Load(); kept != promised {
		t.Errorf("%d callbacks of %d", kept, promised)
	}
	if left := c.engine.Stats().Sessions; left != 0 {
		t.Errorf("%d sessions left", left)
	}
	if stats.LeakedFrames != 0 {
		t.Errorf("%d frames leaked", stats.LeakedFrames)
	}
	if stats.Ticks == 0 || packets.PacketsIn == 0 || c.digits.Load() == 0 || c.exchanges.Load() == 0 {
		t.Errorf("nothing went on: %d ticks, %d packets, %d digits, %d exchanges",
			stats.Ticks, packets.PacketsIn, c.digits.Load(), c.exchanges.Load())
	}
	t.Logf("%d ticks (%d given up), %d packets in, %d out, %d exchanges, %d callbacks, %d digits", stats.Ticks,
		stats.SkippedTicks, packets.PacketsIn, packets.PacketsOut, c.exchanges.Load(), c.kept.Load(), c.digits.Load())
}

// step does one thing that a conference does.
func (r *churnRoom) step() {
	switch n := r.IntN(12); {
	case len(r.legs) < 2 || n == 0 && len(r.legs) < churnLegs:
		r.join()
	case n == 1:
		r.leave(r.IntN(len(r.legs)))
	case n < 5:
		r.renegotiate(r.legs[r.IntN(len(r.legs))])
	case n < 9:
		r.hold()
	case n == 9:
		l := r.legs[r.IntN(len(r.legs))]
		l.session.SendDigit('5', 40*time.Millisecond)
		l.session.InfoDigit('#')
	case n == 10:
		r.play(r.legs[r.IntN(len(r.legs))])
	default:
		time.Sleep(time.Duration(r.IntN(40)) * time.Millisecond)
	}
}

func (r *churnRoom) join() {
	session, err := r.engine.NewSession(media.SessionConfig{Digit: func(byte) { r.digits.Add(1) }})
	if err != nil {
		r.Error(err)
		return
	}
	offer, err := session.Offer()
	if err != nil {
		r.Error(err)
		return
	}
	l := &churnLeg{port: r.next, session: session, rtp: audioOf(r.T, offer)}
	r.next++
	r.legs = append(r.legs, l)
	if r.IntN(2) == 0 {
		r.renegotiate(l) // else it is in the room before it is agreed on
	}
	r.room.Join(l.port, session, mixer.Row{Treatment: mixer.Ringback})
}

var audioLine = regexp.MustCompile(`m=audio (\d+) `)

// audioOf is where a description of the engine's wants RTP.
func audioOf(t *testing.T, description []byte) netip.AddrPort {
	t.Helper()
	m := audioLine.FindSubmatch(description)
	if m == nil {
		t.Errorf("no audio in %s", description)
		return netip.AddrPort{}
	}
	return netip.MustParseAddrPort("127.0.0.1:" + string(m[1]))
}

// renegotiate has a leg's peer be another leg of the room, by either kind of
// exchange, or takes the exchange back.
func (r *churnRoom) renegotiate(l *churnLeg) {
	peer := r.legs[r.IntN(len(r.legs))]
	direction := []string{"sendrecv", "sendrecv", "sendonly", "recvonly", "inactive"}[r.IntN(5)]
	ptime := 10 * (1 + r.IntN(6))
	body := fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"+
		"m=audio %d RTP/AVP %d 101\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:%d\r\na=%s\r\n",
		peer.rtp.Port(), 8*r.IntN(2), ptime, direction)
	var err error
	if r.IntN(2) == 0 {
		_, err = l.session.Answer(body)
	} else if _, err = l.session.Offer(); err == nil {
		err = l.session.Accept(body)
	}
	if err != nil {
		r.Error(err)
	}
	if r.IntN(4) == 0 {
		l.session.Rollback()
		return
	}
	l.session.Commit()
	r.exchanges.Add(1)
	l.session.Stats()
}

// hold puts all legs into new places at once.
func (r *churnRoom) hold() {
	var changes []mixer.Change
	for i, l := range r.legs {
		row := mixer.Row{Voice: 1 << i, Hears: ^uint64(0)}
		if r.IntN(3) == 0 {
			row = mixer.Row{Treatment: mixer.Treatment(r.IntN(int(mixer.ComfortNoise) + 1)), Held: true}
		}
		changes = append(changes, mixer.Change{Port: l.port, Row: row})
	}
	r.room.Set(changes)
}

func (r *churnRoom) play(l *churnLeg) {
	r.promised.Add(1)
	r.room.Play(l.port, mixer.ConfirmTone(), func(bool) { r.kept.Add(1) })
}

// leave takes a leg out; its session closes when the worker is through with it.
func (r *churnRoom) leave(i int) {
	l := r.legs[i]
	r.legs = append(r.legs[:i], r.legs[i+1:]...)
	r.promised.Add(1)
	r.room.Leave(l.port, func() { r.release(l) })
}

func (r *churnRoom) release(l *churnLeg) {
	if l.closed.Swap(true) {
		r.Error("released twice")
	}
	l.session.Close()
	r.kept.Add(1)
}

// end closes the room with all that are in it.
func (r *churnRoom) end() {
	legs := r.legs
	r.promised.Add(int64(len(legs)))
	r.room.Close(func() {
		for _, l := range legs {
			r.release(l)
		}
	})
}
