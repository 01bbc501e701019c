package jitter

// Next moves on to the frame to be heard from now (in ns) on, 20 ms after the
// one before. It says whether there is anything to hear in it, or may be. Where
// the reader missed frames, it is not they that come next.
func (p *Playout) Next(now int64) bool {
	p.leave()
	missed := now-p.now > second/50*3/2
	p.now, p.tick = now, p.samplesOf(now)
	if missed && p.running {
		p.pass()
	}
	p.surface()
	leapt := p.play-p.from != uint32(p.size)
	p.from = p.play
	if !p.running {
		clear(p.own())
		p.made, p.whole = true, false
		return false
	}
	p.made = false
	p.comfort.over(p.play)
	if p.format.Packets == nil {
		p.make()
		return audible(p.present())
	}
	p.play += uint32(p.size)
	p.relay.step(leapt)
	if p.relay.asked > 0 {
		p.decide()
	}
	return p.promising()
}

// Samples is the frame, at the rate of the stream. It is valid until the next Put
// or Next.
func (p *Playout) Samples() []int16 {
	if !p.made {
		p.play = p.from
		p.make()
	}
	return p.present()
}

// present is the frame where it is: a whole one is not copied out of the store.
func (p *Playout) present() []int16 {
	if p.whole {
		return p.store.samples[p.store.at(p.from):][:p.size]
	}
	return p.own()
}

// own is the memory of a frame that is not in the store as it is.
func (p *Playout) own() []int16 {
	if k := p.format.Packets; k != nil {
		return k.frame[:p.size]
	}
	return p.frame[:p.size]
}

// pass gives up what should have been heard while the reader did not come. To
// play it now would keep all that follows late.
func (p *Playout) pass() {
	if n := p.excess(p.play, p.tick); n > 0 {
		p.store.drop(p.play, min(n, len(p.store.samples)))
		p.carry(p.play + uint32(n))
	}
}

// leave is done with the last frame, whether or not anybody asked for it.
func (p *Playout) leave() {
	if p.made {
		return
	}
	p.store.drop(p.from, p.size)
	p.handedGap()
	if !p.relay.on {
		p.carry(p.play + uint32(p.excess(p.play, p.tick+uint32(p.size)))) // nobody hears the leap
		p.quiet = true
	}
}

// promising says whether anything may be heard in a frame not yet made.
func (p *Playout) promising() bool {
	if !p.conceal.faded() || p.ground.known() > 0 || p.comfort.on {
		return true
	}
	s := p.format.Packets.after(p.from)
	return s != nil && int32(s.pos-p.from) < int32(p.size)
}

// make makes the frame.
func (p *Playout) make() {
	p.made, p.whole = true, false
	dst, real := p.own(), p.conceal.lost == 0
	p.need(p.size, true)
	if p.relay.on || !p.adapt(dst) {
		if p.whole = p.intact(); !p.whole {
			p.render(dst)
		}
	}
	loud := amplitude(p.present())
	p.quiet = p.ground.quiet(loud)
	if real && p.conceal.lost == 0 && !p.calmed() && !p.mutes(p.from) {
		p.ground.hear(loud) // of nothing that was made like it, nor put over a key
	}
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

// intact says whether the frame is in the store as it is to be heard, in one
// piece, and if so is done with it.
func (p *Playout) intact() bool {
	if p.conceal.lost > 0 || p.store.at(p.play)+p.size > len(p.store.samples) {
		return false
	}
	if n, there := p.store.run(p.play, p.size); !there || n < p.size {
		return false
	}
	p.begun = true
	p.advance(p.size)
	return true
}

// render makes a frame of what there is of it and synthesises the rest.
func (p *Playout) render(dst []int16) {
	for at := 0; at < len(dst); {
		rest := dst[at:]
		n, there := p.store.run(p.play, len(rest))
		if there {
			p.store.copy(rest[:n], p.play)
			p.begun = true
			if p.conceal.lost > 0 {
				p.blend(rest[:n])
				p.store.put(p.play, rest[:n])
			}
		} else {
			n = p.invent(rest[:n])
			p.store.put(p.play, rest[:n])
		}
		p.advance(n)
		at += n
	}
}

// advance moves the point of play on by n samples, which are done with.
func (p *Playout) advance(n int) {
	p.store.drop(p.play, n)
	p.play += uint32(n)
}

// heard copies what was heard last.
func (p *Playout) heard(dst []int16) { p.store.copy(dst, p.play-uint32(len(dst))) }

// invent synthesises what is missing, up to where it is missing for another
// reason, and says how much that is.
func (p *Playout) invent(dst []int16) int {
	silent, n := p.comfort.run(p.play, len(dst))
	dst = dst[:n]
	if p.conceal.lost == 0 || p.merge > 0 {
		p.merge = 0
		var heard [2 * past]int16
		p.heard(heard[:past*p.k])
		p.conceal.begin(heard[:past*p.k])
		if p.coded.concealed >= concealFor*p.k {
			p.conceal.hasten() // the decoder has faded the voice already
		}
	}
	p.ground.comfort = 0
	if silent {
		p.ground.comfort = p.comfort.level
		p.conceal.hasten()
	} else if voice := min(n, p.conceal.left()); voice > 0 {
		p.filled += uint64(p.length(voice))
	}
	p.conceal.synthesise(dst)
	if !silent && p.begun && p.format.Packets == nil {
		// After a loss a codec with state begins badly: nothing to lead to.
		p.bend(dst)
	}
	return n
}

// Where the voice comes back, both are heard for a while: the longer it was
// away, the longer. But 5 ms are enough to hide the seam, and what is real is
// better.
const (
	quickFade = 16 // from silence: 2 ms
	longFade  = 40
	codecFade = 80 // a decoder that has to find its way again
)

// rejoin begins the cross-fade from synthetic to real voice.
func (p *Playout) rejoin() {
	c := &p.conceal
	p.merging = quickFade * p.k
	if !c.faded() {
		p.merging = min(c.quarter()+c.lost/5, longFade*p.k)
		if p.format.Packets != nil {
			p.merging = codecFade * p.k
		}
	}
	p.merge = p.merging
}

// blend mixes the synthetic voice into the first samples of the real one.
func (p *Playout) blend(dst []int16) {
	if p.merge == 0 {
		p.rejoin()
	}
	var synthetic [2 * codecFade]int16
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
