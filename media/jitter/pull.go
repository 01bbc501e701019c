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
	for _, v := range frame {
		if v != 0 {
			return true
		}
	}
	return false
}

// render makes a frame of what there is of it and synthesises the rest.
func (p *Playout) render(dst []int16) {
	for at := 0; at < len(dst); {
		rest := dst[at:]
		n, there := p.store.run(p.play, len(rest))
		if there {
			p.store.copy(rest[:n], p.play)
			p.blend(rest[:n])
		} else {
			p.invent(rest[:n])
		}
		p.advance(n)
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

// Where the voice comes back, both are heard for a while: the longer it was
// away, the longer.
const (
	quickFade = 16 // from silence: 2 ms
	longFade  = 80
)

// rejoin begins the cross-fade from synthetic to real voice.
func (p *Playout) rejoin() {
	c := &p.conceal
	p.merging = quickFade
	if !c.faded() {
		p.merging = min(c.quarter()+c.lost/5, longFade)
	}
	p.merge = p.merging
}

// blend mixes the synthetic voice into the first samples of the real one.
func (p *Playout) blend(dst []int16) {
	if p.conceal.lost == 0 {
		return
	}
	if p.merge == 0 {
		p.rejoin()
	}
	var synthetic [longFade]int16
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
