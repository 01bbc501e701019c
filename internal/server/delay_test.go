package server

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/zaf/g711"

	"warmline/internal/testnet"
	"warmline/media"
	"warmline/mixer"
)

// What the server adds to the time from mouth to ear, in virtual time: a clean
// network, legs that send in any phase, by clocks of their own, and pips to
// measure by.
type delayRig struct {
	*testing.T
	net    *testnet.Network
	engine *media.Engine
	mixer  *mixer.Mixer
	legs   int

	senders, workers []stall // when they stand still
}

// frame is what a peer sends at a time, and samplesPerFrame are in it.
const (
	frame           = 20 * time.Millisecond
	samplesPerFrame = 160
	// A leg says a pip every so many frames, one leg of a room after the other.
	pipEvery  = 75
	pipFrames = 5
	// After it it is silent, and else it hums.
	pauseFrames = 25
)

// pulse is a leg's peer: it says pips and notes when others' come.
type pulse struct {
	socket   *testnet.Socket
	to       netip.AddrPort
	began    time.Time
	interval time.Duration
	turn     int // whose of its room
	sent     int // frames
	said     []time.Time
	heard    []time.Time
	loud     bool
	says     []byte // in place of pips
	silent   int    // frames before that
	recorded []byte
}

func newDelayRig(t *testing.T) *delayRig {
	r := &delayRig{T: t, net: testnet.New(1)}
	var err error
	if r.mixer, err = mixer.New(mixer.Config{Workers: 1, Plain: true}); err != nil {
		t.Fatal(err)
	}
	r.engine, err = media.New(media.Config{
		Network: r, Addr: netip.MustParseAddr("10.0.0.1"), PortMin: 10000, PortMax: 19999, Clock: r.mixer.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	r.mixer.Start()
	return r
}

// room opens a room of legs that begin to send at some time within a frame.
func (r *delayRig) room(size int, rng *rand.Rand, ppm float64) (*mixer.Room, []*pulse, []*media.Session) {
	room := r.mixer.NewRoom()
	var pulses []*pulse
	var sessions []*media.Session
	for i := range size {
		r.legs++
		local := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 1, byte(r.legs >> 8), byte(r.legs)}), 4000)
		socket, err := r.net.ListenSocket(local)
		if err != nil {
			r.Fatal(err)
		}
		session, err := r.engine.NewSession(media.SessionConfig{})
		if err != nil {
			r.Fatal(err)
		}
		answer, err := session.Answer(fmt.Appendf(nil, "v=0\r\no=- 1 1 IN IP4 %[1]s\r\ns=-\r\nc=IN IP4 %[1]s\r\nt=0 0\r\n"+
			"m=audio 4000 RTP/AVP 0\r\n", local.Addr()))
		if err != nil {
			r.Fatal(err)
		}
		session.Commit()
		to := netip.AddrPortFrom(netip.MustParseAddr("10.0.0.1"), audioOf(r.T, answer).Port())
		room.Join(mixer.Port(i), session, mixer.Row{Voice: 1 << i, Hears: ^uint64(0)})
		drift := time.Duration(ppm * 1e-6 * float64(frame))
		if i%2 == 1 {
			drift = -drift
		}
		pulses = append(pulses, &pulse{
			socket: socket, to: to, turn: i, interval: frame + drift,
			began: time.Now().Add(time.Duration(rng.Int64N(int64(frame)))),
		})
		sessions = append(sessions, session)
	}
	return room, pulses, sessions
}

