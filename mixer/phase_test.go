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
	slack   []int64 // of the last frames
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
}

// arrival is when a packet comes.
func (p *phone) arrival(packet int64) int64 {
	x := (p.random + uint64(packet)) * 0x9e3779b97f4a7c15
	late := int64(0)
	if p.jitter > 0 {
		late = int64(x>>33) % p.jitter
	}
	frame := int64(FrameDuration)
	return p.phase + packet*frame + packet*(frame*p.drift/1_000_000) + late
}

func (p *phone) Next(now int64) bool {
	p.frame++
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
		p.slack = append(p.slack, p.late(now))
		if len(p.slack) > 50 {
			p.slack = p.slack[1:]
		}
	}
	p.quiet = p.silent || p.pauses && p.pausing()
	p.speak()
	return !p.silent
}

// late is the slack by the packet that is nearest: how much later than now it
// had been there for long enough.
func (p *phone) late(now int64) int64 {
	frame := int64(FrameDuration)
	off := (p.arrived + guard - now) % frame
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
	x := (p.random + uint64(p.frame/25)) * 0x9e3779b97f4a7c15
	return x>>32%3 == 0
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
	if len(p.slack) < 5 {
		return 0, false
	}
	// Most need it as late as the latest does, where they are not half a frame apart.
	latest := p.slack[len(p.slack)-1]
	for _, s := range p.slack {
		if d := s - latest; d > 0 && d < int64(FrameDuration)/2 {
			latest = s
		}
	}
	return time.Duration(latest), true
}

func (p *phone) Samples(int) []int16 { return p.samples[:] }
func (p *phone) Rate() int           { return Narrow }

func (p *phone) Push(now int64, f *Frame) {
	if p.pushes++; p.pushes > 1 && now >= p.settled {
		gap := now - p.last
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

// Two hundred rooms with phones at random phases: after three seconds voices
// wait for little more than each other.
func TestVoicesWaitForLittle(t *testing.T) {
	for _, c := range []struct {
		n         int
		mean, p99 float64 // ms
	}{{2, 2.5, 5}, {3, 6.5, 14}, {4, 8.5, 16}} {
		t.Run(fmt.Sprintf("rooms of %d", c.n), func(t *testing.T) {
			r := newRig(t)
			var all []*phone
			for seed := range uint64(200) {
				all = append(all, phones(r, r.m.NewRoom(), rand.New(rand.NewPCG(seed, uint64(c.n))), c.n, 3000*ms)...)
			}
			r.runUntil(4000 * ms)
			mean, p99 := waited(all...)
			t.Logf("mean %.2f ms, p99 %.2f ms", mean, p99)
			if mean > c.mean || p99 > c.p99 {
				t.Errorf("voices wait %.2f ms on average, %.2f at the 99th percentile; want %.1f and %.1f", mean, p99, c.mean, c.p99)
			}
		})
	}
}

// Phones whose clocks are up to 200 millionths apart, for an hour: nothing of
// a voice is lost or repeated while it can be heard, and nothing gets later.
func TestDriftIsFollowed(t *testing.T) {
	for _, drifts := range [][]int64{{100, -100}, {-100, -100}, {100, 100}, {100, -100, 0}, {-100, -60, 30, 100}} {
		for _, pauses := range []bool{true, false} {
			t.Run(fmt.Sprint(drifts, pauses), func(t *testing.T) {
				r := newRig(t)
				room := r.m.NewRoom()
				all := phones(r, room, rand.New(rand.NewPCG(5, uint64(len(drifts)))), len(drifts), 3000*ms)
				for i, p := range all {
					p.drift, p.pauses = drifts[i], pauses
				}
				end := 3600 * 1000 * ms
				if len(drifts) > 2 {
					end /= 4
				}
				for at := end / 20; at <= end; at += end / 20 {
					r.runUntil(at)
					checkWheel(t, r.w, room)
					mean, p99 := waited(all...)
					t.Logf("%v: mean %.2f p99 %.2f", time.Duration(at), mean, p99)
					for _, p := range all {
						p.waits = p.waits[:0]
					}
				}
				for _, p := range all {
					t.Logf("gaps %v slips %d missed %d skipped %d", p.gaps, p.slips, p.missed, p.skipped)
				}
			})
		}
	}
}
