package mixer

import "testing"

// lag is a worker whose every slot takes part of its time; while it is late all of
// it is dearer by a quarter. It starts so much late and returns how many of n slots
// are given up, and how late it is at the end.
func lag(use float64, late int64, n int) (given int, left int64) {
	var p punctuality
	now := 1000*slotTime + late
	for slot := int64(1000); slot < 1000+int64(n); slot++ {
		if now < slot*slotTime {
			p.rest()
			now = slot * slotTime
		}
		late := now - slot*slotTime
		p.begin(slot, late)
		switch {
		case p.behind:
			given++
			now += slotTime / 40
		case late > prompt:
			now += int64(use * 1.25 * float64(slotTime))
		default:
			now += int64(use * float64(slotTime))
		}
	}
	return given, now - (1000+int64(n))*slotTime
}

// A worker that has time enough is on time again whatever held it up, and gives up
// no more than that takes; one that has not is not kept from trying.
func TestWorkerComesBackOnTime(t *testing.T) {
	for _, c := range []struct {
		use          float64
		late         int64
		least, given int // of ten seconds
	}{
		{0.3, 9 * ms, 0, 0},
		{0.6, 9 * ms, 0, 0},
		{0.3, 25 * ms, 20, 22}, // down to 5 ms, and makes up for the rest
		{0.85, 9 * ms, 8, 12},  // it would stay late for ever
		{0.85, 4 * ms, 3, 8},   // the same
		{0.85, 300 * ms, 295, 312},
		{1.1, 0, 900, 2700}, // a tenth is too much, whatever one does; at the dear price a quarter
	} {
		given, left := lag(c.use, c.late, 10_000)
		if given < c.least || given > c.given {
			t.Errorf("use %v, %v ms late: %d slots are given up, want %d to %d", c.use, c.late/ms, given, c.least, c.given)
		}
		if c.use < 1 && left > 0 {
			t.Errorf("use %v, %v ms late: still %v µs late after ten seconds", c.use, c.late/ms, left/1000)
		}
	}
}

// To have had nothing to do is not to be late.
func TestRestIsNotLateness(t *testing.T) {
	var p punctuality
	for slot := int64(1000); !p.behind; slot++ {
		if p.begin(slot, 3*ms); slot > 1000+patience/slotTime+1 {
			t.Fatal("void: it is late for ever")
		}
	}
	for frame := int64(2000); frame < 4000; frame += slots {
		p.rest()
		if p.begin(frame, 6*ms); p.behind {
			t.Fatal("a slot after a rest is given up, 6 ms late")
		}
	}
}
