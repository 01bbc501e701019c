package jitter

import "math"

// comfort is a time in which the peer is silent on purpose (RFC 3389).
type comfort struct {
	on       bool
	open     bool // no packet of audio has come that ends it
	from, to uint32
	level    int32 // mean amplitude of the noise
}

// Comfort takes in a packet of comfort noise: from its timestamp on until the
// next packet of audio the peer is silent on purpose, and the time is noise of
// the level of the payload's first byte (−dBov). The spectrum after it is not
// used.
func (p *Playout) Comfort(at int64, ts uint32, payload []byte, inOrder bool) {
	if len(payload) == 0 || !p.running || !inOrder {
		return
	}
	pos := p.time.position(ts)
	if !p.nearby(pos) || int32(pos-p.end) < 0 {
		return
	}
	c := &p.comfort
	if !c.on || !c.open {
		p.settleComfort()
		c.from = pos
	}
	c.on, c.open = true, true
	c.level = noiseLevel[payload[0]&127]
	// What was missing meanwhile was left out.
	p.filled -= min(p.filled, uint64(p.length(max(0, -p.until(pos)))))
}

// settleComfort makes the noise of what is left of a silence that has ended, for
// another one takes its place.
func (p *Playout) settleComfort() {
	if c := &p.comfort; c.on && p.format.Packets == nil {
		c.on = false
		p.ground.comfort = c.level
		p.pause(c.from, c.to)
	}
}

// calm has n samples from a place, in which the sender said nothing and did not say
// of what kind its silence is, be there: as loud as the background.
func (p *Playout) calm(from uint32, n int) {
	if n <= 0 {
		return
	}
	for i := range n {
		p.store.samples[p.store.at(from+uint32(i))] = int16(p.ground.noise())
	}
	p.store.mark(from, n)
	p.still, p.stillTo = true, from+uint32(n)
}

// calmed says whether any of the present frame may be made so: that tells nothing of
// the background.
func (p *Playout) calmed() bool {
	p.still = p.still && int32(p.stillTo-p.from) > 0
	return p.still
}

// until ends the silence at pos.
func (c *comfort) until(pos uint32) {
	if c.on && c.open && int32(pos-c.from) >= 0 {
		c.open, c.to = false, pos
	}
}

// covers says whether pos is in the silence.
func (c *comfort) covers(pos uint32) bool {
	return c.on && int32(pos-c.from) >= 0 && (c.open || int32(c.to-pos) > 0)
}

// over forgets a silence that ends before pos.
func (c *comfort) over(pos uint32) {
	c.on = c.on && (c.open || int32(c.to-pos) > 0)
}

// run says whether pos is in the silence, and for how many samples, at most n,
// that goes for what is after it as well.
func (c *comfort) run(pos uint32, n int) (silent bool, length int) {
	if !c.on {
		return false, n
	}
	if before := int(int32(c.from - pos)); before > 0 {
		return false, min(n, before)
	}
	if c.open {
		return true, n
	}
	if left := int(int32(c.to - pos)); left > 0 {
		return true, min(n, left)
	}
	return false, n
}

// noiseLevel is the mean amplitude of evenly spread noise of −n dBov. None is
// louder than −30 dBov: that is no silence.
var noiseLevel = func() (t [128]int32) {
	for i := range t {
		rms := 32768 * math.Pow(10, -float64(max(i, 30))/20)
		t[i] = int32(math.Round(rms * math.Sqrt(3) / 2))
	}
	return t
}()
