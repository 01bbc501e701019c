package media

import (
	"strconv"

	"warmline/media/jitter"
	"warmline/media/opus"
	"warmline/mixer"
)

// codec is one of the audio encodings a session can speak.
type codec struct {
	name        string // in the configuration and in statistics
	encoding    string // in a=rtpmap
	kind        kind
	payloadType uint8  // static (RFC 3551), else the one we offer
	dynamic     bool   // payloadType means nothing without a=rtpmap
	clock       int    // of its RTP timestamps, Hz
	channels    string // in a=rtpmap, "" for one
	rate        int    // of its samples, Hz
	fmtp        string // what we ask of those who send to us; "": nothing
	// steady codecs have packets of 20 ms whatever the peer prefers.
	steady bool

	// G.711 is tables.
	decode *[256]int16
	encode *[1 << 14]uint8 // by the upper 14 bits of a sample
	tables mixer.Encoder   // the same as an encoder
	// The others have state, one of each for every stream.
	newDecoder func() jitter.Decoder
	newEncoder func(opusWish) voiceEncoder
	apart      int                      // frames in which its encoders become as alike as ever
	jumps      bool                     // costs much, and can go from one to another all the same
	enters     int                      // quiet packets after which its decoder has forgotten another encoder's
	duration   func(payload []byte) int // samples in a packet; nil: a byte is 125 µs
}

// samples is how many a payload holds at the codec's rate; 0: it is not valid.
func (c *codec) samples(payload []byte) int {
	if c.duration != nil {
		return c.duration(payload)
	}
	return len(payload) * c.rate / clockRate
}

// number is the codec's for what sessions share.
func (c *codec) number() mixer.Codec { return mixer.Codec(c.kind - kindPCMU) }

// The codecs with state. RFC 3551 §4.5.2 has the clock of G.722 at 8000 Hz, half
// its samples', for the sake of an old mistake. Opus is what RFC 7587 wants in
// SDP whatever is in the packets: two channels at 48 kHz. Its fmtp says that we
// play and send wideband, have use for in-band FEC, and take short packets; and at
// most how many bits, which is more than wideband can have use for, and what the
// playout has room for at any delay.
var (
	codecG722 = &codec{
		name: "g722", encoding: "G722", kind: kindG722, payloadType: 9, clock: 8000, rate: 16000,
		newDecoder: newDecoderG722, newEncoder: newEncoderG722, apart: 100, enters: 1,
	}
	codecOpus = &codec{
		name: "opus", encoding: "opus", kind: kindOpus, payloadType: 111, dynamic: true, clock: 48000,
		channels: "2", rate: 16000, steady: true,
		fmtp:       "minptime=10;useinbandfec=1;maxplaybackrate=16000;sprop-maxcapturerate=16000;maxaveragebitrate=64000",
		newDecoder: newDecoderOpus, newEncoder: newEncoderOpus, duration: opus.Samples,
		apart: 10, jumps: true, enters: 3,
	}

	codecs        = []*codec{pcmu, pcma, codecG722, codecOpus}
	defaultCodecs = []*codec{pcmu, pcma} // of an engine that is not told
)

// codecNamed finds a codec by its name in the configuration.
func codecNamed(name string) *codec {
	for _, c := range codecs {
		if c.name == name {
			return c
		}
	}
	return nil
}

// codecsNamed finds several, in order; unknown names are left out.
func codecsNamed(names []string) []*codec {
	var list []*codec
	for _, name := range names {
		if c := codecNamed(name); c != nil {
			list = append(list, c)
		}
	}
	return list
}

// rtpmap is what stands after the payload type in a=rtpmap.
func (c *codec) rtpmap() string {
	text := c.encoding + "/" + strconv.Itoa(c.clock)
	if c.channels != "" {
		text += "/" + c.channels
	}
	return text
}

// packetTime is the length of the packets we send to a peer that wants the
// given one, in milliseconds.
func (c *codec) packetTime(wanted int) int {
	if c.steady {
		return 20
	}
	return wanted
}

// kind is what a payload type carries.
type kind uint8

const (
	kindUnknown kind = iota
	kindPCMU
	kindPCMA
	kindG722
	kindOpus
	kindEvent     // telephone-event at 8000 Hz
	kindEventWide // at 48000 Hz, the clock of Opus
	kindComfort
	kinds int = iota
)

// codec is the codec of a kind of audio; nil for any other.
func (k kind) codec() *codec {
	switch k {
	case kindPCMU:
		return pcmu
	case kindPCMA:
		return pcma
	case kindG722:
		return codecG722
	case kindOpus:
		return codecOpus
	}
	return nil
}

// isEvent says whether k is telephone-event, at any clock.
func (k kind) isEvent() bool { return k == kindEvent || k == kindEventWide }

// clock is that of the timestamps and durations of k, in Hz.
func (k kind) clock() int {
	if k == kindOpus || k == kindEventWide {
		return 48000
	}
	return clockRate
}

// eventsFor are the kinds of telephone-event that may go with audio at a clock,
// the right one first: RFC 4733 §2.5.1.1 wants the audio's. Many phones have
// only that of 8000 Hz next to Opus, and keys must get through to them.
func eventsFor(clock int) []kind {
	if clock == kindEventWide.clock() {
		return []kind{kindEventWide, kindEvent}
	}
	return []kind{kindEvent}
}
