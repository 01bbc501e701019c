package mixer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// oracle is the mixer as a page of a book would have it: every listener's every
// sample summed anew over all ports, pair by pair. It is slow, shares no code
// with the room but the fade's table and the sounds, and must agree with it to
// the last bit.
type oracle struct {
	sounds *sounds
	ports  map[Port]*oraclePort
	left   []*oraclePort // since the last tick
	frame  int64

	unsettled bool // somebody was put off the stage in the last tick, or back
}

type oraclePort struct {
	voice      func(int) []int16
	pulled     int
	bus        int            // at which it hears
	now, past  [buses][]int16 // what it says in this tick and said in the last
	row, was   Row
	tone       int64 // frames its treatment has sounded
	clip       *Clip
	at         int
	playing    bool
	wasPlaying bool
	cut        []int16
	heard      []int16
	up, wasUp  bool // among the loudest, in this tick and in the last
	level      int
	quiet      int // ticks without a voice
	fresh      bool
}

func (o *oracle) join(id Port, voice func(int) []int16, bus int, row Row) {
	o.leave(id)
	o.ports[id] = &oraclePort{voice: voice, bus: bus, row: row, up: true}
}

func (o *oracle) leave(id Port) {
	if p := o.ports[id]; p != nil {
		p.row = Row{}
		o.left = append(o.left, p)
		delete(o.ports, id)
	}
}

func (o *oracle) play(id Port, clip *Clip) {
	p := o.ports[id]
	if p == nil {
		return
	}
	if p.playing && p.at > 0 {
		p.cut = p.clip.at[p.bus][p.at<<p.bus:]
	}
	p.clip, p.at, p.playing = clip, 0, true
}

func (o *oracle) tick() {
	everyone := append([]*oraclePort(nil), o.left...)
	for _, p := range o.left {
		p.now, p.past = [buses][]int16{}, p.now
	}
	for _, p := range o.ports {
		everyone = append(everyone, p)
		p.past, p.now = p.now, atBoth(p.voice(p.pulled))
		p.pulled++
	}
	o.stage()
	for _, p := range o.ports {
		before := p.treatment(o, p.was)
		beforeTone := p.tone
		if !p.row.sameTreatment(p.was) {
			p.tone = 0
		}
		after := p.treatment(o, p.row)
		for n := range FrameSamples << p.bus {
			p.heard = append(p.heard, o.sample(p, everyone, n, before, beforeTone, after))
		}
		p.tone++
		p.wasPlaying, p.cut = p.playing, nil
		if p.playing {
			p.at = min(p.at+FrameSamples, p.clip.length())
			p.playing = p.at < p.clip.length()
		}
	}
	for _, p := range everyone {
		p.was = p.row
	}
	o.left = nil
	o.frame++
}

// atBoth is a frame at either rate, as a peer gives it.
func atBoth(frame []int16) (both [buses][]int16) {
	if frame != nil {
		both = [buses][]int16{frame, widen(frame, false)}
	}
	return both
}

// stage finds the four loudest of a large room by sorting. Those who are up
// count twice as loud. Who says nothing is up, for the time it begins to.
func (o *oracle) stage() {
	var talkers []*oraclePort
	for _, p := range o.left {
		p.wasUp = p.up
	}
	for _, p := range o.ports {
		p.wasUp = p.up
		p.up = true
		if len(o.ports) <= smallRoom {
			continue
		}
		if p.quiet++; p.now[narrow] != nil && p.row.Voice != 0 {
			talkers = append(talkers, p)
			if p.fresh = p.quiet > 17; p.fresh { // a third of a second
				p.level = 0
			}
			p.quiet = 0
		}
	}
	if len(o.ports) <= smallRoom {
		o.unsettled = false
	}
	crowded := len(talkers) > loudest
	if !crowded && !o.unsettled {
		return
	}
	rank := func(p *oraclePort) int {
		if p.wasUp && !p.fresh {
			return 2*p.level + 1
		}
		return p.level
	}
	for _, p := range talkers {
		if !o.unsettled {
			p.level = 0
		}
		sum := 0
		for n := 0; n < FrameSamples; n += 4 {
			v := int(p.now[p.bus][n<<p.bus])
			sum += max(v, -v-1)
		}
		p.level = max(sum, p.level-p.level/16)
	}
	slices.SortFunc(talkers, func(a, b *oraclePort) int { return rank(b) - rank(a) })
	o.unsettled = false
	for n, p := range talkers {
		p.up = n < loudest
		o.unsettled = o.unsettled || !p.up || !p.wasUp
	}
}

