package mixer

// Codec numbers the encodings that streams send in; the streams agree on the
// numbers among themselves.
type Codec uint8

const (
	// MaxCodecs is how many there can be.
	MaxCodecs = 4
	// MaxPayload is the most an Encoder may make of a frame, in bytes.
	MaxPayload = 512
)

// Encoder makes payloads of frames. Many have a state that follows what they
// have encoded, as that of the decoder at the other end does.
type Encoder interface {
	// Encode writes what the frame becomes to dst and returns its length, 0 for
	// nothing to send.
	Encode(dst []byte, frame []int16) int
	// Adopt takes over the state of an encoder of the same kind, so that what
	// this one encodes next goes on where the other stopped.
	Adopt(from Encoder)
}

// Frame is 20 ms of what a port is to hear.
type Frame struct {
	samples []int16
	share   *share
	turn    int64 // the frame's number, for the share
}

// NewFrame is a frame that nobody else hears; for streams used without a room.
func NewFrame(samples []int16) *Frame { return &Frame{samples: samples} }

// Samples is the frame, at the rate that the stream wants.
func (f *Frame) Samples() []int16 { return f.samples }

// Shared gives what the frame is in an encoding, for a frame that several ports
// hear: it is encoded once for all of them, by an encoder that belongs to what
// they hear. The first to ask gives spare away for that, which must not be used
// for anything else from then on; given says so. by is the encoder: it tells
// what the payload continues. A nil payload says that the frame is heard by one
// port only, or that there is no encoder yet and none was offered.
func (f *Frame) Shared(c Codec, spare Encoder) (payload []byte, by Encoder, given bool) {
	if f.share == nil || int(c) >= MaxCodecs {
		return nil, nil, false
	}
	e := &f.share.encodings[c]
	if e.by == nil {
		if spare == nil {
			return nil, nil, false
		}
		e.by, e.turn, given = spare, f.turn-1, true
	}
	if e.turn != f.turn {
		e.turn = f.turn
		e.size = e.by.Encode(e.payload[:], f.samples)
		f.share.encodes++
	}
	return e.payload[:e.size], e.by, given
}

// share is what several ports hear at a time, in each encoding that is asked
// for. It outlives the frame, because the encoders' states do.
type share struct {
	encodings [MaxCodecs]encoding
	encodes   uint64
}

type encoding struct {
	by      Encoder
	turn    int64 // the frame encoded last
	size    int
	payload [MaxPayload]byte
}
