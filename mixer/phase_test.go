package mixer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

const ms = int64(time.Millisecond)

// guard is how long before the worker looks a packet should be there.
const guard = 2 * ms

// phone is a stream whose packets come at times of their own: every 20 ms of
// its own clock, from a phase on, each a little late. Its frames are numbered,
// and it checks that each voice it hears comes frame by frame.
type phone struct {
	t      testing.TB
	id     int
	phase  int64 // of its packets
	drift  int64 // of its clock, in millionths
	jitter int64
	random uint64

	packet  int64 // the one played last, from 1
	arrived int64 // when it came
	frame   int   // the number of the present frame
	quiet   bool  // the present frame is
	silent  bool  // it says nothing at all
	pauses  bool  // it is quiet for a third of the time, half a second each
	samples [FrameSamples]int16
	recent  []int64 // arrivals
	now     int64   // of the last Next
	missed  int     // frames for which no packet was there
	skipped int     // packets that were passed over

	// What it hears.
	others  []*phone // by voice; nil: not to be checked
	heard   [4]int   // the frame of each voice heard last; 0: none
	free    [4]bool  // a frame more or less of the voice would not be noticed now
	slips   int      // frames heard twice or not at all
	settled int64    // from then on:
	waits   []int64  // of voices: from arrival to being handed on
	last    int64    // push
	gaps    [2]int64 // least and greatest between pushes
	pushes  int
	shifts  int // pushes that were not a frame after the last
}

// arrival is when a packet comes.
func (p *phone) arrival(packet int64) int64 {
	late := int64(0)
	if p.jitter > 0 {
		late = int64(scramble(p.random+uint64(packet))>>1) % p.jitter
	}
	frame := int64(FrameDuration)
	return p.phase + packet*frame + packet*(frame*p.drift/1_000_000) + late
}

func (p *phone) Next(now int64) bool {
	p.frame++
	p.now = now
	next := p.packet + 1
	if p.packet == 0 {
		next = max(1, (now-p.phase)/int64(FrameDuration)-1)
	}
	before := p.packet
	for p.arrival(next) <= now {
		p.packet = next
		next++
	}
	switch n := p.packet - before; {
	case n == 0:
		p.missed++
	case before > 0:
		p.skipped += int(n) - 1
	}
	if p.packet > 0 {
		p.arrived = p.arrival(p.packet)
		if p.recent = append(p.recent, p.arrived); len(p.recent) > 50 {
			p.recent = p.recent[1:]
		}
	}
	p.quiet = p.silent || p.pauses && p.pausing()
	p.speak()
	return !p.silent
}

// late is the slack by a packet: how much later than the last Next it, or one
// some frames on, had been there for long enough.
func (p *phone) late(arrived int64) int64 {
	frame := int64(FrameDuration)
	off := (arrived + guard - p.now) % frame
	if off < -frame/2 {
		off += frame
	}
	if off >= frame/2 {
		off -= frame
	}
	return off
}

// pausing says whether the present frame is in a pause.
func (p *phone) pausing() bool {
	return scramble(p.random+uint64(p.frame/25))%3 == 0
}

// scramble makes a number of which each bit depends on each bit of x.
func scramble(x uint64) uint64 {
	x = (x ^ x>>31) * 0x9e3779b97f4a7c15
	x = (x ^ x>>29) * 0xbf58476d1ce4e5b9
	return x ^ x>>32
}

// speak makes the frame: loud or not, with its number where the other voices
// have nothing, behind the fades.
func (p *phone) speak() {
	level := int16(300)
	if p.quiet {
		level = 3
	}
	for i := range p.samples {
		p.samples[i] = level
	}
	clear(p.samples[60:100])
	p.samples[61+4*p.id] = int16(p.frame%30_000 + 1)
}

func (p *phone) Slack() (time.Duration, bool) {
	if len(p.recent) < 5 {
		return 0, false
	}
	// As late as the latest needs it, of those less than half a frame apart.
	latest := p.late(p.recent[0])
	for _, arrived := range p.recent {
		if late := p.late(arrived); late > latest && late-latest < int64(FrameDuration)/2 {
			latest = late
		}
	}
	return time.Duration(latest), true
}

func (p *phone) Samples(int) []int16 { return p.samples[:] }
func (p *phone) Rate() int           { return Narrow }

