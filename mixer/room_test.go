package mixer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Voices and the rows of a consult: each party has a bit of its own.
const (
	customer Port = iota
	agent
	colleague
)

func bit(p Port) uint64 { return 1 << p }

// hearing is the row of a live party that hears the given others.
func hearing(p Port, others ...Port) Row {
	row := Row{Voice: bit(p)}
	for _, o := range others {
		row.Hears |= bit(o)
	}
	return row
}

var onHold = Row{Treatment: Music, Held: true}

// Two voices are added without a sum between, three with one.
func TestVoicesAreAdded(t *testing.T) {
	for _, voices := range [][]int16{
		{1, 2}, {30000, 2767}, {30000, 2768}, {-30000, -2768}, {-30000, -2769}, {32767, 32767}, {-32768, -32768},
		{30000, -29999}, {30000, 20000, -30000}, {-30000, -20000, 29999},
	} {
		r := newRig(t)
		room := r.m.NewRoom()
		sum := 0
		for i, v := range voices {
			sum += int(v)
			room.Join(Port(i+1), &peer{voice: constant(v)}, Row{Voice: 1})
		}
		listener := &peer{}
		room.Join(0, listener, Row{Hears: 1})
		r.tick(4)
		want := int16(max(-32768, min(sum, 32767)))
		if got := listener.last(1); slices.Max(got) != want || slices.Min(got) != want {
			t.Errorf("%v are heard as %d to %d", voices, slices.Min(got), slices.Max(got))
		}
	}
}

// A voice, a sum and what is subtracted each fit in 16 bits; what lies between
// need not. Clamping anywhere but at the end gives another result.
func TestOverloadIsClampedOnce(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	for i, v := range []int16{30000, 20000, -30000} {
		room.Join(Port(i+1), &peer{voice: constant(v)}, Row{Voice: 1})
	}
	listener := &peer{}
	room.Join(0, listener, Row{Hears: 1})
	r.tick(2)
	if got := listener.last(1); slices.Max(got) != 20000 || slices.Min(got) != 20000 {
		t.Errorf("30000 + 20000 - 30000 is heard as %d to %d", slices.Min(got), slices.Max(got))
	}
	for i := range 6 { // large enough for totals
		room.Join(Port(10+i), &peer{}, Row{Voice: 1, Hears: 1})
	}
	loud := &peer{voice: constant(30000)}
	room.Join(20, loud, Row{Voice: 1, Hears: 1})
	r.tick(2)
	if got := loud.last(1); slices.Max(got) != 20000 || slices.Min(got) != 20000 {
		t.Errorf("a total of 50000 less the listener's own 30000 is heard as %d to %d", slices.Min(got), slices.Max(got))
	}
	if got := listener.last(1); slices.Max(got) != 32767 || slices.Min(got) != 32767 {
		t.Errorf("30000 + 20000 - 30000 + 30000 is heard as %d to %d", slices.Min(got), slices.Max(got))
	}
}

func TestNobodyHearsThemselves(t *testing.T) {
	for _, n := range []int{1, 2, 4, 5, 30} {
		r := newRig(t)
		room := r.m.NewRoom()
		peers := make([]*peer, n)
		rng := rand.New(rand.NewPCG(7, uint64(n)))
		for i := range peers {
			peers[i] = &peer{}
			room.Join(Port(i), peers[i], Row{Voice: ^uint64(0), Hears: ^uint64(0)})
		}
		peers[0].voice = noisy(1)
		for range 200 {
			room.Set([]Change{{0, Row{Voice: rng.Uint64(), Hears: rng.Uint64()}}})
			r.tick(1)
		}
		if peak := peakOf(peers[0].heard); peak != 0 {
			t.Errorf("the only speaker of %d hears %d", n, peak)
		}
		if n > 1 && peakOf(peers[1].heard) == 0 {
			t.Errorf("of %d nobody hears the speaker: the test is void", n)
		}
	}
}

// Non-interference: whatever the others say while a party is held, what the
// held one hears is the same to the last bit. Each random script runs twice,
// with voices that differ from one run to the other whenever the customer is
// held, and only then.
func TestHeldHearsNothing(t *testing.T) {
	for seed := range uint64(2000) {
		first, held := heldScript(t, seed, 1)
		second, _ := heldScript(t, seed, 2)
		for frame, is := range held {
			from, to := frame*FrameSamples, (frame+1)*FrameSamples
			if is && !slices.Equal(first[from:to], second[from:to]) {
				t.Fatalf("script %d: what was said reached the held customer in frame %d", seed, frame)
			}
		}
	}
}

