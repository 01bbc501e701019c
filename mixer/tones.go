package mixer

import (
	"math"
	"sync"
	"time"
)

// score is a sound being written: notes are added into it, and what would
// sound beyond its end sounds at its beginning, so that it loops.
type score struct{ signal []float64 }

func newScore(d time.Duration) *score { return &score{make([]float64, samples(d))} }

// toneRamp is the attack and release of a tone, long enough to be soft.
const toneRamp = 12 * time.Millisecond

// tone adds a steady sine with soft ends.
func (s *score) tone(at, length time.Duration, hz, dBFS float64) {
	n, ramp := samples(length), samples(toneRamp)
	peak := amplitude(dBFS)
	for i := range n {
		s.put(samples(at)+i, peak*envelope(i, n, ramp, ramp)*math.Sin(2*math.Pi*hz*float64(i)/SampleRate))
	}
}

// bell adds a struck note: a quick soft attack, a fundamental with a little
// octave that die away, and a release to nothing.
func (s *score) bell(at, length time.Duration, hz, dBFS float64) {
	n, attack, release := samples(length), samples(8*time.Millisecond), samples(length)/4
	peak := amplitude(dBFS) / 1.2
	decay := 2.5 / float64(n)
	for i := range n {
		phase := 2 * math.Pi * hz * float64(i) / SampleRate
		body := math.Exp(-decay*float64(i))*math.Sin(phase) + 0.2*math.Exp(-2*decay*float64(i))*math.Sin(2*phase)
		s.put(samples(at)+i, peak*envelope(i, n, attack, release)*body)
	}
}

func (s *score) put(i int, v float64) { s.signal[i%len(s.signal)] += v }

// envelope is the loudness of sample i of a note of n samples: it rises smoothly
// from 0 over the attack and falls back over the release.
func envelope(i, n, attack, release int) float64 {
	return hann(float64(i)/float64(attack)) * hann(float64(n-1-i)/float64(release))
}

// hann rises smoothly from 0 at 0 to 1 at 1 and stays there.
func hann(x float64) float64 {
	if x >= 1 {
		return 1
	}
	return 0.5 - 0.5*math.Cos(math.Pi*x)
}

// melody is a clip of notes one after another.
func melody(dBFS float64, each time.Duration, hz ...float64) []int16 {
	last := 2 * each // the last note rings on
	s := newScore(time.Duration(len(hz)-1)*each + last)
	for i, f := range hz {
		length := each
		if i == len(hz)-1 {
			length = last
		}
		s.bell(time.Duration(i)*each, length, f, dBFS)
	}
	return quantise(s.signal, 1)
}

const clipLevel = -13.0 // dBFS, a note's peak

var clips = sync.OnceValue(func() (c struct{ failed, gone, confirm, refuse, prompt *Clip }) {
	c.failed = NewClip(melody(clipLevel, 180*time.Millisecond, 466.16, 349.23))
	c.gone = NewClip(melody(clipLevel, 140*time.Millisecond, 783.99, 659.26, 523.25))
	c.confirm = NewClip(melody(clipLevel, 80*time.Millisecond, 659.26, 987.77))
	c.prompt = NewClip(melody(clipLevel, 90*time.Millisecond, 880))
	s := newScore(320 * time.Millisecond)
	s.tone(0, 120*time.Millisecond, 294, clipLevel)
	s.tone(190*time.Millisecond, 120*time.Millisecond, 294, clipLevel)
	c.refuse = NewClip(quantise(s.signal, 1))
	return c
})

// The clips are half a second or less, and peak below -12 dBFS. They are
// shared.

// ErrorTone says that what was tried failed: the one called is busy, refuses or
// does not answer. Two notes down.
func ErrorTone() *Clip { return clips().failed }

// CustomerGoneTone says that the customer has hung up. Three notes down.
func CustomerGoneTone() *Clip { return clips().gone }

// ConfirmTone says that a feature code was carried out. Two notes up.
func ConfirmTone() *Clip { return clips().confirm }

// RefuseTone says that a feature code was refused. Two low pulses.
func RefuseTone() *Clip { return clips().refuse }

// PromptTone says that a feature code has begun and digits are awaited. One
// high note.
func PromptTone() *Clip { return clips().prompt }
