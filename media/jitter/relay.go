package jitter

// relay is the handing on of packets without decoding them.
type relay struct {
	asked   int  // frames for which somebody's asking still counts
	on      bool // this frame is handed on
	payload []byte
	gone    int    // packets lost before it
	seq     uint16 // of the packet handed on last
	handed  bool   // the frame before was, too
	came    bool   // this frame was handed on as lost, and its packet has come since
	behind  bool   // so it was with the frame before
	missing int    // frames in a row without a packet
	lost    bool   // this is one, and not the sender's silence
}

// mostLost is how many numbers can be missing for packets that were lost: 20 s.
// Where more are, the sender has begun to count anew.
const mostLost = 1000

// step goes on to the next frame, which is that after the one before unless the
// point of play has leapt.
func (r *relay) step(leapt bool) {
	r.handed = r.on
	r.came, r.behind = false, r.came && !leapt
	r.on, r.lost, r.payload, r.gone = false, false, nil, 0
	if r.asked > 0 {
		r.asked--
	}
}

// Relay gives the payload of the packet that this frame is, if it is exactly
// one, untouched and in time, for a listener that can decode it. It is valid until
// the next Put. ok with nil means that there is none for this frame. Whether that
// is a loss or the sender's silence is known when the gap is over: lost is how many
// packets between this one and the one before did not come in time.
//
// To ask is to wish for it: while somebody asks in every frame, frames are
// brought to begin with packets as soon as nobody hears it. Handing on begins
// where it is quiet, or the stream begins, and pauses while the delay changes.
// Nothing is decoded as long as nobody asks for Samples.
func (p *Playout) Relay() (payload []byte, lost int, ok bool) {
	p.relay.asked = 2
	return p.relay.payload, p.relay.gone, p.relay.on
}

// Straggler is the payload of the frame before, where that was handed on as lost and
// its packet has come since: a listener that waits longer may still play it. It goes
// before what Relay gives for this frame, and what was lost was lost before it. It is
// valid as long as that.
func (p *Playout) Straggler() []byte {
	if s := p.straggler(); s != nil && p.relay.on {
		return p.format.Packets.payload(s)
	}
	return nil
}

func (p *Playout) straggler() *slot {
	if !p.relay.behind {
		return nil
	}
	return p.format.Packets.find(p.from - uint32(p.size))
}

// straggles says whether a packet is that of this frame, which has been handed on
// as lost.
func (p *Playout) straggles(v *arrived) bool {
	r := &p.relay
	if !r.lost || r.came || v.pos != p.from || v.count != p.size {
		return false
	}
	r.came = true
	return true
}

// Quiet says whether nobody speaks in this frame, which it decodes: for a listener
// that is to begin with what is handed on, whose decoder has another past.
func (p *Playout) Quiet() bool {
	p.Samples()
	return p.quiet
}

// Kind is what the packets of a codec with state are like that have come of late:
// the newest one's payload, valid until the next Put, and how many bit/s they have
// while they come, smoothed over a second or so. To ask for it is not to wish for
// anything. Without packets it is nil and 0.
func (p *Playout) Kind() (newest []byte, bitrate int) {
	k := p.format.Packets
	if k == nil {
		return nil, 0
	}
	return k.newest(), int(k.load * float32(8*p.format.Rate))
}

// decide says whether this frame is handed on.
func (p *Playout) decide() {
	r := &p.relay
	if !r.handed && !p.quiet || p.mutes(p.from) {
		return
	}
	if silent, n := p.comfort.run(p.from, p.size); silent || n < p.size {
		return
	}
	if off := p.excess(p.from, p.tick); off < -tooShort*p.k || off > tooLong*p.k || !r.handed && off != 0 {
		return
	}
	if s := p.straggler(); s != nil {
		r.missing--
		r.count(s.seq)
	}
	if s := p.format.Packets.find(p.from); s != nil {
		if int(s.samples) == p.size {
			r.on, r.payload = true, p.format.Packets.payload(s)
			r.count(s.seq)
		}
		r.missing = 0
		return
	}
	p.decideGap()
}

// count says how many packets were lost before the one to be handed on, by their
// numbers. There is one to a frame, so that no more can be lost than there were
// frames without: other numbers were those of something else (keys, mostly).
func (r *relay) count(seq uint16) {
	if missing := int(seq - r.seq - 1); r.handed && missing <= mostLost {
		r.gone += min(missing, r.missing)
	}
	r.seq = seq
}

// decideGap is decide where no packet begins: one may be lost.
func (p *Playout) decideGap() {
	r := &p.relay
	s := p.format.Packets.after(p.from)
	r.on = r.handed && p.grain.size == p.size && p.grain.back(p.from) == p.from &&
		(s == nil || int32(s.pos-p.from) >= int32(p.size))
	r.missing++
	r.lost = r.on && (s == nil || !s.follows)
}

// handedGap counts a frame that was lost, and handed on as such.
func (p *Playout) handedGap() {
	if r := &p.relay; r.lost && !r.came && r.missing <= fadeSamples/baseFrame {
		p.filled += uint64(p.length(p.size))
	}
}

// mutes says whether any of the frame at pos is muted.
func (p *Playout) mutes(pos uint32) bool {
	return p.muted && int32(p.muteTo-pos) > 0 && int32(pos+uint32(p.size)-p.muteFrom) > 0
}
