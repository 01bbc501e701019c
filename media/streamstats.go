package media

// order is how a packet stands to the ones before it.
type order uint8

const (
	inSequence order = iota // the one after the last
	afterGap                // some are missing in between
	reordered               // one of those missing
	duplicate               // known already
)

const (
	maxDropout  = 3000 // a jump forward by more than this is a new start (RFC 3550 A.1)
	orderWindow = 64   // how far back single packets are told apart
)

// streamStats counts one SSRC's packets as RFC 3550 appendix A has it.
type streamStats struct {
	started  bool
	ssrc     uint32
	highest  uint32 // extended sequence number
	base     uint32
	received uint32
	seen     uint64 // of the last 64 numbers, the highest at bit 0
	before   uint64 // lost of former streams and stretches

	timed   bool // transit is known
	transit int32
	jitter  uint32 // times 16, in RTP clock units

	// For the next report.
	expectedPrior, receivedPrior uint32
}

// begin forgets the stream for a new one; what was lost stays counted.
func (t *streamStats) begin(h *rtpHeader) {
	*t = streamStats{started: true, ssrc: h.ssrc, before: t.lost()}
	t.restart(h.seq)
}

func (t *streamStats) restart(seq uint16) {
	t.timed = false
	// One behind, so that the packet itself counts as the next; a cycle up, so
	// that late ones do not count below zero.
	t.highest = 1<<16 + uint32(seq) - 1
	t.base = t.highest + 1
	t.received, t.seen = 0, 0
	t.expectedPrior, t.receivedPrior = 0, 0
}

// count takes in a packet of the stream.
func (t *streamStats) count(h *rtpHeader) order {
	step := int16(h.seq - uint16(t.highest))
	if step > maxDropout || step < -maxDropout {
		t.before = t.lost()
		t.restart(h.seq)
		step = 1
	}
	o := inSequence
	switch {
	case step > 0:
		if step > 1 {
			o = afterGap
		}
		t.highest += uint32(step)
		t.seen = t.seen<<uint(step) | 1 // shifts of 64 and more leave nothing, as they should
	case step > -orderWindow:
		bit := uint64(1) << uint(-step)
		if t.seen&bit != 0 {
			return duplicate
		}
		t.seen |= bit
		o = reordered
	default:
		return duplicate // so late that it makes no difference which it was
	}
	t.received++
	return o
}

// spread updates the interarrival jitter (RFC 3550 A.8). Events have no part in
// it: all their packets carry the time of the first.
func (t *streamStats) spread(now int64, ts uint32) {
	transit := int32(uint32(now/nanosPerSample) - ts)
	d := transit - t.transit
	t.transit = transit
	if !t.timed {
		t.timed = true
		return
	}
	if d < 0 {
		d = -d
	}
	if d > clockRate { // the sender's clock jumped: that is not jitter
		return
	}
	t.jitter += uint32(d) - (t.jitter+8)>>4
}

func (t *streamStats) expected() uint32 { return t.highest - t.base + 1 }

// lost is how many packets never came, of former streams too.
func (t *streamStats) lost() uint64 {
	if expected := t.expected(); t.started && expected > t.received {
		return t.before + uint64(expected-t.received)
	}
	return t.before
}
