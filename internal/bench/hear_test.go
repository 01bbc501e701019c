package bench

import (
	"math"
	"math/rand/v2"
	"testing"
)

// relay is the plainest of all servers: it shifts the talkers' sound by a known
// time, adds it up, cuts it into frames of its own and codes it again. Sample n
// of every talker is said at start + n/rate.
type relay struct {
	codec   codec
	talkers []*signal
	delay   []int   // of each talker, in samples
	gain    float64 // of all
}

// hear makes what a listener receives: frames of which the first arrives at
// start + phase.
func (r relay) hear(start int64, phase int64, frames int) []received {
	size := r.codec.rate() / framesPerSecond
	mixed := make([]float64, frames*size)
	first := int(phase * int64(r.codec.rate()) / 1e9) // the sample that is said when the first frame arrives
	for t, s := range r.talkers {
		var said []int16
		decode := r.codec.decoder()
		for _, p := range s.frames {
			frame := make([]int16, size)
			decode(frame, p)
			said = append(said, frame...)
		}
		for i := range mixed {
			// What is heard at a moment was said the delay before.
			if n := first + i - r.delay[t]; n >= 0 {
				mixed[i] += r.gain * float64(said[n%len(said)])
			}
		}
	}
	pcm := make([]int16, len(mixed))
	for i, v := range mixed {
		pcm[i] = int16(math.Round(v))
	}
	packets := make([]received, 0, frames)
	for i, payload := range r.codec.encode(pcm) {
		packets = append(packets, received{
			arrival{at: start + phase + int64(i)*frameTime, ts: 4294967000 + uint32(i)*r.codec.clock(), seq: uint16(i)}, payload,
		})
	}
	return packets
}

// codingAgain is what the codecs delay sound by, in samples: the filters of G.722
// have 24 taps each way, Opus looks 6.5 ms ahead.
var codingAgain = map[string]int{"g722": 22, "opus": 104}

// TestDelayAgainstAKnownOne: a relay's delay is found to a sample, whatever it
// is, wherever frames are cut, and whoever talks at the same time.
func TestDelayAgainstAKnownOne(t *testing.T) {
	const start = int64(1e18)
	r := rand.New(rand.NewPCG(3, 4))
	for _, c := range codecs {
		_, slow := c.(stateful)
		for _, talkers := range []int{2, 3, 7} {
			if slow && talkers > 3 {
				continue // its cost is in the encoder
			}
			signals := make([]*signal, talkers)
			for i := range signals {
				signals[i] = talk(c, i, talkers, r.IntN(2) == 0)
			}
			_, cycles := chirpCycle(0, talkers)
			for range 6 {
				rel := relay{codec: c, gain: 1}
				for i := range talkers {
					// Listener 0 hears all but itself.
					if i > 0 {
						rel.talkers = append(rel.talkers, signals[i])
						rel.delay = append(rel.delay, r.IntN(385*c.rate()/1000))
					}
				}
				phase := r.Int64N(160) * 125_000 // whole samples
				h := timeline(c, rel.hear(start, phase, cycles*cycleFrames+afterCycle))
				for i, s := range rel.talkers {
					ns, found := newFinder((i+1)%chirpPlaces, c).delay(h, start+int64(s.mark)*frameTime)
					want := float64(rel.delay[i]+codingAgain[c.name()]) * 1e3 / float64(c.rate())
					if !found || math.Abs(ms(ns)-want) > 0.126 {
						t.Errorf("%s, %d talkers: talker %d: %.3f ms (found: %v), want %.3f", c.name(), talkers, i+1, ms(ns), found, want)
					}
				}
			}
		}
	}
}

