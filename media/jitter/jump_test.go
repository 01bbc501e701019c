package jitter

import (
	"testing"

	"warmline/media/opus"
)

// Where the clock of a sender of a codec with state jumps, the time until its
// packets are heard again is concealed as a loss is, and is no silence.
func TestCodedClockJumps(t *testing.T) {
	for _, conceals := range []bool{true, false} {
		for _, jump := range []uint32{5000, 80_000, 1 << 31, 1<<32 - 80_000} {
			c := newCoder(vowel(16000*10, 120), 8000, 320)
			c.codec.conceals = conceals
			silent, steep, last := 0, 0, int16(0)
			for f := range 200 {
				ts := uint32(f * baseFrame)
				if f >= 100 {
					ts += jump
				}
				c.put(ts, c.packets[f], true, true)
				frame, _ := c.frame()
				if f < 60 {
					continue
				}
				for _, half := range [][]int16{frame[:160], frame[160:]} {
					if loudestOf(half) < 500 {
						silent++
					}
				}
				for _, v := range frame {
					if f > 60 {
						steep = max(steep, int(v)-int(last), int(last)-int(v))
					}
					last = v
				}
			}
			if silent > 0 {
				t.Errorf("a jump by %d: silent for %d ms", int32(jump), silent*10)
			}
			if ms := c.Concealed() / 1_000_000; ms == 0 || ms > 60 {
				t.Errorf("a jump by %d: %d ms concealed", int32(jump), ms)
			}
			// The voice's own steps are up to 740.
			if !conceals && steep > 1500 {
				t.Errorf("a jump by %d: a step of %d", int32(jump), steep)
			}
		}
	}
}

// Whoever begins to listen just as the clock jumps of a stream that was handed on
// hears nothing louder than what is there.
func TestEnteringAtAJump(t *testing.T) {
	const frames = 300
	decoder, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	for _, hz := range []float64{200, 400, 500, 1000} {
		e := &entry{payloads: asOpus(t, swelling(hz, frames)), decoder: decoder}
		limit := 0
		decoder.Reset()
		out := make([]int16, maxSamples)
		for _, p := range e.payloads {
			limit = max(limit, loudestOf(out[:decoder.Decode(out, p)]))
		}
		worst := 0
		for from := 160; from < frames-20; from += 3 {
			e.Reset(Format{Rate: 16000, Clock: 48000, Decoder: e.decoder, Packets: NewPackets(), Duration: opus.Samples})
			for f := range from + 20 {
				if f == from {
					e.jump += 1 << 30
				}
				if out := e.frameOf(f, f < 60+from%43 || f >= from); f >= from {
					worst = max(worst, loudestOf(out))
				}
			}
		}
		t.Logf("%g Hz: up to %d where %d is right", hz, worst, limit)
		if worst > limit*9/8 {
			t.Errorf("%g Hz: up to %d where %d is right", hz, worst, limit)
		}
	}
}
