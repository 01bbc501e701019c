package opus

import (
	"testing"

	"warmline/internal/speech"
)

// TestAllocations: none in the steady state. Redundancy and concealment cost a
// few, in the library.
func TestAllocations(t *testing.T) {
	signal := speech.Wide()[16000:64000]
	list := packets(t, newEncoder(t, Config{Loss: 20}), signal)
	encoded, decoded := make([]byte, MaxBytes), make([]int16, MaxSamples)
	d := newDecoder(t)
	i := 0
	decode := func() {
		d.Decode(decoded, list[i%100])
		i++
	}
	encode := func(e *Encoder) func() {
		return func() {
			at := i % 100 * FrameSamples
			e.Encode(encoded, signal[at:at+FrameSamples])
			i++
		}
	}
	for _, c := range []struct {
		name string
		most float64
		run  func()
	}{
		{"encode", 0, encode(newEncoder(t, Config{}))},
		{"encode with a constant bitrate", 0, encode(newEncoder(t, Config{CBR: true}))},
		{"encode with redundancy", 6, encode(newEncoder(t, Config{Loss: 20}))},
		{"decode", 0, decode},
		{"synthesise", 3, func() { decode(); d.Conceal(decoded[:320], nil) }},
		{"use redundancy", 3, func() { decode(); d.Conceal(decoded[:320], list[i%100]) }},
	} {
		i = 0
		for range 100 {
			c.run()
		}
		if n := testing.AllocsPerRun(100, c.run); n > c.most {
			t.Errorf("%s: %.0f allocations", c.name, n)
		}
	}
}
