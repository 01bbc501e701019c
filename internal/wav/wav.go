// Package wav reads and writes the one kind of sound file that the project
// uses: RIFF WAVE, linear 16 bit, 8 kHz, mono.
package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// SampleRate is the rate of all files, in Hz.
const SampleRate = 8000

// Decode returns the samples of a WAV file. Other rates, widths or more than
// one channel are an error that says what was found.
func Decode(file []byte) ([]int16, error) {
	if len(file) < 12 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WAVE" {
		return nil, errors.New("not a WAV file")
	}
	described := false
	for rest := file[12:]; len(rest) >= 8; {
		id, size := string(rest[:4]), int(binary.LittleEndian.Uint32(rest[4:8]))
		rest = rest[8:]
		if size < 0 || size > len(rest) {
			size = len(rest) // a writer that was cut off, or that streamed
		}
		body := rest[:size]
		switch id {
		case "fmt ":
			if err := checkFormat(body); err != nil {
				return nil, err
			}
			described = true
		case "data":
			if !described {
				return nil, errors.New("WAV data before its format")
			}
			samples := make([]int16, len(body)/2)
			for i := range samples {
				samples[i] = int16(binary.LittleEndian.Uint16(body[2*i:]))
			}
			return samples, nil
		}
		rest = rest[min(size+size%2, len(rest)):] // chunks begin at even places
	}
	return nil, errors.New("a WAV file without data")
}

func checkFormat(b []byte) error {
	if len(b) < 16 {
		return errors.New("a WAV file with a short format")
	}
	const pcm, extensible = 1, 0xfffe
	coding := binary.LittleEndian.Uint16(b)
	channels := binary.LittleEndian.Uint16(b[2:])
	rate := binary.LittleEndian.Uint32(b[4:])
	bits := binary.LittleEndian.Uint16(b[14:])
	if coding != pcm && coding != extensible || channels != 1 || rate != SampleRate || bits != 16 {
		return fmt.Errorf("a WAV file with coding %d, %d channels, %d Hz, %d bits; want linear, mono, %d Hz, 16 bits",
			coding, channels, rate, bits, SampleRate)
	}
	return nil
}

// Encode returns samples as a WAV file.
func Encode(samples []int16) []byte {
	const header = 44
	size := 2 * len(samples)
	b := bytes.NewBuffer(make([]byte, 0, header+size))
	u16 := func(v uint16) { binary.Write(b, binary.LittleEndian, v) }
	u32 := func(v uint32) { binary.Write(b, binary.LittleEndian, v) }
	b.WriteString("RIFF")
	u32(uint32(header - 8 + size))
	b.WriteString("WAVEfmt ")
	u32(16)
	u16(1) // linear
	u16(1) // mono
	u32(SampleRate)
	u32(2 * SampleRate)
	u16(2)
	u16(16)
	b.WriteString("data")
	u32(uint32(size))
	out := b.Bytes()
	for _, s := range samples {
		out = binary.LittleEndian.AppendUint16(out, uint16(s))
	}
	return out
}
