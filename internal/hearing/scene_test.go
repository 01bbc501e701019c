package hearing

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/zaf/g711"

	"bytes"
	"warmline/mixer"
	"warmline/testdata/speech"
)

// clip reads one line of the dialogue.
func clip(t testing.TB, name string) []int16 {
	t.Helper()
	b, err := speech.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	samples, err := mixer.LoadWAV(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return samples
}

// A scene is a recording under construction.
type scene []float64

func newScene(seconds float64) scene { return make(scene, int(seconds*Rate)) }

// add lays sound over the scene at a gain in dB.
func (s scene) add(sound []int16, at int, gain float64) scene {
	g := math.Pow(10, gain/20)
	for i, v := range sound {
		if k := at + i; k >= 0 && k < len(s) {
			s[k] += g * float64(v)
		}
	}
	return s
}

// play lays the music over a part of the scene, as a radio.
func (s scene) play(music []int16, from, to float64) scene {
	for i := int(from * Rate); i < int(to*Rate); i++ {
		s[i] += float64(music[(i+12345)%len(music)])
	}
	return s
}

// tone lays two sine waves over a part of the scene.
func (s scene) tone(from, to, f1, f2 float64) scene {
	for i := int(from * Rate); i < int(to*Rate); i++ {
		x := 2 * math.Pi * float64(i) / Rate
		s[i] += 1500 * (math.Sin(f1*x) + math.Sin(f2*x))
	}
	return s
}

// recorded is what comes out of a G.711 codec.
func (s scene) recorded() []int16 {
	out := make([]int16, len(s))
	for i, v := range s {
		out[i] = g711.DecodeUlawFrame(g711.EncodeUlawFrame(int16(max(-32768, min(32767, v)))))
	}
	return out
}

func at(seconds float64) int { return int(seconds * Rate) }

func TestVoiceIsFoundWithItsDelayAndLevel(t *testing.T) {
	c := clip(t, "02-customer.wav")
	for _, gain := range []float64{0, -6} {
		rec := newScene(6).add(c, at(1)+437, gain).recorded()
		h := Analyse(rec, []Utterance{{"customer", c, at(1)}}, nil)
		got := h.Utterances[0]
		if !got.Clear() || got.Delay != 437 || math.Abs(got.Level-gain) > 0.3 {
			t.Errorf("at %v dB: level %.2f dB, match %.2f, delay %d", gain, got.Level, got.Match, got.Delay)
		}
		if rest := dB(rms(h.Rest)); rest > -55 {
			t.Errorf("what is left has %.1f dB", rest)
		}
	}
}

func TestAbsentVoice(t *testing.T) {
	alice, bob, customer := clip(t, "04-alice.wav"), clip(t, "06-bob.wav"), clip(t, "05-customer.wav")
	music := mixer.DefaultMusic()
	said := []Utterance{{"alice", alice, at(2)}, {"customer", customer, at(2)}, {"bob", bob, at(5)}}
	for name, s := range map[string]scene{
		"silence":          newScene(9),
		"music":            newScene(9).play(music, 1, 8),
		"another voice":    newScene(9).add(clip(t, "14-bob.wav"), at(2)+99, 0).add(clip(t, "15-customer.wav"), at(5), 0),
		"tone":             newScene(9).tone(1, 8, 440, 480),
		"music that slips": newScene(9).play(music, 1, 8).slip(at(3.02), 37).slip(at(5.5), -21),
	} {
		t.Run(name, func(t *testing.T) {
			extra := said
			if name == "another voice" {
				extra = append(slices.Clone(said), Utterance{"x", clip(t, "14-bob.wav"), at(2)}, Utterance{"y", clip(t, "15-customer.wav"), at(5)})
			}
			h := Analyse(s.recorded(), extra, music)
			for _, u := range h.Utterances[:3] {
				if !u.Absent() {
					t.Errorf("%s: level %.1f dB, match %.3f", u.Voice, u.Level, u.Match)
				}
				t.Logf("%s: %.1f dB", u.Voice, u.Level)
			}
		})
	}
}

// slip drops n samples at a place, or repeats -n, as a jitter buffer that
// adapts does.
func (s scene) slip(at, n int) scene {
	if n > 0 {
		return append(slices.Delete(slices.Clone(s), at, at+n), make(scene, n)...)
	}
	return slices.Insert(slices.Clone(s), at, s[at:at-n]...)[:len(s)]
}

// A leak must be seen however faint, and under whatever lies over it.
func TestLeakIsSeen(t *testing.T) {
	alice := clip(t, "04-alice.wav")
	music := mixer.DefaultMusic()
	for _, gain := range []float64{0, -20, -40} {
		rec := newScene(9).play(music, 1, 8).add(alice, at(2)+300, gain).recorded()
		u := Analyse(rec, []Utterance{{"alice", alice, at(2)}}, music).Utterances[0]
		if u.Absent() || math.Abs(u.Level-gain) > 2 {
			t.Errorf("a leak of %v dB under music was seen as %.1f dB", gain, u.Level)
		}
	}
	// A single syllable of 200 ms, as when a hold comes late.
	rec := newScene(9).play(music, 1, 8).add(alice[:Rate/5], at(2)+300, 0).recorded()
	if u := Analyse(rec, []Utterance{{"alice", alice, at(2)}}, music).Utterances[0]; u.Absent() {
		t.Errorf("a leaked syllable was taken for absence: %.1f dB", u.Level)
	}
}

func TestOwnEchoIsSeen(t *testing.T) {
	bob, customer := clip(t, "14-bob.wav"), clip(t, "15-customer.wav")
	rec := newScene(6).add(customer, at(1), 0).add(bob, at(1.2)+240, -25).recorded()
	h := Analyse(rec, []Utterance{{"customer", customer, at(1)}, {"bob", bob, at(1.2)}}, nil)
	if u := h.Utterances[1]; u.Absent() || math.Abs(u.Level+25) > 2 {
		t.Errorf("echo at -25 dB seen as %.1f dB", u.Level)
	}
	if !h.Utterances[0].Clear() {
		t.Errorf("the voice over the echo: %.1f dB, match %.2f", h.Utterances[0].Level, h.Utterances[0].Match)
	}
}

func TestSlippingVoice(t *testing.T) {
	alice, bob := clip(t, "08-alice.wav"), clip(t, "09-bob.wav")
	rec := newScene(7).add(alice, at(1)+160, 0).slip(at(2.5), 80).recorded()
	h := Analyse(rec, []Utterance{{"alice", alice, at(1)}, {"bob", bob, at(1)}}, nil)
	if !h.Utterances[0].Clear() || !h.Utterances[1].Absent() {
		t.Errorf("alice %.1f dB, match %.2f; bob %.1f dB", h.Utterances[0].Level, h.Utterances[0].Match, h.Utterances[1].Level)
	}
}

// frames counts the frames of a part of the recording that f holds for.
func frames(h *Hearing, from, to float64, f func(Sound) bool) (share float64) {
	a, b := int(from*50), int(to*50)
	n := 0
	for _, s := range h.Frames[a:b] {
		if f(s) {
			n++
		}
	}
	return float64(n) / float64(b-a)
}

func TestFramesAreToldApart(t *testing.T) {
	music := mixer.DefaultMusic()
	alice := clip(t, "01-alice.wav")
	noise := make([]int16, Rate)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = int16(rng.NormFloat64() * 1000)
	}
	rec := newScene(16).play(music, 1, 5).tone(6, 7, 440, 480).add(alice, at(8), 0).add(noise, at(13), 0).recorded()
	h := Analyse(rec, []Utterance{{"alice", alice, at(8)}}, music)
	is := map[string]func(Sound) bool{
		"music": func(s Sound) bool { return s.Music },
		"tone":  func(s Sound) bool { return s.Tone },
		"voice": func(s Sound) bool { return slices.Contains(s.Voices, "alice") },
		"other": func(s Sound) bool { return s.Other },
	}
	for _, part := range []struct {
		from, to float64
		what     string
	}{
		{0, 0.8, "nothing"}, {1.1, 4.9, "music"}, {5.3, 5.8, "nothing"}, {6.1, 6.9, "tone"},
		{8.1, 10.6, "voice"}, {11, 12.8, "nothing"}, {13.1, 13.9, "other"}, {14.2, 16, "nothing"},
	} {
		for what, f := range is {
			got := frames(h, part.from, part.to, f)
			if want := what == part.what; want && got < 0.95 || !want && got > 0.05 {
				t.Errorf("%v s to %v s, %s: %s in %.0f %% of the frames", part.from, part.to, part.what, what, 100*got)
			}
		}
	}
}

