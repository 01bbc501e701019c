package g722

import (
	"math"
	"math/rand/v2"
	"testing"

	oracle "github.com/gotranspile/g722"

	"warmline/internal/speech"
)

// same encodes with both and decodes with both, frame by frame, and fails at the
// first difference.
func same(t *testing.T, name string, signal []int16) {
	t.Helper()
	var e Encoder
	e.Reset()
	theirs := oracle.NewEncoder(oracle.Rate64000, 0)
	got, want := make([]byte, frameBytes), make([]byte, frameBytes)
	var stream []byte
	for at := 0; at+2*frameBytes <= len(signal); at += 2 * frameBytes {
		frame := signal[at : at+2*frameBytes]
		if n := e.Encode(got, frame); n != frameBytes {
			t.Fatalf("%s: %d bytes", name, n)
		}
		theirs.Encode(want, frame)
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s: byte %d is %#02x, want %#02x", name, at/2+i, got[i], want[i])
			}
		}
		stream = append(stream, got...)
	}
	sameDecoded(t, name, stream)
}

// sameDecoded is for the decoder alone. The oracle lets a sum that is too large
// wrap around; ours limits it, as the Recommendation says.
func sameDecoded(t *testing.T, name string, stream []byte) {
	t.Helper()
	var d Decoder
	d.Reset()
	theirs := oracle.NewDecoder(oracle.Rate64000, 0)
	got, want := make([]int16, 2*frameBytes), make([]int16, 2*frameBytes)
	for at := 0; at < len(stream); at += frameBytes {
		part := stream[at:min(at+frameBytes, len(stream))]
		n := d.Decode(got, part)
		if m := theirs.Decode(want, part); n != m {
			t.Fatalf("%s: %d samples, want %d", name, n, m)
		}
		for i := range n {
			if got[i] != want[i] && got[i] != math.MaxInt16 && got[i] != math.MinInt16 {
				t.Fatalf("%s: sample %d is %d, want %d", name, 2*at+i, got[i], want[i])
			}
		}
	}
}

func TestSameAsOracle(t *testing.T) {
	same(t, "speech", speech.Wide())
	for name, signal := range signals() {
		same(t, name, signal)
	}
}

// signals are the hard cases: loud, quiet, and nothing a filter likes.
func signals() map[string][]int16 {
	const n = 16000
	all := make(map[string][]int16)
	add := func(name string, f func(i int) float64) {
		s := make([]int16, n)
		for i := range s {
			s[i] = int16(min(max(f(i), math.MinInt16), math.MaxInt16))
		}
		all[name] = s
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, level := range []float64{1, 3, 30, 1000, 10000, 100000} {
		add("noise", func(int) float64 { return level * r.NormFloat64() })
		for _, hz := range []float64{50, 440, 3990, 4010, 7000, 7999} {
			add("sine", func(i int) float64 { return level * math.Sin(2*math.Pi*hz*float64(i)/16000) })
		}
	}
	add("silence", func(int) float64 { return 0 })
	add("most", func(int) float64 { return math.MaxInt16 })
	add("least", func(int) float64 { return math.MinInt16 })
	for _, period := range []int{1, 2, 3, 8, 100, 1000} {
		add("square", func(i int) float64 { return float64(i/period%2*2-1) * 40000 })
	}
	add("bits", func(int) float64 { return float64(r.IntN(2)*65535 - 32768) })
	add("bursts", func(i int) float64 { return float64(i/700%2) * 30000 * r.NormFloat64() })
	return all
}

func TestDecodesAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	stream := make([]byte, 200*frameBytes+77)
	for i := range stream {
		stream[i] = byte(r.Uint32())
	}
	sameDecoded(t, "random", stream)
	for code := range 256 {
		for i := range stream[:10*frameBytes] {
			stream[i] = byte(code)
		}
		sameDecoded(t, "constant", stream[:10*frameBytes])
	}
	for round := range 50 {
		a, b := byte(r.Uint32()), byte(r.Uint32())
		for i := range stream[:10*frameBytes] {
			stream[i] = a
			if i/(round+1)%2 == 1 {
				stream[i] = b
			}
		}
		sameDecoded(t, "square", stream[:10*frameBytes])
	}
}