type oracleLoop struct {
	loop  *loop
	radio bool
}

func (p *oraclePort) treatment(o *oracle, row Row) oracleLoop {
	switch row.Treatment {
	case Music:
		return oracleLoop{o.sounds.music[row.Music], true}
	case ComfortNoise:
		return oracleLoop{o.sounds.noise, true}
	case Ringback:
		return oracleLoop{o.sounds.ringback, false}
	case QueueTone:
		return oracleLoop{o.sounds.queue, false}
	case HoldTone:
		return oracleLoop{o.sounds.hold, false}
	case AloneTone:
		return oracleLoop{o.sounds.alone, false}
	}
	return oracleLoop{&loop{[buses][]int16{{0}, {0, 0}}}, true}
}

func (l oracleLoop) sample(bus int, frame, tone int64, n int) int {
	if l.radio {
		tone = frame
	}
	at := l.loop.at[bus]
	return int(at[(tone*FrameSamples<<bus+int64(n))%int64(len(at))])
}

func (o *oracle) sample(p *oraclePort, everyone []*oraclePort, n int, before oracleLoop, beforeTone int64, after oracleLoop) int16 {
	up, down := 1<<15, 0
	bus, ramp, last := p.bus, rampSamples<<p.bus, FrameSamples<<p.bus-1
	if n < ramp {
		up, down = int(fades[bus].up[n]), int(fades[bus].down[n])
	}
	sum := 0
	for _, other := range everyone {
		if other == p {
			continue
		}
		heard := p.was.Hears&other.was.Voice != 0
		hears := p.row.Hears&other.row.Voice != 0
		switch {
		case hears && !other.up: // others are louder
			if heard && other.wasUp && other.past[bus] != nil && n < ramp {
				sum += int(other.past[bus][last-n]) * down >> 15
			}
		case hears && !other.wasUp && other.now[bus] != nil:
			sum += int(other.now[bus][n]) * up >> 15
		case heard && !hears && !other.wasUp:
		case hears && heard && other.now[bus] != nil:
			sum += int(other.now[bus][n])
		case hears && !heard && other.now[bus] != nil:
			sum += int(other.now[bus][n]) * up >> 15
		case heard && !hears && other.past[bus] != nil && n < ramp:
			sum += int(other.past[bus][last-n]) * down >> 15
		}
	}
	if p.was.sameTreatment(p.row) {
		sum += after.sample(bus, o.frame, p.tone, n)
	} else {
		sum += before.sample(bus, o.frame, beforeTone, n) * down >> 15
		sum += after.sample(bus, o.frame, p.tone, n) * up >> 15
	}
	low := sum >> 2
	switch {
	case p.playing && p.wasPlaying:
		sum = low
	case p.playing:
		sum = low + (sum-low)*down>>15
	case p.wasPlaying:
		sum = low + (sum-low)*up>>15
	}
	if n < len(p.cut) {
		sum += int(p.cut[n]) * down >> 15
	}
	if rest := p.rest(); n < len(rest) {
		sum += int(rest[n])
	}
	return int16(max(-32768, min(sum, 32767)))
}

// rest is what is to come of the clip that plays.
func (p *oraclePort) rest() []int16 {
	if !p.playing {
		return nil
	}
	return p.clip.at[p.bus][p.at<<p.bus:]
}

// duel is a room and its oracle going through the same script.
type duel struct {
	*rig
	room   *Room
	oracle *oracle
	peers  map[Port]*peer
	seeds  uint64
}

func newDuel(t testing.TB) *duel {
	r := newRig(t)
	return &duel{
		rig:    r,
		room:   r.m.NewRoom(),
		oracle: &oracle{sounds: r.m.sounds, ports: map[Port]*oraclePort{}},
		peers:  map[Port]*peer{},
	}
}

func (d *duel) join(id Port, row Row) {
	d.seeds++
	p := &peer{voice: noisy(d.seeds), rate: busRates[d.seeds%buses]}
	d.peers[id] = p
	d.room.Join(id, p, row)
	d.oracle.join(id, p.voice, busOf(p.Rate()), row)
}

func (d *duel) set(changes ...Change) {
	d.room.Set(changes)
	for _, c := range changes {
		if p := d.oracle.ports[c.Port]; p != nil {
			p.row = c.Row
		}
	}
}