func TestEmptyRecordings(t *testing.T) {
	u := []Utterance{{"alice", clip(t, "01-alice.wav"), -5000}, {"bob", nil, 3}, {"alice", clip(t, "01-alice.wav"), 1 << 20}}
	for _, n := range []int{0, 1, Frame, Rate} {
		h := Analyse(make([]int16, n), u, mixer.DefaultMusic())
		for _, got := range h.Utterances {
			if !got.Absent() {
				t.Errorf("%d samples of nothing: heard %s at %.1f dB", n, got.Voice, got.Level)
			}
		}
	}
}

func TestCorrelateAgainstTheSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for _, size := range [][2]int{{1, 1}, {7, 3}, {64, 64}, {100, 1}, {33, 50}} {
		long, short := make([]float64, size[0]), make([]float64, size[1])
		for i := range long {
			long[i] = rng.NormFloat64()
		}
		for i := range short {
			short[i] = rng.NormFloat64()
		}
		for lag, got := range correlate(long, short) {
			if want := dot(short, long, lag); math.Abs(got-want) > 1e-9 {
				t.Errorf("sizes %v, lag %d: %v, want %v", size, lag, got, want)
			}
		}
	}
}

func TestCircularAgainstTheSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 2, 5, 64, 77} {
		a, b := make([]float64, n), make([]float64, n)
		for i := range a {
			a[i], b[i] = rng.NormFloat64(), rng.NormFloat64()
		}
		for lag, got := range circular(a, b) {
			want := 0.0
			for i := range b {
				want += a[(i+lag)%n] * b[i]
			}
			if math.Abs(got-want) > 1e-9 {
				t.Errorf("length %d, lag %d: %v, want %v", n, lag, got, want)
			}
		}
	}
}

