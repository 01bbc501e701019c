package demo

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"time"

	"warmline/internal/hearing"
)

// Measures of the picture, in its own units (pixels at full size).
const (
	perSecond  = 24.0
	leftMargin = 132.0
	rightSpace = 28.0
	headHeight = 168.0
	rowHeight  = 34.0
	laneGap    = 22.0
	axisHeight = 46.0
	legend     = 64.0
)

var voiceColour = map[string]string{customer: "#c2570c", alice: "#1d5fae", bob: "#15803d"}

const (
	inkColour   = "#1f2937"
	greyColour  = "#6b7280"
	lineColour  = "#d1d5db"
	musicColour = "#8b5cf6"
	toneColour  = "#9ca3af"
	fonts       = "Inter, 'Helvetica Neue', Helvetica, Arial, 'DejaVu Sans', sans-serif"
)

// canvas collects the elements of an SVG.
type canvas struct{ strings.Builder }

func (c *canvas) add(format string, args ...any) { fmt.Fprintf(c, format+"\n", args...) }

func (c *canvas) text(x, y, size float64, colour, attr, s string) {
	c.add(`<text x="%.1f" y="%.1f" font-size="%.1f" fill="%s" %s>%s</text>`, x, y, size, colour, attr, html.EscapeString(s))
}

// x is where a time lies.
func x(d time.Duration) float64 { return leftMargin + d.Seconds()*perSecond }

// frameTime is when a frame of a recording begins.
func frameTime(i int) time.Duration { return time.Duration(i) * time.Second / 50 }

