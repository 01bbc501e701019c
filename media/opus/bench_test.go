package opus

import (
	"testing"

	"warmline/internal/speech"
)

// BenchmarkEncode is one frame of 20 ms; redundant is with losses expected.
func BenchmarkEncode(b *testing.B) {
	signal := speech.Wide()
	for _, c := range []struct {
		name   string
		config Config
	}{{"complexity=5", Config{}}, {"complexity=1", Config{Complexity: 1}}, {"redundant", Config{Loss: 10}}} {
		b.Run(c.name, func(b *testing.B) {
			e := newEncoder(b, c.config)
			dst := make([]byte, MaxBytes)
			b.ReportAllocs()
			at := 0
			for b.Loop() {
				e.Encode(dst, signal[at:at+FrameSamples])
				if at += FrameSamples; at == len(signal) {
					at = 0
				}
			}
		})
	}
}

// BenchmarkDecode is one packet of 20 ms.
func BenchmarkDecode(b *testing.B) {
	list := packets(b, newEncoder(b, Config{}), speech.Wide())
	d := newDecoder(b)
	dst := make([]int16, FrameSamples)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		d.Decode(dst, list[i])
		if i++; i == len(list) {
			i = 0
		}
	}
}

// BenchmarkConceal loses every other packet; redundancy is one with the next
// packet at hand.
func BenchmarkConceal(b *testing.B) {
	list := packets(b, newEncoder(b, Config{Loss: 20}), speech.Wide())
	for _, c := range []struct {
		name string
		peek bool
	}{{"synthesis", false}, {"redundancy", true}} {
		b.Run(c.name, func(b *testing.B) {
			d := newDecoder(b)
			dst := make([]int16, FrameSamples)
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				d.Decode(dst, list[i])
				var next []byte
				if c.peek {
					next = list[i+2]
				}
				d.Conceal(dst, next)
				if i += 2; i+2 >= len(list) {
					i = 0
				}
			}
		})
	}
}

// BenchmarkPrime is the hand-over to an encoder, by three frames.
func BenchmarkPrime(b *testing.B) {
	signal := speech.Wide()[16000:16960]
	e := newEncoder(b, Config{})
	b.ReportAllocs()
	for b.Loop() {
		e.Prime(signal)
	}
}

// BenchmarkSamples reads a header.
func BenchmarkSamples(b *testing.B) {
	list := packets(b, newEncoder(b, Config{}), speech.Wide()[:16000])
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if Samples(list[i%len(list)]) != FrameSamples {
			b.Fatal("not a frame")
		}
		i++
	}
}

// BenchmarkNew shows what an encoder and a decoder take.
func BenchmarkNew(b *testing.B) {
	b.Run("encoder", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			newEncoder(b, Config{})
		}
	})
	b.Run("decoder", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			newDecoder(b)
		}
	})
}
