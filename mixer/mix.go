package mixer

import "math"

// rampSamples is the length of every fade: 5 ms, long enough to be no click,
// short enough to end within the frame it begins in.
const rampSamples = SampleRate * 5 / 1000

// Fades are raised cosines in Q15; up and down add to one at every sample, so
// a cross-fade of a signal with itself changes nothing but rounding.
const unity = 1 << 15

var rampUp, rampDown = ramps()

func ramps() (up, down [rampSamples]int32) {
	for n := range up {
		x := float64(n+1) / (rampSamples + 1)
		up[n] = int32(math.Round(unity * (0.5 - 0.5*math.Cos(math.Pi*x))))
		down[n] = unity - up[n]
	}
	return up, down
}

func scaled(v int16, gain int32) int32 { return int32(v) * gain >> 15 }

// duckShift is how far everything else goes down under a clip: by 2 bits, 12 dB.
const duckShift = 2

// mix is one listener's frame in the making. The sum has 32 bits, so that it
// is right whatever the voices in it and however many (up to 65,536).
type mix struct {
	sum [FrameSamples]int32
	// voices counts the voices whose samples are in the sum. It is kept by the
	// operations that touch the samples, not derived from anybody's row: the
	// check that a held port hears nobody rests on it.
	voices int
}

func (m *mix) reset() { *m = mix{} }

// add puts a voice in.
func (m *mix) add(frame *[FrameSamples]int16) {
	m.voices++
	for n, v := range frame {
		m.sum[n] += int32(v)
	}
}

// remove takes a voice out that was added.
func (m *mix) remove(frame *[FrameSamples]int16) {
	m.voices--
	for n, v := range frame {
		m.sum[n] -= int32(v)
	}
}

// begin turns the start of a voice that was added into a fade.
func (m *mix) begin(frame *[FrameSamples]int16) {
	for n, up := range rampUp {
		m.sum[n] += scaled(frame[n], up) - int32(frame[n])
	}
}

// end fades out a voice that is no longer in the sum. tail is its past, latest
// sample first: none of it is new to the listener, so it is no voice.
func (m *mix) end(tail *[rampSamples]int16) {
	for n, down := range rampDown {
		m.sum[n] += scaled(tail[n], down)
	}
}

// duck lowers all that is in the sum, with a fade when that begins or ends.
func (m *mix) duck(before, now bool) {
	start := 0
	if before != now {
		down := &rampDown
		if before {
			down = &rampUp
		}
		for n, gain := range down {
			low := m.sum[n] >> duckShift
			m.sum[n] = low + int32(int64(m.sum[n]-low)*int64(gain)>>15)
		}
		start = rampSamples
	}
	if now {
		for n := start; n < FrameSamples; n++ {
			m.sum[n] >>= duckShift
		}
	}
}

// clip adds the samples of a clip from the start of the frame on.
func (m *mix) clip(samples []int16) {
	for n, v := range samples[:min(len(samples), FrameSamples)] {
		m.sum[n] += int32(v)
	}
}

// cut fades out a clip that another took over from.
func (m *mix) cut(samples []int16) {
	for n, v := range samples[:min(len(samples), rampSamples)] {
		m.sum[n] += scaled(v, rampDown[n])
	}
}

// clamp brings the sum into 16 bits: the only place where that happens.
func (m *mix) clamp(out *[FrameSamples]int16) {
	for n, v := range m.sum {
		out[n] = int16(max(math.MinInt16, min(v, math.MaxInt16)))
	}
}
