package resample

import (
	"math/rand/v2"
	"testing"
)

func noise(n int) []int16 {
	r := rand.New(rand.NewPCG(1, 2))
	s := make([]int16, n)
	for i := range s {
		s[i] = int16(r.Uint32())
	}
	return s
}

// BenchmarkUp is one frame of 20 ms.
func BenchmarkUp(b *testing.B) {
	var u Up
	src, dst := noise(160), make([]int16, 320)
	b.ReportAllocs()
	for b.Loop() {
		u.Run(dst, src)
	}
}

// BenchmarkDown is one frame of 20 ms.
func BenchmarkDown(b *testing.B) {
	var d Down
	src, dst := noise(320), make([]int16, 160)
	b.ReportAllocs()
	for b.Loop() {
		d.Run(dst, src)
	}
}
