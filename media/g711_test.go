package media

import (
	"math"
	"testing"

	"github.com/zaf/g711"
)

// The tables are the functions they were made of, for every input.
func TestTables(t *testing.T) {
	tests := []struct {
		codec  *codec
		decode func(uint8) int16
		encode func(int16) uint8
	}{
		{pcmu, g711.DecodeUlawFrame, g711.EncodeUlawFrame},
		{pcma, g711.DecodeAlawFrame, g711.EncodeAlawFrame},
	}
	for _, tt := range tests {
		for i := range 256 {
			if got, want := tt.codec.decode[i], tt.decode(uint8(i)); got != want {
				t.Errorf("%s decodes %#x to %d, want %d", tt.codec.name, i, got, want)
			}
		}
		all := make([]int16, 65536)
		for i := range all {
			all[i] = int16(i - 32768)
		}
		coded := make([]byte, len(all))
		tt.codec.tables.Encode(coded, all)
		for i, v := range all {
			if want := tt.encode(v); coded[i] != want {
				t.Fatalf("%s encodes %d to %#x, want %#x", tt.codec.name, v, coded[i], want)
			}
		}
	}
}

// There and back is never off by more than the coarsest step.
func TestRoundTrip(t *testing.T) {
	for _, c := range []*codec{pcmu, pcma} {
		for v := math.MinInt16; v <= math.MaxInt16; v += 7 {
			got := int(c.decode[c.encode[uint16(int16(v))>>2]])
			if diff := got - v; diff > 1024 || diff < -1024 || v > 100 && got < 0 || v < -100 && got > 0 {
				t.Errorf("%s: %d came back as %d", c.name, v, got)
			}
		}
	}
}
