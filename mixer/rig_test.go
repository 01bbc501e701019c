package mixer

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
)

// peer is a stream for tests: it says what voice gives for each frame (nil:
// nothing) and keeps what it hears.
type peer struct {
	voice  func(frame int) []int16
	frames int
	said   []int16
	heard  []int16
	deaf   bool                    // keep nothing of what is heard
	rate   int                     // 0: narrow
	fine   func(frame int) []int16 // the voice at the wide rate; nil: made of the narrow one
	asked  [buses]int              // frames, by rate
	times  []int64
}

func (p *peer) Next(now int64) bool {
	p.said = nil
	if p.voice != nil {
		p.said = p.voice(p.frames)
	}
	p.frames++
	return p.said != nil
}

func (p *peer) Samples(rate int) []int16 {
	p.asked[busOf(rate)]++
	switch {
	case rate != Wide:
		return p.said
	case p.fine != nil:
		return p.fine(p.frames - 1)
	}
	return widen(p.said, false)
}

func (p *peer) Rate() int { return max(p.rate, Narrow) }

func (p *peer) Push(now int64, f *Frame) {
	if !p.deaf {
		p.heard = append(p.heard, f.Samples()...)
		p.times = append(p.times, now)
	}
}

// last returns the samples heard in the last n frames.
func (p *peer) last(n int) []int16 { return p.heard[len(p.heard)-n*FrameSamples:] }

// rig is a mixer without a running worker, driven frame by frame.
type rig struct {
	t         testing.TB
	m         *Mixer
	w         *worker
	frame     int64 // the one that comes next
	now       int64
	oversleep int64 // how late sleeps end
}

func newRig(t testing.TB) *rig {
	t.Helper()
	m, err := New(Config{Workers: 1, Plain: true, Music: [][]int16{testMusic(), testMusic()[:4001]}})
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, m: m, w: m.workers[0]}
	r.w.clock = func() int64 { return r.now }
	t.Cleanup(m.Close)
	return r
}

// testMusic is not a multiple of a frame long, so that loops wrap inside one.
var testMusic = sync.OnceValue(func() []int16 { return sine(700, 0.2, 12345) })

// tick runs the slots of the next n frames, each exactly on time.
func (r *rig) tick(n int) {
	for range n {
		for range slots {
			r.w.admit()
			slot := r.frame*slots + r.w.slot%slots
			r.now = slot * slotTime
			r.w.runSlot(slot)
		}
		r.frame++
	}
}

// sine is n samples of a sine with a peak given as a part of full scale.
func sine(hz, peak float64, n int) []int16 {
	out := make([]int16, n)
	for i := range out {
		out[i] = int16(math.Round(32767 * peak * math.Sin(2*math.Pi*hz*float64(i)/SampleRate)))
	}
	return out
}

// saying is a voice that is a continuous sine.
func saying(hz, peak float64) func(int) []int16 {
	return func(frame int) []int16 {
		out := make([]int16, FrameSamples)
		for i := range out {
			n := frame*FrameSamples + i
			out[i] = int16(math.Round(32767 * peak * math.Sin(2*math.Pi*hz*float64(n)/SampleRate)))
		}
		return out
	}
}

// constant is a voice whose every sample is v.
func constant(v int16) func(int) []int16 {
	frame := make([]int16, FrameSamples)
	for i := range frame {
		frame[i] = v
	}
	return func(int) []int16 { return frame }
}

// noisy is a voice of full-scale noise with pauses, the same for the same seed.
func noisy(seed uint64) func(int) []int16 {
	return func(frame int) []int16 {
		x := (seed*1_000_003 + uint64(frame) + 1) * 0x9e3779b97f4a7c15
		if x>>61 == 0 {
			return nil
		}
		at := int(x >> 32 % uint64(len(noise)-FrameSamples))
		return noise[at : at+FrameSamples]
	}
}

// noise is what noisy speaks from, at one place or another.
var noise = func() []int16 {
	rng := rand.New(rand.NewPCG(1, 1))
	out := make([]int16, 1<<16)
	for i := range out {
		out[i] = int16(rng.Uint32())
	}
	return out
}()

// power is the power of one frequency in a signal, as the amplitude of the
// sine that has it, in parts of full scale (Goertzel).
func power(signal []int16, hz float64) float64 {
	w := 2 * math.Pi * hz / SampleRate
	c := 2 * math.Cos(w)
	var s1, s2, window float64
	for i, v := range signal {
		h := 0.5 - 0.5*math.Cos(2*math.Pi*(float64(i)+0.5)/float64(len(signal)))
		window += h
		s1, s2 = h*float64(v)/32767+c*s1-s2, s1
	}
	return 2 * math.Sqrt(s1*s1+s2*s2-c*s1*s2) / window
}

func dB(ratio float64) float64 { return 20 * math.Log10(ratio) }

// rms is the root mean square as a part of full scale.
func rms(signal []int16) float64 {
	var sum float64
	for _, v := range signal {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum/float64(len(signal))) / 32768
}

func peakOf(signal []int16) int {
	peak := 0
	for _, v := range signal {
		peak = max(peak, int(v), -int(v))
	}
	return peak
}

// steepest is the largest difference of neighbouring samples.
func steepest(signal []int16) int {
	most := 0
	for i := 1; i < len(signal); i++ {
		d := int(signal[i]) - int(signal[i-1])
		most = max(most, d, -d)
	}
	return most
}
