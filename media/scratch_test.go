package media

import "testing"

// A session aboard a carrier works with the worker's scratch, and with one of the
// engine's besides where it needs two at a time; none gets lost.
func TestScratchOfACarrier(t *testing.T) {
	e := &Engine{scratches: newScratches()}
	c := &carrier{scratch: new(scratch)}
	s := &Session{engine: e, aboard: c}
	have := func() (n int) {
		for i := range e.scratches {
			if e.scratches[i].Load() != nil {
				n++
			}
		}
		return n
	}
	all, own := have(), c.scratch
	for range 3 {
		first := s.borrow()
		second := s.borrow()
		if first == second || first == nil || second == nil {
			t.Fatal("two have the same")
		}
		if c.scratch != nil || have() != all-1 {
			t.Fatalf("the carrier has one still, or the engine %d of %d", have(), all)
		}
		s.giveBack(second)
		s.giveBack(first)
		if c.scratch == nil || have() != all {
			t.Fatalf("the engine has %d of %d back", have(), all)
		}
	}
	if s.borrow(); own == nil || c.scratch != nil {
		t.Error("the worker's scratch was not taken")
	}
	s.aboard = nil
	if s.giveBack(s.borrow()); have() != all {
		t.Error("one that is not aboard lost the engine's")
	}
}
