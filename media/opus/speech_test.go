package opus

import (
	"encoding/binary"
	"math"
	"testing"

	"warmline/testdata/speech"
)

// speech16 is the test dialogue at 16 kHz: upsampled with a long windowed sinc,
// so that there is little above 4 kHz, plus a trace of its own mirror image
// there, so that the high band has something to do.
func speech16(tb testing.TB) []int16 {
	tb.Helper()
	entries, err := speech.Files.ReadDir(".")
	if err != nil {
		tb.Fatal(err)
	}
	var narrow []int16
	for _, e := range entries {
		data, err := speech.Files.ReadFile(e.Name())
		if err != nil {
			tb.Fatal(err)
		}
		if len(data) < 44 || string(data[:4]) != "RIFF" {
			continue
		}
		for data = data[44:]; len(data) >= 2; data = data[2:] {
			narrow = append(narrow, int16(binary.LittleEndian.Uint16(data)))
		}
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
