package jitter

import (
	"math"
	"testing"
)

// held is a playout in mid-stream with so many samples of a signal ahead, whose
// lead is off its target by excess.
func held(signal []int16, excess int32) *rig {
	r := newRig()
	for f := range 60 {
		ts := f * baseFrame
		r.put(uint32(ts), encoded(signal[ts:ts+baseFrame]), true, true)
		r.frame()
	}
	for f := 60; f < 66; f++ {
		ts := f * baseFrame
		r.store.write(uint32(ts), encoded(signal[ts:ts+baseFrame]), unlaw)
	}
	r.aim(excess)
	r.rest, r.long = 0, patience
	return r
}

// aim has the lead be off its target by excess, whatever the packets.
func (r *rig) aim(excess int32) {
	if excess > 0 {
		excess += roomy
	}
	r.grain.size = 1
	r.lags.reset()
	for range acquaintance {
		r.lags.add(r.lead() - excess - int32(r.worst()))
	}
}

// off is how much it is.
func (r *rig) off() int { return r.excess(r.play, r.tick+uint32(r.size)) }

// A pitch period more or less: the lead moves by it and the voice goes on
// smoothly, at its pitch.
func TestVoiceIsStretchedByPeriods(t *testing.T) {
	for _, period := range []int{50, 64, 81, 110} {
		signal := vowel(70*baseFrame, period)
		for _, excess := range []int32{-200, 200} {
			r := held(signal, excess)
			before := r.lead()
			var out []int16
			for range 2 {
				frame, _ := r.frame()
				out = append(out, frame...)
			}
			moved := int(before - r.lead())
			if moved == 0 || (moved > 0) != (excess > 0) {
				t.Errorf("period %d, excess %d: moved by %d", period, excess, moved)
				continue
			}
			if off := (moved + 100*period) % period; off > 1 && off < period-1 && excess > 0 {
				t.Errorf("period %d: %d samples left out", period, moved)
			}
			// Of a periodic voice each sample is still the one a period before.
			for i := 2 * period; i < len(out); i++ {
				if d := math.Abs(float64(out[i]) - float64(out[i-2*period])); d > 2200 {
					t.Errorf("period %d, excess %d: %v off at %d", period, excess, d, i)
					break
				}
			}
		}
	}
}

// Pauses give or take what is wanted at once.
func TestPausesAreStretchedExactly(t *testing.T) {
	silence := make([]int16, 70*baseFrame)
	for _, excess := range []int32{-100, -20, 30, 100} {
		r := held(silence, excess)
		r.frame()
		if off := r.off(); off > tooLong || off < -tooShort {
			t.Errorf("excess %d: %d left", excess, off)
		}
	}
}

func TestSmallDeviationsAreLeftAlone(t *testing.T) {
	for _, excess := range []int32{-tooShort, 0, tooLong} {
		r := held(vowel(70*baseFrame, 80), excess)
		before := r.lead()
		r.frame()
		if r.lead() != before {
			t.Errorf("excess %d: moved", excess)
		}
	}
}

// A pause is waited for before speech is squeezed, but not for ever.
func TestPausesAreWaitedFor(t *testing.T) {
	r := held(vowel(70*baseFrame, 80), 300)
	r.long = patience - 4
	before := r.lead()
	for range 3 {
		r.frame()
	}
	if r.lead() != before {
		t.Errorf("moved by %d before a pause can have come", before-r.lead())
	}
	for range 3 {
		r.frame()
	}
	if r.lead() == before {
		t.Error("not moved where no pause comes")
	}
}

// Speech is not squeezed again and again, nor where there is no pitch.
func TestSqueezingIsRare(t *testing.T) {
	r := held(vowel(70*baseFrame, 80), 300)
	moves, last := 0, r.lead()
	for range waitFrames / 2 {
		r.frame()
		if r.lead() != last {
			moves, last = moves+1, r.lead()
		}
	}
	if moves != 1 {
		t.Errorf("%d squeezes in %d frames", moves, waitFrames/2)
	}
	clicks := make([]int16, 70*baseFrame)
	for i := range clicks {
		clicks[i] = int16(uint32(i*i*2654435761) >> 18)
	}
	r = held(clicks, 400)
	before := r.lead()
	r.frame()
	if r.lead() != before {
		t.Error("squeezed a noise")
	}
}

// With nothing in store there is nothing to stretch.
func TestAdaptNeedsSamples(t *testing.T) {
	for _, excess := range []int32{-300, 300} {
		r := held(vowel(70*baseFrame, 80), excess)
		r.store.forget()
		if r.adapt(make([]int16, baseFrame)) {
			t.Errorf("excess %d: a frame out of nothing", excess)
		}
	}
}

func TestCrossfade(t *testing.T) {
	from, to := make([]int16, 40), make([]int16, 40)
	for i := range from {
		from[i], to[i] = 32767, -32768
	}
	dst := make([]int16, 40)
	crossfade(dst, from, to)
	for i := 1; i < len(dst); i++ {
		if dst[i] >= dst[i-1] {
			t.Fatalf("not falling at %d: %v", i, dst)
		}
	}
	if dst[0] < 30000 || dst[39] > -30000 {
		t.Errorf("from %d to %d", dst[0], dst[39])
	}
	crossfade(nil, from, to)
}
