package mixer

import (
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestLoadPercentile(t *testing.T) {
	const us = time.Microsecond
	for name, c := range map[string]struct {
		lates map[time.Duration]int
		want  time.Duration
	}{
		"nothing":       {nil, 0},
		"before time":   {map[time.Duration]int{-time.Millisecond: 7}, 0},
		"one":           {map[time.Duration]int{time.Millisecond: 1}, time.Millisecond},
		"1 of 100":      {map[time.Duration]int{0: 99, 4 * time.Millisecond: 1}, 0},
		"2 of 100":      {map[time.Duration]int{0: 98, 4 * time.Millisecond: 2}, 4 * time.Millisecond},
		"1 of 99":       {map[time.Duration]int{0: 98, 4 * time.Millisecond: 1}, 4 * time.Millisecond},
		"10 of 1000":    {map[time.Duration]int{30 * us: 990, 8 * time.Millisecond: 10}, 250 * us},
		"5 and 6":       {map[time.Duration]int{0: 989, 2 * time.Millisecond: 6, 8 * time.Millisecond: 5}, 2 * time.Millisecond},
		"a class":       {map[time.Duration]int{3001 * us: 7}, 3250 * us},
		"on a border":   {map[time.Duration]int{3250 * us: 7}, 3250 * us},
		"the last":      {map[time.Duration]int{9999 * us: 7}, 10 * time.Millisecond},
		"beyond":        {map[time.Duration]int{time.Second: 3, 20 * time.Millisecond: 1}, time.Second},
		"some beyond":   {map[time.Duration]int{time.Second: 1, 7 * time.Millisecond: 150}, 7 * time.Millisecond},
		"just beyond":   {map[time.Duration]int{10*time.Millisecond + 1: 3}, 10*time.Millisecond + 1},
		"given up turn": {map[time.Duration]int{0: 98, 20 * time.Millisecond: 2}, 20 * time.Millisecond},
	} {
		var w window
		for late, n := range c.lates {
			for range n {
				w.observe(int64(late))
			}
		}
		w.roll(windowTime, 0)
		if got := w.load().Lateness; got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// TestLoadPercentileAgainstASort: the figure is the 99th of a hundred, rounded
// up to the next class, whatever is observed.
func TestLoadPercentileAgainstASort(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 6))
	for range 200 {
		var w window
		lates := make([]int64, 1+r.IntN(3000))
		for i := range lates {
			lates[i] = r.Int64N(1 + r.Int64N(12*ms))
			w.observe(lates[i])
		}
		slices.Sort(lates)
		exact := lates[len(lates)-1-len(lates)/100]
		want := (exact + classTime - 1) / classTime * classTime
		if exact > int64(classCount)*classTime {
			want = lates[len(lates)-1]
		}
		w.roll(windowTime, 0)
		if got := int64(w.load().Lateness); got != want {
			t.Fatalf("%d of %d frames: %d, want %d", exact, len(lates), got, want)
		}
	}
}

func TestLoadWindow(t *testing.T) {
	var w window
	wants := func(what string, want Load) {
		t.Helper()
		if got := w.load(); got != want {
			t.Errorf("%s: %+v, want %+v", what, got, want)
		}
	}
	w.work(300 * ms)
	w.observe(5 * ms)
	w.roll(999*ms, 10)
	wants("before the second is over", Load{})
	w.roll(1200*ms, 10)
	wants("300 ms of 1200 and 5 ms late", Load{Use: 0.25, Lateness: 5 * time.Millisecond, Legs: 5, Windows: 1})
	w.work(100 * ms)
	w.roll(2200*ms, 20)
	wants("the second before is forgotten", Load{Use: 0.1, Legs: 15, Windows: 2})
	w.work(500 * ms)
	w.observe(20 * ms)
	w.idle(2500 * ms)
	wants("without rooms", Load{Windows: 3})
	w.roll(3400*ms, 7)
	wants("less than a second after the worker parked", Load{Windows: 3})
	w.begin(3400*ms, 0) // it wakes
	w.roll(4300*ms, 7)
	wants("less than a second after it woke", Load{Windows: 3})
	w.work(100 * ms)
	w.roll(4400*ms, 8)
	wants("a second after it woke", Load{Use: 0.1, Legs: 4, Windows: 4})
}

// TestLoadOfTheNextWorker: what is told before a room is placed is of the worker
// that then gets it, with the ports that it has.
func TestLoadOfTheNextWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, err := New(Config{Workers: 3, Plain: true})
		if err != nil {
			t.Fatal(err)
		}
		m.Start()
		defer m.Close()
		seen := map[int]int{}
		for i := range 9 {
			next := m.Load().Worker
			r := m.NewRoom()
			if got := r.Load().Worker; got != next {
				t.Errorf("room %d is on worker %d, not on %d", i, got, next)
			}
			seen[next]++
			for p := range Port(2) {
				r.Join(p, &peer{}, Row{})
			}
		}
		if len(seen) != 3 || seen[0] != 3 || seen[1] != 3 {
			t.Errorf("rooms by worker: %v", seen)
		}
		time.Sleep(2500 * time.Millisecond)
		s := m.Stats()
		if s.Ports != 18 || len(s.Workers) != 3 {
			t.Fatalf("%d ports, %d workers", s.Ports, len(s.Workers))
		}
		for i, l := range s.Workers {
			// Two seconds, and before them perhaps none in which it was parked.
			if l.Worker != i || l.Legs != 6 || l.Windows < 2 || l.Windows > 3 {
				t.Errorf("worker %d: %+v", i, l)
			}
		}
	})
}

