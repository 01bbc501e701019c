package media

import (
	"time"

	"warmline/media/quality"
)

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

	// The numbers of the last 64 that are of this stretch wait for late packets
	// and for the playout's judgement, the others are sorted into bursts.
	window   int
	dropped  uint64 // of the last 64: came, but too late to be heard
	bursts   quality.Bursts
	discards uint64 // of the packets in bursts

	timed   bool // transit is known
	transit int32
	jitter  uint32 // times 16, in RTP clock units
	clock   int64  // those of a second
	length  uint32 // of the last packet of audio, in the same

	// For the next report.
	expectedPrior, receivedPrior uint32
}

// begin forgets the stream for a new one; what was lost stays counted.
func (t *streamStats) begin(h *rtpHeader) {
	t.drain()
	*t = streamStats{started: true, ssrc: h.ssrc, before: t.lost(), bursts: t.bursts, discards: t.discards}
	t.restart(h.seq)
}

func (t *streamStats) restart(seq uint16) {
	t.timed = false
	t.drain()
	// One behind, so that the packet itself counts as the next; a cycle up, so
	// that late ones do not count below zero.
	t.highest = 1<<16 + uint32(seq) - 1
	t.base = t.highest + 1
	t.received, t.seen, t.dropped = 0, 0, 0
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
		t.settle(int(step))
		t.dropped <<= uint(step)
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

// discard notes that the playout had no use for a packet: it came too late.
func (t *streamStats) discard(seq uint16) {
	if step := int16(seq - uint16(t.highest)); step <= 0 && step > -orderWindow {
		t.dropped |= 1 << uint(-step)
	}
}

// settle moves the window on by n numbers and judges those that leave it.
func (t *streamStats) settle(n int) {
	leaving := t.window + n - orderWindow
	for ; leaving > 0 && t.window > 0; leaving-- {
		t.judge()
	}
	t.bursts.Add(true, leaving) // those that were never in it
	t.window = min(t.window+n, orderWindow)
}

// judge takes the oldest number out of the window: that packet was heard or not.
func (t *streamStats) judge() {
	t.window--
	late := t.dropped>>uint(t.window)&1 != 0
	if late {
		t.discards++
	}
	t.bursts.Add(late || t.seen>>uint(t.window)&1 == 0, 1)
}

// drain judges the whole window.
func (t *streamStats) drain() {
	for t.window > 0 {
		t.judge()
	}
}

// pattern is how the stream's losses and discards are distributed up to now, and
// how many of them are discards.
func (t *streamStats) pattern() (bursts quality.Bursts, discards uint64) {
	now := *t
	now.drain()
	return now.bursts, now.discards
}

// spread updates the interarrival jitter (RFC 3550 A.8) by a packet that came at
// a time in nanoseconds. Events have no part in it: all their packets carry the
// time of the first.
func (t *streamStats) spread(at int64, ts uint32, clock int64) {
	transit := int32(uint32(inClock(at, clock)) - ts)
	d := transit - t.transit
	t.transit = transit
	if !t.timed || clock != t.clock {
		t.timed, t.clock = true, clock
		return
	}
	if d < 0 {
		d = -d
	}
	if d < 0 || int64(d) > clock { // the sender's clock jumped: that is not jitter
		return
	}
	t.jitter += uint32(d) - (t.jitter+8)>>4
}

// jitterTime is the interarrival jitter in nanoseconds.
func (t *streamStats) jitterTime() int64 {
	if t.clock == 0 {
		return 0
	}
	return int64(t.jitter) * int64(time.Second/16) / t.clock
}

// packetTime is how long a packet of the stream lasts.
func (t *streamStats) packetTime() time.Duration {
	if t.clock == 0 || t.length == 0 {
		return packetization
	}
	return time.Duration(fromClock(int64(t.length), t.clock))
}

func (t *streamStats) expected() uint32 { return t.highest - t.base + 1 }

// lost is how many packets never came, of former streams too.
func (t *streamStats) lost() uint64 {
	if expected := t.expected(); t.started && expected > t.received {
		return t.before + uint64(expected-t.received)
	}
	return t.before
}
