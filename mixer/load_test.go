package mixer

import (
	"math"
	"testing"
	"time"
)

func TestLoadPercentile(t *testing.T) {
	for name, c := range map[string]struct {
		lates map[time.Duration]int
		want  time.Duration
	}{
		"nothing":         {nil, 0},
		"one":             {map[time.Duration]int{time.Millisecond: 1}, time.Millisecond},
		"1 of 100":        {map[time.Duration]int{0: 99, 4 * time.Millisecond: 1}, 50 * time.Microsecond},
		"2 of 100":        {map[time.Duration]int{0: 98, 4 * time.Millisecond: 2}, 5 * time.Millisecond},
		"1 of 99":         {map[time.Duration]int{0: 98, 4 * time.Millisecond: 1}, 5 * time.Millisecond},
		"10 of 1000":      {map[time.Duration]int{0: 990, 8 * time.Millisecond: 10}, 50 * time.Microsecond},
		"5 and 6":         {map[time.Duration]int{0: 989, 2 * time.Millisecond: 6, 8 * time.Millisecond: 5}, 2500 * time.Microsecond},
		"beyond bounds":   {map[time.Duration]int{time.Second: 3}, math.MaxInt64},
		"on the boundary": {map[time.Duration]int{10 * time.Millisecond: 7}, 10 * time.Millisecond},
	} {
		var w window
		for late, n := range c.lates {
			for range n {
				w.observe(int64(late))
			}
		}
		w.roll(windowTime)
		if got := w.load().Lateness; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestLoadWindow(t *testing.T) {
	var w window
	w.work(300 * ms)
	w.observe(5 * ms)
	w.roll(999 * ms)
	if got := w.load(); got != (Load{}) {
		t.Errorf("before the second is over %+v is published", got)
	}
	w.roll(1200 * ms)
	if got := w.load(); got.Use != 0.25 || got.Lateness != 5*time.Millisecond {
		t.Errorf("300 ms of 1200 and 5 ms late are published as %+v", got)
	}
	w.work(100 * ms)
	w.roll(2200 * ms)
	if got := w.load(); got.Use != 0.1 || got.Lateness != 0 {
		t.Errorf("the second before is not forgotten: %+v", got)
	}
	w.work(500 * ms)
	w.observe(20 * ms)
	w.idle(2500 * ms)
	if got := w.load(); got != (Load{}) {
		t.Errorf("a worker without rooms has a load of %+v", got)
	}
	w.roll(3400 * ms)
	if got := w.load(); got != (Load{}) {
		t.Error("the window does not begin anew when the worker parks")
	}
	w.roll(3500 * ms)
	if got := w.load(); got != (Load{}) {
		t.Errorf("what was before the worker parked is counted: %+v", got)
	}
}
