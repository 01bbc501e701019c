package speech

import (
	"encoding/binary"
	"math"

	"warmline/testdata/speech"
)

// Rate is that of the recordings, in Hz.
const Rate = 8000

// pause is what Dialogue has between two lines: 300 ms.
const pause = Rate * 3 / 10

// header is the size of a WAV's, in bytes.
const header = 44

// lines are the recordings, in the order of the dialogue.
func lines() (list [][]int16) {
	entries, _ := speech.Files.ReadDir(".") // built in: there is no error
	for _, e := range entries {
		data, _ := speech.Files.ReadFile(e.Name())
		if len(data) < header || string(data[:4]) != "RIFF" {
			continue // the text
		}
		var line []int16
		for data = data[header:]; len(data) >= 2; data = data[2:] {
			line = append(line, int16(binary.LittleEndian.Uint16(data)))
		}
		list = append(list, line)
	}
	return list
}

// Dialogue is the beginning of what is said, at 8 kHz, with a short pause after
// each line: so many seconds of it, which must be no more than there are.
func Dialogue(seconds int) []int16 {
	var signal []int16
	for _, line := range lines() {
		signal = append(signal, line...)
		signal = append(signal, make([]int16, pause)...)
	}
	return signal[:seconds*Rate]
}

// Wide is the whole dialogue without pauses at 16 kHz, in whole frames of 20 ms:
// upsampled with a long windowed sinc, so that there is little above 4 kHz, plus a
// trace of its own mirror image there, so that the high band has something to do.
func Wide() []int16 {
	var narrow []int16
	for _, line := range lines() {
		narrow = append(narrow, line...)
	}
	var taps [16]float64
	for k := range taps {
		x := float64(k) - 7.5
		taps[k] = 0.9 * math.Sin(math.Pi*x) / (math.Pi * x) * math.Pow(math.Cos(math.Pi*x/17), 2)
	}
	wide := make([]int16, 2*len(narrow)/640*640)
	for i := range wide {
		if i%2 == 0 {
			wide[i] = narrow[i/2]
			continue
		}
		sum := 0.0
		for k, tap := range taps {
			if at := i/2 - 7 + k; at >= 0 && at < len(narrow) {
				sum += tap * float64(narrow[at])
			}
		}
		wide[i] = int16(min(max(sum, math.MinInt16), math.MaxInt16))
	}
	return wide
}

// Swelling is a tone that comes and goes, 0.8 s in all, so smooth that any click
// stands out. Of a pitch that is a multiple of 1.25 Hz it goes on without a step if
// it is repeated.
func Swelling(hz float64, rate int) []int16 {
	out := make([]int16, rate*8/10)
	for i := range out {
		at := float64(i) / float64(rate)
		swell := max(0, math.Sin(2*math.Pi*at/0.8))
		out[i] = int16(math.Round(6000 * swell * swell * math.Sin(2*math.Pi*hz*at)))
	}
	return out
}
