package mixer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	// maxWAV bounds what LoadWAV reads: some twelve minutes of CD quality.
	maxWAV      = 128 << 20
	maxChannels = 8
	minRate     = 4000
	maxRate     = 192000
)

// Codes of the wFormatTag field.
const (
	wavPCM        = 0x0001
	wavALaw       = 0x0006
	wavMuLaw      = 0x0007
	wavExtensible = 0xfffe
)

// LoadWAV reads a WAV file into 8 kHz mono: PCM of 8, 16, 24 or 32 bits or
// G.711, of any rate from 4 to 192 kHz and up to eight channels, which are
// averaged. The error says what the file holds instead.
func LoadWAV(r io.Reader) ([]int16, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxWAV+1))
	if err != nil {
		return nil, fmt.Errorf("wav: %w", err)
	}
	if len(data) > maxWAV {
		return nil, fmt.Errorf("wav: larger than %d MiB", maxWAV>>20)
	}
	format, audio, err := wavChunks(data)
	if err != nil {
		return nil, fmt.Errorf("wav: %w", err)
	}
	if err := format.validate(); err != nil {
		return nil, fmt.Errorf("wav: %w", err)
	}
	signal := format.mono(audio)
	if len(signal) == 0 {
		return nil, errors.New("wav: no audio in it")
	}
	return quantise(resample(signal, format.rate, SampleRate), 1), nil
}

// WriteWAV writes 16-bit mono PCM.
func WriteWAV(w io.Writer, rate int, samples []int16) error {
	size := 2 * len(samples)
	if rate <= 0 || size > math.MaxUint32-36 {
		return fmt.Errorf("wav: cannot write %d samples at %d Hz", len(samples), rate)
	}
	buf := make([]byte, 0, 44+size)
	buf = append(buf, "RIFF"...)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(36+size))
	buf = append(buf, "WAVEfmt "...)
	buf = binary.LittleEndian.AppendUint32(buf, 16)
	buf = binary.LittleEndian.AppendUint16(buf, wavPCM)
	buf = binary.LittleEndian.AppendUint16(buf, 1)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(rate))
	buf = binary.LittleEndian.AppendUint32(buf, uint32(2*rate))
	buf = binary.LittleEndian.AppendUint16(buf, 2)
	buf = binary.LittleEndian.AppendUint16(buf, 16)
	buf = append(buf, "data"...)
	buf = binary.LittleEndian.AppendUint32(buf, uint32(size))
	for _, v := range samples {
		buf = binary.LittleEndian.AppendUint16(buf, uint16(v))
	}
	_, err := w.Write(buf)
	return err
}

type wavFormat struct {
	tag, channels, rate, bits int
}

// wavChunks finds the format and the audio. A data chunk that claims more than
// the file has, as recorders leave behind that were cut off, ends with the file.
func wavChunks(data []byte) (f wavFormat, audio []byte, err error) {
	if len(data) < 12 || !bytes.Equal(data[:4], []byte("RIFF")) || !bytes.Equal(data[8:12], []byte("WAVE")) {
		return f, nil, errors.New("not a RIFF WAVE file")
	}
	for rest := data[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), uint64(binary.LittleEndian.Uint32(rest[4:]))
		rest = rest[8:]
		body := rest[:min(size, uint64(len(rest)))]
		switch id {
		case "fmt ":
			if len(body) < 16 {
				return f, nil, errors.New("format chunk cut short")
			}
			f = wavFormat{
				tag:      int(binary.LittleEndian.Uint16(body)),
				channels: int(binary.LittleEndian.Uint16(body[2:])),
				rate:     int(binary.LittleEndian.Uint32(body[4:])),
				bits:     int(binary.LittleEndian.Uint16(body[14:])),
			}
			if f.tag == wavExtensible && len(body) >= 26 {
				f.tag = int(binary.LittleEndian.Uint16(body[24:])) // the sub-format's first field
			}
		case "data":
			if f.rate == 0 {
				return f, nil, errors.New("no format before the audio")
			}
			return f, body, nil
		}
		rest = rest[min(size+size%2, uint64(len(rest))):] // chunks are padded to even sizes
	}
	return f, nil, errors.New("no audio in it")
}

func (f wavFormat) validate() error {
	switch {
	case f.channels < 1 || f.channels > maxChannels:
		return fmt.Errorf("%d channels; 1 to %d are possible", f.channels, maxChannels)
	case f.rate < minRate || f.rate > maxRate:
		return fmt.Errorf("%d Hz; %d to %d are possible", f.rate, minRate, maxRate)
	case f.tag == wavPCM && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32):
		return nil
	case (f.tag == wavALaw || f.tag == wavMuLaw) && f.bits == 8:
		return nil
	}
	return fmt.Errorf("format %#04x with %d bits; PCM of 8, 16, 24, 32 bits and G.711 are possible", f.tag, f.bits)
}

// mono decodes the audio to one channel in units of 16 bits.
func (f wavFormat) mono(audio []byte) []float64 {
	width := f.bits / 8
	signal := make([]float64, len(audio)/(width*f.channels))
	for i := range signal {
		var sum float64
		for range f.channels {
			sum += f.sample(audio)
			audio = audio[width:]
		}
		signal[i] = sum / float64(f.channels)
	}
	return signal
}

func (f wavFormat) sample(b []byte) float64 {
	switch {
	case f.tag == wavALaw:
		return float64(fromALaw(b[0]))
	case f.tag == wavMuLaw:
		return float64(fromMuLaw(b[0]))
	case f.bits == 8: // the one width that is unsigned
		return float64(int(b[0])-128) * 256
	case f.bits == 16:
		return float64(int16(binary.LittleEndian.Uint16(b)))
	case f.bits == 24:
		return float64(int32(uint32(b[0])<<8|uint32(b[1])<<16|uint32(b[2])<<24)) / (1 << 16)
	}
	return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 16)
}

// fromMuLaw expands ITU-T G.711 µ-law to 16 bits.
func fromMuLaw(b byte) int16 {
	b = ^b
	v := (int16(b&15)<<3+132)<<(b>>4&7) - 132
	if b&0x80 != 0 {
		return -v
	}
	return v
}

// fromALaw expands ITU-T G.711 A-law to 16 bits.
func fromALaw(b byte) int16 {
	b ^= 0x55
	v := int16(b&15)<<4 + 8
	if segment := b >> 4 & 7; segment > 0 {
		v = (v + 256) << (segment - 1)
	}
	if b&0x80 == 0 {
		return -v
	}
	return v
}
