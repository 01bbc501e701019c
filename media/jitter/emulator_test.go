package jitter

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"warmline/internal/score"
	"warmline/internal/speech"
)

// law is µ-law by its definition (G.711 §2), for tests that need no more.
var law, unlaw = makeLaw()

func makeLaw() (encode *[1 << 16]byte, decode *[256]int16) {
	encode, decode = new([1 << 16]byte), new([256]int16)
	for i := range 256 {
		b := ^byte(i)
		v := (int(b&15)<<3+132)<<(b>>4&7) - 132
		if b&128 != 0 {
			v = -v
		}
		decode[i] = int16(v)
	}
	for v := -32768; v < 32768; v++ {
		sign, a := byte(0), v
		if v < 0 {
			sign, a = 128, -v
		}
		a = min(a, 32635) + 132
		e := 7
		for e > 0 && a < 1<<(e+7) {
			e--
		}
		encode[uint16(int16(v))] = ^(sign | byte(e)<<4 | byte(a>>(e+3))&15)
	}
	return encode, decode
}

// g711 is what most tests play.
var g711 = Format{Rate: 8000, Clock: 8000, Table: unlaw, Deepen: func() *Depth { return new(Depth) }}

// encoded is a signal as a payload.
func encoded(signal []int16) []byte {
	p := make([]byte, len(signal))
	for i, v := range signal {
		p[i] = law[uint16(v)]
	}
	return p
}

// throughLaw is a signal as good as G.711 can carry it.
func throughLaw(signal []int16) []int16 {
	out := make([]int16, len(signal))
	for i, b := range encoded(signal) {
		out[i] = unlaw[b]
	}
	return out
}

// dialogue is what most tests hear, so many seconds of it.
func dialogue(_ testing.TB, seconds int) []int16 { return speech.Dialogue(seconds) }

// network is a model of what happens to packets on the way, in virtual time:
// the same seed, the same fate.
type network struct {
	seed  uint64
	loss  float64 // share of packets
	burst float64 // mean length of a loss in packets (Gilbert's model); 0: each on its own
	mean  float64 // ms of delay
	sigma float64 // ms: delays are normal, none below 0, each its own, so that packets overtake
	twice float64 // share of packets that come twice
}

// arrival is a packet at the reader's end.
type arrival struct {
	at  int64 // ns
	seq int
}

// carry says when which of n packets arrive that are sent every interval ns.
func (w network) carry(n int, interval int64) []arrival {
	rng := rand.New(rand.NewPCG(w.seed, 7))
	var list []arrival
	bad := false
	for seq := range n {
		if w.burst > 0 {
			// Bad lasts for w.burst on average, and so long must good last that
			// the share is right.
			leave := 1 / w.burst
			enter := leave * w.loss / (1 - w.loss)
			if u := rng.Float64(); bad {
				bad = u >= leave
			} else {
				bad = u < enter
			}
		} else {
			bad = rng.Float64() < w.loss
		}
		// Drawn for lost ones too, so that what is lost of a little is also lost
		// of more.
		delay := max(0, w.mean+w.sigma*rng.NormFloat64())
		again := rng.Float64() < w.twice
		if bad {
			continue
		}
		at := int64(seq)*interval + int64(delay*1e6)
		list = append(list, arrival{at, seq})
		if again {
			list = append(list, arrival{at + int64(delay*2e5), seq})
		}
	}
	slices.SortStableFunc(list, func(a, b arrival) int {
		return int(min(max(a.at-b.at, -1), 1))
	})
	return list
}

// player is a Playout or something to compare it with.
type player interface {
	Put(Packet) bool
	Next(now int64) bool
	Samples() []int16
	Slack() (ns int64, ok bool)
	// position is the timestamp of what is played next.
	position() uint32
}

func (p *Playout) position() uint32 {
	if p.format.Rate == p.format.Clock {
		return p.play
	}
	return p.time.ts + uint32(int64(int32(p.play-p.time.pos))*p.time.clock/p.time.rate)
}

