package mixer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"
	"testing/iotest"
)

// wavFile builds a file of a format, with a chunk in front that readers must
// pass over.
func wavFile(tag, channels, rate, bits int, data []byte) []byte {
	var b bytes.Buffer
	le := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err)
		}
	}
	b.WriteString("RIFF\x00\x00\x00\x00WAVELIST")
	le(uint32(3))
	b.WriteString("abc\x00fmt ")
	if tag == wavExtensible {
		le(uint32(40))
	} else {
		le(uint32(16))
	}
	le([]uint16{uint16(tag), uint16(channels)})
	le([]uint32{uint32(rate), uint32(rate * channels * bits / 8)})
	le([]uint16{uint16(channels * bits / 8), uint16(bits)})
	if tag == wavExtensible {
		le([]uint16{22, uint16(bits)})
		le(uint32(0))
		le(uint16(wavPCM))
		b.Write(make([]byte, 14))
	}
	b.WriteString("data")
	le(uint32(len(data)))
	b.Write(data)
	return b.Bytes()
}

// pcm encodes a signal in full-scale units with a number of bits.
func pcm(bits, channels int, signal []float64) []byte {
	var out []byte
	for _, v := range signal {
		for range channels {
			switch bits {
			case 8:
				out = append(out, byte(128+math.Round(127*v)))
			case 16:
				out = binary.LittleEndian.AppendUint16(out, uint16(int16(math.Round(32767*v))))
			case 24:
				x := int32(math.Round(8388607 * v))
				out = append(out, byte(x), byte(x>>8), byte(x>>16))
			case 32:
				out = binary.LittleEndian.AppendUint32(out, uint32(int32(math.Round(2147483647*v))))
			}
		}
	}
	return out
}

func wave(hz, peak float64, rate, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = peak * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))
	}
	return out
}

func TestLoadWAVFormatsAndRates(t *testing.T) {
	for _, f := range []struct{ tag, channels, rate, bits int }{
		{wavPCM, 1, 8000, 16}, {wavPCM, 1, 8000, 8}, {wavPCM, 2, 44100, 16}, {wavPCM, 1, 48000, 24},
		{wavPCM, 1, 11025, 16}, {wavPCM, 6, 16000, 32}, {wavPCM, 1, 6000, 16}, {wavPCM, 2, 192000, 16},
		{wavExtensible, 2, 22050, 16},
	} {
		file := wavFile(f.tag, f.channels, f.rate, f.bits, pcm(f.bits, f.channels, wave(1000, 0.5, f.rate, f.rate)))
		got, err := LoadWAV(bytes.NewReader(file))
		if err != nil {
			t.Errorf("%+v: %v", f, err)
			continue
		}
		if math.Abs(float64(len(got)-SampleRate)) > 1 {
			t.Errorf("%+v: a second became %d samples", f, len(got))
		}
		if level := dB(power(got[400:7600], 1000) / 0.5); math.Abs(level) > 0.1 {
			t.Errorf("%+v: 1 kHz is off by %.2f dB", f, level)
		}
		// What is not the tone: at 8 bits the quantisation itself.
		limit := -60.0
		if f.bits == 8 {
			limit = -40
		}
		rest := append([]int16(nil), got[400:7600]...)
		for i := range rest {
			ideal := 0.5 * 32767 * math.Sin(2*math.Pi*1000*float64(i+400)/SampleRate)
			rest[i] -= int16(math.Round(ideal))
		}
		if level := dB(rms(rest) + 1e-9); level > limit {
			t.Errorf("%+v: distortion and noise of %.1f dBFS", f, level)
		}
	}
}

func TestLoadWAVKeepsWhatFitsAndDropsWhatWouldAlias(t *testing.T) {
	for _, tone := range []struct {
		hz       float64
		aliased  float64 // where it would be heard
		min, max float64 // dB against the original
	}{
		{300, 300, -0.1, 0.1}, {3400, 3400, -0.5, 0.1}, {5000, 3000, math.Inf(-1), -60}, {9000, 1000, math.Inf(-1), -60},
	} {
		file := wavFile(wavPCM, 1, 44100, 16, pcm(16, 1, wave(tone.hz, 0.5, 44100, 44100)))
		got, err := LoadWAV(bytes.NewReader(file))
		if err != nil {
			t.Fatal(err)
		}
		if level := dB(power(got[400:7600], tone.aliased) / 0.5); level < tone.min || level > tone.max {
			t.Errorf("%.0f Hz is heard at %.0f Hz with %.1f dB", tone.hz, tone.aliased, level)
		}
	}
}

