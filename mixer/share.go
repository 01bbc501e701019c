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

// Renewer is an Encoder that can make it easy to begin in the middle.
type Renewer interface {
	// Renew has the next payload depend on those before as little as it can, so
	// that a decoder that had something else follows at once.
	Renew()
}

// Frame is 20 ms of what a port is to hear.
type Frame struct {
	samples []int16
	joint   []int16 // what those hear who share; samples, but for a frame of the port's own
	share   *share
	turn    int64    // the frame's number, for the share
	changes *changes // of the worker; nil: as many as one likes
	own     bool
}

// NewFrame is a frame that nobody else hears; for streams used without a room.
func NewFrame(samples []int16) *Frame { return &Frame{samples: samples} }

// joins makes the frame one that several hear, or would but for what it has of
// its own.
func (f *Frame) joins(s *share, joint []int16, turn int64) {
	f.share, f.joint, f.turn = s, joint, turn
}

// Samples is the frame, at the rate that the stream wants.
func (f *Frame) Samples() []int16 { return f.samples }

// Own says that there is something in the frame that nobody else hears. Where
// that is but a fade at its begin, what the others hear is to be had from Joint,
// and from the next frame on the port hears the same.
func (f *Frame) Own() bool { return f.share == nil || f.own }

// Shared gives what the frame is in an encoding, for a frame that several ports
// hear: it is encoded once for all of them, by an encoder that belongs to what
// they hear. The first to ask gives spare away for that, which must not be used
// for anything else from then on; given says so. by is the encoder: it tells
// what the payload continues. A nil payload says that the frame is heard by one
// port only, or that there is no encoder yet and none was offered.
func (f *Frame) Shared(c Codec, spare Encoder) (payload []byte, by Encoder, given bool) {
	if f.own {
		return nil, nil, false
	}
	return f.Joint(c, spare, false)
}

// Joint is Shared for those who do without a fade of their own: it gives what the
// others hear for an Own frame too, if the port is about to hear the same. anew
// asks for a payload that its peer can begin with (see Renewer): this one, or the
// next where others have been given this one.
func (f *Frame) Joint(c Codec, spare Encoder, anew bool) (payload []byte, by Encoder, given bool) {
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
	e.anew = e.anew || anew && !(e.turn == f.turn && e.renewed)
	if e.turn != f.turn {
		e.encode(f.joint)
		e.turn = f.turn
	}
	return e.payload[:e.size], e.by, given
}

// By is the encoder that Joint would ask; nil: there is none.
func (f *Frame) By(c Codec) Encoder {
	if f.share == nil || int(c) >= MaxCodecs {
		return nil
	}
	return f.share.encodings[c].by
}

// share is what several ports hear at a time, in each encoding that is asked
// for. It outlives the frame, because the encoders' states do.
type share struct {
	encodings [MaxCodecs]encoding
}

type encoding struct {
	by      Encoder
	turn    int64 // the frame encoded last
	anew    bool  // somebody wants the next payload to be one to begin with
	renewed bool  // the last one was
	size    int
	payload [MaxPayload]byte
}

func (e *encoding) encode(frame []int16) {
	e.renewed = false
	if r, ok := e.by.(Renewer); ok && e.anew {
		r.Renew()
		e.renewed = true
	}
	e.anew = false
	e.size = e.by.Encode(e.payload[:], frame)
}