func (p *phone) Push(now int64, f *Frame) {
	if p.pushes++; p.pushes > 1 && now >= p.settled {
		gap := now - p.last
		if gap != int64(FrameDuration) {
			p.shifts++
		}
		if p.gaps[0] == 0 {
			p.gaps = [2]int64{gap, gap}
		}
		p.gaps = [2]int64{min(p.gaps[0], gap), max(p.gaps[1], gap)}
	}
	p.last = now
	for id, o := range p.others {
		if o == nil || o == p {
			continue
		}
		p.follow(id, o, int(f.Samples()[61+4*id]))
		if now >= p.settled && o.packet > 0 {
			p.waits = append(p.waits, now-o.arrived)
		}
	}
}

// follow checks a voice's frame against the one before it.
func (p *phone) follow(id int, o *phone, number int) {
	is := o.quiet
	want := p.heard[id]%30_000 + 1
	if p.heard[id] != 0 && number != want {
		if p.slips++; !is && !p.free[id] {
			p.t.Errorf("phone %d hears frame %d of %d after %d", p.id, number, id, p.heard[id])
		}
	}
	if number != 0 {
		p.heard[id] = number
	}
	p.free[id] = is
}

// hearAll is the row of a party that hears all of up to four.
func hearAll(id int) Row { return Row{Voice: 1 << id, Hears: 0xf &^ (1 << id)} }

// phones puts n of them into a room, all hearing each other.
func phones(r *rig, room *Room, rng *rand.Rand, n int, settled int64) []*phone {
	all := make([]*phone, n)
	for i := range all {
		all[i] = newPhone(r, i, rng, settled)
	}
	for i, p := range all {
		p.others, p.pauses = all, true
		room.Join(Port(i), p, hearAll(i))
	}
	return all
}

func newPhone(r *rig, id int, rng *rand.Rand, settled int64) *phone {
	return &phone{
		t: r.t, id: id, settled: settled, random: rng.Uint64(),
		phase: rng.Int64N(int64(FrameDuration)), jitter: 500_000,
	}
}

// waited gives the mean and the 99th percentile of what voices waited beyond
// the guard, in milliseconds.
func waited(all ...*phone) (mean, p99 float64) {
	var waits []int64
	for _, p := range all {
		waits = append(waits, p.waits...)
	}
	sum := int64(0)
	for _, w := range waits {
		sum += w - guard
	}
	slices.Sort(waits)
	n := len(waits)
	return float64(sum) / float64(n) / 1e6, float64(waits[n*99/100]-guard) / 1e6
}

// Two hundred rooms with phones at random phases: after four seconds voices
// wait for little more than each other.
func TestVoicesWaitForLittle(t *testing.T) {
	for _, c := range []struct {
		n         int
		mean, p99 float64 // ms
	}{{2, 1.5, 3}, {3, 4.5, 13}, {4, 6, 20}} {
		t.Run(fmt.Sprintf("rooms of %d", c.n), func(t *testing.T) {
			r := newRig(t)
			var all []*phone
			for seed := range uint64(200) {
				all = append(all, phones(r, r.m.NewRoom(), rand.New(rand.NewPCG(seed, uint64(c.n))), c.n, 4000*ms)...)
			}
			r.runUntil(5000 * ms)
			mean, p99 := waited(all...)
			t.Logf("mean %.2f ms, p99 %.2f ms", mean, p99)
			if mean > c.mean || p99 > c.p99 {
				t.Errorf("voices wait %.2f ms on average, %.2f at the 99th percentile; want %.1f and %.1f", mean, p99, c.mean, c.p99)
			}
		})
	}
}

