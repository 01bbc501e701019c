package jitter

// Where what comes after a gap is there already, in samples of 8 kHz.
const (
	// bendFade is the cross-fade from the continuation of what was heard to what
	// leads to what comes; in a shorter gap than a frame two thirds of it. From
	// leastBend on a gap is long enough.
	bendFade  = 104
	leastBend = 96
	// bendTemplate is how much of what comes is compared to find its period.
	bendTemplate = 80
	bendStep     = 4
)

// bend has the end of a synthetic stretch, which is at the point of play, lead
// to what comes after it, if that is there: periods of that are repeated
// backwards, and the two voices meet where they are most alike.
func (p *Playout) bend(dst []int16) {
	if len(dst) < leastBend*p.k {
		return
	}
	fade := min(bendFade*p.k, len(dst)*2/3)
	end := p.play + uint32(len(dst))
	p.need(len(dst)+baseFrame*p.k, false)
	var room [2 * (bendTemplate + maxPeriod)]int16
	n, there := p.store.run(end, (bendTemplate+maxPeriod)*p.k)
	if !there || n < baseFrame*p.k {
		return
	}
	next := room[:n]
	p.store.copy(next, end)
	var back [MaxFrame]int16
	lead := back[:len(dst)]
	repeatBackwards(lead, next, p.periodOf(next))
	at := meeting(dst, lead, fade, bendStep*p.k)
	crossfade(dst[at:at+fade], dst[at:], lead[at:])
	copy(dst[at+fade:], lead[at+fade:])
	p.conceal.lost, p.merge = 0, 0
}

// periodOf is the pitch period of what comes; if too little is there to find a
// long one, that of what was heard.
func (p *Playout) periodOf(next []int16) int {
	template := bendTemplate * p.k
	period, _ := similarAt(p.k, next, 0, template, 1, len(next)-template)
	if lag := p.conceal.lag; lag > len(next)-template && lag <= len(next) {
		return lag
	}
	return period
}

// repeatBackwards fills dst with the first period of what comes after it.
func repeatBackwards(dst, next []int16, period int) {
	at := period
	for i := len(dst) - 1; i >= 0; i-- {
		if at--; at < 0 {
			at = period - 1
		}
		dst[i] = next[at]
	}
}

// meeting is where n samples of two sounds are most alike, in the later part of
// both.
func meeting(a, b []int16, n, step int) (at int) {
	alike := float32(-2)
	for i := len(a) / 4 &^ (step - 1); i+n <= len(a); i += step {
		if l := likeness(a[i:i+n], b[i:i+n]); l > alike {
			at, alike = i, l
		}
	}
	return at
}