// The decision values of ITU-T G.711, tables 1a and 2a, scaled to 16 bits.
func TestLoadWAVG711(t *testing.T) {
	for _, c := range []struct {
		tag  int
		code byte
		want int16
	}{
		{wavMuLaw, 0xff, 0}, {wavMuLaw, 0x7f, 0}, {wavMuLaw, 0x80, 32124}, {wavMuLaw, 0x00, -32124}, {wavMuLaw, 0xf0, 120}, {wavMuLaw, 0xef, 132},
		{wavALaw, 0xd5, 8}, {wavALaw, 0x55, -8}, {wavALaw, 0xaa, 32256}, {wavALaw, 0x2a, -32256}, {wavALaw, 0xc5, 264},
	} {
		got, err := LoadWAV(bytes.NewReader(wavFile(c.tag, 1, 8000, 8, []byte{c.code})))
		if err != nil || len(got) != 1 || got[0] != c.want {
			t.Errorf("format %d, code %#02x: %v, %v; want %d", c.tag, c.code, got, err, c.want)
		}
	}
}

func TestLoadWAVAveragesChannels(t *testing.T) {
	data := pcm(16, 1, []float64{0.5, -0.5, 0.25, 0.75})
	got, err := LoadWAV(bytes.NewReader(wavFile(wavPCM, 2, 8000, 16, data)))
	if err != nil || len(got) != 2 || got[0] != 0 || math.Abs(float64(got[1])-16384) > 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestLoadWAVRefusals(t *testing.T) {
	good := wavFile(wavPCM, 1, 8000, 16, make([]byte, 320))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":       {nil, "not a RIFF WAVE file"},
		"mp3":         {[]byte("ID3\x03 and so on, and so on"), "not a RIFF WAVE file"},
		"no data":     {good[:48], "no audio"},
		"data first":  {[]byte("RIFF....WAVEdata\x00\x00\x00\x00"), "no format"},
		"short fmt":   {[]byte("RIFF....WAVEfmt \x04\x00\x00\x00abcd"), "cut short"},
		"no samples":  {wavFile(wavPCM, 1, 8000, 16, []byte{1}), "no audio"},
		"float":       {wavFile(3, 1, 8000, 32, make([]byte, 8)), "format 0x0003 with 32 bits"},
		"12 bits":     {wavFile(wavPCM, 1, 8000, 12, make([]byte, 8)), "12 bits"},
		"no channel":  {wavFile(wavPCM, 0, 8000, 16, make([]byte, 8)), "0 channels"},
		"channels":    {wavFile(wavPCM, 9, 8000, 16, make([]byte, 36)), "9 channels"},
		"rate":        {wavFile(wavPCM, 1, 3999, 16, make([]byte, 8)), "3999 Hz"},
		"rate beyond": {wavFile(wavPCM, 1, 1<<31-1, 16, make([]byte, 8)), "Hz; 4000 to 192000"},
	} {
		if _, err := LoadWAV(bytes.NewReader(c.data)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	broken := errors.New("disk on fire")
	if _, err := LoadWAV(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("a failing reader gives %v", err)
	}
}

func TestLoadWAVCutOff(t *testing.T) {
	file := wavFile(wavPCM, 1, 8000, 16, make([]byte, 3200))
	got, err := LoadWAV(bytes.NewReader(file[:len(file)-1601]))
	if err != nil || len(got) != 799 {
		t.Errorf("a file cut in the middle gives %d samples, %v", len(got), err)
	}
}

func TestWriteWAVIsReadBack(t *testing.T) {
	want := sine(440, 0.9, 8001)
	var b bytes.Buffer
	if err := WriteWAV(&b, SampleRate, want); err != nil {
		t.Fatal(err)
	}
	if b.Len() != 44+2*len(want) || binary.LittleEndian.Uint32(b.Bytes()[4:]) != uint32(b.Len()-8) {
		t.Errorf("%d bytes, and the header says %d", b.Len(), binary.LittleEndian.Uint32(b.Bytes()[4:]))
	}
	got, err := LoadWAV(&b)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d samples, %v", len(got), err)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Fatalf("sample %d: %d became %d", i, want[i], got[i])
		}
	}
	if err := WriteWAV(&b, 0, want); err == nil {
		t.Error("a rate of 0 was written")
	}
}

func FuzzLoadWAV(f *testing.F) {
	f.Add(wavFile(wavPCM, 2, 44100, 16, make([]byte, 64)))
	f.Add(wavFile(wavExtensible, 1, 8000, 24, make([]byte, 30)))
	f.Add(wavFile(wavMuLaw, 1, 8000, 8, make([]byte, 30)))
	f.Add([]byte("RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := LoadWAV(bytes.NewReader(data))
		if (err == nil) != (len(got) > 0) {
			t.Errorf("%d samples with error %v", len(got), err)
		}
		// A resampled second of the slowest rate is two: output is bounded by input.
		if len(got) > 2*len(data) {
			t.Errorf("%d bytes became %d samples", len(data), len(got))
		}
	})
}
