package mixer

import (
	"math"
	"math/cmplx"
	"sync"
	"time"
)

// The built-in hold music: sixteen bars of soft chords under a plucked
// arpeggio, 48 s, written for a telephone's band. Every note's decay and echo
// that runs past the end is written at the beginning, so the loop has no seam.
const (
	musicPeak = -9.5 // dBFS
	barTime   = 3 * time.Second
	barSteps  = 8 // plucked notes to a bar
	stepTime  = barTime / barSteps
	echoTime  = 3 * stepTime / 2
)

// bar is a chord as semitones from middle C: the pad's notes, then which of
// the notes (an octave up for each four) the arpeggio plays, -1 for a rest.
type bar struct {
	chord [4]int
	steps [barSteps]int
}

var (
	rising  = [barSteps]int{0, 1, 2, 3, 4, 3, 2, 1}
	rolling = [barSteps]int{0, 2, 1, 3, 2, 4, 3, -1}
	sparse  = [barSteps]int{0, -1, 2, 3, -1, 5, 4, -1}
	falling = [barSteps]int{5, 4, 3, 2, 3, 2, 1, -1}
)

var tune = [...]bar{
	{[4]int{0, 4, 7, 11}, rising},   // Cmaj7
	{[4]int{-3, 4, 7, 12}, rolling}, // Am7
	{[4]int{-7, 0, 4, 9}, rising},   // Fmaj7
	{[4]int{-5, 2, 7, 11}, sparse},  // G
	{[4]int{-8, 2, 7, 11}, rising},  // Em7
	{[4]int{-3, 4, 7, 12}, rolling}, // Am7
	{[4]int{2, 5, 9, 12}, falling},  // Dm7
	{[4]int{-5, 2, 5, 12}, sparse},  // G7sus4
	{[4]int{0, 4, 7, 14}, rising},   // Cadd9
	{[4]int{-8, 2, 7, 11}, rolling}, // Em7
	{[4]int{-7, 4, 9, 12}, rising},  // Fmaj7
	{[4]int{-7, 3, 8, 12}, falling}, // Fm7
	{[4]int{-5, 4, 7, 12}, rising},  // C/G
	{[4]int{-3, 4, 7, 11}, rolling}, // Am9
	{[4]int{2, 5, 9, 16}, falling},  // Dm9
	{[4]int{-5, 2, 5, 11}, sparse},  // G7
}

func pitch(semitone int) float64 { return 261.6256 * math.Pow(2, float64(semitone)/12) }

// DefaultMusic is the built-in hold music: 48 s, 8 kHz mono, peaks below
// -9 dBFS, loops without a seam. It is shared: callers must not change it.
func DefaultMusic() []int16 { return defaultMusic() }

var defaultMusic = sync.OnceValue(func() []int16 {
	pads := newScore(time.Duration(len(tune)) * barTime)
	plucks := newScore(time.Duration(len(tune)) * barTime)
	for i, b := range tune {
		start := time.Duration(i) * barTime
		for voice, note := range b.chord {
			pads.pad(start, barTime, pitch(note), 0.16-0.015*float64(voice))
		}
		for step, k := range b.steps {
			if k >= 0 {
				accent := 0.30 + 0.06*math.Cos(2*math.Pi*float64(step)/barSteps)
				plucks.pluck(start+time.Duration(step)*stepTime, pitch(b.chord[k%4]+12*(k/4)+12), accent)
			}
		}
	}
	plucks.echo(echoTime, 0.35)
	plucks.echo(2*echoTime+stepTime/4, 0.2)
	return pads.master(plucks)
})

// pad adds a sustained note that swells in before its bar and out after it:
// two partials, the fundamental doubled a little out of tune so that it moves.
func (s *score) pad(at, length time.Duration, hz, level float64) {
	swell := samples(450 * time.Millisecond)
	n := samples(length) + swell
	start := samples(at) - swell/2 + len(s.signal)
	low, moving, high := newOscillator(hz), newOscillator(1.003*hz), newOscillator(2*hz)
	for i := range n {
		s.put(start+i, level*envelope(i, n, swell, swell)*(low.next()+0.4*moving.next()+0.3*high.next()))
	}
}

// pluck adds a plucked string: partials that die the faster the higher they
// are.
func (s *score) pluck(at time.Duration, hz, level float64) {
	n, attack := samples(1600*time.Millisecond), samples(5*time.Millisecond)
	start := samples(at)
	for partial := 1.0; partial <= 4 && partial*hz < 3400; partial++ {
		gain, fade := level/(partial*partial), math.Exp(-(2.2+1.8*partial)/SampleRate)
		osc := newOscillator(partial * hz)
		for i := range n {
			s.put(start+i, gain*envelope(i, n, attack, n/4)*osc.next())
			gain *= fade
		}
	}
}

// oscillator is a sine by rotation: much faster than math.Sin, and over a few
// seconds as exact as ears need.
type oscillator struct{ phase, step complex128 }

func newOscillator(hz float64) oscillator {
	return oscillator{1, cmplx.Rect(1, 2*math.Pi*hz/SampleRate)}
}

func (o *oscillator) next() float64 {
	v := imag(o.phase)
	o.phase *= o.step
	return v
}

// echo adds the sound to itself, later and softer, round the loop.
func (s *score) echo(delay time.Duration, gain float64) {
	dry := append([]float64(nil), s.signal...)
	for i, v := range dry {
		s.put(i+samples(delay), gain*v)
	}
}

// master sums two scores and brings the peak to musicPeak.
func (s *score) master(other *score) []int16 {
	peak := 0.0
	for i, v := range other.signal {
		s.signal[i] += v
		peak = max(peak, math.Abs(s.signal[i]))
	}
	return quantise(s.signal, amplitude(musicPeak)/peak)
}

// seam is the length of the cross-fade with which Seamless joins a loop.
const seam = 50 * time.Millisecond

// Seamless makes a recording a loop: its end is cross-faded into its beginning,
// which shortens it by 50 ms. One shorter than 100 ms is returned as it is.
func Seamless(music []int16) []int16 {
	n := samples(seam)
	if len(music) < 2*n {
		return music
	}
	loop := append([]int16(nil), music[:len(music)-n]...)
	for i, ending := range music[len(music)-n:] {
		// Start and end are unrelated sounds, so it is their powers that must add up to one.
		x := math.Pi / 2 * (float64(i) + 0.5) / float64(n)
		v := math.Sin(x)*float64(loop[i]) + math.Cos(x)*float64(ending)
		loop[i] = int16(math.Round(max(math.MinInt16, min(v, math.MaxInt16))))
	}
	return loop
}
