package speech

import (
	"encoding/binary"
	"hash/crc32"
	"slices"
	"testing"
)

func sum(signal []int16) uint32 {
	var b []byte
	for _, v := range signal {
		b = binary.LittleEndian.AppendUint16(b, uint16(v))
	}
	return crc32.ChecksumIEEE(b)
}

// The samples stay the same: tables in the documents are measured with them.
func TestSamplesAreAlwaysTheSame(t *testing.T) {
	for _, tt := range []struct {
		name   string
		signal []int16
		n      int
		sum    uint32
	}{
		{"dialogue", Dialogue(20), 160_000, 0xe715daba},
		{"wide", Wide(), 646_400, 0x97e4bb4f},
	} {
		if len(tt.signal) != tt.n || sum(tt.signal) != tt.sum {
			t.Errorf("%s: %d samples, sum %#x", tt.name, len(tt.signal), sum(tt.signal))
		}
	}
}

// Less of the dialogue is its beginning, and what one test does to it another does
// not see.
func TestDialogueIsOnesOwn(t *testing.T) {
	long, short := Dialogue(20), Dialogue(3)
	if len(short) != 3*Rate || !slices.Equal(short, long[:3*Rate]) {
		t.Error("three seconds are not the first three of twenty")
	}
	clear(long)
	if slices.Equal(Dialogue(20), long) {
		t.Error("two callers share the samples")
	}
}

// A tone begins and ends with silence, is as loud as it says, and can be repeated
// without a step.
func TestSwelling(t *testing.T) {
	for _, rate := range []int{8000, 16000} {
		s := Swelling(400, rate)
		if len(s) != rate*8/10 || s[0] != 0 || s[len(s)-1] != 0 {
			t.Errorf("%d Hz: %d samples from %d to %d", rate, len(s), s[0], s[len(s)-1])
		}
		if top := slices.Max(s); top < 5900 || top > 6000 {
			t.Errorf("%d Hz: up to %d", rate, top)
		}
	}
}
