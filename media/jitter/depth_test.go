package jitter

import (
	"slices"
	"testing"
)

// bring has a stream of so many packets on time, and then 20 more at once:
// 400 ms, of which the store's own memory holds 196.
func bring(p *Playout, onTime int, frame func()) (taken int) {
	put := func(i int, at int64) bool {
		payload := make([]byte, baseFrame)
		for j := range payload {
			payload[j] = byte(i*7 + j)
		}
		return p.Put(Packet{
			At: at, TS: 1<<32 - 1000 + uint32(i*baseFrame), Seq: uint16(i), Payload: payload, InOrder: true, Follows: i > 0,
		})
	}
	now := int64(second)
	for i := range onTime {
		put(i, now)
		now += second / 50
		p.Next(now)
		frame()
	}
	for i := range 20 {
		if put(onTime+i, now) {
			taken++
		}
	}
	for range 30 {
		now += second / 50
		p.Next(now)
		frame()
	}
	return taken
}

// A stream whose packets come further ahead of their time than the store
// reaches gets a deeper one, and what is heard is the same.
func TestDeepens(t *testing.T) {
	given := 0
	f := g711
	f.Deepen = func() *Depth {
		given++
		d := new(Depth)
		for i := range d.samples {
			d.samples[i], d.have[i/64] = 12345, 1<<64-1 // of another stream
		}
		return d
	}
	var deepened, deep Playout
	deepened.Reset(f)
	deep.Reset(g711)
	deep.store.use(new(Depth)) // from the beginning
	var got, want [][]int16
	if n := bring(&deepened, 100, func() { got = append(got, slices.Clone(deepened.Samples())) }); n != 20 {
		t.Errorf("took %d of 20 packets", n)
	}
	bring(&deep, 100, func() { want = append(want, slices.Clone(deep.Samples())) })
	if given != 1 || deepened.store.depth == nil {
		t.Fatalf("memory given %d times", given)
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Fatalf("frame %d differs", i)
		}
	}
}

// What is not needed any more is let go, and nothing of it is heard.
func TestSurfaces(t *testing.T) {
	var surfaced, deep Playout
	surfaced.Reset(g711)
	deep.Reset(g711)
	deep.store.use(new(Depth))
	var got, want [][]int16
	bring(&surfaced, 100, func() { got = append(got, slices.Clone(surfaced.Samples())) })
	bring(&deep, 100, func() { want = append(want, slices.Clone(deep.Samples())); deep.idle = 0 })
	if surfaced.store.depth == nil {
		t.Fatal("no memory taken")
	}
	now := second + int64(130)*second/50
	for i := range idleFrames + 100 {
		payload := make([]byte, baseFrame)
		for j := range payload {
			payload[j] = byte(i + j)
		}
		now += second / 50
		for _, p := range []*Playout{&surfaced, &deep} {
			n := 130 + i
			p.Put(Packet{At: now - 1e6, TS: 1<<32 - 1000 + uint32(n*baseFrame), Seq: uint16(n), Payload: payload, InOrder: true})
			p.Next(now)
		}
		deep.idle = 0
		got, want = append(got, slices.Clone(surfaced.Samples())), append(want, slices.Clone(deep.Samples()))
	}
	if surfaced.store.depth != nil || deep.store.depth == nil {
		t.Error("the memory was not let go, or that of the other")
	}
	for i := range want {
		if !slices.Equal(got[i], want[i]) {
			t.Fatalf("frame %d differs", i)
		}
	}
}

// Without more memory the packets that are too far ahead are refused, and those
// that are not are heard.
func TestNoDepthAtHand(t *testing.T) {
	f := g711
	asked := 0
	f.Deepen = func() *Depth { asked++; return nil }
	var p Playout
	p.Reset(f)
	heard := 0
	taken := bring(&p, 100, func() {
		if audible(p.Samples()) {
			heard++
		}
	})
	if most := (shallow - past) / baseFrame; taken < most-1 || taken > most || asked != 20-taken {
		t.Errorf("took %d of 20 packets, of which %d fit; asked %d times", taken, most, asked)
	}
	if heard < 100+taken {
		t.Errorf("heard %d frames", heard)
	}
}

// What was in the memory of the stream before is not heard in the next.
func TestResetForgetsTheDepth(t *testing.T) {
	var p Playout
	p.Reset(g711)
	p.store.use(new(Depth))
	for i := range p.store.samples {
		p.store.samples[i] = 9999
	}
	p.Reset(g711)
	if p.store.depth == nil {
		t.Fatal("the depth was not kept")
	}
	for i, v := range p.store.samples {
		if v != 0 {
			t.Fatalf("sample %d is %d", i, v)
		}
	}
	p.Reset(Format{Rate: 16000, Clock: 8000, Decoder: newWideCodec(), Packets: NewPackets()})
	theirs := p.store.depth
	p.Reset(g711)
	if theirs == nil || p.store.depth != nil {
		t.Error("the memory of the other codec's packets is still used")
	}
}
