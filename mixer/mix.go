package mixer

import "math"

// rampTime is the length of every fade in milliseconds: long enough to be no
// click, short enough to end within the frame it begins in.
const rampTime = 5

// rampSamples and rampWide are that at the two rates.
const (
	rampSamples = Narrow * rampTime / 1000
	rampWide    = Wide * rampTime / 1000
)

// Fades are raised cosines in Q15; up and down add to one at every sample, so
// a cross-fade of a signal with itself changes nothing but rounding.
const unity = 1 << 15

// fade is a ramp up and the ramp down that goes with it.
type fade struct{ up, down []int32 }

var fades = [buses]fade{newFade(rampSamples), newFade(rampWide)}

func newFade(n int) fade {
	f := fade{make([]int32, n), make([]int32, n)}
	for i := range n {
		x := float64(i+1) / float64(n+1)
		f.up[i] = int32(math.Round(unity * (0.5 - 0.5*math.Cos(math.Pi*x))))
		f.down[i] = unity - f.up[i]
	}
	return f
}

func scaled(v int16, gain int32) int32 { return int32(v) * gain >> 15 }

// duckShift is how far everything else goes down under a clip: by 2 bits, 12 dB.
const duckShift = 2

// mix is one listener's frame in the making. The sum has 32 bits, so that it
// is right whatever the voices in it and however many (up to 65,536).
type mix struct {
	bus  int
	sum  []int32 // one frame of room
	room [maxFrame]int32
	// voices counts the voices whose samples are in the sum. It is kept by the
	// operations that touch the samples, not derived from anybody's row: the
	// check that a held port hears nobody rests on it.
	voices int
}

// reset empties the mix for a bus.
func (m *mix) reset(bus int) {
	m.bus, m.voices = bus, 0
	m.sum = m.room[:FrameSamples<<bus]
	clear(m.sum)
}

// set makes the mix a copy of another.
func (m *mix) set(other *mix) {
	m.bus, m.voices = other.bus, other.voices
	m.sum = m.room[:len(other.sum)]
	copy(m.sum, other.sum)
}

// add puts a voice in.
func (m *mix) add(frame []int16) {
	m.voices++
	sum := m.sum[:len(frame)]
	for n, v := range frame {
		sum[n] += int32(v)
	}
}

// remove takes a voice out that was added.
func (m *mix) remove(frame []int16) {
	m.voices--
	sum := m.sum[:len(frame)]
	for n, v := range frame {
		sum[n] -= int32(v)
	}
}

// begin turns the start of a voice that was added into a fade.
func (m *mix) begin(frame []int16) {
	for n, up := range fades[m.bus].up {
		m.sum[n] += scaled(frame[n], up) - int32(frame[n])
	}
}

// end fades out a voice that is no longer in the sum, by the mirror image of
// its past: none of it is new to the listener, so it is no voice.
func (m *mix) end(tail []int16) {
	last := len(tail) - 1
	if last < 0 {
		return
	}
	for n, down := range fades[m.bus].down {
		m.sum[n] += scaled(tail[last-n], down)
	}
}

// duck lowers all that is in the sum, with a fade when that begins or ends.
func (m *mix) duck(before, now bool) {
	start := 0
	if before != now {
		down := fades[m.bus].down
		if before {
			down = fades[m.bus].up
		}
		for n, gain := range down {
			low := m.sum[n] >> duckShift
			m.sum[n] = low + int32(int64(m.sum[n]-low)*int64(gain)>>15)
		}
		start = len(down)
	}
	if now {
		for n := start; n < len(m.sum); n++ {
			m.sum[n] >>= duckShift
		}
	}
}

// clip adds the samples of a clip from the start of the frame on.
func (m *mix) clip(samples []int16) {
	for n, v := range samples[:min(len(samples), len(m.sum))] {
		m.sum[n] += int32(v)
	}
}

// cut fades out a clip that another took over from.
func (m *mix) cut(samples []int16) {
	down := fades[m.bus].down
	for n, v := range samples[:min(len(samples), len(down))] {
		m.sum[n] += scaled(v, down[n])
	}
}

// addClamped is the sum of two voices in 16 bits: what clamp makes of it.
func addClamped(to, a, b []int16) {
	a, b = a[:len(to)], b[:len(to)]
	for n := range to {
		to[n] = int16(max(math.MinInt16, min(int32(a[n])+int32(b[n]), math.MaxInt16)))
	}
}

// clamp brings the sum into 16 bits: there and in addClamped alone that happens.
func (m *mix) clamp(out *[maxFrame]int16) []int16 {
	to := out[:len(m.sum)]
	for n, v := range m.sum {
		to[n] = int16(max(math.MinInt16, min(v, math.MaxInt16)))
	}
	return to
}
