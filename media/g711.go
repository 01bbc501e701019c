package media

import "github.com/zaf/g711"

// codec is one of the audio encodings a session can speak.
type codec struct {
	name        string // in the configuration and in statistics
	encoding    string // in a=rtpmap
	payloadType uint8  // static, RFC 3551
	decode      *[256]int16
	encode      *[1 << 14]uint8 // by the upper 14 bits of a sample
}

var (
	pcmu = newCodec("pcmu", "PCMU", 0, g711.DecodeUlawFrame, g711.EncodeUlawFrame)
	pcma = newCodec("pcma", "PCMA", 8, g711.DecodeAlawFrame, g711.EncodeAlawFrame)

	codecs = []*codec{pcmu, pcma} // in the default order of preference
)

// newCodec fills the tables. Both laws look at no more than the upper 14 bits
// of a sample, so that a table of 16 KiB encodes, and stays in the cache.
func newCodec(name, encoding string, pt uint8, decode func(uint8) int16, encode func(int16) uint8) *codec {
	c := &codec{name: name, encoding: encoding, payloadType: pt, decode: new([256]int16), encode: new([1 << 14]uint8)}
	for i := range c.decode {
		c.decode[i] = decode(uint8(i))
	}
	for i := range c.encode {
		c.encode[i] = encode(int16(uint16(i) << 2))
	}
	return c
}

// codecNamed finds a codec by its name in the configuration.
func codecNamed(name string) *codec {
	for _, c := range codecs {
		if c.name == name {
			return c
		}
	}
	return nil
}

// encodeFrame writes one byte per sample into dst.
func (c *codec) encodeFrame(dst []byte, frame []int16) {
	table := c.encode
	dst = dst[:len(frame)]
	for i, v := range frame {
		dst[i] = table[uint16(v)>>2]
	}
}
