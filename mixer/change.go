package mixer

import "slices"

// Where many come to hear something else at the same time, each would have to
// encode for itself for a while, until the encoder that they share is no other to
// its peer than its own was. A worker has no time for that: it grants it to a few.
// To the others it is made easy to go over at once.
const (
	// mostAside is how many ports of a worker may stand aside in a frame.
	mostAside = 3
	// mostCrossings is how many changes of many ports are encoded in a frame.
	mostCrossings = 2
)

// changes is what a worker grants in a frame.
type changes struct {
	frame     int64
	aside     int                                   // how many more
	crossings [MaxCodecs][2][mostCrossings]crossing // by frame, in turn: ports may take over their encoders' state in the next
}

// crossing is a frame between what ports heard before and what they will hear,
// with the fade from the one to the other.
type crossing struct {
	by      Encoder
	frame   int64 // of the changes
	from    Encoder
	samples []int16
	room    [maxFrame]int16
	size    int
	payload [MaxPayload]byte
}

// begin is called before each slot.
func (c *changes) begin(frame int64) {
	if c.frame != frame {
		c.frame, c.aside = frame, mostAside
	}
}

// Aside asks for leave to encode the frame for one port alone although others
// share it, as it takes to go over unheard. Of all ports of a worker few may do
// that at a time. Nobody need ask where the frame is one port's alone.
func (f *Frame) Aside() bool {
	c := f.changes
	switch {
	case f.share == nil || c == nil:
		return true
	case c.aside == 0:
		return false
	}
	c.aside--
	return true
}

// Cross gives what an Own frame becomes for a port whose payloads were from's until
// now, and will be those of Joint from the next frame on. It is encoded once for
// all who have the same before them, by an encoder that is good for this frame
// alone, and whose state may be taken over in the next; the first to ask gives spare away for it, as in Shared. A nil payload says
// that there is nobody to do that.
func (f *Frame) Cross(c Codec, from, spare Encoder) (payload []byte, by Encoder, given bool) {
	if f.share == nil || f.changes == nil || int(c) >= MaxCodecs {
		return nil, nil, false
	}
	var free *crossing
	crossings := &f.changes.crossings[c][f.changes.frame&1]
	for i := range crossings {
		x := &crossings[i]
		if x.frame != f.changes.frame || x.by == nil {
			free = x
		} else if x.from == from && slices.Equal(x.samples, f.samples) {
			return x.payload[:x.size], x.by, false
		}
	}
	if free == nil || free.by == nil && spare == nil {
		return nil, nil, false
	}
	if free.by == nil {
		free.by, given = spare, true
	}
	free.encode(f, from)
	return free.payload[:free.size], free.by, given
}

func (x *crossing) encode(f *Frame, from Encoder) {
	x.frame, x.from = f.changes.frame, from
	x.samples = x.room[:copy(x.room[:], f.samples)]
	x.by.Adopt(from)
	x.size = x.by.Encode(x.payload[:], x.samples)
}
