package jitter

const (
	// again is how many packets played unheard are decoded before one that is
	// heard, so that the decoder's state is as if it had decoded all; and
	// againSamples how many samples at most. Speech is right after one or two, but
	// where Opus predicts a swelling tone from its last period, an error takes 16
	// packets to die, and after fewer of them may be louder than the tone.
	again        = 16
	againSamples = again * MaxFrame
	// concealFor is how long a decoder may conceal: 100 ms.
	concealFor = 800
	// piece is the least that a decoder is asked to conceal: 10 ms.
	piece = 80
)

// coded is how far a stream of a codec with state is decoded.
type coded struct {
	at        uint32 // where the next sample to be decoded is played
	unit      int    // samples of the last packet
	concealed int    // samples in a row that the decoder concealed
}

// back has decoding go on at pos, if it is further.
func (c *coded) back(pos uint32) {
	if int32(c.at-pos) > 0 {
		c.at = pos
	}
}

// need has the next n samples in the store as far as their packets are there;
// conceal says whether lost ones are to be concealed.
func (p *Playout) need(n int, conceal bool) {
	if p.format.Packets != nil {
		p.decodeTo(n, conceal)
	}
	p.hush(n)
}

// decodeTo decodes what there is of the next n samples.
func (p *Playout) decodeTo(n int, conceal bool) {
	k := p.format.Packets
	if p.until(p.coded.at) < 0 {
		p.catchUp()
		defer p.caughtUp()
	}
	for p.until(p.coded.at) < n {
		s := k.after(p.coded.at)
		gap := n - p.until(p.coded.at)
		if s != nil {
			gap = int(int32(s.pos - p.coded.at))
		}
		switch {
		case gap <= 0:
			p.decode(s)
		case !p.bridge(s, gap, n, conceal):
			return
		}
	}
}

// catchUp goes back to packets that were played without being decoded. Those
// that are long past are decoded for the decoder's sake alone.
func (p *Playout) catchUp() {
	k, c := p.format.Packets, &p.coded
	if first := p.play - uint32(max(c.unit, min(again*c.unit, againSamples))); int32(first-c.at) > 0 {
		// What the decoder has in mind is of another time: to begin with nothing
		// is nearer to the truth.
		p.format.Decoder.Reset()
		c.at = first
	}
	near := p.play - uint32(past*p.k)
	for s := k.after(c.at); s != nil && int32(s.end()-near) <= 0; s = k.after(c.at) {
		s.done = true
		p.format.Decoder.Decode(k.scratch[:], k.payload(s))
		c.at, c.unit, c.concealed = s.end(), int(s.samples), 0
	}
	if int32(near-c.at) > 0 {
		c.at = near
	}
}

// caughtUp has the past be past.
func (p *Playout) caughtUp() {
	p.store.drop(p.play-maxSamples, maxSamples)
	p.conceal.lost, p.merge = 0, 0
}

// bridge gets over a gap before a packet, or over one whose end is not known
// (nil). It says false if nothing can be done about it now.
func (p *Playout) bridge(s *slot, gap, n int, conceal bool) bool {
	c := &p.coded
	ahead := min(gap, n-p.until(c.at))
	silent, length := p.comfort.run(c.at, ahead)
	switch {
	case silent:
		c.at += uint32(length) // noise is made as it is needed
		return true
	case s != nil && s.follows:
		p.calm(c.at, length)
		c.at += uint32(length)
		return true
	case !conceal:
		return false
	}
	if n := p.substitute(s, gap, ahead); n > 0 {
		c.at += uint32(n)
	} else {
		c.at += uint32(ahead) // left for the concealer
	}
	return true
}

// substitute has the decoder conceal at the beginning of a gap, and says how
// much it did.
func (p *Playout) substitute(s *slot, gap, ahead int) int {
	c := &p.coded
	if c.concealed >= concealFor*p.k {
		return 0
	}
	least := piece * p.k
	want := min(c.unit, (ahead+least-1)/least*least)
	var next []byte
	if s != nil && gap <= c.unit {
		want, next = gap, p.format.Packets.payload(s)
	}
	out := p.format.Packets.scratch[:want]
	n := min(p.format.Decoder.Conceal(out, next), want)
	if n <= 0 {
		return 0
	}
	p.store.keep(c.at, out[:n])
	c.concealed += n
	p.filled += uint64(p.length(n))
	return n
}

// decode decodes a packet that begins at or before the next sample.
func (p *Playout) decode(s *slot) {
	k, c := p.format.Packets, &p.coded
	s.done = true
	n := p.format.Decoder.Decode(k.scratch[:], k.payload(s))
	n = min(n, int(s.samples))
	known := int(int32(c.at - s.pos)) // concealed, or muted, meanwhile
	if n <= known {
		return
	}
	p.overlap(s.pos, k.scratch[:known])
	p.store.keep(c.at, k.scratch[known:n])
	c.at = s.pos + uint32(n)
	c.unit, c.concealed = int(s.samples), 0
}

// overlap runs from what was concealed over into what came after all, as far as
// it has not been heard.
func (p *Playout) overlap(pos uint32, came []int16) {
	if past := -p.until(pos); past > 0 {
		came = came[min(past, len(came)):]
		pos += uint32(past)
	}
	for i, v := range came {
		at := &p.store.samples[p.store.at(pos+uint32(i))]
		*at += int16((int32(v) - int32(*at)) * int32(i+1) / int32(len(came)+1))
	}
}