func (d *duel) leave(id Port) {
	d.room.Leave(id, nil)
	d.oracle.leave(id)
	delete(d.peers, id)
}

func (d *duel) play(id Port, clip []int16) {
	c := NewClip(clip)
	d.room.Play(id, c, nil)
	d.oracle.play(id, c)
}

// step runs one frame on both sides and compares all that was heard in it.
func (d *duel) step() error {
	d.tick(1)
	d.oracle.tick()
	return d.compare()
}

// compare is step without the frame.
func (d *duel) compare() error {
	for id, p := range d.peers {
		want := d.oracle.ports[id].heard
		if len(p.heard) != len(want) {
			return fmt.Errorf("frame %d: port %d heard %d samples, the oracle %d", d.frame, id, len(p.heard), len(want))
		}
		for n := len(want) - p.Rate()/50; n < len(want); n++ {
			if p.heard[n] != want[n] {
				return fmt.Errorf("frame %d: port %d sample %d is %d, the oracle's %d", d.frame, id, n%FrameSamples, p.heard[n], want[n])
			}
		}
	}
	return nil
}

// randomRow draws a row over the given number of voice bits.
func randomRow(rng *rand.Rand, bits int) Row {
	mask := uint64(1)<<bits - 1
	row := Row{Treatment: Treatment(rng.IntN(int(ComfortNoise) + 1)), Music: rng.IntN(2)}
	switch rng.IntN(4) {
	case 0:
		row.Hears = rng.Uint64() & mask
	case 1:
		row.Voice = rng.Uint64() & mask
	case 2:
		row.Voice, row.Hears = rng.Uint64()&mask, rng.Uint64()&mask
	case 3:
		row.Voice, row.Hears = mask, mask
	}
	return row
}

// run plays a random script of joins, changes, departures and clips.
func (d *duel) run(rng *rand.Rand, ports, bits, frames int) error {
	for range frames {
		for range rng.IntN(4) {
			id := Port(rng.IntN(ports))
			switch rng.IntN(8) {
			case 0, 1:
				d.join(id, randomRow(rng, bits))
			case 2:
				d.leave(id)
			case 3:
				d.play(id, sine(1000, 0.3, rng.IntN(700)))
			default:
				changes := make([]Change, 1+rng.IntN(min(ports, 20)))
				for i := range changes {
					changes[i] = Change{Port(rng.IntN(ports)), randomRow(rng, bits)}
				}
				d.set(changes...)
			}
		}
		if err := d.step(); err != nil {
			return err
		}
	}
	return nil
}

func TestRoomAgreesWithOracle(t *testing.T) {
	for _, size := range []struct{ ports, bits, rooms, frames int }{
		{2, 2, 10, 60},
		{4, 4, 25, 80},  // the small room's direct sums
		{9, 9, 12, 60},  // more masks than totals
		{12, 1, 8, 50},  // one shared mask
		{30, 3, 4, 30},  // totals and own voices
		{110, 2, 1, 10}, // two slices
		{205, 64, 1, 2}, // three slices, every bit
	} {
		t.Run(fmt.Sprintf("%d ports %d bits", size.ports, size.bits), func(t *testing.T) {
			for seed := range uint64(size.rooms) {
				d := newDuel(t)
				rng := rand.New(rand.NewPCG(seed, uint64(size.ports)))
				if size.ports > 4 { // fill the room, scripts do the rest
					for id := range Port(size.ports) {
						d.join(id, randomRow(rng, size.bits))
						if id%35 == 34 { // fewer fades than the room bounds them to
							if err := d.step(); err != nil {
								t.Fatalf("seed %d: %v", seed, err)
							}
						}
					}
				}
				if err := d.run(rng, size.ports, size.bits, size.frames); err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
			}
		})
	}
}

func FuzzRoomAgreesWithOracle(f *testing.F) {
	f.Add(uint64(1), uint8(3), uint8(3))
	f.Add(uint64(2), uint8(6), uint8(1))
	f.Add(uint64(3), uint8(40), uint8(64))
	f.Fuzz(func(t *testing.T, seed uint64, ports, bits uint8) {
		d := newDuel(t)
		rng := rand.New(rand.NewPCG(seed, 0))
		if err := d.run(rng, 1+int(ports)%64, 1+int(bits)%64, 20); err != nil {
			t.Fatal(err)
		}
	})
}
