package mixer

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// naiveWheel is the wheel as a list: what was put in, in that order.
type naiveWheel struct{ turns []*turn }

func (n *naiveWheel) remove(t *turn) {
	n.turns = slices.DeleteFunc(n.turns, func(o *turn) bool { return o == t })
}

// take is the first of the slot's turns by kind, then by age.
func (n *naiveWheel) take(slot int64) (best *turn) {
	for _, t := range n.turns {
		if t.due == slot && (best == nil || t.kind < best.kind) {
			best = t
		}
	}
	n.remove(best)
	return best
}

// next is the first slot with something in it.
func (n *naiveWheel) next(slot int64) int64 {
	least := slot + horizon
	for _, t := range n.turns {
		least = min(least, t.due)
	}
	return least
}

// The wheel and the list go through the same random script, over many rounds of
// the wheel, from a slot that is no multiple of its size.
func TestWheelAgreesWithList(t *testing.T) {
	for seed := range uint64(30) {
		rng := rand.New(rand.NewPCG(seed, 1))
		var w wheel
		var naive naiveWheel
		turns := make([]turn, 40)
		for i := range turns {
			turns[i].kind = turnKind(rng.IntN(int(turnKinds)))
		}
		slot := int64(1000 + seed)
		for range 3000 {
			x := &turns[rng.IntN(len(turns))]
			due := slot + rng.Int64N(horizon)
			switch rng.IntN(5) {
			case 0, 1:
				naive.remove(x)
				w.move(x, due)
				naive.turns = append(naive.turns, x)
			case 2:
				if x.waiting {
					w.remove(x)
					naive.remove(x)
				}
			case 3:
				want := naive.take(slot)
				if got := w.take(slot); got != want {
					t.Fatalf("seed %d slot %d: %+v is taken, want %+v", seed, slot, got, want)
				}
				if want == nil {
					slot++ // the slot is over
				} else if want.waiting {
					t.Fatal("a turn that was taken is said to wait")
				}
			case 4:
				// A slot that was emptied by a move may be looked at for nothing,
				// but none with a turn may be passed over.
				got, ok := w.next(slot)
				if want := naive.next(slot); len(naive.turns) > 0 && (!ok || got > want || got < slot) {
					t.Fatalf("seed %d slot %d: next is %d (%v), want %d", seed, slot, got, ok, want)
				}
			}
			checkCounts(t, &w, &naive)
		}
	}
}

// checkCounts compares what the wheel counts.
func checkCounts(t *testing.T, w *wheel, naive *naiveWheel) {
	t.Helper()
	var count [horizon]int64
	for _, x := range naive.turns {
		count[x.due%horizon]++
	}
	if w.turns != int64(len(naive.turns)) || w.count != count {
		t.Fatalf("%d turns are counted, want %d", w.turns, len(naive.turns))
	}
}

func TestWheelNextAcrossTheWrap(t *testing.T) {
	for _, from := range []int64{0, 1, 62, 63, 64, 127, 6400 - 1, 6400} {
		for ahead := range int64(horizon) {
			var w wheel
			if _, ok := w.next(from); ok {
				t.Fatal("an empty wheel has a next slot")
			}
			x := turn{due: from + ahead}
			w.add(&x)
			if got, ok := w.next(from); !ok || got != x.due {
				t.Fatalf("from %d: next is %d (%v), want %d", from, got, ok, x.due)
			}
			if w.take(x.due) != &x || w.take(x.due) != nil {
				t.Fatal("the turn is not in its slot, or twice")
			}
			if _, ok := w.next(from); ok {
				t.Fatal("a wheel that was emptied has a next slot")
			}
		}
	}
}

// Within a slot rooms come before inputs, and inputs before outputs, in
// whatever order they were put in.
func TestWheelOrderOfKinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 100 {
		var w wheel
		var turns [12]turn
		for _, i := range rng.Perm(len(turns)) {
			turns[i] = turn{due: 77, kind: turnKind(i % int(turnKinds))}
			w.add(&turns[i])
		}
		last := turnRoom
		for range turns {
			x := w.take(77)
			if x.kind < last {
				t.Fatalf("kind %d comes after %d", x.kind, last)
			}
			last = x.kind
		}
	}
}

// checkWheel looks that every turn a worker's rooms should have is in the wheel
// once, in the lane of its slot and kind, and nothing else is.
func checkWheel(t *testing.T, w *worker, rooms ...*Room) {
	t.Helper()
	found := map[*turn]int{}
	for at := range w.slots {
		for kind := range w.slots[at] {
			n := 0
			for x := w.slots[at][kind].first; x != nil; x = x.next {
				if n++; n > 1<<16 {
					t.Fatal("a lane goes in a circle")
				}
				if found[x]++; x.due%horizon != int64(at) || int(x.kind) != kind || !x.waiting {
					t.Fatalf("a turn of kind %d, due in %d, is in the lane %d of slot %d", x.kind, x.due, kind, at)
				}
				if x.due < w.slot || x.due >= w.slot+horizon {
					t.Fatalf("in slot %d a turn is due in %d", w.slot, x.due)
				}
			}
		}
	}
	want := 0
	expect := func(x *turn) {
		want++
		if found[x] != 1 {
			t.Fatalf("slot %d: a turn of kind %d is in the wheel %d times", w.slot, x.kind, found[x])
		}
	}
	for _, r := range rooms {
		expect(&r.tick)
		if r.large == nil {
			for _, p := range r.members {
				expect(&p.input)
				expect(&p.output)
			}
		} else if r.large.slice.waiting {
			expect(&r.large.slice)
		}
	}
	if len(found) != want || w.turns != int64(want) {
		t.Fatalf("%d turns are in the wheel, %d counted, want %d", len(found), w.turns, want)
	}
}
