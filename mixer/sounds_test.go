package mixer

import (
	"math"
	"slices"
	"testing"
	"time"
)

// wantTone checks that a frequency is in a signal at a level.
func wantTone(t *testing.T, what string, signal []int16, hz, dBFS, tolerance float64) {
	t.Helper()
	if level := dB(power(signal, hz)); math.Abs(level-dBFS) > tolerance {
		t.Errorf("%s: %.0f Hz at %.1f dBFS, want %.1f", what, hz, level, dBFS)
	}
}

func wantNoTone(t *testing.T, what string, signal []int16, hz float64) {
	t.Helper()
	if level := dB(power(signal, hz)); level > -60 {
		t.Errorf("%s: %.0f Hz at %.1f dBFS", what, hz, level)
	}
}

func part(signal []int16, from, to time.Duration) []int16 {
	return signal[samples(from):samples(to)]
}

func TestRingback(t *testing.T) {
	s := standardSounds()
	if len(s.ringback.at[narrow]) != 6*SampleRate {
		t.Fatalf("a period of %d samples", len(s.ringback.at[narrow]))
	}
	on := part(s.ringback.at[narrow], 100*time.Millisecond, 1900*time.Millisecond)
	wantTone(t, "ringback", on, 440, ringbackLevel-6, 0.1)
	wantTone(t, "ringback", on, 480, ringbackLevel-6, 0.1)
	wantNoTone(t, "ringback", on, 400)
	wantNoise(t, "the pause of ringback", part(s.ringback.at[narrow], 2*time.Second, 6*time.Second))

	european := newSounds([][]int16{{0}}, Cadence{[]float64{425}, time.Second, 4 * time.Second}).ringback.at[narrow]
	if len(european) != 5*SampleRate {
		t.Errorf("the configured period is %d samples", len(european))
	}
	wantTone(t, "configured", part(european, 50*time.Millisecond, 950*time.Millisecond), 425, ringbackLevel, 0.1)
	wantNoTone(t, "configured", part(european, 50*time.Millisecond, 950*time.Millisecond), 480)
}

// wantNoise checks for comfort noise: there, steady, and low.
func wantNoise(t *testing.T, what string, signal []int16) {
	t.Helper()
	for at := 0; at+SampleRate/10 <= len(signal); at += SampleRate / 10 {
		if level := dB(rms(signal[at : at+SampleRate/10])); level < -60 || level > -55 {
			t.Fatalf("%s: noise of %.1f dBFS at %d ms", what, level, at/8)
		}
	}
}

// Held agents, lone agents and searching ones hear their tone, each another,
// and noise between: nobody is left in silence.
func TestTreatmentTones(t *testing.T) {
	s := standardSounds()
	for _, c := range []struct {
		name   string
		loop   []int16
		period time.Duration
		hz     float64
		quiet  time.Duration // from here to the period's end there is noise only
		others []float64
	}{
		{"hold", s.hold.at[narrow], 10 * time.Second, 587.33, 1300 * time.Millisecond, []float64{440, 480, 493.88, 659.26}},
		{"alone", s.alone.at[narrow], 15 * time.Second, 493.88, 1200 * time.Millisecond, []float64{440, 587.33, 659.26}},
		{"queue", s.queue.at[narrow], 4 * time.Second, 523.25, 1500 * time.Millisecond, []float64{440, 480, 587.33}},
	} {
		if len(c.loop) != samples(c.period) {
			t.Errorf("%s: a period of %d samples", c.name, len(c.loop))
		}
		sounding := part(c.loop, 0, 400*time.Millisecond)
		if level := dB(power(sounding, c.hz)); level < -36 || level > -18 {
			t.Errorf("%s: %.0f Hz at %.1f dBFS", c.name, c.hz, level)
		}
		for _, hz := range c.others {
			if dB(power(sounding, hz)) > dB(power(sounding, c.hz))-10 {
				t.Errorf("%s sounds like %.0f Hz", c.name, hz)
			}
		}
		wantNoise(t, c.name, part(c.loop, c.quiet, c.period))
		if peak := dB(float64(peakOf(c.loop)) / 32768); peak > -16 {
			t.Errorf("%s peaks at %.1f dBFS", c.name, peak)
		}
	}
	// The double tone sounds twice: a dip, and a second onset.
	first, dip, second := rms(part(s.alone.at[narrow], 20*time.Millisecond, 120*time.Millisecond)), rms(part(s.alone.at[narrow], 260*time.Millisecond, 300*time.Millisecond)), rms(part(s.alone.at[narrow], 320*time.Millisecond, 420*time.Millisecond))
	if first < dip || second < 1.3*dip {
		t.Errorf("no double tone: %.4f, %.4f, %.4f", first, dip, second)
	}
}