// draw makes the picture: time from left to right, a lane for each listener
// with a row for each voice they could hear, as loud as they heard it.
func draw(marks []mark, tracks []*track, findings []finding) []byte {
	end := marks[len(marks)-1].to
	width := x(end) + rightSpace
	laneHeight := float64(len(tracks)) * rowHeight
	lanes := float64(len(tracks))*(laneHeight+laneGap) - laneGap
	height := headHeight + lanes + axisHeight + legend
	c := new(canvas)
	c.add(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" font-family="%s" role="img">`, width, height, width, height, fonts)
	c.add(`<title>Who heard whom in a warm transfer</title>`)
	c.add(`<defs><pattern id="hold" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="9" height="9" fill="#fef3c7"/><rect width="3" height="9" fill="#fde68a"/></pattern></defs>`)
	c.add(`<rect width="100%%" height="100%%" fill="#ffffff"/>`)
	c.text(28, 44, 24, inkColour, `font-weight="700"`, "Who heard whom")
	c.text(28, 68, 13.5, greyColour, "", "A warm transfer in six steps. Each lane is one person’s ear: the bars are the voices found in the recording of what that person heard.")
	drawSteps(c, marks, headHeight+lanes)
	for i, t := range tracks {
		drawLane(c, t, tracks, headHeight+float64(i)*(laneHeight+laneGap), laneHeight, end)
	}
	drawAxis(c, end, headHeight+lanes)
	drawLegend(c, tracks, findings, headHeight+lanes+axisHeight, width)
	c.add(`</svg>`)
	return []byte(c.String())
}

// drawSteps heads the steps and draws where each begins.
func drawSteps(c *canvas, marks []mark, bottom float64) {
	for i, m := range marks {
		left, right := x(m.began), x(m.to)
		if i%2 == 1 {
			c.add(`<rect x="%.1f" y="92" width="%.1f" height="%.1f" fill="#f9fafb"/>`, left, right-left, bottom-92)
		}
		if i > 0 {
			c.add(`<line x1="%.1f" y1="92" x2="%.1f" y2="%.1f" stroke="%s" stroke-width="1"/>`, left, left, bottom, lineColour)
		}
		c.add(`<circle cx="%.1f" cy="114" r="11" fill="%s"/>`, left+19, inkColour)
		c.text(left+19, 118.5, 12.5, "#ffffff", `font-weight="700" text-anchor="middle"`, fmt.Sprint(m.number))
		c.text(left+36, 118.5, 14, inkColour, `font-weight="700"`, m.title)
		c.text(left+9, 143, 11.5, greyColour, "", m.how)
	}
}

// drawLane draws what one person heard.
func drawLane(c *canvas, t *track, tracks []*track, top, height float64, end time.Duration) {
	id := t.person.id
	c.add(`<g><title>what %s heard</title>`, html.EscapeString(t.person.name))
	c.add(`<rect x="%.1f" y="%.1f" width="5" height="%.1f" rx="2.5" fill="%s"/>`, 28.0, top, height, voiceColour[id])
	c.text(42, top+height/2-3, 16, inkColour, `font-weight="700"`, t.person.name)
	c.text(42, top+height/2+15, 11.5, greyColour, "", "heard")
	c.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4" fill="none" stroke="%s" stroke-dasharray="2 4"/>`, leftMargin, top, x(end)-leftMargin, height, lineColour)
	live := t.person.lived
	if live.to == 0 || live.to > end {
		live.to = end
	}
	c.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4" fill="#ffffff" stroke="%s" stroke-width="1.2"/>`, x(live.from), top, x(live.to)-x(live.from), height, "#9ca3af")
	for _, h := range t.held {
		if h.to == 0 {
			h.to = end
		}
		c.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="4" fill="url(#hold)" stroke="#f59e0b" stroke-width="1"><title>on hold</title></rect>`, x(h.from), top, x(h.to)-x(h.from), height)
		c.text(x(h.to)-8, top+14, 10.5, "#92400e", `font-weight="700" text-anchor="end" letter-spacing="0.6"`, "ON HOLD")
	}
	drawMusic(c, t, top, height)
	row := 0
	for _, s := range tracks {
		if s == t {
			continue
		}
		drawVoice(c, t, s.person, top+rowHeight*float64(row))
		row++
	}
	drawOwn(c, t, top+rowHeight*float64(row))
	c.add(`</g>`)
}

// drawMusic draws where the lane's owner heard music, tones, or sounds that
// belong to nothing.
func drawMusic(c *canvas, t *track, top, height float64) {
	y := top + height/2 - rowHeight/2
	for _, r := range runs(t.heard.Frames, 15, func(s hearing.Sound) bool { return s.Music }) {
		c.add(`<path d="%s" fill="%s" fill-opacity="0.55"><title>hold music</title></path>`, wave(t.samples, r, y+rowHeight/2, rowHeight*0.42), musicColour)
		c.text(x(frameTime(r[0]))+8, top+14, 10.5, "#5b21b6", `font-weight="600"`, "♪ music")
	}
	for _, r := range runs(t.heard.Frames, 10, func(s hearing.Sound) bool { return s.Tone }) {
		c.add(`<path d="%s" fill="%s"><title>a tone</title></path>`, wave(t.samples, r, y+rowHeight/2, rowHeight*0.42), toneColour)
		if r[1]-r[0] > 25 {
			label := "tone"
			if !t.heldAt(r[0] * hearing.Frame) {
				label = "ringing" // the other long one
			}
			c.text(x(frameTime(r[0]))+2, y+rowHeight+5, 10, greyColour, "", label)
		}
	}
	for _, r := range runs(t.heard.Frames, 5, func(s hearing.Sound) bool { return s.Other }) {
		if r[1]-r[0] < 5 {
			continue // the edge of a fade
		}
		c.add(`<path d="%s" fill="#dc2626"><title>a sound of unknown origin</title></path>`, wave(t.samples, r, y+rowHeight/2, rowHeight*0.42))
	}
}

// runs are the stretches of frames [from, to) of which is holds; gaps of up to
// bridge frames belong to them.
func runs(frames []hearing.Sound, bridge int, is func(hearing.Sound) bool) (all [][2]int) {
	for i, f := range frames {
		if !is(f) {
			continue
		}
		if n := len(all); n > 0 && i-all[n-1][1] <= bridge {
			all[n-1][1] = i + 1
		} else {
			all = append(all, [2]int{i, i + 1})
		}
	}
	return all
}

// drawVoice draws the lines of a speaker that the lane's owner heard.
func drawVoice(c *canvas, t *track, speaker *person, top float64) {
	for _, u := range t.heard.Utterances {
		if u.Voice != speaker.id || u.Absent() {
			continue
		}
		from := (u.At + u.Delay) / hearing.Frame
		r := [2]int{from, from + len(u.Samples)/hearing.Frame}
		opacity := 1.0
		if !u.Clear() {
			opacity = 0.35 // faint: a trace of a voice
		}
		sound := make([]int16, (r[1]+1)*hearing.Frame)
		copy(sound[max(u.At+u.Delay, 0):], u.Samples)
		left, right := x(frameTime(r[0])), x(frameTime(r[1]))
		c.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="3" fill="%s" fill-opacity="%.2f"/>`, left-3, top+4, right-left+6, rowHeight-8, voiceColour[speaker.id], 0.13*opacity)
		c.add(`<path d="%s" fill="%s" fill-opacity="%.2f"><title>%s, %.1f dB</title></path>`, wave(sound, r, top+rowHeight/2, rowHeight*0.42), voiceColour[speaker.id], opacity, html.EscapeString(speaker.name), u.Level)
	}
}

