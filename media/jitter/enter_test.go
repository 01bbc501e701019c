package jitter

import (
	"slices"
	"testing"

	"warmline/internal/speech"
	"warmline/media/opus"
)

// swelling is a tone over and over: the worst for a decoder that predicts from
// what it has decoded.
func swelling(hz float64, frames int) []int16 {
	tone := speech.Swelling(hz, 16000)
	return slices.Repeat(tone, frames*MaxFrame/len(tone)+1)[:frames*MaxFrame]
}

// entry is a stream of Opus that is heard for a while, then handed on, then
// heard again.
type entry struct {
	rig
	payloads [][]byte
	decoder  *opus.Decoder
	jump     uint32 // of the sender's clock
}

// frameOf goes on by a frame; nil where it is handed on.
func (e *entry) frameOf(f int, heard bool) []int16 {
	ts := uint32(firstTick) + uint32(f*960) + e.jump
	e.Put(Packet{At: e.now - 2_000_000, TS: ts, Payload: e.payloads[f], InOrder: true, Follows: f > 0})
	e.Next(e.now)
	e.now += tick
	if _, _, ok := e.Relay(); ok && !heard {
		return nil
	}
	return e.Samples()
}

// run hears all up to a frame but for the last ones, which are handed on, and says
// how loud it is from that frame on.
func (e *entry) run(from, handed, frames int) (loudest int) {
	e.Reset(Format{Rate: 16000, Clock: 48000, Decoder: e.decoder, Packets: NewPackets(), Duration: opus.Samples})
	for f := range from + frames {
		if out := e.frameOf(f, f < from-handed || f >= from); f >= from {
			loudest = max(loudest, loudestOf(out))
		}
	}
	return loudest
}

func loudestOf(signal []int16) (loudest int) {
	for _, v := range signal {
		loudest = max(loudest, int(v), -int(v))
	}
	return loudest
}

// Whoever begins to listen in the middle of a tone, of speech or of music hears
// nothing louder than what is there, however the decoder was left when it was
// last listened to.
func TestEnteringOpusIsNotLoud(t *testing.T) {
	const frames = 460
	decoder, err := opus.NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		signal []int16
	}{
		{"200 Hz", swelling(200, frames)},
		{"400 Hz", swelling(400, frames)},
		{"500 Hz", swelling(500, frames)},
		{"1000 Hz", swelling(1000, frames)},
		{"speech", wide(dialogue(t, 10))[:frames*MaxFrame]},
	} {
		e := &entry{payloads: asOpus(t, tt.signal), decoder: decoder}
		limit := 0
		decoder.Reset()
		out := make([]int16, maxSamples)
		for _, p := range e.payloads {
			limit = max(limit, loudestOf(out[:decoder.Decode(out, p)]))
		}
		loud, worst, starts := 0, 0, 0
		for from := 140; from < frames-20; from += 4 {
			starts++
			if l := e.run(from, 20+from%43, 20); l > limit*9/8 {
				loud++
				worst = max(worst, l)
			}
		}
		t.Logf("%s: %d of %d starts too loud, up to %d where %d is right", tt.name, loud, starts, worst, limit)
		if loud > 0 {
			t.Errorf("%s: %d of %d starts too loud, up to %d where %d is right", tt.name, loud, starts, worst, limit)
		}
	}
}

// A pause of the sender's among what is decoded again stays silent, and nothing
// from before it is heard again.
func TestEnteringBehindAPause(t *testing.T) {
	const pause, resumed = 150, 166
	for from := pause - 2; from < resumed+20; from++ {
		c := newCoder(wide(dialogue(t, 10)), 8000, 320)
		for f := range from + 10 {
			if f < pause || f >= resumed {
				c.send(f, true, true)
			}
			c.Next(c.now)
			c.now += tick
			if _, _, ok := c.Relay(); ok && f < from {
				continue
			}
			at := c.at(c.from)
			out := c.Samples()
			if f < from+6 || at < 0 {
				continue // the concealer fades out
			}
			if i := at / 320; i >= pause+6 && i < resumed-1 && loudestOf(out) > 200 {
				t.Fatalf("heard from frame %d on: %d in the pause, frame %d", from, loudestOf(out), f)
			}
		}
	}
}
