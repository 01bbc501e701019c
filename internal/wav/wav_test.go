package wav

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
)

func TestRoundTrip(t *testing.T) {
	for _, want := range [][]int16{{}, {0}, {1, -1, 32767, -32768, 255, 256}} {
		got, err := Decode(Encode(want))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%v came back as %v, %v", want, got, err)
		}
	}
}

func TestHeader(t *testing.T) {
	b := Encode([]int16{1, 2})
	if len(b) != 48 || binary.LittleEndian.Uint32(b[4:]) != 40 || binary.LittleEndian.Uint32(b[40:]) != 4 {
		t.Errorf("% x", b)
	}
}

func TestOtherChunksAreSkipped(t *testing.T) {
	b := Encode([]int16{7, 8})
	odd := append([]byte("LIST\x03\x00\x00\x00abc"), 0) // padded to an even length
	got, err := Decode(slices.Concat(b[:12], odd, b[12:36], odd, b[36:]))
	if err != nil || !slices.Equal(got, []int16{7, 8}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBadFiles(t *testing.T) {
	good := Encode([]int16{1, 2, 3})
	change := func(at int, v byte) []byte {
		b := bytes.Clone(good)
		b[at] = v
		return b
	}
	for _, c := range []struct {
		file []byte
		says string
	}{
		{nil, "not a WAV"},
		{[]byte("RIFFxxxxWAV?"), "not a WAV"},
		{good[:36], "without data"},
		{slices.Concat(good[:12], good[36:]), "before its format"},
		{change(22, 2), "2 channels"},
		{change(20, 7), "coding 7"},
		{change(34, 8), "8 bits"},
		{change(24, 0x41), "8001 Hz"},
		{change(16, 4)[:28], "short format"},
	} {
		if _, err := Decode(c.file); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want one that says %q", err, c.says)
		}
	}
	// A size that was never filled in: what is there counts.
	if got, err := Decode(change(43, 0xff)); err != nil || len(got) != 3 {
		t.Errorf("open-ended file: %v, %v", got, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(Encode([]int16{1, 2, 3}))
	f.Add(Encode(nil)[:40])
	f.Fuzz(func(t *testing.T, b []byte) {
		samples, err := Decode(b)
		if err != nil {
			return
		}
		again, err := Decode(Encode(samples))
		if err != nil || !slices.Equal(again, samples) {
			t.Errorf("%v, %v", again, err)
		}
	})
}
