package bench

import (
	"math/rand/v2"
	"testing"
)

const unit8k = float64(frameTime) / 160

// stream makes packets on an exact grid, each moved by shift(i) ns.
func stream(n int, shift func(i int) int64) []arrival {
	packets := make([]arrival, n)
	for i := range packets {
		packets[i] = arrival{
			at: 1e18 + int64(i)*frameTime + shift(i), ts: 0xffffff00 + uint32(i)*160, seq: 65530 + uint16(i),
		}
	}
	return packets
}

func TestLateness(t *testing.T) {
	for _, c := range []struct {
		name  string
		shift func(i int) int64
		late  func(i int) int64 // expected
		moved int64
		near  int64 // tolerance
	}{
		{"exact", func(int) int64 { return 0 }, func(int) int64 { return 0 }, 0, 1},
		{"one late", only(50, 7e6), only(50, 7e6), 0, 30_000},
		{"the first late", only(0, 3e6), only(0, 3e6-0.02e6), 20_000, 25_000},
		{"slow slewing is the server's right", func(i int) int64 { return int64(i) * 19_000 }, func(int) int64 { return 0 }, 200 * 19_000, 20_000},
		{"and back", func(i int) int64 { return -int64(i) * 19_000 }, func(int) int64 { return 0 }, 200 * 19_000, 20_000},
		{"a jump is late until slewing has caught up", step(100, 1e6), func(i int) int64 {
			if i < 100 {
				return 0
			}
			return max(0, 1e6-int64(i-99)*20_000)
		}, 1e6, 25_000},
	} {
		packets := stream(200, c.shift)
		late, moved := lateness(packets, unit8k)
		for i, got := range late {
			if want := c.late(i); got < want-c.near || got > want+c.near {
				t.Errorf("%s: packet %d is %d ns late, want %d", c.name, i, got, want)
				break
			}
		}
		if moved < c.moved-c.near || moved > c.moved+c.near {
			t.Errorf("%s: the grid moved by %d ns, want %d", c.name, moved, c.moved)
		}
	}
	if late, moved := lateness(nil, unit8k); late != nil || moved != 0 {
		t.Error("nothing is late or moved when nothing came")
	}
}

func only(at int, ns int64) func(int) int64 {
	return func(i int) int64 {
		if i == at {
			return ns
		}
		return 0
	}
}

func step(at int, ns int64) func(int) int64 {
	return func(i int) int64 {
		if i < at {
			return 0
		}
		return ns
	}
}

// TestEnvelopeAgainstItsDefinition compares the two passes with the minimum over
// all pairs.
func TestEnvelopeAgainstItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		packets := stream(60, func(int) int64 { return r.Int64N(5e6) })
		offset := make([]float64, len(packets))
		for i := range offset {
			offset[i] = r.Float64() * 1e5
		}
		grid := envelope(packets, offset)
		for i := range grid {
			want := offset[i]
			for j := range offset {
				gap := 0.0
				for k := min(i, j); k < max(i, j); k++ {
					gap += apart(packets[k], packets[k+1])
				}
				want = min(want, offset[j]+gap)
			}
			if diff := grid[i] - want; diff > 1e-6 || diff < -1e-6 {
				t.Fatalf("grid %d is %v, want %v", i, grid[i], want)
			}
		}
	}
}

func TestSequence(t *testing.T) {
	for _, c := range []struct {
		name string
		seqs []uint16
		want order
	}{
		{"nothing", nil, order{}},
		{"in order, over the end", []uint16{65534, 65535, 0, 1}, order{unique: 4}},
		{"a gap", []uint16{65534, 0, 1}, order{unique: 3, gaps: 1}},
		{"swapped", []uint16{65535, 1, 0, 2}, order{unique: 4}},
		{"twice", []uint16{7, 8, 8, 7, 9}, order{unique: 3, duplicates: 2}},
		{"swapped at first", []uint16{8, 7, 10}, order{unique: 3, gaps: 1}},
	} {
		var packets []arrival
		for _, s := range c.seqs {
			packets = append(packets, arrival{seq: s})
		}
		if got := sequence(packets); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestExpectedPackets(t *testing.T) {
	const from, to = int64(1e18), int64(1e18) + 100*frameTime
	at := func(ms ...int64) (packets []arrival) {
		for _, m := range ms {
			packets = append(packets, arrival{at: from + m*1e6})
		}
		return packets
	}
	for _, c := range []struct {
		name    string
		packets []arrival
		want    int
	}{
		{"nothing came", nil, 100},
		{"all", at(0, 1980), 100},
		{"in the middle of the slot", at(11, 1991), 100},
		{"the last slipped out of the window", at(19, 1979), 99},
		{"the end is missing", at(5, 985), 100},
		{"the beginning is missing", at(1005, 1985), 100},
	} {
		if got := expectedPackets(c.packets, from, to); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestHistogram(t *testing.T) {
	var h histogram
	if h.quantile(0.5) != 0 || h.within(1e6) != 0 {
		t.Error("an empty histogram has figures")
	}
	for i := range int64(1000) {
		h.add(i * 10_000) // 0 to 9.99 ms
	}
	h.add(400e6) // beyond the bins
	for _, c := range []struct{ got, want float64 }{
		{h.quantile(0.5), 5.01}, {h.quantile(0.99), 9.91}, {h.quantile(1), 400},
		{h.within(5e6), 100 * 500.0 / 1001}, {h.within(1e9), 100 * 1000.0 / 1001},
	} {
		if diff := c.got - c.want; diff > 1e-9 || diff < -1e-9 {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func TestQuantileOfAList(t *testing.T) {
	list := sorted([]float64{4, 1, 3, 2})
	for _, c := range []struct{ q, want float64 }{{0, 1}, {0.25, 1}, {0.5, 2}, {0.99, 4}, {1, 4}} {
		if got := quantile(list, c.q); got != c.want {
			t.Errorf("quantile %v is %v, want %v", c.q, got, c.want)
		}
	}
	if quantile(nil, 0.5) != 0 || mean(nil) != 0 || mean(list) != 2.5 {
		t.Error("mean or quantile of nothing, or the mean, is wrong")
	}
}
