package mixer

import (
	"fmt"
	"testing"
)

// costly is a listener for whom it takes time to encode what nobody else hears.
type costly struct {
	sharer
	r     *rig
	cost  int64
	alone int // frames
}

func (c *costly) Push(now int64, f *Frame) {
	if f.Own() {
		c.alone++
		c.r.now += c.cost
	}
	c.sharer.Push(now, f)
}

// Hundreds come at once, and to make the first frame for each takes longer than a
// frame. The room comes through it: everybody shares soon, is served in every
// frame, and goes on with what it has got.
func TestRoomOutlivesARush(t *testing.T) {
	for _, n := range []int{150, 300, 1000} {
		r := newRig(t)
		room := r.m.NewRoom()
		peers := make([]*costly, n)
		for i := range peers {
			peers[i] = &costly{sharer: sharer{t: t, spare: &checksum{}}, r: r, cost: 160_000}
			if i == 0 {
				peers[i].voice = constant(1000)
			}
			room.Join(Port(i), peers[i], Row{Voice: 1, Hears: 1})
		}
		r.runUntil(2000 * ms)
		before := make([]costly, n)
		for i, p := range peers {
			before[i] = *p
		}
		r.runUntil(3000 * ms)
		alone, missed := 0, 0
		for i, p := range peers[1:] {
			alone += p.alone - before[i+1].alone
			if got := len(p.times) - len(before[i+1].times); got < 49 || got > 51 {
				missed++
			}
		}
		if alone > 0 || missed > 0 {
			t.Errorf("%d ports: after two seconds %d frames are still made for one alone, %d ports miss some", n, alone, missed)
		}
		checkWheel(t, r.w, room)
	}
}

// A change that a tick given up did not get to is one for the next tick, also if
// another comes in between; and who left it is faded out but once.
func TestChangesOutliveATickGivenUp(t *testing.T) {
	talker := &peer{voice: constant(8000)}
	held := Row{Held: true, Treatment: Music}
	served := 0
	r, peers := amidSlices(t, talker, func(room *Room) {
		room.worker.behind = true
		served = room.large.sent
		room.worker.clock = func() int64 { return room.worker.slot*slotTime + allowance }
		var changes []Change
		for i := range Port(299) {
			changes = append(changes, Change{i, held})
		}
		room.Set(changes)
	})
	if served == 0 || served == len(peers) {
		t.Fatalf("%d served", served)
	}
	if r.m.Stats().SkippedTicks == 0 {
		t.Error("it is not counted")
	}
	r.w.clock = func() int64 { return r.now }
	r.tick(10)
	for i, p := range peers[:299] {
		if peak := peakOf(p.last(5)); peak < 100 || peak > 7000 {
			t.Fatalf("port %d, held with music, hears at most %d", i, peak)
		}
		if s := steepest(p.last(5)); s > 7000 {
			t.Fatalf("port %d: a step of %d", i, s)
		}
	}
}

// In a large room too music is encoded once, and the noise of a room in which
// nobody may speak; and who changes over to it, or back, can have at once what the
// others have.
func TestRadioInALargeRoom(t *testing.T) {
	for name, row := range map[string]Row{"music": {Held: true, Treatment: Music}, "noise": {Hears: 1, Treatment: ComfortNoise}} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			room := r.m.NewRoom()
			peers := make([]*joiner, 40)
			for i := range peers {
				peers[i] = &joiner{spare: &renewable{}}
				if i == 0 {
					peers[i].voice = saying(300, 0.3)
				}
				room.Join(Port(i), peers[i], Row{Voice: 1, Hears: 1})
			}
			r.tick(5)
			checkJoined(t, "at first", peers[1:], nil, 5)
			set := func(row, first Row) {
				changes := []Change{{0, first}}
				for i := range peers[1:] {
					changes = append(changes, Change{Port(i + 1), row})
				}
				room.Set(changes)
			}
			for round := range 3 {
				before := *peers[7]
				set(row, Row{Hears: row.Hears, Held: row.Held, Treatment: row.Treatment})
				r.tick(20)
				checkJoined(t, fmt.Sprint("round ", round, ", to the radio"), peers[1:], before.by, 20)
				before = *peers[7]
				set(Row{Voice: 1, Hears: 1}, Row{Voice: 1, Hears: 1})
				r.tick(20)
				checkJoined(t, fmt.Sprint("round ", round, ", back"), peers[1:], before.by, 20)
			}
		})
	}
}

