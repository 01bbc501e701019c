package server_test

import (
	"math"
	"strings"
	"time"

	"warmline/mixer"
)

// The notes by which people are known: none is a note of the music or of a
// tone, nor an overtone of one.
const (
	aliceHz = 453.0
	bobHz   = 719.0
	carlaHz = 1017.0
	daveHz  = 1523.0
)

var voices = []struct {
	letter string
	hz     float64
}{{"A", aliceHz}, {"B", bobHz}, {"C", carlaHz}, {"D", daveHz}}

// The parts of a hearing: what was heard before settled is not judged, a
// switch needs its time to arrive (frames, network, jitter buffer).
const (
	settled  = 140 * time.Millisecond
	listened = 400 * time.Millisecond
)

// hears waits a moment and wants each person to hear what is said, in pairs of
// person and sound: letters of voices ("AB"), "music", "ringback", "queue"
// (tone), "hold" (tone), "alone" (tone), "noise", or "silence".
func (st *stage) hears(pairs ...any) {
	st.Helper()
	time.Sleep(settled + listened)
	for i := 0; i < len(pairs); i += 2 {
		p, want := pairs[i].(*person), pairs[i+1].(string)
		if got := p.hearing(); got != want {
			st.Errorf("%s hears %s, want %s", p.name, got, want)
		}
	}
}

// hearsOfRingback waits for ringback for no longer than its pause takes: the
// tone may have begun long ago.
func (st *stage) hearsOfRingback(p *person) {
	st.Helper()
	for range 12 {
		time.Sleep(settled + listened)
		if got := p.hearing(); got == "ringback" {
			return
		} else if got != "noise" && !strings.HasSuffix(got, "something else") { // cut into at its edge
			st.Errorf("%s hears %s, want ringback", p.name, got)
			return
		}
	}
	st.Errorf("%s never hears ringback", p.name)
}

// hearing is what the person heard in the last moment.
func (p *person) hearing() string {
	all, _ := p.call.Recorded()
	n := int(listened.Seconds() * 8000)
	if len(all) < n {
		return "nothing yet"
	}
	return p.st.sound(all[len(all)-n:])
}

// sound names what a piece of a recording is.
func (st *stage) sound(x []int16) string {
	spoken, power := "", 0.0
	for _, v := range voices {
		level := amplitude(x, v.hz)
		if db(level) > -38 {
			spoken += v.letter
			level = math.Max(level, spokenAt(x, v.hz))
			power += level * level / 2
		}
	}
	total := rms(x)
	rest := math.Max(0, total*total-power)
	var with []string
	if spoken != "" {
		with = append(with, spoken)
	}
	if rest > 0.3*power && db(math.Sqrt(rest)) > -50 || spoken == "" {
		with = append(with, st.treatment(x))
	}
	return strings.Join(with, "+")
}

// spokenAt is the amplitude of a voice, tenth by tenth of a second: a buffer
// that stretches or squeezes it on the way moves its phase.
func spokenAt(x []int16, hz float64) float64 {
	const piece = 800
	sum, n := 0.0, 0
	for ; len(x) >= piece; x = x[piece:] {
		a := amplitude(x[:piece], hz)
		sum += a * a
		n++
	}
	return math.Sqrt(sum / float64(max(n, 1)))
}

// treatment names a sound that is no voice.
func (st *stage) treatment(x []int16) string {
	total := rms(x)
	share := func(hz ...float64) float64 {
		sum := 0.0
		for _, f := range hz {
			a := amplitude(x, f)
			sum += a * a / 2
		}
		return sum / (total*total + 1e-12)
	}
	switch {
	case db(total) < -80:
		return "silence"
	case db(total) < -52:
		return "noise"
	case st.isMusic(x):
		return "music"
	case share(440, 480) > 0.7:
		return "ringback"
	case share(523.25, 659.26, 783.99) > 0.5:
		return "queue"
	case share(587.33) > 0.5:
		return "hold"
	case share(493.88) > 0.5:
		return "alone"
	}
	return "something else"
}

// isMusic looks for the piece in the hold music, where it plays now. The music
// is a radio: its place is given by the mixer's clock.
func (st *stage) isMusic(x []int16) bool {
	music := mixer.DefaultMusic()
	x = x[len(x)-1200:]
	now := int(st.srv.Mixer().Now()/int64(mixer.FrameDuration)+2) * mixer.FrameSamples
	best := 0.0
	for delay := range 5000 {
		at := now - delay - len(x)
		var dot, xx, yy float64
		for i := 0; i < len(x); i += 3 {
			a, b := float64(x[i]), float64(music[((at+i)%len(music)+len(music))%len(music)])
			dot, xx, yy = dot+a*b, xx+a*a, yy+b*b
		}
		if xx > 0 && yy > 0 && dot > 0 {
			best = max(best, dot*dot/(xx*yy))
		}
	}
	return best > 0.9
}

// amplitude of a frequency, 1 for a full-scale sine: Goertzel under a Hann
// window, so that other sounds do not leak into it.
func amplitude(x []int16, hz float64) float64 {
	w := 2 * math.Pi * hz / 8000
	coeff := 2 * math.Cos(w)
	s1, s2 := 0.0, 0.0
	for i, v := range x {
		hann := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/float64(len(x)))
		s1, s2 = hann*float64(v)/32768+coeff*s1-s2, s1
	}
	power := s1*s1 + s2*s2 - coeff*s1*s2
	return 4 * math.Sqrt(math.Max(power, 0)) / float64(len(x))
}

func rms(x []int16) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum/float64(len(x))) / 32768
}

func db(x float64) float64 { return 20 * math.Log10(math.Max(x, 1e-9)) }
