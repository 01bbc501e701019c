package g722

import (
	"testing"

	"warmline/internal/speech"
)

// BenchmarkEncode is one frame of 20 ms.
func BenchmarkEncode(b *testing.B) {
	signal := speech.Wide()
	var e Encoder
	e.Reset()
	dst := make([]byte, frameBytes)
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		e.Encode(dst, signal[at:at+2*frameBytes])
		if at += 2 * frameBytes; at == len(signal) {
			at = 0
		}
	}
}

// BenchmarkDecode is one frame of 20 ms.
func BenchmarkDecode(b *testing.B) {
	signal := speech.Wide()
	var e Encoder
	e.Reset()
	stream := make([]byte, len(signal)/2)
	e.Encode(stream, signal)
	var d Decoder
	d.Reset()
	dst := make([]int16, 2*frameBytes)
	b.ReportAllocs()
	at := 0
	for b.Loop() {
		d.Decode(dst, stream[at:at+frameBytes])
		if at += frameBytes; at == len(stream) {
			at = 0
		}
	}
}
