package hearing

import (
	"cmp"
	"slices"
)

// audible is the level in dB below full scale from which a remainder counts as
// a sound: far above what a codec leaves of a voice, far below any tone.
const audible = -48.0

// classify tells tones from other sounds in what the known ones have left.
func (h *Hearing) classify(rest []float64) {
	for i := range h.Frames {
		frame := rest[i*Frame : (i+1)*Frame]
		level := dB(rms(frame))
		if level < audible {
			continue
		}
		s := &h.Frames[i]
		if s.vague {
			continue
		}
		// A fraction of a loud frame is what codec and concealment leave of
		// it, not a sound of its own.
		if (s.Music || len(s.Voices) > 0) && level < s.Level-15 {
			continue
		}
		if tonal(rest, i) {
			s.Tone = true
		} else {
			s.Other = true
		}
	}
	h.forgive()
}

// forgive drops tones and other sounds of less than 100 ms beside a known
// sound: a frame concealed, or cut short, leaves as much.
func (h *Hearing) forgive() {
	const short = 5
	for i := 0; i < len(h.Frames); {
		end, known := i, false
		for end < len(h.Frames) && (h.Frames[end].Tone || h.Frames[end].Other) {
			known = known || h.Frames[end].Music || len(h.Frames[end].Voices) > 0
			end++
		}
		if known && end-i < short {
			for k := i; k < end; k++ {
				h.Frames[k].Tone, h.Frames[k].Other = false, false
			}
		}
		i = max(end, i+1)
	}
}

// tonal reports whether most of the energy around a frame is in a few lines of
// the spectrum, as in ringing and signal tones, and in no speech.
func tonal(rest []float64, frame int) bool {
	const n = 512
	part, _ := window(rest, frame*Frame+Frame/2-n/2, frame*Frame+Frame/2+n/2)
	x := make([]complex128, n)
	for i, v := range part {
		// A Hann window, so that a line does not leak into all others.
		x[i] = complex(v*hann(i, len(part)), 0)
	}
	fft(x)
	power := make([]float64, n/2)
	total := 0.0
	for i := range power {
		power[i] = real(x[i])*real(x[i]) + imag(x[i])*imag(x[i])
		total += power[i]
	}
	slices.SortFunc(power, func(a, b float64) int { return cmp.Compare(b, a) })
	peaks := 0.0
	for _, p := range power[:10] { // two tones, each over some bins
		peaks += p
	}
	return total > 0 && peaks > 0.8*total
}
