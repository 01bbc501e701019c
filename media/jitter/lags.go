package jitter

// The histogram of lags. A bin is a millisecond, so that the whole spans a
// quarter of a second: more than is ever waited.
const (
	binSamples = 8
	bins       = 320

	// inTime is the share of packets that are to come in time in any case. Beyond
	// it the delay may grow by tailReach for a share of tailShare: by P.862 a
	// frame in two hundred concealed is heard more than 30 ms of delay are.
	inTime    = 0.97
	tailShare = 0.9995
	tailReach = 232 // 29 ms
	// calm is how far above the mean the percentile is at most on a network
	// without jitter. What comes late there is a straggler, and no reason to have
	// all others wait for its like.
	calm = 24 // 3 ms
	// few is how many packets the stragglers are taken to be of at least: one
	// stall early in a stream is not a share of all there will be.
	few = 120
	// ceiling is the most the target may be above the mean lag of the last few
	// packets: how long they wait at most, on average.
	ceiling = 1600 // 200 ms
	// acquaintance is how many packets say too little for less delay than a
	// stream starts with: a second of them.
	acquaintance = 50
	// safety is the part of how far all that is above the mean that is added, as
	// a percentile of few is known badly; tailSafety the same for the tail, as the
	// greatest lag of some hundred is not the greatest there will be.
	safety     = 8
	mostSafety = 64
	tailSafety = 4
	// memory is how many packets it takes to forget most (1 − 1/e) of what was.
	// Where there is jitter it takes longMemory: the 97th percentile is of few of
	// them, and with less memory it wanders, and the delay after it. Without, more
	// would have a drifting clock pass for jitter.
	memory     = 300
	longMemory = 500
	// meanMemory is the same for the mean lag and the deviation.
	meanMemory = 32
)

// lags is a histogram that forgets: each packet weighs a little more than the
// one before, which is the same as all before weighing a little less, but costs
// one addition instead of 320 products.
type lags struct {
	base   int32 // the lag at the lower edge of bin 0, relative to the clock's start
	top    int   // no bin above it holds anything
	bottom int   // nor below it
	seen   int   // packets, up to acquaintance
	weight float32
	total  float32
	mean   float32 // of the last few dozen
	spread float32 // their mean deviation from it
	bin    [bins]float32
	peak   [bins]uint8 // the greatest lag in a bin, less that of its lower edge
}

// weightLimit is when all is scaled back; float32 has much room above and
// below.
const weightLimit = 1 << 10

func (l *lags) reset() { *l = lags{base: -bins / 4 * binSamples, weight: 1, bottom: bins} }

// add takes in a packet's lag.
func (l *lags) add(lag int32) {
	b := int(lag-l.base) / binSamples
	switch {
	case lag < l.base:
		b = l.shift(-int((l.base - lag + binSamples - 1) / binSamples))
	case b >= bins:
		b = l.shift(b - bins + 1)
	}
	if l.fresh() {
		l.seen++
	}
	l.bin[b] += l.weight
	l.peak[b] = max(l.peak[b], uint8(lag-l.base-int32(b*binSamples)))
	l.total += l.weight
	l.top, l.bottom = max(l.top, b), min(l.bottom, b)
	n, off := float32(min(l.seen, meanMemory)), float32(lag)-l.mean
	l.mean += off / n
	l.spread += (max(off, -off) - l.spread) / n
	if l.spread > calm {
		l.weight *= 1 + 1./longMemory
	} else {
		l.weight *= 1 + 1./memory
	}
	if l.weight > weightLimit {
		l.rescale()
	}
}

// shift moves the window up by n bins, or down, and returns the bin at the edge
// it moved to. What falls out is lost: it was a third of a second away.
func (l *lags) shift(n int) (edge int) {
	l.base += int32(n * binSamples)
	if n > 0 {
		copy(l.bin[:], l.bin[min(n, bins):])
		copy(l.peak[:], l.peak[min(n, bins):])
		clear(l.bin[max(0, bins-n):])
		clear(l.peak[max(0, bins-n):])
		edge = bins - 1
	} else {
		n = -n
		copy(l.bin[min(n, bins):], l.bin[:max(0, bins-n)])
		copy(l.peak[min(n, bins):], l.peak[:max(0, bins-n)])
		clear(l.bin[:min(n, bins)])
		clear(l.peak[:min(n, bins)])
	}
	l.survey()
	return edge
}

// rescale brings the weights back to where they began and forgets bins of
// hardly any.
func (l *lags) rescale() {
	for i := range l.bin {
		if l.bin[i] /= l.weight; l.bin[i] < 1e-3 {
			l.bin[i], l.peak[i] = 0, 0
		}
	}
	l.weight = 1
	l.survey()
}

// survey finds total and bounds anew.
func (l *lags) survey() {
	l.total, l.top, l.bottom = 0, 0, bins
	for i, w := range l.bin {
		if w > 0 {
			l.total += w
			l.top, l.bottom = i, min(l.bottom, i)
		}
	}
}

// bounds are the lead that there must be, and that there had better be: the
// same on a network without jitter.
func (l *lags) bounds() (least, target int32) {
	least, target = l.need()
	if l.fresh() {
		least, target = max(least, startLead), max(target, startLead)
	}
	return min(least, l.most()), min(target, l.most())
}

// target is the lead there had better be.
func (l *lags) target() int32 {
	_, target := l.bounds()
	return target
}

// need is bounds by the histogram alone.
func (l *lags) need() (least, target int32) {
	b := l.share(inTime, l.total)
	if !l.calm(b) {
		young := l.share(inTime, max(l.total, few*l.weight))
		if !l.calm(young) {
			tail := l.share(tailShare, l.total)
			return l.safe(b, safety), min(l.safe(max(b, tail), tailSafety), l.greatest(b)+tailReach)
		}
		b = young
	}
	least = l.safe(b, safety)
	return least, least
}

// calm says whether a percentile in that bin is of a network without jitter.
func (l *lags) calm(b int) bool { return l.edge(b)-int32(l.mean) <= calm }

// safe is a percentile in that bin with a part added of how far it is above the mean.
func (l *lags) safe(b int, part int32) int32 {
	lead := l.greatest(b)
	return lead + min(max(0, lead-int32(l.mean))/part, mostSafety*safety/part)
}

// greatest is the greatest lag that came up to a bin.
func (l *lags) greatest(b int) int32 {
	for b > l.bottom && l.bin[b] == 0 {
		b--
	}
	return l.edge(b)
}

// share is the bin up to which the lags of that share of a weight are.
func (l *lags) share(share, of float32) int {
	late, b := float32(0), l.top
	for ; b > l.bottom; b-- {
		if late += l.bin[b]; late > (1-share)*of {
			break
		}
	}
	return b
}

// late is the share of packets with a greater lag.
func (l *lags) late(lag int32) float32 {
	sum := float32(0)
	for b := l.top; b >= l.bottom && l.edge(b) > lag; b-- {
		sum += l.bin[b]
	}
	return sum / l.total
}

// fresh says that little is known yet.
func (l *lags) fresh() bool { return l.seen < acquaintance }

// most is the greatest target there may be.
func (l *lags) most() int32 { return int32(l.mean) + ceiling }

// edge is the greatest lag in a bin.
func (l *lags) edge(b int) int32 { return l.base + int32(b*binSamples) + int32(l.peak[b]) }
