package mixer

import (
	"errors"
	"math"
	"sync"
	"time"
)

// sounds are the loops behind the treatments. They are made once and only read.
type sounds struct {
	music                               []*loop
	ringback, queue, hold, alone, noise *loop
}

// Cadence is a tone that comes and goes: one to four frequencies in Hz sounded
// together for On, then nothing but comfort noise for Off.
type Cadence struct {
	Frequencies []float64
	On, Off     time.Duration
}

// ringing is the default ringback, North America's: it is the one that neither
// the queue tone nor any of the clips resembles.
var ringing = Cadence{Frequencies: []float64{440, 480}, On: 2 * time.Second, Off: 4 * time.Second}

func (c Cadence) isZero() bool { return len(c.Frequencies) == 0 && c.On == 0 && c.Off == 0 }

func (c Cadence) validate() error {
	if c.isZero() {
		return nil
	}
	if c.On < FrameDuration || c.Off < 0 || c.On+c.Off > time.Minute {
		return errors.New("on must be 20 ms at least, on and off a minute together at most")
	}
	if len(c.Frequencies) == 0 || len(c.Frequencies) > 4 {
		return errors.New("one to four frequencies are needed")
	}
	for _, f := range c.Frequencies {
		if !(f >= 100 && f <= 3600) {
			return errors.New("frequencies must be from 100 to 3600 Hz")
		}
	}
	return nil
}

// Levels in dBFS: of a sine's peak for tones, of the RMS for noise. They are
// those of a quiet voice or below, for they sound in a headset all day.
const (
	ringbackLevel = -20.0
	queueLevel    = -21.0
	holdLevel     = -22.0
	noiseLevel    = -58.0
	noiseLength   = 8 * time.Second
)

func newSounds(music [][]int16, ringback Cadence) *sounds {
	s := standardSounds()
	if !ringback.isZero() {
		s.ringback = newLoop(ringbackLoop(ringback))
	}
	if len(music) == 0 {
		music = [][]int16{DefaultMusic()}
	}
	for _, samples := range music {
		if &samples[0] == &DefaultMusic()[0] {
			s.music = append(s.music, defaultLoop())
		} else {
			s.music = append(s.music, newLoop(samples))
		}
	}
	return &s
}

// stations is how many radios there are: the musics and the noise.
func (s *sounds) stations() int { return len(s.music) + 1 }

var defaultLoop = sync.OnceValue(func() *loop { return newLoop(DefaultMusic()) })

var standardSounds = sync.OnceValue(func() sounds {
	return sounds{
		ringback: newLoop(ringbackLoop(ringing)),
		queue:    newLoop(queueLoop()),
		hold:     newLoop(holdLoop()),
		alone:    newLoop(aloneLoop()),
		noise:    newLoop(noiseLoop(noiseLength)),
	}
})

func samples(d time.Duration) int { return int(d * SampleRate / time.Second) }

// amplitude is the 16-bit peak of a level in dBFS.
func amplitude(dBFS float64) float64 { return 32768 * math.Pow(10, dBFS/20) }

// noiseLoop is comfort noise: white noise with the highs taken off, the same at
// every start. The filter runs round the loop twice, so that its state at the
// end is that at the beginning and the loop has no seam.
func noiseLoop(d time.Duration) []int16 {
	n := samples(d)
	white := make([]float64, n)
	seed := uint32(0x2545f491)
	for i := range white {
		seed ^= seed << 13
		seed ^= seed >> 17
		seed ^= seed << 5
		white[i] = float64(int32(seed)) / (1 << 31)
	}
	pink := make([]float64, n)
	var state, energy float64
	for range 2 {
		energy = 0
		for i, v := range white {
			state += 0.45 * (v - state)
			pink[i] = state
			energy += state * state
		}
	}
	gain := amplitude(noiseLevel) / math.Sqrt(energy/float64(n))
	return quantise(pink, gain)
}

func quantise(signal []float64, gain float64) []int16 {
	out := make([]int16, len(signal))
	for i, v := range signal {
		out[i] = int16(math.Round(max(-32768, min(v*gain, 32767))))
	}
	return out
}

// over lays a sound of tones on comfort noise, so that the pauses in it are
// not taken for a dead line.
func over(tones []float64) []int16 {
	out := noiseLoop(time.Duration(len(tones)) * time.Second / SampleRate)
	for i, v := range tones {
		out[i] = int16(math.Round(float64(out[i]) + v))
	}
	return out
}

func ringbackLoop(c Cadence) []int16 {
	s := newScore(c.On + c.Off)
	level := ringbackLevel - 20*math.Log10(float64(len(c.Frequencies)))
	for _, f := range c.Frequencies {
		s.tone(0, c.On, f, level)
	}
	return over(s.signal)
}

// queueLoop is a soft rising arpeggio every four seconds: something searches.
func queueLoop() []int16 {
	s := newScore(4 * time.Second)
	for i, f := range []float64{523.25, 659.26, 783.99} {
		s.bell(time.Duration(i)*220*time.Millisecond, 900*time.Millisecond, f, queueLevel)
	}
	return over(s.signal)
}

// holdLoop is one soft bell every ten seconds.
func holdLoop() []int16 {
	s := newScore(10 * time.Second)
	s.bell(0, 1200*time.Millisecond, 587.33, holdLevel)
	return over(s.signal)
}

// aloneLoop is a soft double tone every fifteen seconds.
func aloneLoop() []int16 {
	s := newScore(15 * time.Second)
	s.bell(0, 500*time.Millisecond, 493.88, holdLevel)
	s.bell(300*time.Millisecond, 800*time.Millisecond, 493.88, holdLevel)
	return over(s.signal)
}
