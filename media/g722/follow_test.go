package g722

import (
	"math"
	"testing"

	"warmline/internal/speech"
)

// heard is what a far end hears of bytes.
func heard(stream []byte) []int16 {
	var d Decoder
	d.Reset()
	out := make([]int16, 2*len(stream))
	d.Decode(out, stream)
	return out
}

func TestAdopt(t *testing.T) {
	signal := speech.Wide()[:64000]
	var one, two, other Encoder
	one.Reset()
	other.Reset()
	want, got := make([]byte, 32000), make([]byte, 32000)
	one.Encode(want, signal)
	one.Reset()
	one.Encode(got[:10000], signal)
	other.Encode(make([]byte, 500), signal[7000:])
	two = other
	two.Adopt(&one)
	two.Encode(got[10000:], signal[20000:])
	if string(got) != string(want) {
		t.Fatal("the encoder that took over codes something else")
	}
}

// TestFollow changes, at many places of a dialogue, from packets that were
// handed on to an encoder of our own that is fed with their sound. The far end's
// decoder must have the same state as that encoder, and its waveform must be as
// smooth around the change as that of a far end for which nothing changes.
func TestFollow(t *testing.T) {
	signal := speech.Wide()
	var x Encoder
	x.Reset()
	stream := make([]byte, len(signal)/2)
	x.Encode(stream, signal)
	decoded := heard(stream)
	steady := tandem(decoded) // with a second codec all the time
	const after = 4 * frameBytes
	var worst struct{ follow, late, fresh float64 }
	for at := 50 * frameBytes; at+after <= len(stream); at += 23 * frameBytes {
		var d, far Decoder
		d.Reset()
		d.Decode(make([]int16, 2*at), stream[:at])
		far = d
		follows := false
		level := roughness(steady[2*at-40 : 2*(at+after)])
		added := func(y Encoder) float64 {
			code := make([]byte, after)
			for i := 0; i < after; i += frameBytes {
				y.Encode(code[i:i+frameBytes], decoded[2*(at+i):2*(at+i+frameBytes)])
			}
			out := append([]int16{}, decoded[2*at-40:]...)
			f := far
			f.Decode(out[40:40+2*after], code)
			if follows && (f.low != y.low || f.high != y.high) {
				t.Fatalf("byte %d: the states at the two ends differ", at)
			}
			return roughness(out[:40+2*after]) - level
		}
		var y Encoder
		y.Reset()
		copy(y.past[:], decoded[2*at-past:])
		worst.fresh = max(worst.fresh, added(y))
		follows = true
		y.Follow(&d)
		worst.follow = max(worst.follow, added(y))
		y.splice = false
		copy(y.past[:], decoded[2*at-past:])
		worst.late = max(worst.late, added(y))
	}
	t.Logf("roughness added: %.0f, with the state alone %.0f, with nothing %.0f", worst.follow, worst.late, worst.fresh)
	if worst.follow > 700 || worst.late < 4*worst.follow || worst.fresh < 4*worst.late {
		t.Error("that is not the order expected")
	}
}

// TestFollowIntoAFadeOut changes to an encoder that is fed with the mirror image of
// what was heard last, faded out, at every place of a tone. The far end hears no
// edge, also where the pieces are too short to draw the sound out in.
func TestFollowIntoAFadeOut(t *testing.T) {
	const hz, peak, fade, start = 430, 6000, 80, 100 * frameBytes
	for size, limit := range map[int]float64{320: 350, 64: 350, 16: 600} {
		for shift := range 40 {
			signal := make([]int16, 2*start+10)
			for i := range signal {
				signal[i] = int16(peak * math.Sin(2*math.Pi*hz*float64(i+shift)/16000))
			}
			var x Encoder
			x.Reset()
			stream := make([]byte, start)
			x.Encode(stream, signal)
			var d Decoder
			d.Reset()
			decoded := make([]int16, 2*start)
			d.Decode(decoded, stream)
			frame := make([]int16, 320)
			for i := range fade {
				frame[i] = int16(float64(decoded[len(decoded)-1-i]) * (0.5 + 0.5*math.Cos(math.Pi*float64(i+1)/(fade+1))))
			}
			var y Encoder
			y.Reset()
			y.Follow(&d)
			code := make([]byte, 160)
			for at := 0; at < len(frame); at += size {
				y.Encode(code[at/2:(at+size)/2], frame[at:at+size])
			}
			got := append([]int16{}, decoded[2*start-40:]...)
			got = append(got, make([]int16, 320)...)
			d.Decode(got[40:], code)
			if r := roughness(got[:40+fade+fadeSamples]); r > limit { // the tone itself has 171
				t.Errorf("place %d, pieces of %d: roughness %.0f", shift, size, r)
			}
		}
	}
}

// tandem codes a signal once more and compensates the delay.
func tandem(signal []int16) []int16 {
	var e Encoder
	e.Reset()
	code := make([]byte, len(signal)/2)
	e.Encode(code, signal)
	return heard(code)
}

// roughness is the largest second difference of a signal.
func roughness(s []int16) (most float64) {
	for i := range s[2:] {
		most = max(most, math.Abs(float64(s[i])-2*float64(s[i+1])+float64(s[i+2])))
	}
	return most
}
