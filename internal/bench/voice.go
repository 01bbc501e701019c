package bench

import (
	"math"
	"math/bits"

	"warmline/internal/speech"
)

// Speech. A talker says one phrase in each cycle, as long as the part of it that
// has no chirps, with its tone underneath. What the phrases have near to any
// tone in use is taken out of them, so that only a tone can be heard there.
const (
	notchWidth  = 8.0 // Hz, to either side of a tone
	edgeTime    = 50  // a phrase begins and ends softly, in 1/50 s
	blockLength = 2   // levels are taken in blocks of 1/2 s that overlap by half
	maxSets     = 4   // of voices: so many rooms are unlike

	loudestSpeech = 8000.0 // amplitude, which makes -27 to -34 dBFS in the mean
)

// voiceSets is how many rooms' talkers differ, in their phrases and tones. With
// other signals all rooms are alike.
func (o Options) voiceSets() int {
	if o.Signal != "speech" {
		return 1
	}
	return max(1, min(maxSets, maxTalkers/max(1, o.Talkers), o.MaxRooms))
}

// underSpeech is the amplitude of a tone as a share of its talker's: 7 dB below the
// speech, in the mean. Opus, at its bit rate, adds noise so near to what it codes
// that a tone must be 2 dB below the speech to stand out.
func underSpeech(c codec) float64 {
	if c.name() == "opus" {
		return 0.14
	}
	return 0.08
}

// dialogue is what phrases are taken from: a power of two of samples, without what
// is near to the tones of so many voices.
func dialogue(rate, voices int) []float64 {
	wide, step := speech.Wide(), wideRate/rate
	text := make([]float64, 1<<(bits.Len(uint(len(wide)/step))-1))
	for i := range text {
		text[i] = float64(wide[i*step])
	}
	tones := make([]float64, voices)
	for i := range tones {
		tones[i] = toneHz(i)
	}
	notch(text, tones, notchWidth, rate)
	return text
}

// say makes what a talker of a room with a set of voices says.
func say(c codec, text []float64, set, talker, talkers int) *signal {
	_, cycles := chirpCycle(talker, talkers)
	size := c.rate() / framesPerSecond
	voice := set*talkers + talker
	s := &signal{hz: toneHz(voice), mark: markOf(talker, talkers)}
	sound := phrase(text, voice, firstChirp*size)
	soften(sound, c.rate()/edgeTime)
	said := mixed(sound, s.hz, min(loudestSpeech, allTones/float64(talkers)), underSpeech(c), c.rate())
	samples := make([]int16, cycles*cycleFrames*size)
	for cycle := range cycles {
		copy(samples[cycle*cycleFrames*size:], said)
	}
	copy(samples[s.mark*size:], chirp(talker%chirpPlaces, c.rate()))
	s.frames = c.encode(samples)
	return s
}

// phrase is a voice's: n samples of the text, those of one room far apart.
func phrase(text []float64, voice, n int) []float64 {
	const stride = 13 // has no divisor in common with the number of voices
	from := voice * stride % maxTalkers * len(text) / maxTalkers
	out := make([]float64, n)
	for i := range out {
		out[i] = text[(from+i)%len(text)]
	}
	return out
}

// soften fades so many samples in and out.
func soften(x []float64, edge int) {
	for i := range edge {
		gain := 0.5 - 0.5*math.Cos(math.Pi*(float64(i)+0.5)/float64(edge))
		x[i] *= gain
		x[len(x)-1-i] *= gain
	}
}

// mixed is sound with a tone underneath, up to an amplitude of which the tone has
// a share.
func mixed(sound []float64, hz, amplitude, share float64, rate int) []int16 {
	peak := 1.0
	for _, v := range sound {
		peak = max(peak, math.Abs(v))
	}
	out := make([]int16, len(sound))
	tone(out, hz, amplitude*share, rate)
	for i, v := range sound {
		out[i] += int16(v / peak * amplitude * (1 - share))
	}
	return out
}

// underneath is the level of a tone that has speech above it, in dB, to be
// compared with another such level. Speech some hertz away adds nothing to it, as
// it is taken in blocks that swell and ebb (Hann). Where a server has shortened or
// stretched the speech, the tone's phase jumps: that spoils one of the blocks.
func underneath(second []int16, taper []float64, hz float64, rate int) float64 {
	block, sum, n := make([]float64, len(taper)), 0.0, 0
	for ; len(second) >= len(taper); second = second[len(taper)/2:] {
		for i, gain := range taper {
			block[i] = gain * float64(second[i])
		}
		sum += goertzel(block, hz, rate)
		n++
	}
	if n == 0 {
		return floorLevel
	}
	return decibels(sum / float64(n))
}

// hann is the window of that name, a raised cosine.
func hann(n int) []float64 {
	w := make([]float64, n)
	for i := range w {
		w[i] = 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(n))
	}
	return w
}

// levelAccuracy is how near levels are told, in dB, where the server leaves them
// alone and codes once more: what coding does to a tone that is not alone.
func levelAccuracy(c codec) float64 {
	if c.name() == "opus" {
		return 2.5
	}
	return 0.5
}
