package media

import (
	"github.com/zaf/g711"

	"warmline/mixer"
)

var (
	pcmu = newG711("pcmu", "PCMU", kindPCMU, 0, g711.DecodeUlawFrame, g711.EncodeUlawFrame)
	pcma = newG711("pcma", "PCMA", kindPCMA, 8, g711.DecodeAlawFrame, g711.EncodeAlawFrame)
)

// newG711 fills the tables. Both laws look at no more than the upper 14 bits
// of a sample, so that a table of 16 KiB encodes, and stays in the cache.
func newG711(name, encoding string, k kind, pt uint8, decode func(uint8) int16, encode func(int16) uint8) *codec {
	c := &codec{
		name: name, encoding: encoding, kind: k, payloadType: pt, clock: clockRate, rate: clockRate,
		decode: new([256]int16), encode: new([1 << 14]uint8),
	}
	c.tables = tableEncoder{c}
	for i := range c.decode {
		c.decode[i] = decode(uint8(i))
	}
	for i := range c.encode {
		c.encode[i] = encode(int16(uint16(i) << 2))
	}
	return c
}

// tableEncoder is G.711 as an encoder, which has no state.
type tableEncoder struct{ codec *codec }

// Encode writes one byte per sample into dst.
func (e tableEncoder) Encode(dst []byte, frame []int16) int {
	table := e.codec.encode
	dst = dst[:len(frame)]
	for i, v := range frame {
		dst[i] = table[uint16(v)>>2]
	}
	return len(frame)
}

// Adopt implements mixer.Encoder.
func (e tableEncoder) Adopt(mixer.Encoder) {}
