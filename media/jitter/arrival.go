package jitter

// arrived is a packet with what its timestamp means here.
type arrived struct {
	Packet
	pos   uint32
	count int   // of its samples
	lag   int32 // see Playout.lag
}

// lag is how much later than the first packet one of that place is, as of a
// time in samples: in samples of 8 kHz.
func (p *Playout) lag(time, pos uint32) int32 {
	return int32(time-pos-p.origin) >> (p.k - 1)
}

// lead is how far the point of play is behind the clock at the next frame.
func (p *Playout) lead() int32 { return p.lag(p.tick+uint32(p.size), p.play) }

// Put takes in a packet and reports false when it is of no use: too late, too
// far from what is being played to be believed, or not valid.
func (p *Playout) Put(packet Packet) bool {
	v := arrived{Packet: packet, count: p.format.samples(packet.Payload)}
	if v.count == 0 {
		return false
	}
	if !p.running {
		p.time.begin(v.TS)
		v.pos = p.time.position(v.TS)
		p.start(&v)
	} else {
		v.pos = p.time.position(v.TS)
	}
	if !p.place(&v) || !p.room(&v) {
		return false
	}
	p.measure(&v)
	if v.InOrder {
		p.advanceTo(&v)
	}
	p.write(&v)
	return true
}

// place has the packet somewhere in the time to be played, if it can be.
func (p *Playout) place(v *arrived) bool {
	v.lag = p.lag(p.samplesOf(v.At), v.pos)
	if early := p.until(v.pos); early+v.count > reach*p.k || early < -capacity*p.k {
		if !v.InOrder {
			return false
		}
		p.jump(v) // the sender's clock jumped
		return true
	} else if v.InOrder && v.lag < -backlog && p.lags.fresh() {
		p.jump(v)
		return true
	} else {
		return p.know(v, early)
	}
}

// room says whether the store has room for a packet, or gets it. Those of a codec
// with state wait elsewhere.
func (p *Playout) room(v *arrived) bool {
	if p.format.Packets != nil || p.until(v.pos)+v.count <= shallow-past {
		return true
	}
	p.idle = 0
	if p.store.depth == nil && p.format.Deepen != nil {
		if d := p.format.Deepen(); d != nil {
			p.store.move(d, p.play)
		}
	}
	return p.store.depth != nil
}

// idleFrames is for how long no packet has needed more memory when it is let go:
// 10 s.
const idleFrames = 500

// surface lets go of memory that a G.711 stream does not need any more.
func (p *Playout) surface() {
	if p.store.depth == nil || p.format.Packets != nil {
		return
	}
	if p.idle++; p.idle >= idleFrames && p.until(p.end) <= shallow-past {
		p.store.move(nil, p.play)
	}
}

// jump begins anew with a packet. If it is the one after the last, its decoder goes
// straight on with it: nothing was lost that it could conceal, nor was anybody
// silent, and the time until it is heard is the concealer's. A decoder that was at
// rest gets to know what was before, for both.
func (p *Playout) jump(v *arrived) {
	p.need(0, false)
	p.time.begin(v.TS)
	v.pos = p.time.position(v.TS)
	p.start(v)
	v.lag = 0
	if v.Follows {
		p.coded.at = v.pos
	}
}

// measure notes how long the packet will wait.
func (p *Playout) measure(v *arrived) {
	early := p.until(v.pos)
	if early >= 0 {
		p.late = 0
	}
	next := p.now + second/50
	if p.now == 0 {
		next = v.At
	}
	p.wait = min(max(next-v.At, 0), second) + p.length(early)
	if p.delay == 0 {
		p.delay = p.wait
	}
	p.delay += (p.wait - p.delay) / 16
}

// advanceTo notes a packet in order.
func (p *Playout) advanceTo(v *arrived) {
	gap := int(int32(v.pos - p.end))
	if v.Follows && gap > 0 {
		p.filled -= min(p.filled, uint64(p.length(gap)))
	}
	p.concealed += p.filled
	p.filled = 0
	p.comfort.until(v.pos)
	if v.Follows && p.format.Packets == nil {
		p.pause(p.end, v.pos)
	}
	p.end = v.pos + uint32(v.count)
	p.time.follow(v.TS, v.pos)
	p.grain.add(v.pos, p.size)
}

// pause has the time between be silent, as far as it is to come and fits.
func (p *Playout) pause(from, to uint32) {
	if p.comfort.covers(from) {
		return
	}
	if p.comfort.covers(to - 1) {
		to = p.comfort.from
	}
	if p.until(from) < 0 {
		from = p.play
	}
	p.calm(from, min(int(int32(to-from)), p.store.reach()-p.until(from)))
}

// know learns from when a packet came, moves the point of play if that is the
// moment for it, and says whether any of the packet can still be played.
func (p *Playout) know(v *arrived, early int) bool {
	if early >= 0 && p.there(v.pos) {
		return true // a duplicate: says nothing
	}
	if v.InOrder || v.lag <= p.lags.most() {
		p.lags.add(v.lag)
	}
	if v.InOrder {
		p.move(v, early)
	}
	if p.until(v.pos)+v.count > 0 {
		return true
	}
	return p.restarts(v) || p.straggles(v)
}

// there says whether what is at pos has come already.
func (p *Playout) there(pos uint32) bool {
	if p.format.Packets != nil {
		return p.format.Packets.find(pos) != nil
	}
	return p.store.has(pos)
}

// move puts the point of play where it is best for a packet in order, where
// nothing real is heard at present.
func (p *Playout) move(v *arrived, early int) {
	next := p.tick + uint32(p.size)
	switch {
	case p.conceal.faded() && p.empty(early):
		// Nothing has been heard for a while: what comes now may come at the
		// best time there is.
		to := p.best(next)
		if int32(to-v.pos) > 0 {
			to = v.pos
		}
		if p.lag(next, to) <= p.lags.most()+baseFrame {
			p.carry(to)
			p.coded.at = to
		}
	case early < 0 && p.worth(p.lag(next, v.pos)) && (p.lags.fresh() || early < -p.size || p.excess(p.play, next) < 0):
		p.carry(v.pos)
		p.coded.back(v.pos)
	}
}

// empty says that there is nothing among the next n samples.
func (p *Playout) empty(n int) bool {
	if n <= 0 {
		return true
	}
	if k := p.format.Packets; k != nil {
		s := k.after(p.play)
		return s == nil || p.until(s.pos) >= n
	}
	length, there := p.store.run(p.play, n)
	return !there && length == n
}

// worth says whether to go back for a late packet, which adds to the delay. As
// nothing newer has come its time was filled with synthetic voice, so that
// nothing would be heard twice.
func (p *Playout) worth(lag int32) bool {
	most := p.lags.target() + int32(p.worst()/p.k) + baseFrame + 40
	return lag <= most && lag <= p.lags.most()+baseFrame
}

// restarts decides about a packet that is later than we ever wait.
func (p *Playout) restarts(v *arrived) bool {
	if !v.InOrder {
		return false
	}
	if p.late++; p.late == 1 {
		p.lateSince = v.At
	}
	if p.late < lateRun || v.At-p.lateSince < lateSpan {
		return false
	}
	p.jump(v)
	return true
}

// write puts a packet where it will be played from, but for what is past.
func (p *Playout) write(v *arrived) {
	if k := p.format.Packets; k != nil {
		if k.find(v.pos) == nil {
			k.put(v)
		}
		return
	}
	pos, payload := v.pos, v.Payload
	if past := -p.until(pos); past > 0 {
		payload = payload[min(past, len(payload)):]
		pos += uint32(past)
	}
	p.store.write(pos, payload, p.format.Table)
}