// drawOwn draws when the lane's owner spoke: outlined, since nobody hears their
// own voice.
func drawOwn(c *canvas, t *track, top float64) {
	for _, u := range t.heard.Utterances {
		if u.Voice != t.person.id {
			continue
		}
		left := leftMargin + float64(u.At)/hearing.Rate*perSecond
		width := float64(len(u.Samples)) / hearing.Rate * perSecond
		c.add(`<rect x="%.1f" y="%.1f" width="%.1f" height="12" rx="6" fill="#ffffff" stroke="%s" stroke-width="1.2" stroke-dasharray="3 2"/>`, left, top+rowHeight/2-6, width, voiceColour[t.person.id])
		label := "speaks"
		if t.heldAt(u.At) {
			label = "to nobody"
		}
		c.text(left+width/2, top+rowHeight/2+3.5, 9.5, voiceColour[t.person.id], `text-anchor="middle"`, label)
	}
}

// heldAt reports whether the person was on hold at a sample.
func (t *track) heldAt(sample int) bool {
	for _, h := range t.held {
		if sample >= at(h.from) && (h.to == 0 || sample < at(h.to)) {
			return true
		}
	}
	return false
}

// wave is the outline of the frames r of a sound, mirrored about y.
func wave(samples []int16, r [2]int, y, half float64) string {
	const step = 2 // frames to a point
	var upper []string
	var lower []string
	for i := r[0]; i < r[1]; i += step {
		a, b := max(i*hearing.Frame, 0), min((i+step)*hearing.Frame, len(samples))
		peak := 0.0
		for _, v := range samples[min(a, b):b] {
			peak = max(peak, max(float64(v), -float64(v))/32768)
		}
		// A root makes soft sounds visible beside loud ones.
		h := max(0.7, half*min(1, math.Sqrt(peak*1.6)))
		px := x(frameTime(i)) + perSecond*float64(step)/100
		upper = append(upper, fmt.Sprintf("%.1f %.1f", px, y-h))
		lower = append(lower, fmt.Sprintf("%.1f %.1f", px, y+h))
	}
	slices.Reverse(lower)
	return "M" + strings.Join(append(upper, lower...), "L") + "Z"
}

// drawAxis draws the seconds.
func drawAxis(c *canvas, end time.Duration, top float64) {
	y := top + 14
	c.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`, leftMargin, y, x(end), y, greyColour)
	for s := 0; time.Duration(s)*time.Second <= end; s++ {
		px, tick := x(time.Duration(s)*time.Second), 3.0
		if s%5 == 0 {
			tick = 7
			c.text(px, y+20, 11, greyColour, `text-anchor="middle"`, fmt.Sprintf("%d s", s))
		}
		c.add(`<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="%s"/>`, px, y, px, y+tick, greyColour)
	}
}

// drawLegend explains the signs and gives the judgement.
func drawLegend(c *canvas, tracks []*track, findings []finding, top, width float64) {
	y, px := top+28, leftMargin
	item := func(sign, label string) {
		c.add(`<g transform="translate(%.1f %.1f)">%s</g>`, px, y-11, sign)
		c.text(px+34, y, 12, inkColour, "", label)
		px += 34 + float64(len([]rune(label)))*6.6 + 22
	}
	for _, t := range tracks {
		item(fmt.Sprintf(`<rect width="26" height="14" rx="3" fill="%s"/>`, voiceColour[t.person.id]), t.person.name+"’s voice")
	}
	item(fmt.Sprintf(`<rect width="26" height="14" rx="3" fill="%s" fill-opacity="0.6"/>`, musicColour), "hold music")
	item(fmt.Sprintf(`<rect width="26" height="14" rx="3" fill="%s"/>`, toneColour), "ringing or tone")
	item(`<rect width="26" height="14" rx="3" fill="url(#hold)" stroke="#f59e0b"/>`, "on hold")
	item(fmt.Sprintf(`<rect y="1" width="26" height="12" rx="6" fill="none" stroke="%s" stroke-dasharray="3 2"/>`, greyColour), "speaks; never hears the own voice")
	colour, text := "#15803d", fmt.Sprintf("✓ all %d checks of the audio hold", len(findings))
	if n := failed(findings); n > 0 {
		colour, text = "#b91c1c", fmt.Sprintf("✗ %d of %d checks of the audio failed", n, len(findings))
	}
	c.text(width-rightSpace, 44, 14, colour, `font-weight="700" text-anchor="end"`, text)
}
