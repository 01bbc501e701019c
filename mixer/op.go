package mixer

// op is one operation of a conference on its room, applied by the worker
// between two ticks. It brings along all memory the worker needs for it.
type op struct {
	kind   opKind
	port   *port         // nil: the port named was not in the room
	rows   []rowChange   // opSet
	play   *playback     // opPlay
	grown  *lists        // opJoin: larger lists, when the room's are full
	notice *node[notice] // opLeave, opClose: whom to tell; may be nil
}

type opKind uint8

const (
	opJoin opKind = iota
	opSet
	opLeave
	opPlay
	opClose
)

type rowChange struct {
	port *port
	row  Row
}

// lists are a room's lists with more capacity.
type lists struct {
	members []*port
	large   *large // for a room that is not small
}

// notice is for the janitor: a callback due, or a room to take over.
type notice struct {
	room     *Room
	released func()
	done     func(whole bool)
	whole    bool
}

func (n notice) call() {
	if n.released != nil {
		n.released()
	}
	if n.done != nil {
		n.done(n.whole)
	}
}

// apply carries out what the conference asked for since the last tick.
func (r *Room) apply() {
	for {
		o, ok := r.ops.pop()
		if !ok {
			return
		}
		switch o.kind {
		case opJoin:
			r.join(o.port, o.grown)
		case opSet:
			for _, c := range o.rows {
				r.change(c.port, c.row)
			}
		case opLeave:
			r.leave(o.port)
			r.notify(o.notice)
		case opPlay:
			r.start(o.port, o.play)
		case opClose:
			r.empty()
			r.notify(o.notice)
		}
	}
}

func (r *Room) join(p *port, grown *lists) {
	if grown != nil {
		r.members = append(grown.members, r.members...)
		if r.large != nil {
			r.large.talkers = append(grown.large.talkers, r.large.talkers...)
			r.large.first = append(grown.large.first, r.large.first...)
		} else {
			r.spare = grown.large
		}
	}
	p.index = int32(len(r.members))
	r.members = append(r.members, p)
	r.young = r.tick.due + youth
	p.born = r.tick.due
	r.board(p)
	if r.resize(); r.large == nil {
		r.seat(p)
		r.schedule(p)
		return
	}
	r.large.touch(p)
}

func (r *Room) change(p *port, row Row) {
	if p.row == row || p.gone {
		return
	}
	p.row = row
	r.young = max(r.young, r.tick.due+youth/2)
	if r.large != nil {
		r.large.touch(p)
		return
	}
	for _, m := range r.members {
		m.reveal()
	}
}

// leave drops a port. It is kept until those who heard it have heard it fade;
// its stream is not used any more.
func (r *Room) leave(p *port) {
	if p == nil || p.gone {
		return
	}
	if r.large != nil && r.large.stage == serving && int(p.index) < r.large.sent {
		r.large.sent-- // between slices: whoever takes its place has had the frame
		r.swap(int(p.index), r.large.sent)
	}
	r.swap(int(p.index), len(r.members)-1)
	r.members[len(r.members)-1] = nil
	r.members = r.members[:len(r.members)-1]
	r.finish(p.play, false)
	p.reveal()
	p.keep(&p.final)
	r.putOff(p)
	if r.large != nil && r.large.stage == gathering && p.moved == r.large.step {
		p.final = tail{} // it has moved on to what nobody has heard
	}
	p.stream, p.timing, p.relayer, p.anchor = nil, nil, nil, nil
	p.play, p.cut, p.row, p.gone, p.voice = nil, nil, Row{}, true, false
	if r.large != nil {
		r.large.touch(p)
		r.resize()
		return
	}
	r.unschedule(p)
	r.depart(p)
}

// start begins a clip, cutting off the one that plays.
func (r *Room) start(p *port, play *playback) {
	if p == nil || p.gone {
		r.finish(play, false)
		return
	}
	if old := p.play; old != nil {
		r.finish(old, false)
		if old.pos > 0 {
			p.cut = old
		}
	}
	p.play = play
}

// finish tells that a clip has ended, whole or not.
func (r *Room) finish(play *playback, whole bool) {
	if play != nil && play.end != nil {
		play.end.value.whole = whole
		r.notify(play.end)
		play.end = nil
	}
}

// empty takes every port out; the worker drops the room at its next turn.
func (r *Room) empty() {
	for len(r.members) > 0 {
		r.leave(r.members[0])
	}
	r.large, r.leaving = nil, [maxLeaving]*port{}
	r.gone = true
}

func (r *Room) notify(n *node[notice]) {
	if n != nil {
		r.mixer.notices.push(n)
	}
}