// checkJoined checks that all go by one encoder, another than before, which has
// made one payload a frame.
func checkJoined(t *testing.T, what string, peers []*joiner, before Encoder, frames int) {
	t.Helper()
	by := peers[0].by.(*renewable)
	if by == before {
		t.Fatalf("%s: they go by the encoder of what they heard before", what)
	}
	for i, p := range peers {
		if p.by != by || p.missed != 0 {
			t.Fatalf("%s: listener %d goes by another encoder, or went by none %d times", what, i, p.missed)
		}
	}
	if got := by.encodes - by.seen; got != frames {
		t.Errorf("%s: %d encodes in %d frames", what, got, frames)
	}
	if by.renewals != by.told+1 {
		t.Errorf("%s: %d payloads to begin with, want 1", what, by.renewals-by.told)
	}
	by.seen, by.told = by.encodes, by.renewals
}

// renewable is an encoder that counts.
type renewable struct {
	encodes, renewals, seen, told int
}

func (e *renewable) Encode(dst []byte, frame []int16) int { e.encodes++; return copy(dst, "payload") }
func (e *renewable) Adopt(Encoder)                        {}
func (e *renewable) Renew()                               { e.renewals++ }

// joiner is a peer that always takes what the others get, and begins anew where it
// changes.
type joiner struct {
	peer
	spare  *renewable
	by     Encoder
	missed int
}

func (p *joiner) Push(now int64, f *Frame) {
	p.peer.Push(now, f)
	anew := f.By(0) != p.by
	_, by, _ := f.Joint(0, nil, anew)
	if by == nil && p.spare != nil {
		var given bool
		if _, by, given = f.Joint(0, p.spare, anew); given {
			p.spare = nil
		}
	}
	if by == nil {
		p.missed++
	}
	p.by = by
}

// What is asked to begin anew does so once: with this frame's payload, or with the
// next where this one has been given to others; and the present frame's is what
// the others hear, whatever the port's own has besides.
func TestJoint(t *testing.T) {
	var s share
	e := &renewable{}
	frame := func(turn int64) *Frame {
		f := &Frame{samples: silence[:FrameSamples], own: true}
		f.joins(&s, noise[:FrameSamples], turn)
		return f
	}
	joint := func(turn int64, anew bool) { frame(turn).Joint(1, e, anew) }
	if payload, _, _ := frame(1).Shared(1, e); payload != nil {
		t.Error("a frame of the port's own is given as one that others hear")
	}
	for i, want := range []struct {
		turn     int64
		anew     bool
		encodes  int
		renewals int
	}{
		{1, true, 1, 1}, {1, true, 1, 1}, {2, false, 2, 1}, {2, true, 2, 1}, {2, true, 2, 1}, {3, false, 3, 2}, {3, true, 3, 2}, {4, false, 4, 2},
	} {
		if joint(want.turn, want.anew); e.encodes != want.encodes || e.renewals != want.renewals {
			t.Errorf("step %d: %d encodes, %d to begin with", i, e.encodes, e.renewals)
		}
	}
	sum := &checksum{}
	frame(9).Joint(2, sum, false)
	want := &checksum{}
	want.Encode(make([]byte, 8), noise[:FrameSamples])
	if sum.sum != want.sum {
		t.Error("what is encoded is not what the others hear")
	}
	if f := NewFrame(silence[:FrameSamples]); f.By(0) != nil || !f.Own() || !f.Aside() {
		t.Error("a frame that nobody else hears is taken for one that others do")
	}
	if f := frame(1); f.By(3) != nil || f.By(MaxCodecs) != nil || f.By(1) != e {
		t.Error("not the encoder that there is")
	}
}

