package bench

import "slices"

// onTimeLimit is what "on time" means: so much after its own schedule.
const onTimeLimit = 5_000_000 // ns

// A tone is heard when its level is within heardWithin of what was sent, in dB,
// and missed when it is below notAbove. Between the two, or louder, it is off:
// neither heard nor missed.
const (
	heardWithin = 10.0
	notAbove    = -30.0
)

// judge makes figures of a closed window.
func (f *fleet) judge(w *window) *Measurement {
	m := &Measurement{
		Rooms: f.rooms(), Size: f.opts.Size, Talkers: f.opts.Talkers, LegCount: len(f.legs), Held: len(f.held),
		Seconds: float64(w.to-w.from) / 1e9,
	}
	j := &judgement{fleet: f, window: w, m: m, sentLevel: f.sentLevels()}
	for place := range j.finders {
		j.finders[place] = newFinder(place, f.codec)
	}
	for _, l := range f.legs {
		m.Legs = append(m.Legs, j.leg(l))
	}
	m.Legs = j.sum(m.Legs)
	return m
}

// judgement is judge at work.
type judgement struct {
	fleet     *fleet
	window    *window
	m         *Measurement
	finders   [chirpPlaces]*finder
	sentLevel []float64 // of each signal's tone
	late      histogram
	delays    []float64
	errors    []float64 // of levels, dB
}

// sentLevels measures the tones as they are sent: coding changes them a little.
func (f *fleet) sentLevels() []float64 {
	levels := make([]float64, len(f.signals))
	for i, s := range f.signals {
		if s.hz == 0 {
			continue
		}
		h := heard{rate: f.codec.rate()}
		decode := f.codec.decoder()
		frame := make([]int16, h.size())
		for _, p := range s.frames[:firstChirp] {
			decode(frame, p)
			h.samples = append(h.samples, frame...)
		}
		levels[i] = f.level(h.samples[len(h.samples)-h.rate:], s.hz)
	}
	return levels
}

// level is that of a tone in a second of the fleet's signals.
func (f *fleet) level(second []int16, hz float64) float64 {
	if f.taper != nil {
		return underneath(second, f.taper, hz, f.codec.rate())
	}
	return level(second, hz, f.codec.rate())
}

// leg judges one leg.
func (j *judgement) leg(l *leg) LegFigures {
	k := l.kept
	o := sequence(k.packets)
	expected := expectedPackets(k.packets, j.window.from, j.window.to)
	fig := LegFigures{
		Room: l.room, Index: l.index, Expected: expected, Received: min(o.unique, expected),
		Gaps: o.gaps, Duplicates: o.duplicates, Foreign: k.foreign + k.spare, Unsent: k.unsent,
		NotHeard: []int{},
	}
	unit := float64(frameTime) / float64(j.fleet.codec.clock())
	late, moved := lateness(k.packets, unit)
	var own histogram
	for _, ns := range late {
		own.add(ns)
		j.late.add(ns)
	}
	fig.OnTime, fig.LateP99, fig.LateMax, fig.GridMoved = own.within(onTimeLimit), own.quantile(0.99), ms(own.largest), ms(moved)
	j.listen(l, &fig)
	return fig
}

// expectedPackets is how many packets of 20 ms a window should have brought. A
// packet may slip over an edge of it by being early or late: what the first and
// the last enclose counts when it is one more or less than what fits.
func expectedPackets(packets []arrival, from, to int64) int {
	fit := int((to - from) / frameTime)
	if len(packets) == 0 {
		return fit
	}
	span := packets[len(packets)-1].at - packets[0].at
	if enclosed := int((span+frameTime/2)/frameTime) + 1; enclosed >= fit-1 && enclosed <= fit+1 {
		return enclosed
	}
	return fit
}

// listen judges a leg's recording.
func (j *judgement) listen(l *leg, fig *LegFigures) {
	if j.fleet.opts.Size < 2 {
		return // who is alone hears the server's music, in which any tone may be
	}
	h := timeline(j.fleet.codec, l.kept.recorded)
	cycle := int64(cycleFrames) * frameTime
	room := j.fleet.legs[l.room*j.fleet.opts.Size:][:j.fleet.opts.Size]
	var delays []float64
	others := len(j.errors)
	for n := range int64(l.kept.cycles) {
		at := l.kept.recordFrom + n*cycle
		second := h.second(at + listenFrom)
		if second != nil {
			fig.Windows++
		}
		for i := range j.fleet.opts.Talkers {
			j.pair(l, i, second, fig)
		}
		for _, talker := range room[:j.fleet.opts.Talkers] {
			if talker != l {
				delays = append(delays, j.markers(talker, h, at, at+cycle)...)
			}
		}
	}
	j.delays = append(j.delays, delays...)
	fig.Level = mean(j.errors[others:])
	fig.Delay = mean(delays)
	if len(delays) > 0 {
		fig.DelayMax = slices.Max(delays)
	}
}

