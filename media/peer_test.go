package media

import (
	"math"
	"testing"

	"warmline/internal/speech"
	"warmline/media/jitter"
	"warmline/media/opus"
)

// peerSignals are what is said, at 16 kHz: more than 400 frames each.
func peerSignals(t *testing.T) map[string][]int16 {
	const frames = 420
	chords := make([]int16, frames*wideFrame)
	for i := range chords {
		at := float64(i) / 16000
		age := math.Mod(at, 0.5)
		hz := 320 * []float64{1, 1.25, 1.5, 1.2}[int(at/0.5)%4]
		loud := 6000 * min(1, age/0.02) * math.Exp(-3*age)
		chords[i] = int16(loud * (math.Sin(2*math.Pi*hz*at) + math.Sin(3*math.Pi*hz*at)/2 + math.Sin(4*math.Pi*hz*at)/3))
	}
	list := map[string][]int16{"chords": chords, "speech": voiceOf(t, "customer", 16000)}
	for name, hz := range map[string]float64{"200 Hz": 200, "400 Hz": 400, "500 Hz": 500, "1000 Hz": 1000} {
		var long []int16
		for len(long) < frames*wideFrame {
			long = append(long, speech.Swelling(hz, 16000)...)
		}
		list[name] = long
	}
	for name, s := range list {
		for len(s) < frames*wideFrame {
			s = append(s, s...)
		}
		list[name] = s[:frames*wideFrame]
	}
	return list
}

// foreign is a stream of another's encoder, and what a decoder makes of it.
func foreign(t *testing.T, signal []int16) (packets [][]byte, heard []int16) {
	t.Helper()
	e := newEncoderOpus(opusWish{})
	d := newDecoderOpus()
	var payload [opus.MaxBytes]byte
	var frame [opus.MaxSamples]int16
	for at := 0; at+wideFrame <= len(signal); at += wideFrame {
		n := e.Encode(payload[:], signal[at:at+wideFrame])
		packets = append(packets, append([]byte(nil), payload[:n]...))
		heard = append(heard, frame[:d.Decode(frame[:], payload[:n])]...)
	}
	return packets, heard
}

func loudest(signal []int16) (l int) {
	for _, v := range signal {
		l = max(l, int(v), -int(v))
	}
	return l
}

// The peer's decoder of Opus lives through all changes of who makes its packets:
// from packets handed on to ours anywhere, and back where it is quiet. It hears
// nothing louder than what is said: at most, where ours begins in the middle of a
// tone, that tone's end upon the new one's beginning.
func TestPeerHearsNothingLoudAtHandOver(t *testing.T) {
	var l spares
	l.fill(codecOpus, opusWish{})
	for name, signal := range peerSignals(t) {
		c := &change{ours: newEncoderOpus(opusWish{}), ear: newDecoderOpus(), spares: &l}
		c.packets, c.heard = foreign(t, signal)
		limit, ours, theirs := loudest(c.heard), 0, 0
		for at := 70; at+60 < len(c.packets); at += 7 {
			o, th := c.at(at)
			ours, theirs = max(ours, o), max(theirs, th)
		}
		t.Logf("%s: %d, from ours %d, back %d", name, limit, ours, theirs)
		if ours > 2*limit || theirs > limit*9/8 {
			t.Errorf("%s: where %d is right the peer hears %d from ours, %d afterwards", name, limit, ours, theirs)
		}
	}
}

// change is a peer's decoder and what it is fed.
type change struct {
	ours    voiceEncoder
	ear     jitter.Decoder
	spares  *spares
	packets [][]byte
	heard   []int16
	frame   [opus.MaxSamples]int16
}

// at changes to ours at a packet, and back after 25 and as soon as it is quiet. It
// says how loud the peer hears ours, and those after them.
func (c *change) at(first int) (ours, theirs int) {
	const before, length, quiet = 60, 25, 25
	c.ear.Reset()
	var p passed
	for _, payload := range c.packets[first-before : first] {
		p.add(payload)
		c.hear(payload)
	}
	c.ours.resume(&p, c.spares)
	i := first
	for ; i < len(c.packets); i++ {
		frame := c.heard[i*wideFrame : (i+1)*wideFrame]
		if i >= first+length && loudest(frame) <= quiet {
			break
		}
		var payload [opus.MaxBytes]byte
		ours = max(ours, c.hear(payload[:c.ours.Encode(payload[:], frame)]))
	}
	for _, payload := range c.packets[i:min(i+length, len(c.packets))] {
		theirs = max(theirs, c.hear(payload))
	}
	return ours, theirs
}

// hear decodes a packet and says how loud it is.
func (c *change) hear(payload []byte) int {
	return loudest(c.frame[:c.ear.Decode(c.frame[:], payload)])
}