// Few of a worker's ports may encode for themselves what they could share, in
// whatever rooms they are, anew in each frame.
func TestFewStandAside(t *testing.T) {
	r := newRig(t)
	granted := 0
	for range 3 {
		room := r.m.NewRoom()
		for i := range Port(20) {
			room.Join(i, &asker{granted: &granted}, Row{Hears: 1})
		}
		r.m.NewRoom().Join(0, &asker{granted: &granted}, Row{Treatment: Music})
	}
	r.tick(5)
	granted = 0
	r.tick(10)
	if granted != 10*mostAside {
		t.Errorf("%d times in 10 frames", granted)
	}
}

// asker is a peer that asks to stand aside in every frame.
type asker struct {
	peer
	granted *int
}

func (p *asker) Push(_ int64, f *Frame) {
	if f.Aside() {
		*p.granted++
	}
}

// Who go from one thing to another together share the frame between the two, with
// the fade in it; who hear something else in that frame, or come from elsewhere, do
// not. There is an end to how many such changes a frame may have.
func TestCross(t *testing.T) {
	c := &changes{frame: 1}
	var s share
	frame := func(level int16) *Frame {
		f := &Frame{samples: constant(level)(0), own: true, changes: c}
		f.joins(&s, silence[:FrameSamples], 1)
		return f
	}
	one, other := &checksum{sum: 7}, &checksum{sum: 8}
	want := func(level int16, from *checksum) string {
		e, dst := *from, make([]byte, 8)
		e.Encode(dst, constant(level)(0))
		return string(dst)
	}
	var made []*checksum
	cross := func(what string, level int16, from *checksum, given bool) {
		t.Helper()
		spare := &checksum{}
		payload, by, took := frame(level).Cross(0, from, spare)
		if took != given {
			t.Errorf("%s: spare taken: %v", what, took)
		}
		if took {
			made = append(made, spare)
		}
		if string(payload) != want(level, from) || by == nil || by.(*checksum).sum == from.sum {
			t.Errorf("%s: the payload does not go on from what was heard before", what)
		}
	}
	cross("the first", 100, one, true)
	cross("another one", 100, one, false)
	if made[0].encodes != 1 {
		t.Errorf("%d encodes for two", made[0].encodes)
	}
	cross("from elsewhere", 100, other, true)
	if _, by, given := frame(200).Cross(0, one, &checksum{}); by != nil || given {
		t.Error("a third change in a frame")
	}
	c.begin(2)
	cross("something else, a frame later", 200, one, true)
	cross("together with another one", 200, one, false)
	c.begin(3)
	cross("two frames later", 300, one, false)
	if _, by, _ := NewFrame(silence[:FrameSamples]).Cross(0, one, &checksum{}); by != nil {
		t.Error("to nothing that others hear")
	}
}

// crosser is a peer that changes over as those do who may not stand aside.
type crosser struct {
	joiner
	second *renewable
}

func (p *crosser) Push(now int64, f *Frame) {
	if p.by != nil && f.Own() && f.By(0) != p.by && !f.Aside() {
		if _, by, given := f.Cross(0, p.by, p.second); by != nil {
			if p.by = by; given {
				p.second = &renewable{}
			}
			return
		}
	}
	p.joiner.Push(now, f)
}

// Changes for all at once allocate nothing, in time or given up.
func TestChangesAllocateNothing(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	for i := range Port(300) {
		p := &crosser{joiner{peer: peer{deaf: true}, spare: &renewable{}}, &renewable{}}
		if i == 0 {
			p.voice = constant(1000)
		}
		room.Join(i, p, Row{Voice: 1, Hears: 1})
	}
	r.runUntil(200 * ms)
	round := 0
	change := func() {
		round++
		for _, p := range room.members {
			row := Row{Voice: 1, Hears: 1}
			if round%2 > 0 {
				row = Row{Held: true, Treatment: Music}
			}
			room.change(p, row)
		}
		r.runUntil(r.now + 7*slotTime)
		if round%3 == 0 {
			r.now += 2 * allowance // the tick is given up in its midst
		}
		r.runUntil(r.now + 20*slotTime)
	}
	for range 12 {
		change()
	}
	if n := testing.AllocsPerRun(50, change); n != 0 {
		t.Errorf("%.1f allocations", n)
	}
	if r.w.changes.crossings[0][0][0].by == nil && r.w.changes.crossings[0][1][0].by == nil {
		t.Error("nobody went over together with others")
	}
	checkWheel(t, r.w, room)
}
