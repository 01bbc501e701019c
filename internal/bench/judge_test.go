package bench

import (
	"math"
	"slices"
	"strings"
	"testing"
)

// TestPairs: heard is who comes as loud as they spoke, missed who does not come;
// the rest is neither.
func TestPairs(t *testing.T) {
	const hz = 1000
	for _, c := range []struct {
		gain               float64 // dB
		heard, missed, off int
		self               bool
	}{
		{0, 1, 0, 0, true}, {-9.9, 1, 0, 0, true}, {9.9, 1, 0, 0, true},
		{-10.1, 0, 0, 1, true}, {10.1, 0, 0, 1, true}, {20, 0, 0, 1, true}, {-29.5, 0, 0, 1, true},
		{-30.5, 0, 1, 0, false}, {-200, 0, 1, 0, false},
	} {
		f := &fleet{codec: codecs[0], opts: Options{Size: 2}, signals: []*signal{{hz: hz}, {hz: 2000}}}
		j := &judgement{fleet: f, m: new(Measurement), sentLevel: []float64{-30, -30}}
		second := make([]int16, 8000)
		tone(second, hz, 32768*math.Pow(10, (-30+c.gain)/20), 8000)
		var fig LegFigures
		j.pair(&leg{index: 1}, 0, second, &fig)
		h := j.m.Heard
		if h.Pairs != 1 || h.Heard != c.heard || h.Missed != c.missed || h.Off != c.off || fig.Missed != c.missed || fig.Off != c.off || len(j.errors) != c.heard {
			t.Errorf("%+.1f dB: %+v, of the leg %d missed, %d off", c.gain, h, fig.Missed, fig.Off)
		}
		j.pair(&leg{index: 1}, 0, second, &fig) // a second time
		if named := slices.Equal(fig.NotHeard, []int{0}); named != (c.heard == 0) || len(fig.NotHeard) > 1 {
			t.Errorf("%+.1f dB: not heard %v", c.gain, fig.NotHeard)
		}
		j.pair(&leg{index: 0}, 0, second, &fig)
		if h := j.m.Heard; h.Pairs != 2 || h.Selves != 1 || (h.HeardThemselves == 1) != c.self || fig.HeardItself != c.self {
			t.Errorf("%+.1f dB of its own: %+v", c.gain, h)
		}
	}
}

// TestSilentLegs: who gets nothing hears nobody, and no marker. What is not there
// to be judged counts.
func TestSilentLegs(t *testing.T) {
	c := codecs[0]
	f := &fleet{codec: c, opts: Options{Size: 2, Talkers: 2}}
	for i := range 2 {
		f.signals = append(f.signals, talk(c, i, 2, false))
		f.legs = append(f.legs, &leg{index: i, kept: &kept{recordFrom: 1e18, cycles: 2}})
	}
	f.legs[1].kept.marks = []mark{{at: 1e18 + int64(f.signals[1].mark)*frameTime}}
	heard := relay{codec: c, gain: 1, talkers: f.signals[1:], delay: []int{80}}.hear(1e18, 0, 2*cycleFrames+afterCycle)
	for _, part := range []struct {
		frames, missed, found int
	}{{len(heard), 0, 1}, {cycleFrames + afterCycle, 1, 1}, {cycleFrames / 2, 2, 0}, {0, 2, 0}} {
		f.legs[0].kept.recorded = heard[:part.frames]
		j := &judgement{fleet: f, m: new(Measurement), sentLevel: f.sentLevels()}
		for place := range j.finders {
			j.finders[place] = newFinder(place, c)
		}
		var fig LegFigures
		j.listen(f.legs[0], &fig)
		if part.missed < 2 && math.Abs(fig.Level) > 0.5 {
			t.Errorf("of %d frames: a level of %g dB", part.frames, fig.Level)
		}
		h, d := j.m.Heard, j.m.Delay
		if h.Pairs != 2 || h.Missed != part.missed || fig.Missed != part.missed || h.Heard != 2-part.missed || h.Selves != 2-part.missed ||
			fig.Windows != 2-part.missed || d.Markers != 1 || d.Found != part.found {
			t.Errorf("of %d frames: %+v, %+v, of the leg %+v", part.frames, h, d, fig)
		}
	}
}

// TestUnseenProcessIsSaid: of a server whose metrics alone could be read, no
// figures of its process are told.
func TestUnseenProcessIsSaid(t *testing.T) {
	for _, s := range []ServerFigures{{RSS: 20e6, CPU: 30}, {Goroutines: 30}} {
		m := Measurement{Server: &s}
		var b strings.Builder
		m.print(&b)
		if got := strings.Contains(b.String(), "of a core, 0.00 µs per leg"); got != s.seen() {
			t.Errorf("%+v: %s", s, b.String())
		}
	}
}

// TestDelayInPausesIsSaid: where markers are in pauses, the delay is that of
// pauses.
func TestDelayInPausesIsSaid(t *testing.T) {
	for signal, want := range map[string]bool{"tones": false, "phrases": true, "speech": true} {
		f := talking(codecs[0], signal, 1, 2)
		_, d, _ := f.listen(1e18)
		m := Measurement{Delay: d}
		var b strings.Builder
		m.print(&b)
		if d.InPauses != want || strings.Contains(b.String(), "it is of pauses") != want {
			t.Errorf("%s: %+v\n%s", signal, d, b.String())
		}
	}
}

// TestUnfoundMarkersAreSaid: figures of delay that leave out more than one marker
// in a hundred do not stand alone.
func TestUnfoundMarkersAreSaid(t *testing.T) {
	for _, c := range []struct {
		markers, found int
		said           bool
	}{{0, 0, false}, {200, 200, false}, {200, 198, false}, {200, 197, true}, {200, 0, true}} {
		m := Measurement{Delay: Delay{Markers: c.markers, Found: c.found, Share: share(c.found, c.markers)}}
		var b strings.Builder
		m.print(&b)
		if got := strings.Contains(b.String(), "were not found"); got != c.said {
			t.Errorf("%+v: %s", c, b.String())
		}
	}
}

// TestSpoiledMarkersAreLeftOut: a marker that left late counts neither as found nor
// as missing, and that is said.
func TestSpoiledMarkersAreLeftOut(t *testing.T) {
	j := &judgement{m: new(Measurement)}
	talker := &leg{kept: &kept{marks: []mark{{at: 100, late: true}, {at: 200}, {at: 300, late: true}}}}
	for place := range j.finders {
		j.finders[place] = newFinder(place, codecs[0])
	}
	j.markers(talker, timeline(codecs[0], nil), 0, 300)
	if d := j.m.Delay; d.Spoiled != 1 || d.Markers != 1 || d.Found != 0 {
		t.Errorf("%+v", d)
	}
	var b strings.Builder
	j.m.print(&b)
	if !strings.Contains(b.String(), "1 markers more were sent late") {
		t.Error(b.String())
	}
}