// TestDelayOfPacketsHandedOn: who gets a talker's packets as they are hears with
// the delay of the packets, whatever the codec.
func TestDelayOfPacketsHandedOn(t *testing.T) {
	const start, later = int64(1e18), int64(3_141_000)
	for _, c := range codecs {
		for _, phrases := range []bool{false, true} {
			s := talk(c, 1, 2, phrases)
			var packets []received
			for i := range cycleFrames + afterCycle {
				packets = append(packets, received{arrival{at: start + later + int64(i)*frameTime, ts: uint32(i) * c.clock()}, s.frames[s.place(int64(i))]})
			}
			h := timeline(c, packets)
			ns, found := newFinder(1, c).delay(h, start+int64(s.mark)*frameTime)
			if !found || ns != later {
				t.Errorf("%s: %d ns (found: %v), want %d", c.name(), ns, found, later)
			}
			if l := level(h.second(start+listenFrom), s.hz, c.rate()); l < -24 || l > -17 { // 4000 for 2 talkers: -18 dB
				t.Errorf("%s: a tone at %.1f dB", c.name(), l)
			}
		}
	}
}

// TestLoopsGoOver: where a loop ends and begins again nothing is heard of it,
// with codecs that remember.
func TestLoopsGoOver(t *testing.T) {
	for _, c := range codecs {
		size, decode := c.rate()/framesPerSecond, c.decoder()
		samples := make([]int16, cycleFrames*size)
		tone(samples, 1000, loudestTone, c.rate())
		frames := c.encode(samples)
		for i := range 2 * cycleFrames {
			frame := make([]int16, size)
			if n := decode(frame, frames[i%cycleFrames]); n != size {
				t.Fatalf("%s: packet %d has %d samples", c.name(), i, n)
			}
			if got := level(frame, 1000, c.rate()); i > 5 && (got < -21 || got > -16) {
				t.Errorf("%s: packet %d is at %.1f dB", c.name(), i, got)
			}
		}
	}
}

// TestNoMarkerIsNoDelay: nothing is found where nobody chirps, or too softly.
func TestNoMarkerIsNoDelay(t *testing.T) {
	const start = int64(1e18)
	c := codecs[0]
	s := talk(c, 0, 3, false)
	find := newFinder(0, c)
	for name, r := range map[string]relay{
		"other tones": {codec: c, gain: 1, talkers: []*signal{talk(c, 1, 3, false), talk(c, 2, 3, false)}, delay: []int{80, 400}},
		"too soft":    {codec: c, gain: 0.3, talkers: []*signal{s}, delay: []int{80}},
		"too late":    {codec: c, gain: 1, talkers: []*signal{s}, delay: []int{430 * 8}},
		"silence":     {codec: c, gain: 1, talkers: []*signal{silence(c)}, delay: []int{0}},
	} {
		h := timeline(c, r.hear(start, 0, cycleFrames+afterCycle))
		if ns, found := find.delay(h, start+int64(s.mark)*frameTime); found {
			t.Errorf("%s: found at %.3f ms", name, ms(ns))
		}
	}
	if _, found := find.delay(timeline(c, nil), start); found {
		t.Error("found in nothing")
	}
}

func TestLevel(t *testing.T) {
	samples := make([]int16, 8000)
	tone(samples, 1000, 32767, 8000)
	for _, c := range []struct {
		hz, want, near float64
	}{{1000, 0, 0.01}, {1001, floorLevel, 70}, {440, floorLevel, 50}} {
		if got := level(samples, c.hz, 8000); math.Abs(got-c.want) > c.near {
			t.Errorf("%g Hz is at %.2f dB, want %.2f", c.hz, got, c.want)
		}
	}
	if level(nil, 1000, 8000) != floorLevel || level(make([]int16, 8000), 1000, 8000) != floorLevel {
		t.Error("silence has a level")
	}
}

// TestTonesAreApart: no two talkers share a tone, and all are in the band.
func TestTonesAreApart(t *testing.T) {
	seen := make(map[float64]int)
	for i := range maxTalkers {
		hz := toneHz(i)
		if other, taken := seen[hz]; taken || hz < 300 || hz > 3400 || hz != math.Trunc(hz) {
			t.Errorf("talker %d has %g Hz (as %d?)", i, hz, other)
		}
		seen[hz] = i
	}
}

// TestAllAtOnceDoNotClip: however many talk, one of them chirping, the sum stays
// below full scale.
func TestAllAtOnceDoNotClip(t *testing.T) {
	for n := 1; n <= maxTalkers; n++ {
		if peak := toneAmplitude(n)*float64(n-1) + chirpAmplitude; peak > 32000 {
			t.Errorf("%d talkers: a peak of %g", n, peak)
		}
	}
}

