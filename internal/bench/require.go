package bench

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// requirement is a bound on a figure.
type requirement struct {
	figure
	bound float64
}

// figure is one that can be bounded.
type figure struct {
	name  string
	least bool // the bound is the least, not the most
	of    func(m *Measurement) float64
}

// figures are all of them. Those of the server are infinitely bad when it could
// not be looked at, that of who heard himself when nobody was listened to, and
// those of delay when too few markers were found: the ones that were not may be the
// late ones.
var figures = []figure{
	{"on-time", true, func(m *Measurement) float64 { return m.Lateness.OnTime }},
	{"delivery", true, func(m *Measurement) float64 { return m.Delivery.Share }},
	{"heard", true, func(m *Measurement) float64 { return share(m.Heard.Heard, m.Heard.Pairs) }},
	{"self", false, func(m *Measurement) float64 { return m.Heard.themselves() }},
	{"markers", true, func(m *Measurement) float64 { return m.Delay.Share }},
	{"delay-mean", false, func(m *Measurement) float64 { return m.Delay.known(m.Delay.Mean) }},
	{"delay-p99", false, func(m *Measurement) float64 { return m.Delay.known(m.Delay.P99) }},
	{"cpu", false, func(m *Measurement) float64 { return m.server().PerLegFrame }},
	{"memory", false, func(m *Measurement) float64 { return m.server().perLeg() }},
	{"legs", true, func(m *Measurement) float64 { return float64(m.LegCount) }},
}

const unknown = 1e300

// enoughMarkers is the share of them, in per cent, that figures of delay need: of
// fewer, the 99th of a hundred cannot be told.
const enoughMarkers = 99.0

// enough says whether the figures of delay may be relied on.
func (d Delay) enough() bool { return d.Found > 0 && d.Share >= enoughMarkers }

func (d Delay) known(ms float64) float64 {
	if !d.enough() {
		return unknown
	}
	return ms
}

// themselves is how many heard themselves, if anybody was listened to.
func (h Heard) themselves() float64 {
	if h.Selves == 0 {
		return unknown
	}
	return float64(h.HeardThemselves)
}

// perLeg is the memory of a leg. Where the server has given back more than its legs
// have taken, there were too few of them to tell.
func (s ServerFigures) perLeg() float64 {
	if s.PerLegRSS <= 0 {
		return unknown
	}
	return s.PerLegRSS
}

func (m *Measurement) server() ServerFigures {
	if !m.Server.seen() {
		return ServerFigures{PerLegFrame: unknown, PerLegRSS: unknown}
	}
	return *m.Server
}

func share(part, whole int) float64 { return 100 * float64(part) / float64(max(1, whole)) }

// parseRequirements reads "on-time=99.9,delay-mean=8".
func parseRequirements(text string) (all []requirement, err error) {
	for item := range strings.SplitSeq(text, ",") {
		if item == "" {
			continue
		}
		name, value, _ := strings.Cut(item, "=")
		bound, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(bound) || math.IsInf(bound, 0) {
			return nil, fmt.Errorf("bench: requirement %q: write NAME=NUMBER", item)
		}
		f, err := figureNamed(name)
		if err != nil {
			return nil, err
		}
		all = append(all, requirement{f, bound})
	}
	return all, nil
}

func figureNamed(name string) (figure, error) {
	names := make([]string, 0, len(figures))
	for _, f := range figures {
		if f.name == name {
			return f, nil
		}
		names = append(names, f.name)
	}
	return figure{}, fmt.Errorf("bench: requirement %q: there are %s", name, strings.Join(names, ", "))
}

// ErrMissed says that a requirement is not met.
var ErrMissed = errors.New("bench: a requirement is not met")

// require holds a report to the requirements: the last measurement, or of a
// search the last good one.
func (r *Report) require(all []requirement) error {
	if len(all) == 0 {
		return nil
	}
	m := r.result()
	if m == nil {
		r.Missed = append(r.Missed, "nothing was measured")
		return ErrMissed
	}
	for _, q := range all {
		word, got := "at most", q.of(m)
		if q.least {
			word = "at least"
		}
		if q.least && got < q.bound || !q.least && got > q.bound {
			r.Missed = append(r.Missed, fmt.Sprintf("%s is %.4g, %s %g is wanted", q.name, got, word, q.bound))
		}
	}
	if len(r.Missed) > 0 {
		return ErrMissed
	}
	return nil
}

// result is the measurement that a report is about.
func (r *Report) result() (m *Measurement) {
	for i := range r.Measurements {
		if r.Limit == nil || r.Measurements[i].Rooms <= r.Limit.Rooms {
			m = &r.Measurements[i]
		}
	}
	return m
}
