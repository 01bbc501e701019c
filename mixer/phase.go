package mixer

// In a small room every port has two slots of its own. Its stream moves on in
// its input slot, which lies just behind the moment its packets come, as far as
// the stream knows that. It is served in its output slot, which lies just behind
// the input slots of those it hears: behind that one, its anchor, for which the
// others wait least. So a voice waits for nothing but the other voices of the
// same frame.
//
// The slots follow the packets slowly, so that the listeners' own buffers can
// follow: by a millisecond a second, by one in a tenth of a second after a
// change, and somewhat faster for who has just come. What must not happen
// unheard is that an output and an input change their order: then a listener
// would miss a frame of that voice, or lack one. So they do that only while the
// voice is quiet; until then they stop at each other, and the stream's buffer
// makes up for the difference by time-scale modification.

const (
	second = 50 * slots
	// youth is for how long after a change a room looks for its slots anew, and
	// infancy for how long a port is new.
	youth   = 3 * second
	infancy = 3 * second / 2
	// A look at a room that has settled, and at one that has not.
	tuneEvery  = second
	youngEvery = second / 10
	// How many slots a port moves at a time, and a new one.
	stride    = 1
	newStride = 3
	// worthwhile is how many slots less waiting, over all voices, another anchor
	// must bring.
	worthwhile = 2
	// quietLevel is the mean amplitude up to which a frame more or less is not
	// noticed: about -56 dBFS.
	quietLevel = 50
	// spread is how many slots later a port may be put because its own is crowded.
	spread = 3
)

// tune looks whether the slots of a room's ports are still the best.
func (w *worker) tune(r *Room, slot int64) {
	every := int64(tuneEvery)
	if slot < r.young {
		every = youngEvery
	}
	if slot-r.tuned < every {
		return
	}
	r.tuned = slot
	if r.large != nil {
		w.tuneLarge(r)
		return
	}
	for _, p := range r.members {
		w.tuneInput(p)
	}
	for _, p := range r.members {
		w.tuneOutput(p)
	}
	if r.hemmed {
		// The room's own turn is where a port would go: it makes way, by half a
		// frame, for the look after this one.
		r.hemmed = false
		r.tick.due += slots / 2
	}
}

// gap is how many slots after one turn another comes, less than a frame.
func gap(from, to *turn) int64 { return ((to.due-from.due)%slots + slots) % slots }

// stride is how far a port may move at a time.
func (w *worker) stride(p *port) int64 {
	if w.slot-p.born < infancy {
		return newStride
	}
	return stride
}

// within brings a shift between -most and most.
func within(shift, most int64) int64 { return max(-most, min(shift, most)) }

// ahead is as much of a shift of a turn as does not lead into the past.
func (w *worker) ahead(t *turn, shift int64) int64 {
	soonest := min(0, w.slot+1-t.due)
	if shift < soonest {
		t.room.hemmed = true
		return soonest
	}
	return shift
}

// tuneInput moves a port's input to when its packets are there, and the outputs
// anchored to it along.
func (w *worker) tuneInput(p *port) {
	if p.timing == nil {
		return
	}
	slack, ok := p.timing.Slack()
	if !ok {
		return
	}
	shift := shiftFor(int64(slack))
	if shift == 0 {
		return
	}
	if w.slot-p.born < infancy {
		shift += w.crowding(p.input.due + shift)
	}
	shift = w.ahead(&p.input, within(shift, w.stride(p)))
	for _, l := range p.room.members {
		if l != p && l.anchor == p {
			shift = w.limit(l, p, within(shift, w.stride(l)))
		} else if l != p && l.row.hears(p.row) && l.hearing&p.seat != 0 {
			g := gap(&p.input, &l.output)
			shift = upTo(p, shift, g-slots+1, g)
		}
	}
	if shift == 0 {
		return
	}
	w.move(&p.input, p.input.due+shift)
	for _, l := range p.room.members {
		if l != p && l.anchor == p {
			w.move(&l.output, l.output.due+shift)
		}
	}
}

// shiftFor is how many slots to move for a stream's slack. Later as soon as
// packets would be missed; earlier only if that saves a whole slot.
func shiftFor(slack int64) int64 {
	if slack > slotTime/4 {
		return (slack + slotTime - 1) / slotTime
	}
	return slack / slotTime
}

