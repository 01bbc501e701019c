package jitter

import (
	"math"
	"testing"

	"warmline/internal/score"
	"warmline/media/g722"
	"warmline/media/opus"
)

// wideCodec is a decoder of G.722, which has no concealment.
type wideCodec struct{ g722.Decoder }

func (*wideCodec) Conceal([]int16, []byte) int { return 0 }

func newWideCodec() *wideCodec {
	d := new(wideCodec)
	d.Reset()
	return d
}

// asG722 is a signal of 16 kHz in packets of 20 ms.
func asG722(signal []int16) (payloads [][]byte) {
	var e g722.Encoder
	e.Reset()
	for at := 0; at+MaxFrame <= len(signal); at += MaxFrame {
		p := make([]byte, MaxFrame/2)
		e.Encode(p, signal[at:at+MaxFrame])
		payloads = append(payloads, p)
	}
	return payloads
}

// asOpus is the same.
func asOpus(t *testing.T, signal []int16) (payloads [][]byte) {
	e, err := opus.NewEncoder(opus.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at+MaxFrame <= len(signal); at += MaxFrame {
		var p [1500]byte
		n := e.Encode(p[:], signal[at:at+MaxFrame])
		payloads = append(payloads, append([]byte(nil), p[:n]...))
	}
	return payloads
}

func newOpus(t *testing.T) Decoder {
	d, err := opus.NewDecoder()
	if err != nil {
		t.Error(err)
	}
	return d
}

// straight decodes packets one after the other; what is lost is silence, or the
// last frame again.
func straight(d Decoder, payloads [][]byte, there func(i int) bool, repeat bool) []int16 {
	var out []int16
	frame := make([]int16, maxSamples)
	for i, p := range payloads {
		switch {
		case there(i):
			d.Decode(frame, p)
		case !repeat:
			clear(frame)
		}
		out = append(out, frame[:MaxFrame]...)
	}
	return out
}

func always(int) bool { return true }

// After a second of handing on, what the real codecs decode goes on as if they
// had decoded all.
func TestRealCodecsAfterRelay(t *testing.T) {
	signal := wide(dialogue(t, 20))
	fresh, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	own, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		payloads [][]byte
		clock    int
		plain    Decoder
		codec    Decoder
		least    float64 // dB
	}{
		{"G.722", asG722(signal), 8000, newWideCodec(), newWideCodec(), 20},
		{"Opus", asOpus(t, signal), 48000, fresh, own, 15},
	} {
		plain := straight(c.plain, c.payloads, always, false)
		r := newRig()
		r.Reset(Format{Rate: 16000, Clock: c.clock, Decoder: c.codec, Packets: NewPackets(),
			Duration: func([]byte) int { return MaxFrame }})
		power, noise, handed := 0., 1., 0
		for f, payload := range c.payloads {
			r.put(uint32(f*c.clock/50), payload, true, true)
			at := int(int32(r.play))
			r.Next(r.now)
			r.now += tick
			if _, _, ok := r.Relay(); ok && f%100 < 60 {
				handed++
				continue
			}
			frame := r.Samples()
			if f < 100 || at+MaxFrame > len(plain) {
				continue
			}
			for i, v := range frame {
				d := float64(v) - float64(plain[at+i])
				power += float64(v) * float64(v)
				noise += d * d
			}
		}
		ratio := 10 * math.Log10(power/noise)
		t.Logf("%s: %d frames handed on, %.1f dB", c.name, handed, ratio)
		if ratio < c.least || handed < 300 {
			t.Errorf("%s: %d frames handed on, %.1f dB", c.name, handed, ratio)
		}
	}
}

// wideband is speech in a codec at 16 kHz.
type wideband struct {
	payloads [][]byte
	clock    int // in 8000 Hz
	duration func(payload []byte) int
	decoder  func() Decoder
	said     score.Picture
	cells    []*cell
}

func newWideband(payloads [][]byte, clock int, duration func([]byte) int, decoder func() Decoder) *wideband {
	return &wideband{
		payloads, clock, duration, decoder, score.See(halved(straight(decoder(), payloads, always, false))), wideCells(),
	}
}

// measureWide is measure for a wideband codec. The players it is compared with get
// the packets that come within the mean delay.
func (c *cell) measureWide(s *wideband) {
	for seed := range uint64(seeds) {
		w := network{seed: seed, loss: c.loss, burst: c.burst, mean: c.mean, sigma: c.jitter}
		var p Playout
		p.Reset(Format{Rate: 16000, Clock: s.clock * baseRate, Decoder: s.decoder(), Packets: NewPackets(), Duration: s.duration})
		h := listenTo(s.payloads, 2, s.clock, w, &p, newReader(readPhase, true))
		delay, high := h.spread(len(s.payloads) * baseFrame)
		c.delay += delay / seeds
		c.high += high / seeds
		c.ours += h.opinion(s.said) / seeds
		came := make(map[int]bool)
		for _, a := range w.carry(len(s.payloads), tick) {
			came[a.seq] = came[a.seq] || float64(a.at)/1e6 <= float64(a.seq)*20+delay
		}
		there := func(i int) bool { return came[i] }
		c.silence += delayed(halved(straight(s.decoder(), s.payloads, there, false)), 0).opinion(s.said) / seeds
		c.repeat += delayed(halved(straight(s.decoder(), s.payloads, there, true)), 0).opinion(s.said) / seeds
		c.network += w.high97() / seeds
	}
}

func wideCells() (list []*cell) {
	for _, j := range [][2]float64{{0, 0}, {33, 20}, {131, 60}} {
		for _, l := range [][2]float64{{0, 0}, {.01, 0}, {.05, 0}, {.05, 3}} {
			list = append(list, &cell{loss: l[0], burst: l[1], mean: j[0], jitter: j[1]})
		}
	}
	return list
}
