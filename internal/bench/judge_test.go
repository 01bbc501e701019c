package bench

import (
	"math"
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
		f := &fleet{codec: codecs[0], signals: []*signal{{hz: hz}, {hz: 2000}}}
		j := &judgement{fleet: f, m: new(Measurement), sentLevel: []float64{-30, -30}}
		second := make([]int16, 8000)
		tone(second, hz, 32768*math.Pow(10, (-30+c.gain)/20), 8000)
		var fig LegFigures
		j.pair(&leg{index: 1}, 0, second, &fig)
		h := j.m.Heard
		if h.Pairs != 1 || h.Heard != c.heard || h.Missed != c.missed || h.Off != c.off || fig.Missed != c.missed || fig.Off != c.off || len(j.errors) != c.heard {
			t.Errorf("%+.1f dB: %+v, of the leg %d missed, %d off", c.gain, h, fig.Missed, fig.Off)
		}
		j.pair(&leg{index: 0}, 0, second, &fig)
		if h := j.m.Heard; h.Pairs != 1 || h.Selves != 1 || (h.HeardThemselves == 1) != c.self || fig.HeardItself != c.self {
			t.Errorf("%+.1f dB of its own: %+v", c.gain, h)
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
