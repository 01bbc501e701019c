package media

import (
	"sync/atomic"

	"warmline/media/opus"
)

// spareEncoders is how many encoders of a codec lie ready.
const spareEncoders = 4

// spares are encoders for what several sessions hear, which belong to none of
// them, and a decoder for the moment in which an encoder has to follow packets
// that were handed on. They are made by the conferences' goroutines, and by the
// pump where some were given away, and used by the workers.
type spares struct {
	encoders [kinds][spareEncoders]atomic.Pointer[voiceEncoder]
	given    [kinds]atomic.Bool // since the pump looked
	ear      atomic.Pointer[ear]
}

// ear is a decoder of Opus with room for the longest packet.
type ear struct {
	*opus.Decoder
	out [opus.MaxSamples]int16
}

// fill makes what is missing for a codec.
func (l *spares) fill(c *codec, usual opusWish) {
	if c.newEncoder == nil {
		return
	}
	for i := range l.encoders[c.kind] {
		if at := &l.encoders[c.kind][i]; at.Load() == nil {
			e := c.newEncoder(usual)
			at.CompareAndSwap(nil, &e)
		}
	}
	if c == codecOpus && l.ear.Load() == nil {
		if d, err := opus.NewDecoder(); err == nil {
			l.ear.CompareAndSwap(nil, &ear{Decoder: d})
		}
	}
}

// refill makes anew what was given away.
func (l *spares) refill(usual opusWish) {
	for _, c := range codecs {
		if l.given[c.kind].Load() && l.given[c.kind].Swap(false) {
			l.fill(c, usual)
		}
	}
}

// take takes an encoder; nil: none is left.
func (l *spares) take(c *codec) *voiceEncoder {
	for i := range l.encoders[c.kind] {
		if e := l.encoders[c.kind][i].Swap(nil); e != nil {
			return e
		}
	}
	return nil
}

// settle notes that an encoder was given away, or else returns it.
func (l *spares) settle(c *codec, e *voiceEncoder, given bool) {
	if given {
		l.given[c.kind].Store(true)
	} else {
		l.put(c, e)
	}
}

// put returns an encoder that was not needed.
func (l *spares) put(c *codec, e *voiceEncoder) {
	for i := range l.encoders[c.kind] {
		if l.encoders[c.kind][i].CompareAndSwap(nil, e) {
			return
		}
	}
}
