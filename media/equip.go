package media

import (
	"warmline/media/g722"
	"warmline/media/jitter"
	"warmline/media/opus"
	"warmline/mixer"
)

// equipment is what a session needs to speak the codecs of its agreement, made
// by the conference's goroutine and used by the worker. An agreement that goes
// on with the same codecs goes on with the same equipment, so that nothing of a
// stream's state is lost by a re-INVITE.
type equipment struct {
	encoder  voiceEncoder          // nil: the codec is tables
	passed   *passed               // with encoder
	waiting  []byte                // room for a packet that is not one frame; nil: all are
	playable [kinds]*jitter.Format // by what a packet carries; nil: not agreed on
	kind     *codec                // the encoder is of
	config   opus.Config           // and goes by, if it is of Opus
}

// voiceEncoder is an encoder that can go on where another one, or a stream of
// packets handed on, stopped.
type voiceEncoder interface {
	mixer.Encoder
	mixer.Renewer
	// resume goes on after a stream of payloads, of which past are the last.
	resume(past *passed, spares *spares)
}

// equip makes what the agreement needs, of what the last one had as far as it
// fits.
func (a *agreement) equip(old *agreement, engine *Engine) {
	e := &a.equipment
	var had [kinds]*jitter.Format
	if old != nil {
		*e, had = old.equipment, old.playable
		e.playable = [kinds]*jitter.Format{}
	}
	for _, k := range a.in {
		c := k.codec()
		if c == nil || e.playable[k] != nil {
			continue
		}
		if e.playable[k] = had[k]; had[k] == nil {
			e.playable[k] = engine.newFormat(c)
			if c.rate == mixer.Wide {
				engine.widen()
			}
		}
	}
	engine.spares.fill(a.codec, opusWish{ours: engine.cfg.Opus})
	e.encode(a.codec, a.opus)
	e.waiting = nil
	if a.packetTime != frameNanos/1_000_000 {
		e.waiting = make([]byte, 0, maxBytes+frameSamples)
	}
}

// encode has an encoder of the codec that goes by the peer's wishes. Where they
// are met by another one than before, that takes over as it is first used.
func (e *equipment) encode(c *codec, w opusWish) {
	config := w.config()
	if e.kind == c && e.config == config {
		return
	}
	if e.kind != c {
		e.passed = nil
		if c.newEncoder != nil {
			e.passed = new(passed)
		}
	}
	e.kind, e.config, e.encoder = c, config, nil
	if c.newEncoder != nil {
		e.encoder = c.newEncoder(w)
	}
}

// newFormat is what the playout must know of a stream of the codec.
func (c *codec) newFormat() *jitter.Format {
	f := &jitter.Format{Rate: c.rate, Clock: c.clock, Table: c.decode, Duration: c.duration}
	if c.newDecoder != nil {
		f.Decoder, f.Packets = c.newDecoder(), jitter.NewPackets()
	}
	return f
}

// newFormat is the same for a session of the engine's.
func (e *Engine) newFormat(c *codec) *jitter.Format {
	f := c.newFormat()
	f.Deepen = e.deepen
	return f
}

// How many of the packets handed on are remembered, from which a decoder that
// begins anew comes to hear what the others hear: G.722 in 100 ms, Opus in 320 ms
// (that is for a tone that swells; all else is right after 100 ms there too).
const (
	passedPackets = 16
	passedG722    = 5
)

// passed are the last payloads that were handed on untouched.
type passed struct {
	next, count int
	sizes       [passedPackets]int
	payloads    [passedPackets][mixer.MaxPayload]byte
}

func (p *passed) add(payload []byte) {
	p.sizes[p.next] = copy(p.payloads[p.next][:], payload)
	p.next = (p.next + 1) % passedPackets
	p.count = min(p.count+1, passedPackets)
}

// each calls f with the last payloads, at most so many, oldest first.
func (p *passed) each(most int, f func(payload []byte)) {
	for i := p.next - min(p.count, most) + passedPackets; i < p.next+passedPackets; i++ {
		at := i % passedPackets
		f(p.payloads[at][:p.sizes[at]])
	}
}

// wideFrame is a frame of the codecs at 16 kHz.
const wideFrame = 320

// encoderG722 is an encoder of G.722.
type encoderG722 struct{ g722.Encoder }

func newEncoderG722(opusWish) voiceEncoder {
	e := new(encoderG722)
	e.Reset()
	return e
}

// Adopt implements mixer.Encoder.
func (e *encoderG722) Adopt(from mixer.Encoder) {
	if other, ok := from.(*encoderG722); ok {
		e.Encoder.Adopt(&other.Encoder)
	}
}

// Renew implements mixer.Renewer: all that comes before is in the state of a
// decoder of G.722, and there is nothing to be done about it.
func (e *encoderG722) Renew() {}

func (e *encoderG722) resume(past *passed, _ *spares) {
	var ear g722.Decoder
	var heard [mixer.MaxPayload * 2]int16
	ear.Reset()
	past.each(passedG722, func(payload []byte) { ear.Decode(heard[:], payload) })
	e.Follow(&ear)
}

// decoderG722 is a decoder of G.722, which has no concealment of its own: the
// playout substitutes the waveform.
type decoderG722 struct{ g722.Decoder }

func newDecoderG722() jitter.Decoder {
	d := new(decoderG722)
	d.Reset()
	return d
}

// Conceal implements jitter.Decoder.
func (d *decoderG722) Conceal([]int16, []byte) int { return 0 }

// primeFrames is how much of what was heard an encoder of Opus is led in with.
const primeFrames = 2

// encoderOpus is an encoder of Opus that remembers what it said last, because
// its state cannot be copied: another one is led in with that.
type encoderOpus struct {
	*opus.Encoder
	past [primeFrames * wideFrame]int16
}

// Encode implements mixer.Encoder.
func (e *encoderOpus) Encode(dst []byte, frame []int16) int {
	e.remember(frame)
	return e.Encoder.Encode(dst, frame)
}

func (e *encoderOpus) remember(frame []int16) {
	frame = frame[max(0, len(frame)-len(e.past)):]
	n := copy(e.past[:], e.past[len(frame):])
	copy(e.past[n:], frame)
}

// Adopt implements mixer.Encoder.
func (e *encoderOpus) Adopt(from mixer.Encoder) {
	if other, ok := from.(*encoderOpus); ok {
		e.past = other.past
		e.Prime(e.past[:])
	}
}

// Renew implements mixer.Renewer.
func (e *encoderOpus) Renew() { e.Encoder.Renew() }

func newDecoderOpus() jitter.Decoder {
	d, err := opus.NewDecoder()
	if err != nil {
		panic("media: no decoder of Opus: " + err.Error()) // no input leads here
	}
	return d
}

// newEncoderOpus makes an encoder as the peer wants it.
func newEncoderOpus(w opusWish) voiceEncoder {
	e, err := opus.NewEncoder(w.config())
	if err != nil {
		panic("media: no encoder of Opus: " + err.Error()) // the wish is within bounds
	}
	return &encoderOpus{Encoder: e}
}

func (e *encoderOpus) resume(past *passed, spares *spares) {
	ear := spares.ear.Swap(nil)
	if ear == nil {
		return // another worker is at it: it goes on without being led in
	}
	defer spares.ear.Store(ear)
	ear.Reset()
	past.each(passedPackets, func(payload []byte) { e.remember(ear.out[:ear.Decode(ear.out[:], payload)]) })
	e.Prime(e.past[:])
}
