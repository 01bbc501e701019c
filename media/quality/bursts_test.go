package quality

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"
)

// feed takes in a stream written as text: a dot is a packet that came, an x one
// that is missing.
func feed(stream string) (b Bursts) {
	for _, p := range stream {
		b.Add(p == 'x', 1)
	}
	return b
}

func dots(n int) string { return strings.Repeat(".", n) }

// Sequences worked out by hand.
func TestBursts(t *testing.T) {
	tests := []struct {
		name, stream string
		want         Summary
		ratio        float64
	}{
		{"nothing", "", Summary{}, 1},
		{"all good", dots(100), Summary{GapLength: 100}, 1},
		{"one alone", dots(50) + "x" + dots(49), Summary{GapDensity: 0.01, GapLength: 100}, 0.99},
		{"two in a row", dots(50) + "xx" + dots(48),
			Summary{BurstDensity: 1, BurstLength: 2, GapLength: 49}, 2 * 0.98},
		{"two with 15 between", dots(20) + "x" + dots(15) + "x" + dots(20),
			Summary{BurstDensity: 2.0 / 17, BurstLength: 17, GapLength: 20}, 55.0 / 57},
		{"two with 16 between are alone", dots(20) + "x" + dots(16) + "x" + dots(20),
			Summary{GapDensity: 2.0 / 58, GapLength: 58}, 56.0 / 58},
		{"at the start", "xxx" + dots(57), Summary{BurstDensity: 1, BurstLength: 3, GapLength: 57}, 3 * 0.95},
		{"at the end", dots(57) + "xxx", Summary{BurstDensity: 1, BurstLength: 3, GapLength: 57}, 3 * 0.95},
		{"all missing", "xxxx", Summary{BurstDensity: 1, BurstLength: 4}, 0},
		{"the first of all alone", "x" + dots(19), Summary{GapDensity: 0.05, GapLength: 20}, 0.95},
		// Bursts of 3 (all missing) and 5 (3 missing), a lone one in the last gap:
		// gaps of 20, 16 and 56.
		{"two bursts and one alone", dots(20) + "xxx" + dots(16) + "x.x.x" + dots(30) + "x" + dots(25),
			Summary{BurstDensity: 6.0 / 8, BurstLength: 4, GapDensity: 1.0 / 92, GapLength: 92.0 / 3}, 7.0 / 5 * 0.93},
		{"back to back at both ends", "xx" + dots(16) + "xx", Summary{BurstDensity: 1, BurstLength: 2, GapLength: 16}, 2 * 16.0 / 20},
	}
	for _, tt := range tests {
		b := feed(tt.stream)
		if got := b.Summary(); !close4(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
		if got := b.Ratio(); math.Abs(got-tt.ratio) > 1e-9 {
			t.Errorf("%s: burst ratio %v, want %v", tt.name, got, tt.ratio)
		}
		if n := strings.Count(tt.stream, "x"); b.Missing() != uint64(n) || b.Packets() != uint64(len(tt.stream)) {
			t.Errorf("%s: %d of %d missing", tt.name, b.Missing(), b.Packets())
		}
	}
}

func close4(a, b Summary) bool {
	return math.Abs(a.BurstDensity-b.BurstDensity) < 1e-9 && math.Abs(a.GapDensity-b.GapDensity) < 1e-9 &&
		math.Abs(a.BurstLength-b.BurstLength) < 1e-9 && math.Abs(a.GapLength-b.GapLength) < 1e-9
}

// naive marks the packets that are of bursts in the whole stream at once.
func naive(stream string) Summary {
	burst := make([]bool, len(stream))
	for start := 0; start < len(stream); start++ {
		if stream[start] != 'x' {
			continue
		}
		end, lost := start, 1
		for i := start + 1; i < len(stream) && i-end <= Gmin; i++ {
			if stream[i] == 'x' {
				end, lost = i, lost+1
			}
		}
		for i := start; i <= end && lost > 1; i++ {
			burst[i] = true
		}
		start = end
	}
	var lost, packets, periods [2]float64
	for i := range stream {
		k := 0
		if burst[i] {
			k = 1
		}
		packets[k]++
		if stream[i] == 'x' {
			lost[k]++
		}
		if i == 0 || burst[i] != burst[i-1] {
			periods[k]++
		}
	}
	per := func(a, b float64) float64 {
		if b == 0 {
			return 0
		}
		return a / b
	}
	return Summary{
		BurstDensity: per(lost[1], packets[1]), GapDensity: per(lost[0], packets[0]),
		BurstLength: per(packets[1], periods[1]), GapLength: per(packets[0], periods[0]),
	}
}

func TestBurstsAgainstTheWholeStream(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		loss := r.Float64() * 0.3
		stream := make([]byte, r.IntN(400))
		for i := range stream {
			stream[i] = '.'
			if r.Float64() < loss {
				stream[i] = 'x'
			}
		}
		b := feed(string(stream))
		if got, want := b.Summary(), naive(string(stream)); !close4(got, want) {
			t.Fatalf("%s:\n%+v, want %+v", stream, got, want)
		}
	}
}

// Many at once are the same as one after the other.
func TestBurstsInBulk(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var one, many Bursts
	for range 5000 {
		missing, n := r.IntN(4) == 0, r.IntN(30)-2
		many.Add(missing, n)
		for range n {
			one.Add(missing, 1)
		}
	}
	if one != many {
		t.Errorf("one by one %+v, in bulk %+v", one, many)
	}
}

func BenchmarkBursts(b *testing.B) {
	b.ReportAllocs()
	var s Bursts
	for i := 0; b.Loop(); i++ {
		s.Add(i%50 == 0, 1)
	}
}