// crowding is how many slots beyond the given one a port had better go, for
// there is much to do in it.
func (w *worker) crowding(due int64) int64 {
	most := w.turns/slots*2 + 8
	for more := range int64(spread + 1) {
		if w.count[(due+more)%horizon] < most {
			return more
		}
	}
	return 0
}

// limit is as much of a shift of a listener's output as is possible: not into
// the past, and not across the inputs of voices that it hears, but for except.
func (w *worker) limit(l, except *port, shift int64) int64 {
	shift = w.ahead(&l.output, shift)
	for _, o := range l.room.members {
		if o == l || o == except || !l.row.hears(o.row) || l.hearing&o.seat == 0 {
			continue
		}
		g := gap(&o.input, &l.output)
		shift = upTo(o, shift, -g, slots-1-g)
	}
	return shift
}

// upTo is a shift of a voice's input, or of an output that hears it, which goes
// across the other one, beyond the limits given, only while the voice is quiet.
func upTo(p *port, shift, least, most int64) int64 {
	if least <= shift && shift <= most || quiet(p) {
		return shift
	}
	return max(least, min(shift, most))
}

// quiet says whether a frame more or less of the port's voice is not noticed.
// The present frame may be one that nobody has heard yet.
func quiet(p *port) bool {
	if !p.voice {
		return true
	}
	bus := busOf(p.stream.Rate())
	if !p.sampled[bus] && p.sampled[buses-1-bus] {
		bus = buses - 1 - bus
	}
	return amplitudeOf(p.samples(bus)) <= quietLevel
}

// amplitudeOf is the mean amplitude of a frame, from a quarter of its samples.
func amplitudeOf(frame []int16) int {
	sum := int32(0)
	for n := 0; n < len(frame); n += 4 {
		v := int32(frame[n])
		sum += v ^ v>>31
	}
	return int(sum) * 4 / len(frame)
}

// tuneOutput moves a port's output to just behind the inputs of those it hears.
func (w *worker) tuneOutput(l *port) {
	if l.anchor = bestAnchor(l); l.anchor == nil {
		return
	}
	shift := -gap(&l.anchor.input, &l.output)
	if shift < -slots/2 {
		shift += slots
	}
	if shift = w.limit(l, nil, within(shift, w.stride(l))); shift != 0 {
		w.move(&l.output, l.output.due+shift)
	}
}

// bestAnchor is the one of those heard for whom the others wait least; the
// present one unless another is clearly better.
func bestAnchor(l *port) (best *port) {
	least := int64(0)
	for _, a := range l.room.members {
		if a == l || !l.row.hears(a.row) {
			continue
		}
		cost := int64(0)
		for _, o := range l.room.members {
			if o != l && l.row.hears(o.row) {
				cost += gap(&o.input, &a.input)
			}
		}
		if a == l.anchor {
			cost -= worthwhile
		}
		if best == nil || cost < least {
			best, least = a, cost
		}
	}
	return best
}

// tuneSample bounds the ports of a large room that are asked for their slack.
const tuneSample = 64

// tuneLarge moves the one slot of a large room towards where its voices wait
// least, by a millisecond.
func (w *worker) tuneLarge(r *Room) {
	var slacks [tuneSample]int64
	n := 0
	for _, p := range r.members {
		if p.timing == nil || n == tuneSample {
			continue
		}
		if slack, ok := p.timing.Slack(); ok {
			slacks[n] = int64(slack)
			n++
		}
	}
	r.tick.due += commonShift(slacks[:n]) // it is its turn: the wheel gets it back later
}

// commonShift is the direction, in slots, in which the sum of what the voices
// wait gets less; 0 where it is hardly less anywhere.
func commonShift(slacks []int64) int64 {
	const frame = slots * slotTime
	wait := func(shift int64) (sum int64) {
		for _, slack := range slacks {
			sum += ((shift*slotTime-slack)%frame + frame) % frame
		}
		return sum
	}
	best, least := int64(0), wait(0)-int64(len(slacks))*3*slotTime/2
	for shift := int64(-slots / 2); shift < slots/2; shift++ {
		if sum := wait(shift); sum < least {
			best, least = shift, sum
		}
	}
	return max(-1, min(best, 1))
}
