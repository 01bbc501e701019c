package media

import (
	"bytes"

	"warmline/mixer"
)

// Hand-over from a session's own encoder to one that is shared. Both have been
// fed the same since the session's peer hears what others hear, so that their
// states become alike, and with them what they make.
const alikeEnough = 3 // frames

// manner is how a session gets along with those who hear the same.
type manner uint8

const (
	alone   manner = iota // it encodes what it hears itself; nobody hears the same
	aside                 // it does as yet, until the encoders are alike
	follows               // its packets are the shared ones
	jumps                 // they are from now on, and the first had best be one to begin with
	crosses               // it will do so, with many others, after a frame that they share
)

// manner says which it is in this frame. A peer that has had nothing follows at
// once. For the others it depends on what it costs to stand aside: with many of
// them G.722 is cheap enough. With Opus few may do that at a time; the others jump,
// which is heard no more than that what they hear has changed.
func (s *Session) manner(a *agreement, f *mixer.Frame) manner {
	o := &s.out
	by := f.By(a.codec.number())
	switch {
	case !a.opus.usual() || f.Own() && !a.codec.jumps:
		return alone
	case o.shared != nil && o.shared == by, !o.begun():
		return follows
	case a.codec.jumps && !f.Aside():
		if f.Own() && o.shared != nil {
			return crosses
		}
		return jumps
	}
	return aside
}

// begun says that the peer has had packets of the codec.
func (o *sender) begun() bool { return o.own != nil || o.shared != nil || o.relays }

// encodeVoice is encode for codecs with state, where the peer's decoder must not
// notice from whom the packets come.
func (s *Session) encodeVoice(a *agreement, dst []byte, f *mixer.Frame) int {
	o, m := &s.out, s.manner(a, f)
	var shared []byte
	var by mixer.Encoder
	if m == crosses {
		shared, by = s.cross(a, f)
	}
	if m != alone && by == nil {
		shared, by = s.share(a, f, m >= jumps)
	}
	if by != nil && m >= follows {
		return s.follow(a, dst, shared, by)
	}
	n := s.encodeOwn(a, dst, f)
	if by == nil || f.Own() {
		o.alike, o.apart = 0, 0
		return n
	}
	if o.alike++; !bytes.Equal(shared, dst[:n]) {
		o.alike = 0
	}
	if o.apart++; o.alike == alikeEnough || o.apart == a.codec.apart {
		return s.follow(a, dst, shared, by)
	}
	return n
}

// follow has the session go on with a shared encoder's payloads.
func (s *Session) follow(a *agreement, dst, shared []byte, by mixer.Encoder) int {
	o := &s.out
	if o.relays && o.gap > 0 {
		o.pause() // nobody will know whether that was a loss: it is told as silence
	}
	o.shared, o.relays, o.alike, o.apart = by, false, 0, 0
	s.count.of(a.codec).shared.Add(1)
	return copy(dst, shared)
}

// encodeOwn encodes by the session's own encoder, which goes on from where the
// peer's decoder is.
func (s *Session) encodeOwn(a *agreement, dst []byte, f *mixer.Frame) int {
	o := &s.out
	switch {
	case o.shared != nil:
		a.encoder.Adopt(o.shared)
	case o.relays:
		a.encoder.resume(a.passed, &s.engine.spares)
		if o.gap > 0 {
			o.pause() // as above
		}
	case o.own != nil && o.own != a.encoder:
		a.encoder.Adopt(o.own)
	}
	o.own, o.shared, o.relays = a.encoder, nil, false
	s.count.of(a.codec).encoded.Add(1)
	return a.encoder.Encode(dst, f.Samples())
}

// share asks what a frame that others hear too becomes, anew if it is to be one
// that a decoder can begin with.
func (s *Session) share(a *agreement, f *mixer.Frame, anew bool) ([]byte, mixer.Encoder) {
	c := a.codec.number()
	return s.withSpare(a.codec, func(spare mixer.Encoder) ([]byte, mixer.Encoder, bool) { return f.Joint(c, spare, anew) })
}

// cross asks for what the frame becomes for all who go over with the session.
func (s *Session) cross(a *agreement, f *mixer.Frame) ([]byte, mixer.Encoder) {
	c, from := a.codec.number(), s.out.shared
	return s.withSpare(a.codec, func(spare mixer.Encoder) ([]byte, mixer.Encoder, bool) { return f.Cross(c, from, spare) })
}

// withSpare asks for a payload, and where there is no encoder for it yet, again with
// a spare one to give away.
func (s *Session) withSpare(c *codec, ask func(spare mixer.Encoder) ([]byte, mixer.Encoder, bool)) ([]byte, mixer.Encoder) {
	payload, by, _ := ask(nil)
	if by != nil {
		return payload, by
	}
	spare := s.engine.spares.take(c)
	if spare == nil {
		return nil, nil
	}
	payload, by, given := ask(*spare)
	s.engine.spares.settle(c, spare, given)
	return payload, by
}
