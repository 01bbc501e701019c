package mixer

// lingering is how many ticks a port goes on to be served among the first after
// it has spoken, or its row has changed, so that it does not change its place with
// every pause.
const lingering = 250

// queue lists who is served before the others, whose places stay as they are so
// that each gets its frames evenly. First come those with a mix of their own: an
// encoder that parts from the shared one has to take over its state before that
// has gone on to this frame. Then come those who go over to what others hear, and
// may want to begin with it.
func (r *Room) queue() {
	l := r.large
	l.first = l.first[:0]
	var present [places]bool
	for _, p := range r.members {
		place := l.place(p)
		if place == changing || place == apart && p.own() {
			p.lingers = l.ticks + lingering
		}
		if present[place] = true; place == apart {
			l.first = append(l.first, p)
		}
	}
	for _, place := range []place{changing, lately} {
		if !present[place] {
			continue
		}
		for _, p := range r.members {
			if l.place(p) == place {
				l.first = append(l.first, p)
			}
		}
	}
}

// place is where in a tick a port is served, in this order.
type place uint8

const (
	apart    place = iota // it has a mix of its own
	changing              // it goes over to what others hear
	lately                // it did so a short while ago, or has spoken
	among                 // the others
	places
)

func (l *large) place(p *port) place {
	switch {
	case p.own() || !p.common():
		return apart
	case p.served == 0:
		return among // there is nothing that it goes over from
	case p.touched || !p.bare():
		return changing
	case p.lingers > l.ticks:
		return lately
	}
	return among
}

// common says that the port hears what others hear, or will from the next frame
// on: voices or a radio, and no clip.
func (p *port) common() bool { return p.row.Treatment.common() && p.play == nil }

// plain says that the port hears what all with its mask hear.
func (p *port) plain() bool { return !p.touched && p.src.loop == nil && p.bare() }

// own says that its own voice is in what all with its mask hear.
func (p *port) own() bool { return p.voice && p.row.hears(p.row) && p.loud.heard() }

// swap exchanges two members' places.
func (r *Room) swap(i, j int) {
	a, b := r.members[i], r.members[j]
	r.members[i], r.members[j] = b, a
	a.index, b.index = int32(j), int32(i)
}
