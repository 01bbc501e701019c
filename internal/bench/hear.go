package bench

import (
	"math"
	"sort"
)

// heard is what one leg received in a stretch of time: frames of 20 ms on one
// time line, which the RTP clock makes. Frames that never came are silence.
type heard struct {
	rate    int
	samples []int16
	at      []int64 // arrival of each frame, ns; 0: it never came
}

// size is the samples of a frame.
func (h *heard) size() int { return h.rate / framesPerSecond }

// received is one packet of a recording.
type received struct {
	arrival
	payload []byte
}

// maxTimeline bounds a time line, in frames: time stamps may jump.
const maxTimeline = 1 << 14

// timeline decodes a recording.
func timeline(c codec, packets []received) *heard {
	h := &heard{rate: c.rate()}
	if len(packets) == 0 {
		return h
	}
	sort.SliceStable(packets, func(i, j int) bool { return int32(packets[i].ts-packets[j].ts) < 0 })
	first, last := packets[0].ts, packets[len(packets)-1].ts
	frames := min(int((last-first)/c.clock())+1, maxTimeline)
	size := h.size()
	h.samples, h.at = make([]int16, frames*size), make([]int64, frames)
	decode := c.decoder()
	for _, p := range packets {
		i := int((p.ts - first) / c.clock())
		if i >= frames || h.at[i] != 0 {
			continue
		}
		decode(h.samples[i*size:(i+1)*size], p.payload)
		h.at[i] = p.at
	}
	return h
}

// frameAfter is the first frame that arrived at or after a moment; the number of
// frames when there is none.
func (h *heard) frameAfter(moment int64) int {
	for i, at := range h.at {
		if at != 0 && at >= moment {
			return i
		}
	}
	return len(h.at)
}

// second is one second of samples that begins with the first frame after a
// moment; nil when there is not so much.
func (h *heard) second(moment int64) []int16 {
	from := h.frameAfter(moment) * h.size()
	if from+h.rate > len(h.samples) {
		return nil
	}
	return h.samples[from : from+h.rate]
}

// level is the power of a tone in samples, in dB of a sine at full scale
// (Goertzel). It is exact for a whole number of periods.
func level(samples []int16, hz float64, rate int) float64 {
	return decibels(goertzel(samples, hz, rate))
}

// goertzel is the power of a tone, of which a sine at full scale has one.
func goertzel[sample int16 | float64](samples []sample, hz float64, rate int) float64 {
	if len(samples) == 0 {
		return 0
	}
	k := 2 * math.Cos(2*math.Pi*hz/float64(rate))
	var s1, s2 float64
	for _, x := range samples {
		s1, s2 = float64(x)+k*s1-s2, s1
	}
	n := float64(len(samples))
	return 4 * (s1*s1 + s2*s2 - k*s1*s2) / (n * n * 32768 * 32768)
}

// decibels is a power as a level.
func decibels(power float64) float64 { return max(floorLevel, 10*math.Log10(power+1e-15)) }

// floorLevel stands for silence, in dB.
const floorLevel = -120.0

// finder finds the chirps of one place.
type finder struct {
	rate   int
	chirp  []float64
	energy float64
}

// newFinder looks for a chirp as the codec alone brings it: later than it was
// said by the codec's own delay, which so is not taken for the server's, and a
// little changed.
func newFinder(place int, c codec) *finder {
	f := &finder{rate: c.rate()}
	const before, after = 10, 1 // frames of silence
	size := c.rate() / framesPerSecond
	said := make([]int16, (before+chirpFrames+after)*size)
	copy(said[before*size:], chirp(place, c.rate()))
	decode, heard := c.decoder(), make([]int16, 0, len(said))
	for _, p := range c.encode(said) {
		frame := make([]int16, size)
		decode(frame, p)
		heard = append(heard, frame...)
	}
	for _, v := range trimmed(heard[before*size:]) {
		f.chirp = append(f.chirp, float64(v))
		f.energy += float64(v) * float64(v)
	}
	return f
}

// trimmed cuts off what is next to silence at the end, four samples at a time.
func trimmed(samples []int16) []int16 {
	for n := len(samples); n >= 4; n -= 4 {
		for _, v := range samples[n-4 : n] {
			if v > chirpAmplitude/100 || v < -chirpAmplitude/100 {
				return samples[:n]
			}
		}
	}
	return nil
}

// present is how much of a chirp must be there for it to be found, unmistakable
// how much ends the search.
const (
	present      = 0.5
	unmistakable = 0.8
)

// delay finds the chirp that was sent at sentAt (when its first packet was
// handed to the socket) in what was heard. The result, in ns, is explained at
// the top of the package.
func (f *finder) delay(h *heard, sentAt int64) (ns int64, found bool) {
	size := h.size()
	from := h.frameAfter(sentAt + leastDelay)
	to := min(h.frameAfter(sentAt+mostDelay)*size, len(h.samples)-len(f.chirp)+1)
	best, place := 0.0, 0
	for m := from * size; m < to; m++ {
		if best > unmistakable*f.energy && m > place+f.rate/1000 {
			break // nothing within 1 ms is better
		}
		if sum := f.match(h.samples[m : m+len(f.chirp)]); sum > best {
			best, place = sum, m
		}
	}
	frame := place / size
	if best < present*f.energy || h.at[frame] == 0 {
		return 0, false
	}
	inside := int64(place%size) * 1e9 / int64(f.rate)
	return h.at[frame] + inside - sentAt, true
}

// match is the correlation of samples with the chirp, whose length is a
// multiple of four. Four sums at a time do not wait for each other.
func (f *finder) match(samples []int16) float64 {
	var a, b, c, d float64
	chirp := f.chirp[:len(samples)]
	for i := 3; i < len(samples); i += 4 {
		a += float64(samples[i-3]) * chirp[i-3]
		b += float64(samples[i-2]) * chirp[i-2]
		c += float64(samples[i-1]) * chirp[i-1]
		d += float64(samples[i]) * chirp[i]
	}
	return a + b + c + d
}
