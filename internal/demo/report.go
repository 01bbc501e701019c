package demo

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"warmline/internal/hearing"
)

// report prints, for each step and listener, the level of each voice in the
// recording, relative to the voice as spoken, and then every failed check.
func report(w io.Writer, marks []mark, tracks []*track, findings []finding) {
	fmt.Fprintf(w, "What each person heard, told from the recordings: each voice in dB relative to the\n")
	fmt.Fprintf(w, "voice as spoken (0 is clear, %.0f or less is nothing), the rest in %% of the time.\n\n", hearing.Absent)
	fmt.Fprintf(w, "%-16s %-9s", "step", "listener")
	for _, t := range tracks {
		fmt.Fprintf(w, " %9s", t.person.name)
	}
	fmt.Fprintf(w, " %6s %6s\n", "music", "tone")
	for _, m := range marks {
		title := fmt.Sprintf("%d %s", m.number, m.title)
		for _, t := range tracks {
			if expected[m.number-1][t.person.id].out {
				continue
			}
			fmt.Fprintf(w, "%-16s %-9s", title, t.person.name)
			for _, speaker := range tracks {
				fmt.Fprintf(w, " %9s", voiceLevel(m, t, speaker.person.id))
			}
			a, b := at(m.from)/hearing.Frame, at(m.to-edge)/hearing.Frame
			music := share(t.heard.Frames, a, b, func(s hearing.Sound) bool { return s.Music })
			tone := share(t.heard.Frames, a, b, func(s hearing.Sound) bool { return s.Tone })
			fmt.Fprintf(w, " %6s %6s  %s\n", percent(music), percent(tone), verdict(findings, m.number, t.person.id))
			title = ""
		}
	}
	fmt.Fprintln(w)
	for _, f := range findings {
		if !f.ok {
			fmt.Fprintf(w, "WRONG: step %d, the %s: %s\n", f.step, f.listener, f.what)
		}
	}
	if n := failed(findings); n == 0 {
		fmt.Fprintf(w, "All %d checks of the audio hold: everybody heard exactly whom they should.\n", len(findings))
	}
}

// voiceLevel is the level of a voice in a step: of its faintest line where it
// is to be heard, of its loudest where it is not; a dot where nothing was said.
func voiceLevel(m mark, t *track, speaker string) string {
	var levels []float64
	for _, u := range t.heard.Utterances {
		if u.Voice == speaker && within(m, u) {
			levels = append(levels, u.Level)
		}
	}
	if len(levels) == 0 {
		return "."
	}
	if slices.Contains(expected[m.number-1][t.person.id].voices, speaker) {
		return fmt.Sprintf("%.1f", slices.Min(levels)+0) // +0: no "-0.0"
	}
	return fmt.Sprintf("%.0f", slices.Max(levels))
}

func percent(share float64) string {
	if share < 0.005 {
		return "."
	}
	return fmt.Sprintf("%.0f", 100*share)
}

// verdict is "ok" or what is wrong in one line of the table.
func verdict(findings []finding, step int, listener string) string {
	var wrong []string
	for _, f := range findings {
		if f.step == step && f.listener == listener && !f.ok {
			wrong = append(wrong, f.what)
		}
	}
	if len(wrong) == 0 {
		return "ok"
	}
	return "WRONG: not true that it " + strings.Join(wrong, "; ")
}