// heard is what came out, and which part of what was said it is.
type heard struct {
	signal []int16
	source []int     // for each frame: where in what was said it begins
	delay  []float64 // for each frame: ms from mouth to ear above the packetisation
}

const (
	tick      = 20_000_000
	firstTime = 1<<32 - 3200 // RTP timestamps wrap
)

// reader reads and plays every 20 ms, and moves its ticks as a worker with slots
// of 1 ms does: one slot a second, or a frame while the stream is young.
type reader struct {
	now    int64 // of the next tick
	follow bool  // what Slack says
	young  int   // moves at every tick still to be made
	moved  int64 // when it moved last
}

func newReader(phase int64, follow bool) *reader {
	return &reader{now: phase, follow: follow, young: 20}
}

const slotLength = 1_000_000

// next is the time of the tick after this one.
func (r *reader) next(slack func() (int64, bool)) {
	at := r.now
	r.now += tick
	ns, ok := slack()
	if !r.follow || !ok || max(ns, -ns) < slotLength*3/4 || r.young == 0 && at-r.moved < 1e9 {
		return
	}
	if ns > 0 {
		r.now += slotLength
	} else {
		r.now -= slotLength
	}
	r.moved = at
	r.young = max(0, r.young-1)
}

// listen sends a signal as G.711 through a network to a player.
func listen(signal []int16, w network, p player, r *reader) heard {
	var payloads [][]byte
	for at := 0; at+baseFrame <= len(signal); at += baseFrame {
		payloads = append(payloads, encoded(signal[at:at+baseFrame]))
	}
	return listenTo(payloads, 1, 1, w, p, r)
}

// listenTo does so with packets of 20 ms of any codec whose rate is k times 8000 Hz,
// and its clock so many times that. What it returns is of 8 kHz.
func listenTo(payloads [][]byte, k, clock int, w network, p player, r *reader) heard {
	packets := w.carry(len(payloads), tick)
	var out heard
	newest := -1
	for ; len(out.source) < len(payloads)+50; r.next(p.Slack) {
		now := r.now
		for len(packets) > 0 && packets[0].at <= now {
			a := packets[0]
			packets = packets[1:]
			p.Put(Packet{
				At: a.at, TS: firstTime + uint32(a.seq*baseFrame*clock),
				Payload: payloads[a.seq],
				InOrder: a.seq > newest, Follows: a.seq == newest+1,
			})
			newest = max(newest, a.seq)
		}
		at := int(int32(p.position()-firstTime)) / clock
		p.Next(now)
		out.signal = append(out.signal, p.Samples()...)
		out.source = append(out.source, at)
		// Packet 0 was sent at time 0, when its last sample had been spoken.
		out.delay = append(out.delay, float64(now)/1e6-float64(at)/8)
	}
	if k == 2 {
		out.signal = halved(out.signal)
	}
	return out
}

// halved is a signal at half the rate.
func halved(signal []int16) []int16 {
	out := make([]int16, len(signal)/2)
	for i := range out {
		before := signal[max(0, 2*i-1)]
		out[i] = int16((int32(before) + 2*int32(signal[2*i]) + int32(signal[2*i+1])) / 4)
	}
	return out
}

// spread is the mean and the 97th percentile of the delays while there was
// something to play.
func (h heard) spread(total int) (mean, high float64) {
	var list []float64
	for i, at := range h.source {
		if at >= score.Settle && at < total {
			list = append(list, h.delay[i])
			mean += h.delay[i]
		}
	}
	slices.Sort(list)
	return mean / float64(len(list)), list[int(math.Ceil(0.97*float64(len(list))))-1]
}

// high97 is the 97th percentile of the network's own delay.
func (w network) high97() float64 {
	var list []float64
	for _, a := range (network{seed: w.seed, mean: w.mean, sigma: w.sigma}).carry(5000, tick) {
		list = append(list, float64(a.at-int64(a.seq)*tick)/1e6)
	}
	slices.Sort(list)
	return list[len(list)*97/100]
}
