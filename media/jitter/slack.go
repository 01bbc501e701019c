package jitter

const (
	// guard is how long before the reader's tick the packets that are to be in
	// time had better come, at least: the accuracy of timers.
	guard = 14
	// margin is how close to a tick they may come before the next one is used,
	// and roomy how far before a tick they must come for it to be used instead of
	// a later one.
	margin = 4
	roomy  = 8
	// tolerance is the share of packets that may be late before the delay grows
	// by another frame on a network without jitter: the reader may move its ticks
	// instead.
	tolerance = 0.022
	// astray is how far above the target the lead may be on a network with jitter,
	// in quarters of the grain, before it is moved by more than the reader's ticks.
	// Below it that is a whole one.
	astray = 3
	// enough is how many packets tell when the reader had better read.
	enough = 16
)

// grain is what all distances between the beginnings of packets, and frames,
// are multiples of. A frame is whole only when all packets have come that it
// has samples of: so the least delay is had where frames begin with packets,
// and is one more frame less the grain where not all do.
type grain struct {
	size   int    // in samples
	anchor uint32 // where a packet began
	recent int    // the size by the packets since the last review
	seen   int
}

// grainMemory is how many packets it takes to forget an irregular one.
const grainMemory = 64

func (g *grain) reset(pos uint32, frame int) { *g = grain{size: frame, recent: frame, anchor: pos} }

// add takes in where a packet begins.
func (g *grain) add(pos uint32, frame int) {
	off := mod(pos-g.anchor, frame)
	if off != 0 {
		g.recent = gcd(g.recent, off)
		g.size = gcd(g.size, off)
	}
	if g.seen++; g.seen > grainMemory {
		g.size, g.recent, g.seen, g.anchor = g.recent, frame, 1, pos
	}
}

// back is the last place up to pos where a packet may begin.
func (g *grain) back(pos uint32) uint32 { return pos - uint32(mod(pos-g.anchor, g.size)) }

// mod is the remainder of a signed distance, never negative.
func mod(distance uint32, n int) int {
	m := int(int32(distance)) % n
	if m < 0 {
		m += n
	}
	return m
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// worst is how much earlier than its own samples the last packet of a frame
// may be needed.
func (p *Playout) worst() int { return p.size - p.grain.size }

// behind is the place of play at a tick that has a lead of so much in 8 kHz samples.
func (p *Playout) behind(tick uint32, lead int32) uint32 {
	return tick - p.origin - uint32(int(lead)*p.k+p.worst())
}

// leadAt is the lead that counts at a tick for a frame from pos on: in time are
// the packets that come before the last place where one may begin.
func (p *Playout) leadAt(tick, pos uint32) int32 {
	return p.lag(tick, p.grain.back(pos+uint32(p.grain.size-1))) - int32(p.worst()/p.k)
}

// best is where to play at a tick if one may choose: with a lead as near to the
// target as can be, but not shorter than it must be.
func (p *Playout) best(tick uint32) uint32 { return p.grain.back(p.latest(tick)) }

// latest is where the lead would be the shortest to choose.
func (p *Playout) latest(tick uint32) uint32 {
	least, target := p.lags.bounds()
	return p.behind(tick, max(least, target-int32(p.grain.size/p.k)/2))
}

// excess is how much later than at pos one had better play at a tick, given that
// to change costs something.
func (p *Playout) excess(pos, tick uint32) int {
	least, target := p.lags.bounds()
	lead := p.leadAt(tick, pos)
	if target > least {
		return p.straying(pos, tick)
	}
	limit := p.behind(tick, target)
	far := int(int32(p.grain.back(limit) - pos))
	switch {
	case far < 0:
		if p.lags.late(lead-margin) <= tolerance {
			return 0
		}
	case lead > target && lead < target+margin && p.lags.late(lead-margin) > tolerance:
		return int(int32(p.grain.back(p.behind(tick, target+margin)) - pos))
	case far > 0:
		if roomier := int(int32(p.grain.back(limit-uint32(roomy*p.k)) - pos)); roomier > 0 {
			return roomier
		}
		if p.grain.back(pos) == pos {
			return 0
		}
	}
	return far
}

// straying is excess on a network with jitter, whose target is only about right:
// it wanders, and the reader's ticks go after it unheard.
func (p *Playout) straying(pos, tick uint32) int {
	least, target := p.lags.bounds()
	lead, grain := p.leadAt(tick, pos), int32(p.grain.size/p.k)
	if p.grain.back(pos) == pos && lead >= max(least, target-grain) && lead <= target+grain*astray/4 {
		return 0
	}
	to := p.latest(tick)
	if far := int(int32(p.grain.back(to) - pos)); far <= 0 {
		return far
	}
	return max(0, int(int32(p.grain.back(to-uint32(roomy*p.k))-pos)))
}

// urgent says whether the lead is so short that speech is to be stretched: else
// the next pause is early enough. Where a frame begins a little behind a packet,
// it is nearly that of one that begins with it.
func (p *Playout) urgent() bool {
	least, target := p.lags.bounds()
	near := p.grain.back(p.play + uint32(p.grain.size/2))
	return target == least || p.lags.late(p.lag(p.tick, near)-int32(p.worst()/p.k)) > 1-inTime
}

// Slack is how many nanoseconds later (or, if negative, earlier) the reader had
// better read and call Next, so that the packets that are to be in time come
// just before it and wait as little as possible. It is within a frame. It
// reports false while too little is known.
func (p *Playout) Slack() (ns int64, ok bool) {
	if !p.running || p.lags.seen < enough {
		return 0, false
	}
	least, target := p.lags.need()
	// The tick at which a frame beginning with a packet would be whole.
	best := p.origin + uint32(int(target+guard)*p.k+p.worst())
	if off := int(int32(best+p.play-p.tick)) - p.size; target > least && p.grain.back(p.play) == p.play && max(off, -off) < p.size {
		// The ticks alone can bring the lead to where it should be.
		return p.length(off), true
	}
	g := p.grain.size
	off := mod(best+p.grain.anchor-p.tick, g)
	if off > g/2 {
		off -= g
	}
	return p.length(off), true
}
