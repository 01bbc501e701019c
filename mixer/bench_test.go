package mixer

import (
	"fmt"
	"runtime"
	"testing"
)

// benchRoom opens a room of n ports of which the first talkers speak, all on
// one bit as a large room has it, or a bit each in a small one.
func benchRoom(r *rig, n, talkers int) *Room {
	room := r.m.NewRoom()
	for id := range n {
		p := &peer{deaf: true}
		if id < talkers {
			p.voice = constant(int16(100 * id))
		}
		row := Row{Voice: 1, Hears: 1}
		if n <= smallRoom {
			row = Row{Voice: 1 << id, Hears: ^(uint64(1) << id)}
		}
		room.Join(Port(id), p, row)
	}
	return room
}

// BenchmarkTick is one frame of everything on a worker, packets not included.
func BenchmarkTick(b *testing.B) {
	for _, size := range []struct{ rooms, ports, talkers int }{
		{1, 3, 3}, {1000, 3, 3}, {1, 1000, 3}, {1, 1000, 1000},
	} {
		b.Run(fmt.Sprintf("rooms=%d/ports=%d/talkers=%d", size.rooms, size.ports, size.talkers), func(b *testing.B) {
			r := newRig(b)
			for range size.rooms {
				benchRoom(r, size.ports, size.talkers)
			}
			r.tick(2)
			b.ReportAllocs()
			for b.Loop() {
				r.tick(1)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size.rooms*size.ports), "ns/port")
		})
	}
}

// BenchmarkTickTreated is a three-party consult: one with music, two talking.
func BenchmarkTickTreated(b *testing.B) {
	r := newRig(b)
	room := benchRoom(r, 3, 3)
	room.Set([]Change{{0, Row{Treatment: Music, Held: true}}})
	r.tick(2)
	b.ReportAllocs()
	for b.Loop() {
		r.tick(1)
	}
}

// TestTickAllocatesNothing covers what benchmarks do not: frames with changes,
// fades, clips and departures in them. Their memory comes with the operations,
// so the operations are posted before the count starts. The count is that of
// the process, runtime included: what allocates does so at every attempt.
func TestTickAllocatesNothing(t *testing.T) {
	for _, n := range []int{3, 40, 250} {
		r := newRig(t)
		benchRoom(r, n, n)
		r.tick(1)
		if got := testing.AllocsPerRun(50, func() { r.tick(1) }); got != 0 {
			t.Errorf("a steady tick of %d ports allocates %v times", n, got)
		}
		least := changingAllocations(t, n)
		for range 4 {
			least = min(least, changingAllocations(t, n))
		}
		if least != 0 {
			t.Errorf("ticks with changes in a room of %d ports allocate %v times", n, least)
		}
	}
}

func changingAllocations(t *testing.T, n int) (sum float64) {
	r := newRig(t)
	room := benchRoom(r, n, n)
	r.tick(1)
	clip := NewClip(sine(1000, 0.2, 300))
	for round := range 5 {
		room.Set([]Change{{0, Row{Treatment: Treatment(round), Held: true}}, {1, Row{Voice: uint64(round), Hears: 3}}})
		room.Play(1, clip, func(bool) {})
		room.Join(Port(1000+round), &peer{deaf: true, voice: constant(3)}, Row{Voice: 1, Hears: 1})
		room.Leave(Port(1000+round-1), func() {})
		sum += allocations(func() { r.tick(1) })
	}
	return sum
}

// allocations counts the allocations of one run of f.
func allocations(f func()) float64 {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs - before.Mallocs)
}
