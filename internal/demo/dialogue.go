package demo

import (
	"bytes"
	"fmt"
	"strings"

	"warmline/mixer"
	"warmline/testdata/speech"
)

// A line is something a person says in a step.
type line struct {
	step    int
	speaker string
	aside   bool // said on hold, while others talk: to nobody
	text    string
	samples []int16
}

// readDialogue loads the text and the sound of all lines.
func readDialogue() ([]line, error) {
	text, err := speech.Files.ReadFile("dialogue.txt")
	if err != nil {
		return nil, err
	}
	lines, err := parseDialogue(string(text))
	if err != nil {
		return nil, err
	}
	for i := range lines {
		name := fmt.Sprintf("%02d-%s.wav", i+1, lines[i].speaker)
		file, err := speech.Files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if lines[i].samples, err = mixer.LoadWAV(bytes.NewReader(file)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return lines, nil
}

// parseDialogue reads lines of "step speaker text"; a star after the speaker
// marks an aside.
func parseDialogue(text string) (lines []line, err error) {
	for n, raw := range strings.Split(text, "\n") {
		if raw = strings.TrimSpace(raw); raw == "" || raw[0] == '#' {
			continue
		}
		fields := strings.Fields(raw)
		var l line
		if len(fields) < 3 {
			return nil, fmt.Errorf("dialogue, line %d: want step, speaker and text", n+1)
		}
		if _, err := fmt.Sscan(fields[0], &l.step); err != nil || l.step < 1 || l.step > len(expected) {
			return nil, fmt.Errorf("dialogue, line %d: no step %q", n+1, fields[0])
		}
		l.speaker, l.aside = strings.CutSuffix(fields[1], "*")
		l.text = strings.Join(fields[2:], " ")
		lines = append(lines, l)
	}
	return lines, nil
}