// pair judges how a talker's tone came to a listener: not at all where not even
// a second came. That it does not hear itself can only be said of what came.
func (j *judgement) pair(l *leg, talker int, second []int16, fig *LegFigures) {
	if second == nil && talker == l.index {
		return
	}
	voice := j.fleet.voice(l.room, talker)
	gain := j.fleet.level(second, j.fleet.signals[voice].hz) - j.sentLevel[voice]
	h := &j.m.Heard
	if talker == l.index {
		h.Selves++
		if gain > notAbove {
			h.HeardThemselves++
			fig.HeardItself = true
		}
		if h.Selves == 1 || gain > h.SelfLevel {
			h.SelfLevel = gain
		}
		return
	}
	h.Pairs++
	switch {
	case gain < notAbove:
		h.Missed++
		fig.Missed++
	case gain < -heardWithin || gain > heardWithin:
		h.Off++
		fig.Off++
	default:
		h.Heard++
		j.errors = append(j.errors, gain)
		return
	}
	if !slices.Contains(fig.NotHeard, talker) {
		fig.NotHeard = append(fig.NotHeard, talker)
	}
}

// markers finds the chirps that a talker sent in time, in a stretch of it.
func (j *judgement) markers(talker *leg, h *heard, from, to int64) (delays []float64) {
	for _, sent := range talker.kept.marks {
		if sent.at < from || sent.at >= to {
			continue
		}
		if sent.late {
			j.m.Delay.Spoiled++
			continue
		}
		j.m.Delay.Markers++
		if ns, found := j.finders[talker.index%chirpPlaces].delay(h, sent.at); found {
			j.m.Delay.Found++
			delays = append(delays, ms(ns))
		}
	}
	return delays
}

// sum fills in the figures of all legs together.
func (j *judgement) sum(legs []LegFigures) []LegFigures {
	m := j.m
	for _, l := range legs {
		m.Delivery.Expected += l.Expected
		m.Delivery.Received += l.Received
		m.Delivery.Gaps += l.Gaps
		m.Delivery.Duplicates += l.Duplicates
		m.Delivery.Foreign += l.Foreign
		m.Delivery.Worst = max(m.Delivery.Worst, l.Expected-l.Received)
		m.Generator.Unsent += l.Unsent
		m.Lateness.GridMoved = max(m.Lateness.GridMoved, l.GridMoved)
		if l.Windows > 0 {
			m.Heard.LegsListened++
		}
	}
	m.Delivery.Share = 100 * float64(m.Delivery.Received) / float64(max(1, m.Delivery.Expected))
	m.Lateness.LateFigures = lateFigures(&j.late)
	m.Generator.LateFigures = lateFigures(&j.window.late)
	m.Generator.Skipped = int(j.window.skipped)
	m.Generator.Priority = "plain"
	if p := j.fleet.driver.priority.Load(); p != nil {
		m.Generator.Priority = *p
	}
	d := sorted(j.delays)
	m.Delay.InPauses = j.fleet.opts.Signal != "tones" && m.Delay.Markers > 0
	m.Delay.Share = share(m.Delay.Found, m.Delay.Markers)
	m.Delay.Mean, m.Delay.P50, m.Delay.P99, m.Delay.Max = mean(d), quantile(d, 0.5), quantile(d, 0.99), quantile(d, 1)
	if len(d) > 0 {
		m.Delay.Min = d[0]
	}
	e := sorted(j.errors)
	if len(j.errors) > 0 {
		m.Heard.LevelAccuracy = levelAccuracy(j.fleet.codec)
	}
	m.Heard.LevelMean, m.Heard.LevelLeast, m.Heard.LevelMost = mean(e), quantile(e, 0), quantile(e, 1)
	return legs
}

func lateFigures(h *histogram) LateFigures {
	return LateFigures{
		P50: h.quantile(0.5), P99: h.quantile(0.99), P999: h.quantile(0.999), Max: ms(h.largest), OnTime: h.within(onTimeLimit),
	}
}
