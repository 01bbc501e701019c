package mixer

import "slices"

// In a large room only the loudest are mixed: more voices at a time nobody can
// tell apart, while the noise of all the others adds up.
const (
	// loudest is how many talkers are heard at a time.
	loudest = 4
	// decay is how slowly a talker's level goes down, by 1/2^decay a frame: a place
	// is kept over the pauses within a sentence, a third of a second.
	decay = 4
	// pause is for how many ticks of silence a place is kept: as long.
	pause = 1 << decay
	// advantage is how much louder, in halvings of amplitude, a newcomer has to be
	// to take a place from somebody who is speaking.
	advantage = 1
)

// presence is whether a port is heard.
type presence uint8

const (
	stays   presence = iota // heard as before; the rule
	enters                  // heard from this tick on
	leaves                  // heard up to the last tick
	outside                 // not heard
)

// loudness is what the stage knows of a port.
type loudness struct {
	state presence
	was   bool   // it was heard in the last tick
	fresh bool   // there was nothing to be heard of it
	level int32  // follows the voice: up at once, down slowly
	quiet int    // ticks without a voice, up to this one
	step  uint64 // of the frame that was listened to last
}

// heard says whether the port's voice is in the mix of this tick.
func (l *loudness) heard() bool { return l.state <= enters }

// choose settles who of the talkers is heard in this tick. As long as there are
// no more of them than places, everybody is.
func (l *large) choose() {
	crowded := len(l.talkers) > loudest
	if !crowded && !l.crowded {
		return
	}
	for _, p := range l.talkers {
		if !l.crowded {
			p.loud.level = 0 // it is of the last time that there was a contest
		}
		if p.loud.step != p.moved {
			p.loud.listen(p)
		}
	}
	l.crowded = crowded
	var chosen [loudest]*port
	for n := range chosen {
		chosen[n] = nextLoudest(l.talkers, chosen[:n])
	}
	heard := l.talkers[:0]
	for _, p := range l.talkers {
		p.loud.settle(!crowded || slices.Contains(chosen[:], p))
		switch p.loud.state {
		case stays:
			heard = append(heard, p)
		case enters:
			heard = append(heard, p)
			l.touch(p)
		case leaves:
			l.touch(p)
		}
		l.crowded = l.crowded || p.loud.state != stays
	}
	clear(l.talkers[len(heard):])
	l.talkers = heard
}

// speaks notes whether there is a voice in this tick. After a long silence it is
// a newcomer's.
func (l *loudness) speaks(voice bool) {
	if !voice {
		l.quiet++
		return
	}
	if l.fresh = l.quiet > pause; l.fresh {
		l.level = 0
	}
	l.quiet = 0
}

// listen follows the level of a talker, from a quarter of its samples at 8 kHz or
// an eighth at 16: the rate is its peer's own, at which the voice most likely is.
func (l *loudness) listen(p *port) {
	bus := busOf(p.stream.Rate())
	frame := p.samples(bus)
	var sum int32
	for n := 0; n < len(frame); n += 4 << bus {
		v := int32(frame[n])
		sum += v ^ v>>31
	}
	l.step = p.moved
	l.level = max(sum, l.level-l.level>>decay)
}

// rank is the level that counts in the contest: those on the stage have an
// advantage.
func (l *loudness) rank() int32 {
	if l.was && !l.fresh {
		return l.level<<advantage + 1
	}
	return l.level
}

// nextLoudest is the one of highest rank that is not chosen yet.
func nextLoudest(talkers []*port, chosen []*port) (best *port) {
	for _, p := range talkers {
		if !slices.Contains(chosen, p) && (best == nil || p.loud.rank() > best.loud.rank()) {
			best = p
		}
	}
	return best
}

// settle moves a talker on or off the stage.
func (l *loudness) settle(on bool) {
	switch {
	case on && l.was:
		l.state = stays
	case on:
		l.state = enters
	case l.was:
		l.state = leaves
	default:
		l.state = outside
	}
}