// run sends, receives and measures for a while.
func (r *delayRig) run(pulses []*pulse, size int, length time.Duration) {
	for end := time.Now().Add(length); time.Now().Before(end); {
		next := end
		for _, p := range pulses {
			for !p.due(r.senders).After(time.Now()) {
				p.send(size)
			}
			p.receive()
			next = earliest(next, p.due(r.senders))
		}
		time.Sleep(time.Until(next))
	}
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// due is when the next frame is sent.
func (p *pulse) due(stalls []stall) time.Time {
	return over(stalls, p.began.Add(time.Duration(p.sent)*p.interval))
}

// send sends the next frame.
func (p *pulse) send(size int) {
	b := make([]byte, 12+samplesPerFrame)
	b[0] = 0x80
	binary.BigEndian.PutUint16(b[2:], uint16(p.sent))
	binary.BigEndian.PutUint32(b[4:], uint32(p.sent*samplesPerFrame))
	binary.BigEndian.PutUint32(b[8:], uint32(p.turn+1))
	pip := p.sent%pipEvery - p.turn*pipEvery/size
	if pip == 0 && p.says == nil {
		p.said = append(p.said, time.Now().Add(-frame))
	}
	for i := range b[12:] {
		b[12+i] = p.sample(pip, i)
	}
	p.socket.TryWrite(b, p.to)
	p.sent++
}

// sample is one of the present frame, which is so many after a pip's beginning:
// pips end soft tones, and pauses of half a second follow them.
func (p *pulse) sample(pip, i int) byte {
	at := (p.sent-p.silent)*samplesPerFrame + i
	switch {
	case p.says != nil && (at < 0 || at >= len(p.says)):
		return ulawZero
	case p.says != nil:
		return p.says[at]
	case pip >= 0 && pip < pipFrames:
		return 0x9f // some 8000
	case (pip+pipEvery)%pipEvery < pipFrames+pauseFrames:
		return ulawZero
	}
	return hum[i%len(hum)]
}

// ulawZero is silence, and hum a soft tone, whose periods fill a frame.
const ulawZero = 0xff

var hum = func() []byte {
	h := make([]byte, 16)
	for i := range h {
		h[i] = g711.EncodeUlawFrame(int16(800 * math.Sin(2*math.Pi*float64(i)/16)))
	}
	return h
}()

// receive takes what has come and notes where pips begin.
func (p *pulse) receive() {
	b := make([]byte, 1500)
	for {
		n, _, at, ok := p.socket.TryRead(b)
		if !ok {
			return
		}
		if n != 12+samplesPerFrame {
			continue
		}
		p.recorded = append(p.recorded, b[12:n]...)
		for i, v := range b[12:n] {
			loud := v&0x7f < 0x28
			if loud && !p.loud {
				began := time.Unix(0, at).Add(-frame + time.Duration(i)*frame/samplesPerFrame)
				p.heard = append(p.heard, began)
			}
			p.loud = loud
		}
	}
}

// delays are those of all pips said since a time, each to all who heard it.
func delays(pulses []*pulse, since time.Time) (list []time.Duration, missed int) {
	for _, talker := range pulses {
		for _, said := range talker.said {
			if said.Before(since) || time.Since(said) < time.Second {
				continue
			}
			for _, listener := range pulses {
				if listener == talker {
					continue
				}
				i := slices.IndexFunc(listener.heard, func(t time.Time) bool { return t.After(said.Add(-5 * time.Millisecond)) })
				if i < 0 || listener.heard[i].Sub(said) > 200*time.Millisecond {
					missed++
					continue
				}
				list = append(list, listener.heard[i].Sub(said))
			}
		}
	}
	return list, missed
}

func TestMouthToEar(t *testing.T) {
	for _, c := range []struct {
		size      int
		stalls    int // of senders, and of workers
		mean, p99 time.Duration
	}{
		{2, 0, 4 * time.Millisecond, 6 * time.Millisecond},
		{3, 0, 8 * time.Millisecond, 17 * time.Millisecond},
		{4, 0, 9 * time.Millisecond, 18 * time.Millisecond},
		{6, 0, 12 * time.Millisecond, 22 * time.Millisecond},
		{2, 5, 4 * time.Millisecond, 6 * time.Millisecond},
		{3, 5, 8 * time.Millisecond, 17 * time.Millisecond},
	} {
		t.Run(fmt.Sprintf("rooms of %d, %d stalls", c.size, c.stalls), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newDelayRig(t)
				rng := rand.New(rand.NewPCG(uint64(c.size), 5))
				if c.stalls > 0 {
					r.net.SetLink(testnet.Link{Jitter: 300 * time.Microsecond})
					r.senders, r.workers = stalls(c.stalls, rng), stalls(c.stalls, rng)
				}
				var all []time.Duration
				missed := 0
				var rooms [][]*pulse
				var everybody []*pulse
				for range 60 / c.size {
					_, pulses, _ := r.room(c.size, rng, 0)
					rooms = append(rooms, pulses)
					everybody = append(everybody, pulses...)
				}
				r.run(everybody, c.size, 4*time.Second)
				settled := time.Now()
				r.run(everybody, c.size, 12*time.Second)
				for _, pulses := range rooms {
					list, m := delays(pulses, settled)
					all = append(all, list...)
					missed += m
				}
				r.mixer.Close()
				r.engine.Close()
				if missed > 0 || len(all) == 0 {
					t.Errorf("%d pips of %d were not heard", missed, missed+len(all))
				}
				slices.Sort(all)
				var sum time.Duration
				for _, d := range all {
					sum += d
				}
				mean, p99 := sum/time.Duration(max(1, len(all))), all[len(all)*99/100]
				t.Logf("mean %v, p50 %v, p99 %v, most %v of %d", mean, all[len(all)/2], p99, all[len(all)-1], len(all))
				if mean > c.mean || p99 > c.p99 {
					t.Errorf("mean %v, p99 %v: more than %v and %v", mean, p99, c.mean, c.p99)
				}
			})
		})
	}
}
