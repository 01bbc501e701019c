package jitter

// Sizes in samples of 8 kHz unless they say otherwise.
const (
	// FrameSamples is what Pull gives: 20 ms.
	FrameSamples = 160
	// maxPayload bounds one packet: 240 ms.
	maxPayload = 1920
	// startLead is the delay of a new stream, before anything is known of it.
	startLead = 160
	// backlog is how much faster than a stream's first packet another can hardly
	// be, unless the first had been waiting for somebody to read it: 60 ms. What
	// came so is no measure of the network, and too old to be heard.
	backlog = 480
	// heardSamples is how much of what was heard is remembered: 60 ms.
	heardSamples = 480
	// A sender whose packets are all later than we ever wait, so many of them
	// in order over so many nanoseconds, has had its clock stand still; less is
	// a burst, which catches up.
	lateRun  = 5
	lateSpan = 100_000_000
)

// Packet is one RTP packet of G.711 audio.
type Packet struct {
	// Now is when it came, in nanoseconds of any clock.
	Now int64
	// TS is the RTP timestamp.
	TS uint32
	// Payload has one byte per sample. It is not kept.
	Payload []byte
	// Decode maps a byte to a sample.
	Decode *[256]int16
	// InOrder says that no packet with a higher sequence number came before.
	InOrder bool
	// Follows says that the packet before it, by sequence number, has come: a
	// gap in the timestamps is then the sender's silence and not a loss.
	Follows bool
}

// Playout turns the packets of one stream into evenly spaced frames. The zero
// value is not ready: Reset it first. It must not be copied after that.
type Playout struct {
	running bool
	clock   uint32 // when the next frame is pulled
	origin  uint32 // subtracted from lags, so that they are small numbers
	play    uint32 // the next sample to be played
	end     uint32 // behind the last packet in order
	early   int    // how long before its time the last packet came

	target int32 // where the lead should be
	rest   int   // frames until the lead may be looked at again

	late      int   // packets in a row that came later than we wait
	lateSince int64 // when the first of them came

	muted            bool
	muteFrom, muteTo uint32

	lags       lags
	background background
	conceal    concealer
	merge      int // samples of the cross-fade back to real ones still to come
	merging    int // of so many
	heard      [heardSamples]int16
	store      store
}

// Reset forgets the stream: the next packet begins another.
func (p *Playout) Reset() {
	*p = Playout{}
	p.background.reset()
	p.conceal.background = &p.background
	p.conceal.nothing()
}

// Delay is how many samples the audio waits at present, from when it was there
// to when it is pulled.
func (p *Playout) Delay() int { return p.early }

// start has ts played after the initial delay.
func (p *Playout) start(ts uint32) {
	p.running = true
	p.store.forget()
	p.origin = p.clock - ts
	p.play = ts - startLead
	p.end = ts
	p.late, p.rest = 0, 0
	p.lags.reset()
	p.target = startLead
	p.merge = 0
	p.muted = p.muted && p.nearby(p.muteTo)
}

// nearby says whether ts can be of the time that is being played: later than
// what is past, or shortly before it, and not too far to be stored.
func (p *Playout) nearby(ts uint32) bool {
	n := p.until(ts)
	return n > -capacity && n < 2*capacity
}

// until is how long after the point of play ts is.
func (p *Playout) until(ts uint32) int { return int(int32(ts - p.play)) }

// lag is how far the clock has come beyond ts.
func (p *Playout) lag(ts uint32) int32 { return int32(p.clock - ts - p.origin) }

// lead is how far the point of play is behind the clock: packets of up to that
// lag are in time.
func (p *Playout) lead() int32 { return p.lag(p.play) }

// Put takes in a packet and reports false when it is of no use: too late, too
// far from what is being played to be believed, or empty.
func (p *Playout) Put(v Packet) bool {
	n := len(v.Payload)
	if n == 0 || n > maxPayload {
		return false
	}
	if !p.running {
		p.start(v.TS)
	}
	if early := p.until(v.TS); early+n > capacity || early < -capacity {
		if !v.InOrder {
			return false
		}
		p.start(v.TS) // the sender's clock jumped
	} else if v.InOrder && p.lag(v.TS) < -backlog && p.lags.fresh() {
		p.start(v.TS)
	} else if !p.know(&v, early) {
		return false
	}
	p.early = p.until(v.TS)
	if p.early >= 0 {
		p.late = 0
	}
	if v.Follows {
		p.pause(p.end, v.TS)
	}
	if v.InOrder {
		p.end = v.TS + uint32(n)
	}
	p.write(&v)
	return true
}

// know learns from when a packet came, moves the point of play if that is the
// moment for it, and says whether any of the packet can still be played.
func (p *Playout) know(v *Packet, early int) bool {
	lag := p.lag(v.TS)
	if early >= 0 && p.store.has(v.TS) {
		return true // a duplicate: says nothing
	}
	if v.InOrder || lag <= p.lags.most() {
		p.lags.add(lag)
		p.target = p.lags.target()
	}
	switch {
	case v.InOrder && p.conceal.faded() && p.empty(early):
		// Nothing has been heard for a while: what comes now may come at the
		// best time there is.
		if lead := max(p.target, lag); lead <= p.lags.most() {
			p.play = v.TS - uint32(lead-lag)
		}
	case early < 0 && v.InOrder && p.worth(lag):
		p.play = v.TS
	}
	if p.until(v.TS)+len(v.Payload) > 0 {
		return true
	}
	return p.restarts(v)
}

// empty says that there is nothing among the next n samples.
func (p *Playout) empty(n int) bool {
	length, there := p.store.run(p.play, n)
	return n <= 0 || !there && length == n
}

// worth says whether to go back for a late packet, which adds to the delay. As
// nothing newer has come its time was filled with synthetic voice, so that
// nothing would be heard twice.
func (p *Playout) worth(lag int32) bool {
	return lag <= p.target+FrameSamples && lag <= p.lags.most()
}

// restarts decides about a packet that is later than we ever wait.
func (p *Playout) restarts(v *Packet) bool {
	if !v.InOrder {
		return false
	}
	if p.late++; p.late == 1 {
		p.lateSince = v.Now
	}
	if p.late < lateRun || v.Now-p.lateSince < lateSpan {
		return false
	}
	p.start(v.TS)
	return true
}

// write decodes a packet into the store, but for what is past.
func (p *Playout) write(v *Packet) {
	ts, payload := v.TS, v.Payload
	if past := -p.until(ts); past > 0 {
		payload = payload[min(past, len(payload)):]
		ts += uint32(past)
	}
	p.store.write(ts, payload, v.Decode)
	if p.muted {
		from := max(0, int(int32(p.muteFrom-ts)))
		to := min(len(payload), int(int32(p.muteTo-ts)))
		p.store.hush(ts+uint32(from), to-from)
	}
}

// pause has the time between be silent, as far as it is to come and fits.
func (p *Playout) pause(from, to uint32) {
	if p.until(from) < 0 {
		from = p.play
	}
	p.store.silence(from, min(int(int32(to-from)), capacity-p.until(from)))
}

// Mute has the stream silent from one timestamp to another, also what is in the
// buffer already or comes later. Times far from those of the audio are of
// another clock and have no effect.
func (p *Playout) Mute(from, to uint32) {
	if int32(to-from) <= 0 || p.running && !(p.nearby(from) && p.nearby(to)) {
		return
	}
	p.muted, p.muteFrom, p.muteTo = true, from, to
	if p.running {
		p.pause(from, to)
	}
}
