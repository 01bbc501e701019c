package opus

import (
	"testing"

	"github.com/thesyncim/gopus"

	"warmline/internal/speech"
)

func TestSamplesAndStereo(t *testing.T) {
	for _, c := range []struct {
		name    string
		payload []byte
		samples int
		stereo  bool
	}{
		{"nothing", nil, 0, false},
		{"stereo", []byte{0x4c, 1, 2}, 320, true},
		{"stereo, two equal", []byte{0xfd, 1, 2, 3, 4}, 640, true},
		{"SILK 10 ms", []byte{0x40, 1, 2}, 160, false},
		{"SILK 60 ms", []byte{0x58, 1, 2}, 960, false},
		{"hybrid 10 ms", []byte{0x60, 1, 2}, 160, false},
		{"hybrid 20 ms", []byte{0x68, 1, 2}, 320, false},
		{"CELT 2.5 ms", []byte{0x80, 1, 2}, 40, false},
		{"CELT 20 ms", []byte{0x98, 1, 2}, 320, false},
		{"pause", []byte{0x48}, 320, false},
		{"pause of a byte", []byte{0x48, 0}, 320, false},
		{"two equal", []byte{0x49, 1, 2, 3, 4}, 640, false},
		{"two equal, odd", []byte{0x49, 1, 2, 3}, 0, false},
		{"two pauses", []byte{0x49}, 640, false},
		{"two", []byte{0x4a, 1, 9, 8, 7}, 640, false},
		{"two, the second empty", []byte{0x4a, 1, 9}, 640, false},
		{"two, the first too long", []byte{0x4a, 5, 9}, 0, false},
		{"two, no length", []byte{0x4a}, 0, false},
		{"two, half a length", []byte{0x4a, 252}, 0, false},
		{"six", []byte{0x4b, 6}, 1920, false},
		{"seven are too long", []byte{0x4b, 7}, 0, false},
		{"none", []byte{0x4b, 0}, 0, false},
		{"no count", []byte{0x4b}, 0, false},
		{"48 of 2.5 ms", append([]byte{0x83, 48}, make([]byte, 96)...), 1920, false},
		{"padded", []byte{0x4b, 0x41, 2, 9, 9, 0, 0}, 320, false},
		{"padding alone", []byte{0x4b, 0x41, 2, 0, 0}, 320, false},
		{"padding too long", []byte{0x4b, 0x41, 3, 0, 0}, 0, false},
		{"padding without end", []byte{0x4b, 0x41, 255}, 0, false},
		{"three with lengths", []byte{0x4b, 0x83, 2, 0, 5, 5, 7, 7}, 960, false},
		{"frame too long", append([]byte{0x48}, make([]byte, 1276)...), 0, false},
	} {
		if n, s := Samples(c.payload), Stereo(c.payload); n != c.samples || s != c.stereo {
			t.Errorf("%s: %d samples, stereo %t; want %d, %t", c.name, n, s, c.samples, c.stereo)
		}
	}
}

// FuzzSamples compares the header's reading with that of the library.
func FuzzSamples(f *testing.F) {
	f.Add([]byte{0x4b, 0xc3, 255, 7, 200, 3, 1, 2, 3})
	f.Add([]byte{0x4a, 253, 7, 200})
	f.Fuzz(func(t *testing.T, payload []byte) {
		n := Samples(payload)
		info, err := gopus.ParsePacket(payload)
		want, stereo := 0, Stereo(payload)
		if err == nil {
			want = info.FrameCount * info.TOC.FrameSize / 3
			stereo = info.TOC.Stereo
		}
		if n != want || Stereo(payload) != stereo {
			t.Fatalf("%d samples, stereo %t; want %d, %t (%v)", n, Stereo(payload), want, stereo, err)
		}
	})
}

// FuzzDecode feeds a decoder with a good packet, with anything, and conceals;
// what comes out has the length that was said.
func FuzzDecode(f *testing.F) {
	good := packets(f, newEncoder(f, Config{Loss: 20}), speech.Wide()[16000:32000])
	for _, p := range good[:5] {
		f.Add(p, uint16(320), uint8(3))
	}
	f.Add([]byte{0x4b, 0x41, 2, 9, 9, 0, 0}, uint16(333), uint8(0))
	f.Add([]byte{0xfc, 1, 2, 3, 4, 5}, uint16(1920), uint8(1))
	d := newDecoder(f)
	dst := make([]int16, 1<<16)
	f.Fuzz(func(t *testing.T, payload []byte, gap uint16, order uint8) {
		d.Reset()
		if order&1 != 0 {
			play(t, d, good[20:23])
		}
		if order&2 != 0 {
			if n := d.Conceal(dst[:gap], payload); n != int(gap) {
				t.Fatalf("%d of %d samples concealed", n, gap)
			}
		}
		if n := d.Decode(dst, payload); n != 0 && n != Samples(payload) {
			t.Fatalf("%d samples, want %d", n, Samples(payload))
		}
		if n := d.Conceal(dst[:320], nil); n != 320 {
			t.Fatalf("%d samples concealed", n)
		}
		play(t, d, good[23:24])
	})
}