// TestEveryTalkerHasAPlace: chirps of one room never meet, and lie inside of
// their cycle after the second of tones.
func TestEveryTalkerHasAPlace(t *testing.T) {
	for n := 1; n <= maxTalkers; n++ {
		taken := make(map[int]bool)
		_, cycles := chirpCycle(0, n)
		for i := range n {
			mark := markOf(i, n)
			place := mark % cycleFrames
			if taken[mark] || place < firstChirp || place+chirpFrames > cycleFrames || mark >= cycles*cycleFrames {
				t.Fatalf("%d talkers: talker %d chirps at frame %d of %d cycles", n, i, mark, cycles)
			}
			taken[mark] = true
		}
	}
}

// TestChirpsAreUnlike: no chirp looks like another, however shifted, and each
// like itself in one place only.
func TestChirpsAreUnlike(t *testing.T) {
	for a := range chirpPlaces {
		f := newFinder(a, codecs[0])
		n := len(f.chirp)
		for b := range chirpPlaces {
			padded := make([]int16, 3*n)
			copy(padded[n:], chirp(b, 8000))
			for shift := range 2 * n {
				like := math.Abs(f.match(padded[shift:shift+n])) / f.energy
				if near := distance(shift, n) <= 4; (a != b || !near) && like > 0.35 {
					t.Errorf("chirp %d is like %d shifted by %d: %.2f", a, b, shift-n, like)
				}
			}
		}
	}
}

// BenchmarkDelay is the search of one chirp in one recording.
func BenchmarkDelay(b *testing.B) {
	c := codecs[0]
	s := talk(c, 0, 3, false)
	h := timeline(c, relay{codec: c, gain: 1, talkers: []*signal{s}, delay: []int{80}}.hear(1e18, 0, cycleFrames+afterCycle))
	find := newFinder(0, c)
	b.ReportAllocs()
	for b.Loop() {
		find.delay(h, 1e18+int64(s.mark)*frameTime)
	}
}

// TestPhrases: a pause is silent but for the chirp, and a tone is not.
func TestPhrases(t *testing.T) {
	for _, c := range []struct {
		phrases bool
		frame   int
		silent  bool
	}{
		{false, 71, false}, {false, 74, false}, {false, 99, false},
		{true, 71, false}, {true, 72, false}, {true, 73, false}, {true, 74, true}, {true, 99, true}, {true, 100, false},
	} {
		s := talk(codecs[0], 0, 3, c.phrases)
		silent := true
		for _, b := range s.frames[c.frame%len(s.frames)] {
			silent = silent && ulawDecode(b) == 0
		}
		if silent != c.silent {
			t.Errorf("phrases %v: frame %d is silent: %v", c.phrases, c.frame, silent)
		}
	}
}

// TestTimeline: what comes in another order is put right, what does not come is
// silence, and what comes twice counts once.
func TestTimeline(t *testing.T) {
	c := codecs[0]
	packet := func(i int, code byte) received {
		payload := make([]byte, 160)
		for k := range payload {
			payload[k] = code
		}
		return received{arrival{at: int64(100 + i), ts: uint32(i) * 160}, payload}
	}
	h := timeline(c, []received{packet(2, 0x90), packet(0, 0xa0), packet(0, 0x80), packet(3, 0xb0)})
	for i, want := range []struct {
		at     int64
		sample int16
	}{{100, ulawDecode(0xa0)}, {0, 0}, {102, ulawDecode(0x90)}, {103, ulawDecode(0xb0)}} {
		if h.at[i] != want.at || h.samples[i*160] != want.sample || h.samples[i*160+159] != want.sample {
			t.Errorf("frame %d came at %d with %d, want %+v", i, h.at[i], h.samples[i*160], want)
		}
	}
	if got := h.frameAfter(101); got != 2 {
		t.Errorf("the frame after 101 is %d", got)
	}
	far := timeline(c, []received{packet(0, 1), {arrival{at: 1, ts: 1 << 30}, nil}})
	if len(far.at) > maxTimeline {
		t.Errorf("a jump of the time stamp made %d frames", len(far.at))
	}
}
