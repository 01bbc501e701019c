package jitter

// Pull writes the next 160 samples to dst and reports whether there is anything
// to hear in them.
func (p *Playout) Pull(dst []int16) bool {
	dst = dst[:FrameSamples]
	if !p.running {
		clear(dst)
		p.clock += FrameSamples
		return false
	}
	if p.muted && p.until(p.muteTo) <= 0 {
		p.muted = false
	}
	if !p.adapt(dst) {
		p.render(dst)
	}
	p.clock += FrameSamples
	if p.conceal.lost == 0 {
		p.background.hear(amplitude(dst))
	}
	return audible(dst)
}

// audible says whether a frame has any sample but zeros.
func audible(frame []int16) bool {
	any := int16(0)
	for i := 0; i+4 <= len(frame); i += 4 {
		v := frame[i : i+4 : i+4]
		any |= v[0] | v[1] | v[2] | v[3]
	}
	return any != 0
}

// real says that what was heard last was real, and that it goes on.
func (p *Playout) real() bool { return p.conceal.lost == 0 && p.hold == 0 }

// render makes a frame of what there is of it and synthesises the rest.
func (p *Playout) render(dst []int16) {
	for at := 0; at < len(dst); {
		rest := dst[at:]
		n, there := p.store.run(p.play, len(rest))
		switch {
		case p.hold > 0:
			n = min(p.hold, len(rest))
			p.conceal.synthesise(rest[:n])
			p.hold -= n
		case !there:
			p.invent(rest[:n])
			p.advance(n)
		case p.conceal.lost > 0 && p.merge == 0:
			p.rejoin()
			continue
		default:
			p.store.copy(rest[:n], p.play)
			p.blend(rest[:n])
			p.advance(n)
		}
		p.remember(rest[:n])
		at += n
	}
}

// advance moves the point of play on by n samples, which are done with.
func (p *Playout) advance(n int) {
	p.store.drop(p.play, n)
	p.play += uint32(n)
}

// remember takes in what is heard.
func (p *Playout) remember(heard []int16) {
	n := copy(p.heard[:], p.heard[len(heard):])
	copy(p.heard[n:], heard)
}

// invent synthesises what is missing.
func (p *Playout) invent(dst []int16) {
	if p.conceal.lost == 0 || p.merge > 0 {
		p.merge = 0
		p.conceal.begin(p.heard[:])
	}
	p.conceal.synthesise(dst)
}

// Where the voice comes back.
const (
	// compareSamples is how much of it is compared with the synthetic one to
	// bring them into phase.
	compareSamples = 80
	// alignable is the likeness at which doing so makes it better.
	alignable = 0.5
	// quickFade is the fade-in from silence: 2 ms.
	quickFade = 16
)

// rejoin decides how to go back from synthetic to real voice. Both have the same
// pitch but rarely the same phase there: a little more of the synthetic one, or
// a little less of the real one where the delay is longer than it need be,
// brings them together.
func (p *Playout) rejoin() {
	c := &p.conceal
	if c.faded() {
		p.merging = quickFade
		p.merge = p.merging
		return
	}
	p.merging = min(c.quarter()+32*max(0, c.lost/80-1), 80)
	p.merge = p.merging
	var synthetic, voice [maxPeriod + compareSamples]int16
	n, _ := p.store.run(p.play, len(voice))
	if n < compareSamples || c.lost > fadeSamples/2 {
		return
	}
	p.store.copy(voice[:n], p.play)
	c.ahead(synthetic[:c.lag+compareSamples])
	best, shift := likeness(voice[:compareSamples], synthetic[:compareSamples], 1)+0.02, 0
	if p.lead() < p.target+maxPeriod {
		for s := 2; s <= c.lag; s += 2 {
			if l := likeness(voice[:compareSamples], synthetic[s:s+compareSamples], 2); l > best {
				best, shift = l, s
			}
		}
	}
	for s := 2; s <= min(n-compareSamples, int(p.lead()-p.target), c.lag); s += 2 {
		if l := likeness(voice[s:s+compareSamples], synthetic[:compareSamples], 2); l > best {
			best, shift = l, -s
		}
	}
	switch {
	case best < alignable:
	case shift > 0:
		p.hold = shift
	default:
		p.advance(-shift)
	}
}

// blend mixes the synthetic voice into the first samples of the real one.
func (p *Playout) blend(dst []int16) {
	if p.merge == 0 {
		return
	}
	var synthetic [80]int16
	n := min(p.merge, len(dst))
	p.conceal.synthesise(synthetic[:n])
	for i, s := range synthetic[:n] {
		s, v := int32(s), int32(dst[i])
		dst[i] = int16(v + (s-v)*int32(p.merge)/int32(p.merging+1))
		p.merge--
	}
	if p.merge == 0 {
		p.conceal.lost = 0
	}
}