// Phones whose clocks are up to 200 millionths apart, for an hour: nothing of
// a voice is lost or repeated while it can be heard, and nothing gets later. The
// listeners' buffers see a millisecond a second at most.
func TestDriftIsFollowed(t *testing.T) {
	for _, c := range []struct {
		drifts []int64
		pauses bool
		time   time.Duration
		mean   float64 // ms that voices wait; 0: who never pauses may wait for each other
	}{
		{[]int64{100, -100}, true, time.Hour, 1.5},
		{[]int64{-100, -100}, false, time.Hour, 1.5},
		{[]int64{100, 100}, false, time.Hour, 1.5},
		{[]int64{100, -100}, false, time.Hour, 1.5},
		{[]int64{100, -100, 0}, true, 20 * time.Minute, 5},
		{[]int64{100, -100, 0}, false, 5 * time.Minute, 0},
		{[]int64{-100, -60, 30, 100}, true, 20 * time.Minute, 7},
		{[]int64{-100, -60, 30, 100}, false, 5 * time.Minute, 0},
	} {
		t.Run(fmt.Sprint(c.drifts, c.pauses), func(t *testing.T) {
			r := newRig(t)
			room := r.m.NewRoom()
			all := phones(r, room, rand.New(rand.NewPCG(5, uint64(len(c.drifts)))), len(c.drifts), 2000*ms)
			for i, p := range all {
				p.drift, p.pauses = c.drifts[i], c.pauses
			}
			const parts = 4
			for part := range int64(parts) {
				r.runUntil(int64(c.time) / parts * (part + 1))
				checkWheel(t, r.w, room)
				if mean, p99 := waited(all...); c.mean > 0 && mean > c.mean {
					t.Errorf("in part %d voices wait %.2f ms on average, %.2f at the 99th percentile", part, mean, p99)
				}
				for _, p := range all {
					p.waits = p.waits[:0]
				}
			}
			for _, p := range all {
				if p.gaps[0] < 17*ms || p.gaps[1] > 23*ms {
					t.Errorf("phone %d: pushes are %v ns apart", p.id, p.gaps)
				}
				if !c.pauses && p.slips > 0 {
					t.Errorf("phone %d: %d frames too many or missing", p.id, p.slips)
				}
				if seconds := int(c.time / time.Second); p.shifts > seconds/3 {
					t.Errorf("phone %d: %d moves in %d s", p.id, p.shifts, seconds)
				}
				if c.mean > 0 && p.missed > 10 {
					t.Errorf("phone %d: for %d frames there was no packet", p.id, p.missed)
				}
			}
		})
	}
}

// Rows change and people come and go while all clocks drift: who goes on being
// heard is heard without a slip.
func TestChangesWhileDrifting(t *testing.T) {
	for seed := range uint64(20) {
		r := newRig(t)
		room := r.m.NewRoom()
		rng := rand.New(rand.NewPCG(seed, 9))
		all := phones(r, room, rng, 3, 1<<62)
		for _, p := range all {
			p.drift, p.pauses = rng.Int64N(400)-200, rng.IntN(2) == 0
		}
		away := -1 // who is not there, or not heard
		for range 60 {
			r.runUntil(r.now + (100+rng.Int64N(4000))*ms)
			checkWheel(t, r.w, room)
			switch {
			case away < 0:
				away = rng.IntN(len(all))
				hearOnly(all, away)
				if rng.IntN(2) == 0 {
					room.Leave(Port(away), nil)
				} else {
					room.Set([]Change{{Port(away), Row{Treatment: Music}}})
				}
			default:
				hearOnly(all, -1)
				if room.ports[Port(away)] == nil {
					p := newPhone(r, away, rng, 1<<62)
					all[away] = p
					hearOnly(all, -1)
					room.Join(Port(away), p, hearAll(away))
				} else {
					room.Set([]Change{{Port(away), hearAll(away)}})
				}
				away = -1
			}
		}
	}
}

// hearOnly has phones expect all voices but one.
func hearOnly(all []*phone, away int) {
	for i, p := range all {
		p.others = slices.Clone(all)
		if away >= 0 {
			p.others[away] = nil
			p.heard[away] = 0
		}
		if i == away {
			p.others, p.heard = nil, [4]int{}
		}
	}
}

// The one slot of a large room goes where its voices wait least.
func TestLargeRoomMovesToItsVoices(t *testing.T) {
	for seed := range uint64(10) {
		r := newRig(t)
		room := r.m.NewRoom()
		rng := rand.New(rand.NewPCG(seed, 3))
		at := rng.Int64N(int64(FrameDuration))
		var all []*phone
		for i := range 12 {
			p := newPhone(r, 0, rng, 30_000*ms)
			if i < 9 {
				p.phase = at + rng.Int64N(2*ms)
			}
			p.others = nil
			all = append(all, p)
			room.Join(Port(i), p, Row{Voice: 1, Hears: 1})
		}
		for range 30 {
			r.runUntil(r.now + 1000*ms)
			checkWheel(t, r.w, room)
		}
		sum := int64(0)
		for _, p := range all[:9] {
			sum += p.now - p.arrived
			if gaps := p.pushes; gaps < 30*50-3 || gaps > 30*50+3 {
				t.Fatalf("seed %d: %d pushes in 30 s", seed, gaps)
			}
		}
		if mean := float64(sum) / 9e6; mean > 6 {
			t.Errorf("seed %d: the voices wait %.1f ms", seed, mean)
		}
	}
}