// A busy machine: the jitter buffer moves several times a second and conceals
// frames. The voice is still clear, and nobody else is taken for heard.
func TestBadLine(t *testing.T) {
	alice, bob := clip(t, "08-alice.wav"), clip(t, "09-bob.wav")
	rec := newScene(7).add(alice, at(1)+160, 0)
	rng := rand.New(rand.NewPCG(7, 8))
	for x := 1.3; x < 4; x += 0.45 {
		rec = rec.slip(at(x), 160-rng.IntN(320))
	}
	h := Analyse(rec.recorded(), []Utterance{{"alice", alice, at(1)}, {"bob", bob, at(1)}}, nil)
	if u := h.Utterances[0]; !u.Clear() {
		t.Errorf("alice %.1f dB, match %.2f", u.Level, u.Match)
	}
	if u := h.Utterances[1]; u.Clear() || u.Level > -45 {
		t.Errorf("bob %.1f dB, match %.2f", u.Level, u.Match)
	}
	if other := frames(h, 0, 7, func(s Sound) bool { return s.Other }); other > 0.02 {
		t.Errorf("%.0f %% of unknown origin", 100*other)
	}
}

func BenchmarkAnalyse(b *testing.B) {
	music := mixer.DefaultMusic()
	s := newScene(50).play(music, 10, 30)
	var said []Utterance
	for i := range 16 {
		c := clip(b, "01-alice.wav")
		said = append(said, Utterance{"alice", c, at(3 * float64(i))})
	}
	rec := s.recorded()
	for b.Loop() {
		Analyse(rec, said, music)
	}
}