func TestComfortNoise(t *testing.T) {
	noise := standardSounds().noise.at[narrow]
	wantNoise(t, "comfort noise", noise)
	wantNoSeam(t, "comfort noise", noise)
	if !slices.Equal(noise, noiseLoop(noiseLength)) {
		t.Error("the noise differs from one time to the next")
	}
	var sum float64
	for _, v := range noise {
		sum += float64(v)
	}
	if mean := sum / float64(len(noise)); math.Abs(mean) > 1 {
		t.Errorf("a direct component of %.2f", mean)
	}
	// No hum: no frequency stands out from the noise.
	for hz := 50.0; hz < 3900; hz += 50 {
		if level := dB(power(noise, hz)); level > -72 {
			t.Errorf("%.0f Hz stands out with %.1f dBFS", hz, level)
		}
	}
}

// wantNoSeam checks that a loop's joint is like any other place of it: no
// greater step, no greater bend, no more energy where the sound has little.
func wantNoSeam(t *testing.T, what string, loop []int16) {
	t.Helper()
	n := len(loop)
	joint := append(append([]int16(nil), loop[n-400:]...), loop[:400]...)
	bend := func(s []int16) int {
		most := 0
		for i := 2; i < len(s); i++ {
			d := int(s[i]) - 2*int(s[i-1]) + int(s[i-2])
			most = max(most, d, -d)
		}
		return most
	}
	if got, all := steepest(joint[397:404]), steepest(loop); got > all {
		t.Errorf("%s: a step of %d at the joint, %d elsewhere", what, got, all)
	}
	if got, all := bend(joint[396:405]), bend(loop); got > all {
		t.Errorf("%s: a bend of %d at the joint, %d elsewhere", what, got, all)
	}
	for _, hz := range []float64{3500, 3700, 3900} {
		most := 0.0
		for at := 0; at+800 <= n; at += 800 {
			most = max(most, power(loop[at:at+800], hz))
		}
		if got := power(joint, hz); got > 1.5*most {
			t.Errorf("%s: %.1f dBFS at %.0f Hz at the joint, %.1f elsewhere", what, dB(got), hz, dB(most))
		}
	}
}

func TestSeamCheckSeesASeam(t *testing.T) {
	loop := sine(300, 0.3, 8000+20) // ends near a peak, begins at zero
	n := len(loop)
	joint := append(append([]int16(nil), loop[n-4:]...), loop[:4]...)
	if steepest(joint) <= steepest(loop[:8000]) {
		t.Error("a cut sine passes for a loop")
	}
}

func TestDefaultMusic(t *testing.T) {
	music := DefaultMusic()
	if len(music) < 30*SampleRate || len(music) > 60*SampleRate {
		t.Errorf("%v long", time.Duration(len(music))*time.Second/SampleRate)
	}
	if peak := dB(float64(peakOf(music)) / 32768); peak > -9 || peak < -12 {
		t.Errorf("peaks at %.1f dBFS", peak)
	}
	var sum float64
	for _, v := range music {
		sum += float64(v)
	}
	if mean := sum / float64(len(music)); math.Abs(mean) > 1 {
		t.Errorf("a direct component of %.2f", mean)
	}
	// Soft all along: no second is near silence, none much louder than others.
	for at := 0; at+SampleRate <= len(music); at += SampleRate {
		if level := dB(rms(music[at : at+SampleRate])); level < -28 || level > -17 {
			t.Errorf("second %d has %.1f dBFS", at/SampleRate, level)
		}
	}
	wantNoSeam(t, "music", music)
	// It begins with the chord it is written to: C, E, G, B from middle C.
	for _, semitone := range []int{0, 4, 7, 11} {
		chord, beside := power(part(music, 500*time.Millisecond, 2500*time.Millisecond), pitch(semitone)), power(part(music, 500*time.Millisecond, 2500*time.Millisecond), pitch(semitone)*1.03)
		if dB(chord/beside) < 12 {
			t.Errorf("semitone %d of the first chord is not heard", semitone)
		}
	}
}

