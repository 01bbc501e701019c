package opus

import (
	"math"
	"testing"

	"github.com/thesyncim/gopus"

	"warmline/internal/speech"
)

// delay is that of encoder and decoder together, in samples, by the test below.
const delay = 104

func TestSpeech(t *testing.T) {
	signal := speech.Wide()[:16000*8]
	list := packets(t, newEncoder(t, Config{}), signal)
	bytes := 0
	for _, p := range list {
		bytes += len(p)
		if quiet(p) {
			t.Fatal("a quiet packet without DTX")
		}
	}
	rate := float64(bytes*8) / 8
	got := play(t, newDecoder(t), list)
	best, at := -100.0, 0
	for lag := range 400 {
		if s := snr(signal[:len(signal)-400], got[lag:]); s > best {
			best, at = s, lag
		}
	}
	t.Logf("%.0f bit/s, %.1f dB, %d samples late", rate, best, at)
	if rate < 15000 || rate > 30000 {
		t.Errorf("%.0f bit/s", rate)
	}
	if best < 7 || at != delay {
		t.Errorf("%.1f dB at a delay of %d", best, at)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []Config{
		{Bitrate: 5000}, {Bitrate: -1}, {Bitrate: 600000}, {Complexity: -1}, {Complexity: 11}, {Loss: -1}, {Loss: 101},
	} {
		if e, err := NewEncoder(c); err == nil || e != nil {
			t.Errorf("%+v was accepted", c)
		}
	}
	signal := speech.Wide()[:16000*4]
	size := func(c Config) (n int) {
		for _, p := range packets(t, newEncoder(t, c), signal) {
			n += len(p)
		}
		return n
	}
	if low, high := size(Config{Bitrate: 12000}), size(Config{Bitrate: 40000}); low*2 > high {
		t.Errorf("%d bytes at 12 kbit/s, %d at 40", low, high)
	}
	e := newEncoder(t, Config{CBR: true})
	e.Prime(signal[:640])
	for i, p := range packets(t, e, signal) {
		if len(p) != 24000/8/50 {
			t.Fatalf("packet %d of a constant bitrate has %d bytes", i, len(p))
		}
	}
}

func TestEncodeRefuses(t *testing.T) {
	e := newEncoder(t, Config{})
	for _, n := range []int{0, 1, 160, 319, 321, 640} {
		if got := e.Encode(make([]byte, MaxBytes), make([]int16, n)); got != 0 {
			t.Errorf("%d samples became %d bytes", n, got)
		}
	}
	frame := speech.Wide()[16000:16320]
	for _, n := range []int{0, 1, 2, 10, 5000} {
		if got := e.Encode(make([]byte, n), frame); got > n || got > MaxBytes {
			t.Errorf("%d bytes in room for %d", got, n)
		}
	}
	e.SetLoss(-5)
	e.SetLoss(500)
	if e.Encode(make([]byte, MaxBytes), frame) == 0 {
		t.Error("not coded after that")
	}
}

// TestReset: a far end that begins with an encoder that was used and reset hears
// as well as with a new one.
func TestReset(t *testing.T) {
	signal := speech.Wide()[32000 : 32000+5*16000]
	quality := func(e *Encoder, d *Decoder) float64 {
		return snr(signal[:len(signal)-delay], play(t, d, packets(t, e, signal))[delay:])
	}
	c := Config{Loss: 10, Bitrate: 20000}
	e, d := newEncoder(t, c), newDecoder(t)
	fresh := quality(e, d)
	e.Prime(signal[:960])
	e.Reset()
	d.Reset()
	used := quality(e, d)
	if math.Abs(used-fresh) > 0.5 || fresh < 5 {
		t.Errorf("%.1f dB after a reset, %.1f dB fresh", used, fresh)
	}
	list := packets(t, e, signal)
	heard := play(t, newDecoder(t), list)
	d.Reset()
	if s := snr(heard, play(t, d, list)); s < 90 {
		t.Errorf("the decoder differs after a reset: %.0f dB", s)
	}
}

// TestDurations decodes what other encoders may send.
func TestDurations(t *testing.T) {
	signal := speech.Wide()[:16000*3]
	for _, application := range []gopus.Application{gopus.ApplicationVoIP, gopus.ApplicationAudio, gopus.ApplicationLowDelay} {
		for _, ms4 := range []int{10, 20, 40, 80, 160, 240, 320, 400, 480} { // quarters of a millisecond
			for channels := 1; channels <= 2; channels++ {
				if application != gopus.ApplicationVoIP && ms4 > 240 {
					continue
				}
				list := odd(t, 16000, channels, 4*ms4, application, interleaved(signal, channels))
				for _, p := range list {
					if n := Samples(p); n != 4*ms4 {
						t.Fatalf("%d samples, want %d", n, 4*ms4)
					}
				}
				got := play(t, newDecoder(t), list)
				if d := 10 * math.Log10(power(got)/power(signal)); d < -4 || d > 1 {
					t.Errorf("application %d, %d/4 ms, %d channels: level %.1f dB", application, ms4, channels, d)
				}
			}
		}
	}
}

func power(s []int16) (p float64) {
	for _, v := range s {
		p += float64(v) * float64(v) / float64(len(s))
	}
	return p
}

func interleaved(s []int16, channels int) (out []int16) {
	for _, v := range s {
		for range channels {
			out = append(out, v)
		}
	}
	return out
}

func TestDecodeRefuses(t *testing.T) {
	d := newDecoder(t)
	dst := make([]int16, MaxSamples)
	list := packets(t, newEncoder(t, Config{}), speech.Wide()[:3200])
	for _, p := range [][]byte{nil, {}, {3}, {3, 0}, {1, 0}, append([]byte{8}, make([]byte, 1276)...)} {
		if n := d.Decode(dst, p); n != 0 {
			t.Errorf("% x: %d samples", p[:min(len(p), 5)], n)
		}
	}
	for _, room := range []int{0, 1, 319} {
		if n := d.Decode(dst[:room], list[0]); n != 0 {
			t.Errorf("%d samples in room for %d", n, room)
		}
	}
	if n := d.Decode(dst[:320], list[0]); n != 320 {
		t.Errorf("%d samples in room for as many", n)
	}
}

func TestGuard(t *testing.T) {
	d := newDecoder(t)
	fails := func() (n int) {
		defer d.guard(&n)
		n = 5
		panic("damaged")
	}
	if n := fails(); n != 0 {
		t.Errorf("%d samples after a panic", n)
	}
}

// quiet says whether a packet has nothing in it but its table of contents.
func quiet(payload []byte) bool { return len(payload) <= 2 }

// TestPauses has discontinuous transmission on: packets with nothing in them,
// which the decoder makes background of.
func TestPauses(t *testing.T) {
	signal := append(append([]int16{}, speech.Wide()[:32000]...), make([]int16, 32000)...)
	list := packets(t, newEncoder(t, Config{DTX: true}), signal)
	n := 0
	for _, p := range list[100:] {
		if quiet(p) {
			n++
		}
	}
	if n < 50 {
		t.Errorf("%d of 100 packets of a pause are quiet", n)
	}
	if got := play(t, newDecoder(t), list); len(got) != len(signal) || power(got[48000:]) > 1000 {
		t.Errorf("%d samples, power of the pause %.0f", len(got), power(got[48000:]))
	}
	for _, p := range packets(t, newEncoder(t, Config{}), make([]int16, 16000)) {
		if quiet(p) {
			t.Fatal("DTX without being asked for")
		}
	}
}
