package jitter

// Rates in Hz, and times in samples of 8 kHz unless they say otherwise: a
// wideband stream has twice as many (Playout.k).
const (
	baseRate = 8000
	// baseFrame is 20 ms.
	baseFrame = 160
	// MaxFrame is the longest frame that Samples gives.
	MaxFrame = 2 * baseFrame
	// maxSamples bounds one packet, at any rate: 240 ms of G.711, 120 ms of the
	// wideband codecs.
	maxSamples = 1920
	// maxPayload bounds a packet's bytes.
	maxPayload = 1920
)

// Format says what a stream's payloads are.
type Format struct {
	// Rate of the samples in Hz: 8000 or 16000.
	Rate int
	// Clock is the rate of the RTP timestamps in Hz: 8000 for G.711 and G.722
	// (RFC 3551 §4.5.2), 48000 for Opus (RFC 7587 §4.1).
	Clock int
	// Table decodes G.711, where a byte is a sample; nil for the rest.
	Table *[256]int16
	// Decoder decodes the rest, and Packets keeps their packets until then; nil
	// for G.711.
	Decoder Decoder
	Packets *Packets
	// Duration is how many samples, at Rate, a payload holds; 0 if it is not
	// valid. Nil: a byte is 125 µs, as in G.711 and G.722.
	Duration func(payload []byte) int
	// Deepen gives the memory that a stream of G.711 takes once packets come so
	// far ahead that its own does not do; nil: none is at hand. Those packets are
	// refused then, and the next asks again. Nil: there never is any.
	Deepen func() *Depth
}

// Decoder decodes a codec with state. Payloads are untrusted.
type Decoder interface {
	// Decode writes a packet's samples and says how many; 0 if it is not valid.
	Decode(dst []int16, payload []byte) int
	// Conceal fills dst in place of a lost packet; next is the payload of the
	// packet after it if that is there, else nil. It says how many samples it
	// wrote: 0 if the codec has no such means.
	Conceal(dst []int16, next []byte) int
	// Reset forgets the state.
	Reset()
}

// samples is how many samples a payload has; 0 if it is of no use.
func (f *Format) samples(payload []byte) int {
	if len(payload) == 0 || len(payload) > maxPayload {
		return 0
	}
	n := len(payload) * f.Rate / baseRate
	if f.Duration != nil {
		n = f.Duration(payload)
	}
	if n < 0 || n > maxSamples {
		return 0
	}
	return n
}

// timeline maps RTP timestamps to positions in samples. Both wrap round, but at
// different times; so it goes by the distance to a pair that is known.
type timeline struct {
	ts, pos     uint32
	rate, clock int64
}

// farthest is the distance in timestamps that is believed: a jump in any case.
const farthest = 1 << 28

// position is where in the stream a timestamp is.
func (t *timeline) position(ts uint32) uint32 {
	if t.rate == t.clock {
		return ts
	}
	d := min(max(int64(int32(ts-t.ts)), -farthest), farthest) * t.rate
	q := d / t.clock
	if d%t.clock < 0 {
		q--
	}
	return t.pos + uint32(q)
}

// begin makes ts a known place.
func (t *timeline) begin(ts uint32) { t.ts, t.pos = ts, ts }

// follow makes ts, whose position is known, the place to measure from: or the time
// just before it that is a whole sample, so that nothing is lost by rounding.
func (t *timeline) follow(ts, pos uint32) {
	over := int64(int32(ts-t.ts))*t.rate - int64(int32(pos-t.pos))*t.clock
	if over >= 0 && over < t.clock && over%t.rate == 0 {
		t.ts, t.pos = ts-uint32(over/t.rate), pos
	}
}