// Each clip says another thing: short, loud enough, soft at its ends, and
// no two alike.
func TestClips(t *testing.T) {
	named := map[string][]int16{
		"error": ErrorTone().Samples(), "customer gone": CustomerGoneTone().Samples(), "confirm": ConfirmTone().Samples(),
		"refuse": RefuseTone().Samples(), "prompt": PromptTone().Samples(),
	}
	for name, clip := range named {
		if d := time.Duration(len(clip)) * time.Second / SampleRate; d < 100*time.Millisecond || d > 600*time.Millisecond {
			t.Errorf("%s takes %v", name, d)
		}
		if peak := dB(float64(peakOf(clip)) / 32768); peak > -12 || peak < -17 {
			t.Errorf("%s peaks at %.1f dBFS", name, peak)
		}
		if first, last := clip[0], clip[len(clip)-1]; first != 0 || last != 0 {
			t.Errorf("%s begins with %d and ends with %d", name, first, last)
		}
		if edge := max(peakOf(clip[:8]), peakOf(clip[len(clip)-8:])); edge > 400 {
			t.Errorf("%s has %d in its first or last millisecond", name, edge)
		}
	}
	for _, c := range []struct {
		name     string
		from, to time.Duration
		hz       float64
	}{
		{"error", 0, 180 * time.Millisecond, 466.16},
		{"error", 180 * time.Millisecond, 500 * time.Millisecond, 349.23},
		{"customer gone", 0, 140 * time.Millisecond, 783.99},
		{"customer gone", 140 * time.Millisecond, 280 * time.Millisecond, 659.26},
		{"customer gone", 280 * time.Millisecond, 500 * time.Millisecond, 523.25},
		{"confirm", 0, 80 * time.Millisecond, 659.26},
		{"confirm", 80 * time.Millisecond, 240 * time.Millisecond, 987.77},
		{"refuse", 0, 120 * time.Millisecond, 294},
		{"refuse", 190 * time.Millisecond, 310 * time.Millisecond, 294},
		{"prompt", 0, 180 * time.Millisecond, 880},
	} {
		signal := part(named[c.name], c.from, c.to)
		best, at := 0.0, 0.0
		for hz := 200.0; hz < 1500; hz += 2 {
			if p := power(signal, hz); p > best {
				best, at = p, hz
			}
		}
		if math.Abs(at-c.hz) > 8 || dB(best) < -26 {
			t.Errorf("%s from %v: %.0f Hz at %.1f dBFS, want %.0f Hz", c.name, c.from, at, dB(best), c.hz)
		}
	}
}

// A clip over a voice: the clip as it is, the voice 12 dB down while it plays.
func TestClipLowersTheRest(t *testing.T) {
	c := newConsult(t, hearing(customer, agent), hearing(agent, customer))
	c.tick(5)
	c.room.Play(customer, NewClip(sine(2500, 0.2, 20*FrameSamples)), nil)
	c.tick(15)
	signal := c.peer[customer].last(10)
	wantTone(t, "the clip", signal, 2500, dB(0.2), 0.1)
	wantTone(t, "the voice under it", signal, voiceOf[agent], dB(0.25)-12.04, 0.1)
	wantTone(t, "the voice to the other", c.peer[agent].last(10), voiceOf[customer], dB(0.25), 0.1)
	c.tick(20)
	signal = c.peer[customer].last(10)
	wantNoTone(t, "after the clip", signal, 2500)
	wantTone(t, "the voice after it", signal, voiceOf[agent], dB(0.25), 0.1)
}

func TestSeamless(t *testing.T) {
	recording := sine(300, 0.3, 8020) // ends near a peak, begins at zero
	loop := Seamless(recording)
	if len(loop) != len(recording)-samples(seam) {
		t.Errorf("%d samples became %d", len(recording), len(loop))
	}
	wantNoSeam(t, "a recording", loop)
	if !slices.Equal(loop[400:], recording[400:len(recording)-samples(seam)]) {
		t.Error("more than the joint has changed")
	}
	if recording[0] != 0 || peakOf(recording[:400]) != peakOf(sine(300, 0.3, 400)) {
		t.Error("the recording itself has changed")
	}
	if short := make([]int16, 799); len(Seamless(short)) != 799 {
		t.Error("what is too short to join is cut")
	}
}
