package mixer

import "sync/atomic"

// Room is one conference's mix. Its methods are called by one goroutine (the
// conference); each change takes effect whole, between two ticks. None of them
// waits. A method called after Close, of the room or of the mixer, changes
// nothing, but its callback is still called.
type Room struct {
	mixer  *Mixer
	worker *worker
	slot   int

	// The conference's side.
	ports    map[Port]*port
	capacity int // ports the worker's lists have room for
	closed   bool

	// Between the two.
	ops    queue[op]
	orphan atomic.Bool // no worker looks at it; the mixer's lock guards the worker's side

	// The worker's side.
	members  []*port
	large    *large            // nil: a small room, whose ports have slots of their own
	spare    *large            // for when it is not small
	leaving  [maxLeaving]*port // of a small room: left, but still to be faded out
	tick     turn
	young    int64 // slot up to which its ports' slots are found in leaps
	tuned    int64 // slot of the last look at the ports' slots
	hemmed   bool  // a port could not be put earlier, for the room's own turn comes after it
	hindered bool  // a port could not be put better, for a voice was not quiet
	gone     bool
	farewell node[notice] // tells the janitor that the worker has dropped the room
}

// port is a stream in a room. It is made by the conference's side and from the
// operation on that brings it in belongs to the worker.
//
// What every turn needs comes first and together: between two frames of a port
// all of it leaves the processor's cache.
type port struct {
	stream  Stream
	relayer Relayer // nil: the stream cannot
	room    *Room

	// What it says, and when it was served.
	moved   uint64      // the worker's step in which its stream last moved on
	served  uint64      // the worker's step in which it was last served; 0: never
	voice   bool        // there is something in its present frame
	sampled [buses]bool // somebody has asked for the frame's samples
	handed  [buses]bool // somebody was given the frame undecoded, who hears at the rate
	passed  [buses]bool // the same of the frame before
	gone    bool
	row     Row // in force
	was     Row // in force when it was last served

	// What it hears.
	seat    uint64 // small rooms: its bit in the hearing of others
	hearing uint64 // small rooms: the seats it heard when it was last served
	src     source
	play    *playback // the clip that plays
	cut     *playback // the clip that play took over from since the last time
	ducked  bool      // the last frame was lowered under a clip
	touched bool      // large rooms: its row changed since the last tick

	input, output turn
	loud          loudness
	tail          tail  // how the frame before the present one ended
	final         tail  // how the last one ended, once the port has left
	index         int32 // in members

	timing Timed // nil: the stream does not know
	anchor *port // whose input its output follows
	born   int64 // slot it came in

	lingers int64 // large rooms: the tick up to which it is served among the first
	next    *port // in large.touched
}

// playback is a clip on its way to a port.
type playback struct {
	clip *Clip
	pos  int           // at the narrow rate
	end  *node[notice] // nil: nobody wants to know
}

// Join adds a stream with its first row. A port that is in the room already is
// taken out first. Where a newcomer is part of a larger change, join it with a
// row that hears nobody, then Set all rows at once.
func (r *Room) Join(p Port, s Stream, row Row) {
	if r.closed {
		return
	}
	if _, ok := r.ports[p]; ok {
		r.Leave(p, nil)
	}
	member := newPort(r, s, row)
	r.ports[p] = member
	r.worker.load[r.slot].Add(1)
	r.worker.ports.Add(1)
	r.post(op{kind: opJoin, port: member, grown: r.grow()})
}

func newPort(r *Room, s Stream, row Row) *port {
	p := &port{stream: s, room: r, row: row}
	p.timing, _ = s.(Timed)
	p.relayer, _ = s.(Relayer)
	p.input = turn{kind: turnInput, port: p, room: r}
	p.output = turn{kind: turnOutput, port: p, room: r}
	return p
}

// grow returns larger lists for the worker when the ports outgrow its own.
func (r *Room) grow() *lists {
	if len(r.ports) <= r.capacity {
		return nil
	}
	r.capacity = max(smallRoom, 2*r.capacity)
	l := &lists{members: make([]*port, 0, r.capacity)}
	if r.capacity > smallRoom {
		l.large = &large{talkers: make([]*port, 0, r.capacity), first: make([]*port, 0, r.capacity), radios: newRadios(r.mixer)}
	}
	return l
}

// Set changes the rows of some ports in one step: no tick sees half of it.
// Ports that are not in the room are passed over.
func (r *Room) Set(changes []Change) {
	if r.closed {
		return
	}
	rows := make([]rowChange, 0, len(changes))
	for _, c := range changes {
		if p, ok := r.ports[c.Port]; ok {
			rows = append(rows, rowChange{p, c.Row})
		}
	}
	if len(rows) > 0 {
		r.post(op{kind: opSet, rows: rows})
	}
}

// Leave takes the port out. released, if any, is called (from a goroutine of
// the mixer's, not the worker) once the worker will never touch the stream
// again. For a port that is not in the room it is called all the same.
func (r *Room) Leave(p Port, released func()) {
	member := r.ports[p]
	if member != nil {
		delete(r.ports, p)
		r.worker.load[r.slot].Add(-1)
		r.worker.ports.Add(-1)
	} else if released == nil {
		return
	}
	r.post(op{kind: opLeave, port: member, notice: r.mixer.expect(notice{released: released})})
}

// Play plays a clip once to a port; whatever else the port hears is lowered by
// 12 dB under it. A clip that plays already is cut off (an empty clip does just
// that). done, if any, is called from a goroutine of the mixer's after the last
// frame, or with false when the port left or another clip took over.
func (r *Room) Play(p Port, clip *Clip, done func(whole bool)) {
	member := r.ports[p]
	if member == nil && done == nil {
		return
	}
	play := &playback{clip: clip, end: r.mixer.expect(notice{done: done})}
	r.post(op{kind: opPlay, port: member, play: play})
}

// Close takes every port out and frees the room; released as in Leave.
func (r *Room) Close(released func()) {
	n := r.mixer.expect(notice{released: released})
	if r.closed {
		r.post(op{kind: opClose, notice: n})
		return
	}
	r.closed = true
	r.mixer.leave(r, len(r.ports))
	clear(r.ports)
	r.post(op{kind: opClose, notice: n})
}

// post hands an operation to the worker. A room that no worker looks at any
// more (it is closed, or the mixer is) is served on the spot.
func (r *Room) post(o op) {
	r.ops.push(&node[op]{value: o})
	r.mixer.settle(r)
}
