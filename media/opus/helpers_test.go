package opus

import (
	"math"
	"testing"

	"github.com/thesyncim/gopus"
)

func newEncoder(tb testing.TB, c Config) *Encoder {
	tb.Helper()
	e, err := NewEncoder(c)
	if err != nil {
		tb.Fatal(err)
	}
	return e
}

func newDecoder(tb testing.TB) *Decoder {
	tb.Helper()
	d, err := NewDecoder()
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// packets codes a signal.
func packets(tb testing.TB, e *Encoder, signal []int16) (list [][]byte) {
	tb.Helper()
	for ; len(signal) >= FrameSamples; signal = signal[FrameSamples:] {
		dst := make([]byte, MaxBytes)
		n := e.Encode(dst, signal[:FrameSamples])
		if n == 0 {
			tb.Fatalf("frame %d was not coded", len(list))
		}
		list = append(list, dst[:n])
	}
	return list
}

// play decodes packets.
func play(tb testing.TB, d *Decoder, list [][]byte) (signal []int16) {
	tb.Helper()
	dst := make([]int16, MaxSamples)
	for i, p := range list {
		n := d.Decode(dst, p)
		if n != Samples(p) || n == 0 {
			tb.Fatalf("packet %d: %d samples, want %d", i, n, Samples(p))
		}
		signal = append(signal, dst[:n]...)
	}
	return signal
}

// snr compares two signals, in dB.
func snr(want, got []int16) float64 {
	signal, noise := 1.0, 1.0
	for i := range want {
		d := float64(want[i]) - float64(got[i])
		signal += float64(want[i]) * float64(want[i])
		noise += d * d
	}
	return 10 * math.Log10(signal/noise)
}

// roughness is the largest second difference of a signal: large at a click.
func roughness(s []int16) (most float64) {
	for i := range s[2:] {
		most = max(most, math.Abs(float64(s[i])-2*float64(s[i+1])+float64(s[i+2])))
	}
	return most
}

// odd makes packets that an Encoder does not: of any duration, kind and number
// of channels.
func odd(tb testing.TB, rate, channels, samples int, application gopus.Application, signal []int16) (list [][]byte) {
	tb.Helper()
	e, err := gopus.NewEncoder(gopus.EncoderConfig{SampleRate: rate, Channels: channels, Application: application})
	if err != nil {
		tb.Fatal(err)
	}
	if err := e.SetFrameSize(samples); err != nil {
		tb.Fatal(err)
	}
	for ; len(signal) >= samples*channels; signal = signal[samples*channels:] {
		dst := make([]byte, 4000)
		n, err := e.EncodeInt16(signal[:samples*channels], dst)
		if err != nil {
			tb.Fatal(err)
		}
		list = append(list, dst[:n])
	}
	return list
}