// TestRoomsGoWhereThereIsTime: ports cost more or less, by what they speak. A
// worker with few of them may be the busier one, and one that is late gets nothing
// more as long as another is not.
func TestRoomsGoWhereThereIsTime(t *testing.T) {
	const million = 1_000_000
	ms := int64(time.Millisecond)
	type seen struct{ use, late, legs, ports, rooms int64 }
	for name, c := range map[string]struct {
		workers []seen
		want    int
	}{
		"nothing known: by ports":           {[]seen{{ports: 3}, {ports: 2}, {ports: 4}}, 1},
		"few ports, much to do":             {[]seen{{0.9 * million, 0, 100, 100, 0}, {0.1 * million, 0, 150, 150, 0}}, 1},
		"as busy, more or less: by ports":   {[]seen{{0.31 * million, 0, 300, 300, 0}, {0.34 * million, 0, 250, 250, 0}}, 1},
		"late, with less to do":             {[]seen{{0.2 * million, 6 * ms, 50, 50, 0}, {0.5 * million, ms, 700, 700, 0}}, 1},
		"all are late":                      {[]seen{{0.6 * million, 6 * ms, 700, 700, 0}, {0.5 * million, 9 * ms, 700, 700, 0}}, 1},
		"many have come since it was asked": {[]seen{{0.1 * million, 0, 100, 900, 0}, {0.3 * million, 0, 400, 400, 0}}, 1},
		"all have gone since":               {[]seen{{0.3 * million, 0, 400, 400, 0}, {0.5 * million, 0, 700, 0, 0}}, 1},
		"many ring: they are of two":        {[]seen{{0.3 * million, 0, 300, 300, 500}, {0.36 * million, 0, 400, 400, 100}}, 1},
	} {
		m, err := New(Config{Workers: len(c.workers), Plain: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range c.workers {
			w := m.workers[i]
			w.stats.window.publish(s.use, s.late, s.legs)
			w.ports.Store(s.ports)
			w.load[0].Store(s.ports + s.rooms)
		}
		if got := m.Load().Worker; got != c.want {
			t.Errorf("%s: the next room goes to worker %d, want %d", name, got, c.want)
		}
		if got := m.NewRoom().Load().Worker; got != c.want {
			t.Errorf("%s: the room is on worker %d, want %d", name, got, c.want)
		}
	}
}
