package bench

import "math"

// The plan of a cycle, in frames of 20 ms. Tones are looked for in a second
// that lies well inside of what is nothing but tones, whatever the delay. Each
// place has a chirp of its own, so that a long delay is not taken for a short
// one of somebody else.
const (
	cycleFrames  = 100
	chirpPlaces  = 3
	firstChirp   = 72
	chirpSpacing = 10
	chirpFrames  = 2

	listenFrom = 350e6 // ns after the cycle's begin: where the second of tones begins, as heard
	// A cycle's last chirp may be heard after the cycle.
	afterCycle = 18

	leastDelay, mostDelay = -20e6, 400e6 // ns: where chirps are looked for
)

// Levels. Peaks stay below full scale when all talk at once.
const (
	loudestTone    = 4000.0 // amplitude: -18 dBFS
	allTones       = 24000.0
	chirpAmplitude = 8000.0
	maxTalkers     = 32 // of one room
)

// signal is what a leg says, encoded, in a loop.
type signal struct {
	frames [][]byte
	hz     float64 // of its tone; 0: it is silent
	mark   int     // the frame of the loop with which its chirp begins; -1: none
}

// place is a frame's in the loop; frames before the origin are negative.
func (s *signal) place(frame int64) int {
	n := int64(len(s.frames))
	return int((frame%n + n) % n)
}

// toneHz spreads tones over the telephone band, so that sums and differences of
// a few fall on none of them.
func toneHz(talker int) float64 {
	const golden = 0.6180339887498949
	_, place := math.Modf(golden * float64(talker+1))
	return math.Round(350 + 2900*place)
}

// toneAmplitude is each talker's.
func toneAmplitude(talkers int) float64 {
	return min(loudestTone, allTones/float64(max(1, talkers)))
}

// chirpCycle is the cycle of the loop in which a talker chirps, and cycles how
// many the loop has.
func chirpCycle(talker, talkers int) (cycle, cycles int) {
	return talker / chirpPlaces, max(1, (talkers+chirpPlaces-1)/chirpPlaces)
}

// markOf is the frame of its loop with which a talker's chirp begins.
func markOf(talker, talkers int) int {
	cycle, _ := chirpCycle(talker, talkers)
	return cycle*cycleFrames + firstChirp + chirpSpacing*(talker%chirpPlaces)
}

// talk makes what one of a room's talkers says. In phrases, the part of a cycle
// that has the chirps has nothing else: pauses as between sentences, in which a
// server may shorten its buffers.
func talk(c codec, talker, talkers int, phrases bool) *signal {
	_, cycles := chirpCycle(talker, talkers)
	size := c.rate() / framesPerSecond
	samples := make([]int16, cycles*cycleFrames*size)
	s := &signal{hz: toneHz(talker), mark: markOf(talker, talkers)}
	tone(samples, s.hz, toneAmplitude(talkers), c.rate())
	for cycle := 0; phrases && cycle < cycles; cycle++ {
		clear(samples[(cycle*cycleFrames+firstChirp)*size : (cycle+1)*cycleFrames*size])
	}
	copy(samples[s.mark*size:], chirp(talker%chirpPlaces, c.rate()))
	s.frames = c.encode(samples)
	return s
}

// silence makes what a leg that only listens sends.
func silence(c codec) *signal {
	return &signal{frames: c.encode(make([]int16, cycleFrames*c.rate()/framesPerSecond)), mark: -1}
}

// tone fills dst with a sine.
func tone(dst []int16, hz, amplitude float64, rate int) {
	for i := range dst {
		// The phase is reduced first: loops are long.
		turn := math.Mod(hz*float64(i)/float64(rate), 1)
		dst[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*turn)))
	}
}

// sweeps are the orders in which the chirps go through the eight parts of the
// band: upwards, and two in which no two steps are alike, so that none of the
// three is like another, however shifted.
var sweeps = [chirpPlaces][8]int{
	{0, 1, 2, 3, 4, 5, 6, 7},
	{4, 7, 1, 6, 2, 0, 5, 3},
	{6, 3, 5, 0, 4, 7, 1, 2},
}

// chirp is the marker of a place: eight short sweeps of the same length, which
// together cover the band once, with one running phase and soft edges.
func chirp(place, rate int) []int16 {
	const from, to, parts = 300.0, 3400.0, len(sweeps[0])
	n := chirpFrames * rate / framesPerSecond
	out := make([]int16, n)
	width, phase := (to-from)/float64(parts), 0.0
	for i := range out {
		part := float64(i) / float64(n) * float64(parts)
		hz := from + width*(float64(sweeps[place][int(part)])+part-math.Floor(part))
		edge := min(1, 10*float64(i+1)/float64(n), 10*float64(n-i)/float64(n))
		out[i] = int16(math.Round(chirpAmplitude * edge * math.Sin(2*math.Pi*phase)))
		phase += hz / float64(rate)
	}
	return out
}
