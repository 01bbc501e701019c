package jitter

import (
	"slices"
	"testing"
)

// warm reads ahead all there is, as it may be done at any time.
func warm(p *Playout) int {
	return p.Warm() + p.WarmStore() + p.WarmMade() + p.WarmFrame()
}

// What is read ahead, at whatever time, is the same afterwards: also where frames go
// round the end of the store, are asked for or not, and while it is another one.
func TestWarmChangesNothing(t *testing.T) {
	for kind := range byte(4) {
		var warmed, cold Playout
		var got, want [][]int16
		deep := false
		play := func(p *Playout, heard *[][]int16, look func(*Playout) int) {
			f := formatOf(kind)
			p.Reset(f)
			look(p)
			var encoder adpcm
			encoder.Reset()
			frame, step := make([]int16, p.size), uint32(baseFrame*f.Clock/baseRate)
			now, ts := int64(second), uint32(1<<32-5000)
			for i := range 1000 {
				burst := i%100 >= 80 // all at once, for which a deep store is taken
				for j := range frame {
					frame[j] = int16((i*31 + j*97) % 4000)
				}
				payload := encoded(frame)
				if f.Packets != nil {
					payload = encoder.encode(frame)
				}
				if i%7 != 3 {
					p.Put(Packet{At: now, TS: ts, Seq: uint16(i), Payload: payload, InOrder: true, Follows: i%7 != 4})
				}
				look(p)
				deep = deep || f.Packets == nil && p.store.depth != nil
				ts += step
				for n := 0; !burst && n < 1 || i%100 == 99 && n < 20; n++ {
					p.Next(now)
					look(p)
					if (i+n)%5 != 2 {
						*heard = append(*heard, slices.Clone(p.Samples()))
						look(p)
					}
					now += tick
				}
			}
		}
		play(&warmed, &got, warm)
		play(&cold, &want, func(*Playout) int { return 0 })
		if len(got) == 0 || !slices.EqualFunc(got, want, slices.Equal[[]int16]) {
			t.Errorf("kind %d: something else is heard", kind)
		}
		if deep != (kind == 0) {
			t.Errorf("kind %d: a deep store is taken: %v", kind, deep)
		}
	}
}

// Of a frame that is made its samples are read, wherever in the store they are; one
// that is not is nowhere yet.
func TestWarmFrame(t *testing.T) {
	r, ts := settled(5000, 50)
	for i := range 2 * shallow / baseFrame {
		r.next(ts, 5000, baseFrame)
		ts += baseFrame
		r.Next(r.now)
		r.now += tick
		if n := r.WarmFrame(); n < 6*4500 {
			t.Fatalf("frame %d: %d read of it in all", i, n)
		}
	}
	r.Reset(formatOf(1))
	var encoder adpcm
	encoder.Reset()
	r.put(ts, encoder.encode(make([]int16, r.size)), true, false)
	if r.Next(r.now); r.made || r.WarmFrame() != 0 {
		t.Error("of a frame that is not made something is read")
	}
}
