package bench

import "fmt"

// codec is how a leg's sound is carried. Encoding is done before the run and
// decoding after it, so that neither need be fast.
type codec interface {
	name() string
	payloadType() uint8
	format() string // as in a=rtpmap
	rate() int      // of the samples, in Hz
	clock() uint32  // RTP time stamp units per 20 ms frame
	// encode makes payloads of 20 ms each, to be sent in a loop.
	encode(samples []int16) [][]byte
	// decoder returns what decodes the payloads of one stream, in order, into
	// dst; it returns the samples written.
	decoder() func(dst []int16, payload []byte) int
}

// framesPerSecond is of 20 ms frames.
const framesPerSecond = 50

// codecs are those that can be asked for.
var codecs = []codec{
	g711{"pcmu", 0, "PCMU/8000", ulawEncode, ulawDecode},
	g711{"pcma", 8, "PCMA/8000", alawEncode, alawDecode},
	stateful{"g722", 9, "G722/8000", 160, newG722}, // the clock is not the rate: RFC 3551 §4.5.2
	stateful{"opus", 111, "opus/48000/2", 960, newOpus},
}

// payloadRoom is what a packet of any of them takes in a recording, in the mean
// at most.
const payloadRoom = 160

// codecNamed finds a codec.
func codecNamed(name string) (codec, error) {
	for _, c := range codecs {
		if c.name() != name {
			continue
		}
		if s, ok := c.(stateful); ok {
			return c, s.check()
		}
		return c, nil
	}
	return nil, fmt.Errorf("codec %q is not known", name)
}

// g711 is one of the two laws.
type g711 struct {
	id     string
	pt     uint8
	rtpmap string
	enc    func(int16) byte
	dec    func(byte) int16
}

func (g g711) name() string       { return g.id }
func (g g711) payloadType() uint8 { return g.pt }
func (g g711) format() string     { return g.rtpmap }
func (g g711) rate() int          { return 8000 }
func (g g711) clock() uint32      { return 160 }

func (g g711) encode(samples []int16) [][]byte {
	const size = 160
	out := make([][]byte, 0, len(samples)/size)
	for ; len(samples) >= size; samples = samples[size:] {
		frame := make([]byte, size)
		for i := range frame {
			frame[i] = g.enc(samples[i])
		}
		out = append(out, frame)
	}
	return out
}

func (g g711) decoder() func([]int16, []byte) int {
	return func(dst []int16, payload []byte) int {
		n := min(len(dst), len(payload))
		for i, b := range payload[:n] {
			dst[i] = g.dec(b)
		}
		return n
	}
}
