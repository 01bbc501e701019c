package jitter

// The background is the quietest there was for a while.
const (
	// watchFrames is how long "a while" is at least: 1.28 s, longer than most
	// words.
	watchFrames = 64
	// loudest is the most that passes for background, about −42 dBm0. What is
	// louder all the time is a tone or music, and no model of silence.
	loudest = 128
)

// background follows the mean amplitude of the quietest frames, and makes
// noise like it.
type background struct {
	level   int32 // of the last watch, and of this one as soon as it is lower
	least   int32 // of this watch
	frames  int
	seed    uint32
	comfort int32 // the level the peer gave, if it did
}

func (b *background) reset() { *b = background{least: 1 << 15, seed: 1} }

// hear takes in the mean amplitude of a frame.
func (b *background) hear(amplitude int32) {
	b.least = min(b.least, amplitude)
	if b.frames++; b.frames == watchFrames {
		b.level, b.least, b.frames = b.least, 1<<15, 0
	} else {
		b.level = min(b.level, b.least)
	}
}

// quiet says whether a frame of that mean amplitude is one in which nobody
// speaks.
func (b *background) quiet(amplitude int32) bool {
	return amplitude <= quietAmplitude+2*b.known()
}

// known is the level, if it can be a background's.
func (b *background) known() int32 {
	if b.level > loudest {
		return 0
	}
	return b.level
}

// quietAmplitude is silent on any line: −60 dBm0.
const quietAmplitude = 16

// noise is the next sample of noise as loud as the background. Its amplitudes
// are evenly spread, their mean half the greatest.
func (b *background) noise() int32 {
	b.seed = b.seed*1664525 + 1013904223
	return int32(b.seed) >> 16 * (2 * max(b.known(), b.comfort)) >> 15
}

// amplitude is the mean amplitude of a frame, from a quarter of its samples.
func amplitude(frame []int16) int32 {
	sum := int32(0)
	for i := 0; i < len(frame); i += 4 {
		v := int32(frame[i])
		sum += v ^ v>>31
	}
	return sum * 4 / int32(len(frame))
}
