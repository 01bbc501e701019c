package demo

import (
	"fmt"
	"slices"
	"time"

	"warmline/internal/hearing"
)

// want is what one person should hear in one step.
type want struct {
	out    bool     // not in the call
	voices []string // these, and no other
	music  bool     // all the time; else never
	tone   bool     // at least once; a customer hears none else
}

// expected is who hears what in each step: the rule that the server is held to.
var expected = []map[string]want{
	{ // 1 call
		customer: {voices: []string{alice}},
		alice:    {voices: []string{customer}},
		bob:      {out: true},
	},
	{ // 2 consult: Bob's phone rings
		customer: {music: true},
		alice:    {tone: true},
		bob:      {out: true},
	},
	{ // 3 talk it over
		customer: {music: true},
		alice:    {voices: []string{bob}},
		bob:      {voices: []string{alice}},
	},
	{ // 4 swap back
		customer: {voices: []string{alice}},
		alice:    {voices: []string{customer}},
		bob:      {tone: true},
	},
	{ // 5 merge
		customer: {voices: []string{alice, bob}},
		alice:    {voices: []string{customer, bob}},
		bob:      {voices: []string{customer, alice}},
	},
	{ // 6 leave
		customer: {voices: []string{bob}},
		alice:    {out: true},
		bob:      {voices: []string{customer}},
	},
}

// Shares of a step's time: of music that plays, of sounds that should not be.
const (
	mostly = 0.95
	hardly = 0.02
	rarely = 0.06 // at most so much of a step: a tone that a lost packet cut, the repair of one
)

// edge is left out at both ends of a step: what was said or played before the
// change is still on its way.
const edge = 300 * time.Millisecond

// A finding is one check and how it went.
type finding struct {
	step     int
	listener string
	what     string // what was to be, for people
	ok       bool
}

// judge holds what was heard to what should have been.
func judge(marks []mark, tracks []*track) (all []finding) {
	for _, m := range marks {
		for _, t := range tracks {
			if w := expected[m.number-1][t.person.id]; !w.out {
				all = append(all, judgeVoices(m, t, w)...)
				all = append(all, judgeSounds(m, t, w)...)
			}
		}
	}
	return all
}

// judgeVoices checks each line of a step: heard whole by those who should, by
// the others not at all, and never by the speaker.
func judgeVoices(m mark, t *track, w want) (all []finding) {
	for _, u := range t.heard.Utterances {
		if !within(m, u) {
			continue
		}
		f := finding{step: m.number, listener: t.person.id}
		switch {
		case slices.Contains(w.voices, u.Voice) && !aside(m, u):
			f.what, f.ok = fmt.Sprintf("hears %s (%.1f dB, match %.2f)", u.Voice, u.Level, u.Match), u.Clear()
		case u.Voice == t.person.id:
			f.what, f.ok = fmt.Sprintf("does not hear its own voice (%.0f dB)", u.Level), u.Absent()
		default:
			f.what, f.ok = fmt.Sprintf("does not hear %s (%.0f dB)", u.Voice, u.Level), u.Absent()
		}
		all = append(all, f)
	}
	return all
}

// within reports whether an utterance was begun in a step.
func within(m mark, u hearing.Heard) bool { return u.At >= at(m.from) && u.At < at(m.to) }

// aside reports whether the speaker is on hold in this step: by the table, one
// who hears no voice there.
func aside(m mark, u hearing.Heard) bool { return len(expected[m.number-1][u.Voice].voices) == 0 }

// judgeSounds checks music, tones and what belongs to neither.
func judgeSounds(m mark, t *track, w want) []finding {
	a, b := at(m.from+edge)/hearing.Frame, at(m.to-edge)/hearing.Frame
	music := share(t.heard.Frames, a, b, func(s hearing.Sound) bool { return s.Music })
	// A tone may come with the change itself, before the edge.
	tone := share(t.heard.Frames, at(m.from)/hearing.Frame, b, func(s hearing.Sound) bool { return s.Tone })
	other := share(t.heard.Frames, a, b, func(s hearing.Sound) bool { return s.Other })
	add := func(what string, value float64, ok bool) finding {
		return finding{m.number, t.person.id, fmt.Sprintf("%s (%.0f %% of the time)", what, 100*value), ok}
	}
	all := []finding{add("hears nothing of unknown origin", other, other <= rarely)}
	if w.music {
		all = append(all, add("hears the music throughout", music, music >= mostly))
	} else {
		all = append(all, add("hears no music", music, music <= hardly))
	}
	switch {
	case w.tone:
		all = append(all, add("hears a tone", tone, tone > 0.02))
	case t.person.id == customer:
		all = append(all, add("hears no tone", tone, tone <= hardly))
	}
	return all
}

// share is the part of the frames a to b of which is holds.
func share(frames []hearing.Sound, a, b int, is func(hearing.Sound) bool) float64 {
	a, b = max(a, 0), min(b, len(frames))
	if a >= b {
		return 0
	}
	n := 0
	for _, f := range frames[a:b] {
		if is(f) {
			n++
		}
	}
	return float64(n) / float64(b-a)
}

func failed(findings []finding) (n int) {
	for _, f := range findings {
		if !f.ok {
			n++
		}
	}
	return n
}