// heldScript plays the conference of a seed and returns what the customer
// heard and in which frames it was held. version changes what is said in those.
func heldScript(t *testing.T, seed, version uint64) (heard []int16, held []bool) {
	r := newRig(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	room := r.m.NewRoom()
	now := false
	speaks := func(id uint64) func(int) []int16 {
		return func(frame int) []int16 {
			if now {
				return noisy(id + 1000*version)(frame)
			}
			return noisy(id)(frame)
		}
	}
	c := &peer{}
	// Rooms of both kinds, but not so many speakers that what one said earlier
	// decides whether another is heard now.
	parties := 3 + rng.IntN(loudest-1)
	for id := range Port(parties) {
		p := c
		if id != customer {
			p = &peer{voice: speaks(uint64(id))}
		}
		room.Join(id, p, hearing(id, customer, agent, colleague))
	}
	for range 12 {
		if rng.IntN(3) == 0 {
			now = !now
			row := onHold
			row.Treatment = Treatment(rng.IntN(7))
			if !now {
				row = hearing(customer, agent, colleague)
			}
			room.Set([]Change{{customer, row}})
		}
		switch id := Port(1 + rng.IntN(parties-1)); rng.IntN(6) {
		case 0:
			room.Leave(id, nil)
		case 1:
			room.Join(id, &peer{voice: speaks(uint64(id))}, hearing(id, customer, agent))
		case 2:
			room.Set([]Change{{id, hearing(id, colleague)}})
		case 3:
			room.Play(customer, NewClip(sine(500, 0.1, 250)), nil)
		}
		r.tick(1)
		held = append(held, now)
	}
	if leaked := r.m.Stats().LeakedFrames; leaked != 0 {
		t.Fatalf("script %d: %d frames are counted as leaked", seed, leaked)
	}
	r.m.Close()
	return c.heard, held
}

// The check counts what was mixed, so a row that contradicts itself shows.
func TestLeaksAreCounted(t *testing.T) {
	for _, size := range []struct{ n, talkers int }{{2, 1}, {3, 2}, {4, 3}, {12, 1}, {12, 3}} {
		n := size.n
		r := newRig(t)
		room := r.m.NewRoom()
		for id := range Port(n) {
			p := &peer{}
			if id != 0 && int(id) <= size.talkers {
				p.voice = constant(5)
			}
			room.Join(id, p, Row{Voice: 1, Hears: 1, Held: id == 0})
		}
		r.tick(10)
		if got := r.m.Stats().LeakedFrames; got != 10 {
			t.Errorf("in a room of %d, 10 leaked frames are counted as %d", n, got)
		}
		room.Set([]Change{{0, Row{Voice: 1, Held: true}}})
		r.tick(10)
		if got := r.m.Stats().LeakedFrames; got != 10 {
			t.Errorf("in a room of %d, a held port that hears nobody is counted as leaking: %d", n, got)
		}
	}
}

// consult is the situation of a warm transfer, voices by frequency.
type consult struct {
	*rig
	room *Room
	peer [3]*peer
}

var voiceOf = [3]float64{400, 1100, 1900}

func newConsult(t *testing.T, rows ...Row) *consult {
	c := &consult{rig: newRig(t)}
	c.room = c.m.NewRoom()
	for i, row := range rows {
		c.peer[i] = &peer{voice: saying(voiceOf[i], 0.25)}
		c.room.Join(Port(i), c.peer[i], row)
	}
	return c
}

// wantHears checks the level of every voice, and of the music, in the last ten
// frames a party heard: there to 0.1 dB or not there at all.
func (c *consult) wantHears(why string, p Port, music bool, voices ...Port) {
	c.t.Helper()
	signal := c.peer[p].last(10)
	for other, hz := range voiceOf {
		c.wantLevel(why, p, fmt.Sprintf("voice %d", other), power(signal, hz), 0.25, slices.Contains(voices, Port(other)))
	}
	c.wantLevel(why, p, "music", power(signal, 700), 0.2, music)
}

func (c *consult) wantLevel(why string, p Port, what string, got, full float64, wanted bool) {
	c.t.Helper()
	switch level := dB(got / full); {
	case wanted && math.Abs(level) > 0.1:
		c.t.Errorf("%s: party %d hears %s off by %.2f dB", why, p, what, level)
	case !wanted && level > -55: // what comfort noise has at any frequency is below
		c.t.Errorf("%s: party %d hears %s at %.1f dB", why, p, what, level)
	}
}

func TestWarmTransferLevels(t *testing.T) {
	c := newConsult(t, hearing(customer, agent), hearing(agent, customer))
	c.tick(12)
	c.wantHears("talking", customer, false, agent)
	c.wantHears("talking", agent, false, customer)

	c.room.Set([]Change{{customer, onHold}, {agent, Row{Voice: bit(agent), Treatment: Ringback}}})
	c.tick(12)
	c.wantHears("colleague rings", customer, true)
	c.wantHears("colleague rings", agent, false)

	c.peer[colleague] = &peer{voice: saying(voiceOf[colleague], 0.25)}
	c.room.Join(colleague, c.peer[colleague], hearing(colleague, agent))
	c.room.Set([]Change{{agent, hearing(agent, colleague)}})
	c.tick(12)
	c.wantHears("consult", customer, true)
	c.wantHears("consult", agent, false, colleague)
	c.wantHears("consult", colleague, false, agent)

	c.room.Set([]Change{{customer, hearing(customer, agent)}, {agent, hearing(agent, customer)}, {colleague, onHold}})
	c.tick(12)
	c.wantHears("swapped", customer, false, agent)
	c.wantHears("swapped", agent, false, customer)
	c.wantHears("swapped", colleague, true)

	c.room.Set([]Change{
		{customer, hearing(customer, agent, colleague)},
		{agent, hearing(agent, customer, colleague)},
		{colleague, hearing(colleague, customer, agent)},
	})
	c.tick(12)
	c.wantHears("merged", customer, false, agent, colleague)
	c.wantHears("merged", agent, false, customer, colleague)
	c.wantHears("merged", colleague, false, customer, agent)

	c.room.Leave(agent, nil)
	c.tick(12)
	c.wantHears("transferred", customer, false, colleague)
	c.wantHears("transferred", colleague, false, customer)
}

// At no sample are both parties of a swap heard: with voices that are constant
// the agent hears one, the other, or a cross-fade between, never their sum.
func TestSwapIsAtomic(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	a := &peer{}
	room.Join(customer, &peer{voice: constant(1000)}, hearing(customer, agent))
	room.Join(agent, a, hearing(agent, customer))
	room.Join(colleague, &peer{voice: constant(3000)}, onHold)
	r.tick(1)
	for i := range 50 {
		live, held := customer, colleague
		if i%2 == 0 {
			live, held = held, live
		}
		room.Set([]Change{{held, onHold}, {agent, hearing(agent, live)}, {live, hearing(live, agent)}})
		r.tick(1 + i%3)
		want := map[Port]int16{customer: 1000, colleague: 3000}[live]
		if got := a.last(1)[rampSamples:]; slices.Min(got) != want || slices.Max(got) != want {
			t.Fatalf("swap %d: the agent hears %d to %d, want %d", i, slices.Min(got), slices.Max(got), want)
		}
	}
	settled := a.heard[FrameSamples:]
	if low, high := slices.Min(settled), slices.Max(settled); low < 999 || high > 3000 {
		t.Errorf("the agent heard from %d to %d in the swaps", low, high)
	}
}

func TestMusicIsARadioAndTonesAreNot(t *testing.T) {
	r := newRig(t)
	one, other := r.m.NewRoom(), r.m.NewRoom()
	first, second, third := &peer{}, &peer{}, &peer{}
	one.Join(0, first, Row{Treatment: Music})
	one.Join(1, second, Row{Treatment: Ringback})
	r.tick(13)
	other.Join(0, third, Row{Treatment: Music})
	late := &peer{}
	one.Join(2, late, Row{Treatment: Ringback})
	r.tick(20)
	if !slices.Equal(first.last(19), third.last(19)) {
		t.Error("two who hear the same music are at different places of it")
	}
	if !slices.Equal(second.heard[:20*FrameSamples], late.heard) {
		t.Error("a ringback does not begin at its beginning")
	}
	// A row that changes otherwise leaves the tone going.
	one.Set([]Change{{2, Row{Treatment: Ringback, Voice: 1}}})
	r.tick(5)
	if !slices.Equal(second.heard[20*FrameSamples:25*FrameSamples], late.last(5)) {
		t.Error("a tone starts over when its row changes in something else")
	}
}

func TestMusicIndexThatDoesNotExist(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	var peers [3]*peer
	for i, music := range []int{0, -1, 99} {
		peers[i] = &peer{}
		room.Join(Port(i), peers[i], Row{Treatment: Music, Music: music})
	}
	r.tick(5)
	if !slices.Equal(peers[0].heard, peers[1].heard) || !slices.Equal(peers[0].heard, peers[2].heard) {
		t.Error("a music that does not exist is not the first one")
	}
}

// A great room is sent over several slots, everyone once a frame at an even
// pace, and a change in between waits for the next frame.
func TestLargeRoomIsSentInSlices(t *testing.T) {
	for _, n := range []int{60, 61, 1000, 2500} {
		r := newRig(t)
		room := r.m.NewRoom()
		peers := make([]*peer, n)
		for i := range peers {
			peers[i] = &peer{}
			room.Join(Port(i), peers[i], Row{Voice: 1, Hears: 1})
		}
		peers[0].voice = constant(1000)
		peers[n/2].voice = constant(200)
		r.tick(4)
		moments := map[int64]int{}
		for i, p := range peers {
			if len(p.times) != 4 || p.frames != 4 {
				t.Fatalf("port %d of %d: %d pushes, %d pulls in 4 frames", i, n, len(p.times), p.frames)
			}
			moments[p.times[2]]++
			if gap := p.times[3] - p.times[2]; gap != int64(FrameDuration) {
				t.Fatalf("port %d of %d: its frames are %d ns apart", i, n, gap)
			}
			want := int16(1200)
			switch i {
			case 0:
				want = 200
			case n / 2:
				want = 1000
			}
			if got := p.last(1); slices.Min(got) != want || slices.Max(got) != want {
				t.Fatalf("port %d of %d hears %d to %d, want %d", i, n, slices.Min(got), slices.Max(got), want)
			}
		}
		if want := min(maxSlices, (n+sliceSize-1)/sliceSize); len(moments) != want {
			t.Errorf("a room of %d is sent at %d moments, want %d", n, len(moments), want)
		}
	}
}

// More changes at once than the fades allowed for: the excess switches at once,
// to the right mix.
func TestFadesAreBounded(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	const n = 150
	peers := make([]*peer, n)
	var changes []Change
	for i := range peers {
		peers[i] = &peer{}
		if i < loudest {
			peers[i].voice = constant(10)
		}
		room.Join(Port(i), peers[i], Row{})
		changes = append(changes, Change{Port(i), Row{Voice: 1, Hears: 1}})
	}
	r.tick(1)
	room.Set(changes)
	r.tick(1)
	faded := 0
	for i, p := range peers {
		want := int16(10 * loudest)
		if i < loudest {
			want -= 10
		}
		if got := p.last(1)[rampSamples:]; slices.Min(got) != want || slices.Max(got) != want {
			t.Fatalf("port %d hears %d to %d after the fades", i, slices.Min(got), slices.Max(got))
		}
		if p.last(1)[0] < want/2 {
			faded++
		}
	}
	if want := maxFades / (n - 1); faded < want-1 || faded > want+1 {
		t.Errorf("%d ports fade, want about %d", faded, want)
	}
}

// A port joined again is another stream; rows and clips for ports that are not
// there are passed over.
func TestPortsComeAndGo(t *testing.T) {
	r := newRig(t)
	room := r.m.NewRoom()
	old, new := &peer{}, &peer{}
	room.Join(0, old, Row{Hears: 1})
	room.Join(1, &peer{voice: constant(7)}, Row{Voice: 1})
	r.tick(3)
	room.Join(0, new, Row{Hears: 1})
	room.Set([]Change{{0, Row{Hears: 1}}, {9, Row{Hears: 1}}})
	room.Set(nil)
	room.Play(9, NewClip(sine(100, 1, 100)), nil)
	room.Leave(9, nil)
	r.tick(2)
	if len(old.heard) != 3*FrameSamples || len(new.heard) != 2*FrameSamples {
		t.Errorf("the old stream got %d samples, the new one %d", len(old.heard), len(new.heard))
	}
	if got := new.last(1)[0]; got != 7 {
		t.Errorf("the new stream hears %d", got)
	}
	if s := r.m.Stats(); s.Rooms != 1 || s.Ports != 2 {
		t.Errorf("%d rooms, %d ports", s.Rooms, s.Ports)
	}
	for id := range Port(300) { // beyond every list's first capacity, and back
		room.Join(id, &peer{deaf: true}, Row{Hears: 1})
	}
	r.tick(1)
	for id := range Port(299) {
		room.Leave(id, nil)
	}
	r.tick(1)
	room.Close(nil)
	r.tick(1)
	if s := r.m.Stats(); s.Rooms != 0 || s.Ports != 0 || r.w.hosted != 0 || r.w.total() != 0 {
		t.Errorf("after the end: %d rooms, %d ports, %d rooms on the worker, load %d", s.Rooms, s.Ports, r.w.hosted, r.w.total())
	}
}
