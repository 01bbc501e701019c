package media

import (
	"net/netip"
	"sync/atomic"
	"time"

	"warmline/media/jitter"
	"warmline/media/resample"
	"warmline/mixer"
)

const (
	// readsPerTick bounds what one leg costs in a tick. Twice as many packets as
	// any agreed format needs: a backlog goes away.
	readsPerTick = 4
	// mostReads is the bound while packets are older than lastAge: some peers send
	// shorter ones than agreed, of which a backlog would stay. A flood waits in its
	// own socket.
	mostReads = 16
	lastAge   = 5_000_000
	// backlogTicks is how often a tick looks for more where a frame's worth always
	// came, and just before it.
	backlogTicks = 64
	// blindTicks is the same where the socket does not say when packets came.
	blindTicks = 8
	// backlogAge is how long a packet has waited behind which another may be.
	backlogAge = 15_000_000
	// controlTicks is how often the RTCP socket is read: its packets come every
	// few seconds, and with the time of their arrival.
	controlTicks = 64
	// settleTicks is how often it is looked whether the peer's address is settled.
	settleTicks = 4
	// rekeyTime is for how long after an agreement packets under the peer's former
	// key may still be under way.
	rekeyTime = 5_000_000_000
	// streamQuiet is how long a stream must have paused for the first packet of
	// another to take over; else it takes two in a row.
	streamQuiet = 100_000_000
)

// receiver is what the worker knows of the incoming stream.
type receiver struct {
	ticks    uint32
	single   bool // the last tick read one packet, and that was a frame of audio
	latch    latch
	peer     netip.AddrPort // the RTP socket is connected to
	stream   streamStats
	rival    uint32 // another SSRC seen since the stream's last packet
	rivals   int
	lastAt   int64
	rekeying int64 // until when a former key is tried
	events   eventReader
	playing  kind                       // what the playout plays
	newest   uint32                     // the end of the last packet of audio, in its time
	other    atomic.Pointer[conversion] // the present frame at the rate that it is not of; nil: nobody needs that
	playout  jitter.Playout
}

// current is the agreement in force; the worker takes over a new one at the
// beginning of what it does next.
func (s *Session) current(now int64) *agreement {
	a := s.inForce.Load()
	if a != s.taken {
		s.take(a, now)
	}
	return a
}

// take puts an agreement into effect on the worker's side.
func (s *Session) take(a *agreement, now int64) {
	old := s.taken
	s.rekey(a, old)
	s.taken = a
	r := &s.in
	r.rekeying = now + rekeyTime
	r.latch.agree(a.remote, s.cfg.Symmetric, now)
	s.reconnect(now)
	if changed := old == nil || a.codec != old.codec; changed || a.packetTime != old.packetTime {
		s.out.reset(a, changed)
	}
	if old != nil && a.dir.recv && !old.dir.recv {
		r.playing = kindUnknown // its clock may have stood still meanwhile
	}
	s.control.agree(a, now, time.Now())
	s.count.audioAt.set(now)
	s.count.remote.store(r.latch.dest)
}

// reconnect has the kernel filter strangers as soon as, and as long as, nobody
// else can turn out to be the peer.
func (s *Session) reconnect(now int64) {
	want := s.in.latch.final(now)
	if want == s.in.peer {
		return
	}
	if s.rtp.Connect(want) == nil {
		s.in.peer = want
	}
}

// receive takes in what has arrived.
func (s *Session) receive(now int64, sc *scratch) {
	s.count.now.set(now)
	a := s.current(now)
	r := &s.in
	single := false
	for i := range mostReads {
		n, from, stamp, ok := s.rtp.TryRead(sc.in[:])
		if !ok {
			break
		}
		at := s.engine.arrival(now, stamp)
		long := s.datagram(now, at, a, from, sc.in[:n], sc)
		single = i == 0 && long && now-at < backlogAge
		look := uint32(backlogTicks)
		if stamp == 0 {
			look = blindTicks
		}
		// A frame per tick is the rule: looking in vain for more each time
		// would cost as much as a tenth of a packet.
		if single && r.single && r.ticks%look != 0 || i+1 >= readsPerTick && now-at < lastAge {
			break
		}
	}
	r.single = single
	r.ticks++
	if a == nil {
		return
	}
	if r.ticks%controlTicks == 0 && !a.mux {
		s.receiveControl(now, a, sc)
	}
	if r.ticks%settleTicks == 0 {
		s.reconnect(now)
	}
}

// collect takes in what has been read for a session that leaves its carrier: where
// it goes on, that is not to be had.
func (s *Session) collect() {
	now := s.count.now.get()
	sc := s.borrow()
	for range mostReads {
		n, from, stamp, ok := s.rtp.TryRead(sc.in[:])
		if !ok {
			break
		}
		s.datagram(now, s.engine.arrival(now, stamp), s.taken, from, sc.in[:n], sc)
	}
	s.giveBack(sc)
}

// longestWait bounds how long ago a packet can have come.
const longestWait = 10_000_000_000

// arrival is when a packet came, in the worker's time, by the socket's stamp. A
// worker that is late tells the time at which its turn was due; what came in
// between came after that.
func (e *Engine) arrival(now, stamp int64) int64 {
	if e.cfg.Clock == nil || stamp == 0 {
		return arrival(now, stamp)
	}
	return min(max(stamp-e.ahead.Load(), now-longestWait), now+frameNanos)
}

// arrival is the same for those who tell the time it is.
func arrival(now, stamp int64) int64 {
	if stamp == 0 {
		return now
	}
	return now - min(max(time.Now().UnixNano()-stamp, 0), longestWait)
}

// datagram takes in one datagram of the RTP socket that came at some time, and
// reports whether it brought a frame of audio or more. Before an agreement
// there is no telling whose it is.
func (s *Session) datagram(now, at int64, a *agreement, from netip.AddrPort, p []byte, sc *scratch) (long bool) {
	if a != nil && a.mux && isRTCP(p) {
		if l := &s.in.latch; from == l.source || !l.source.IsValid() && from == l.sdp {
			if p, ok := a.openControl(p, sc, now < s.in.rekeying); ok && s.control.read(s, p, at) {
				s.collide(now, a, from.Addr(), controlSSRC(p))
				return false
			}
		}
		s.count.discarded.Add(1)
		return false
	}
	if a == nil {
		s.count.discarded.Add(1)
		return false
	}
	p, former, ok := a.openAudio(p, sc, now < s.in.rekeying)
	h, payload, whole := parseRTP(p)
	// Under the former key may be somebody who is not the peer any more: that
	// teaches no address.
	strange := former && from != s.in.latch.source && from != s.in.latch.sdp
	if !ok || !whole || strange || !s.admit(now, from, &h) {
		s.count.discarded.Add(1)
		return false
	}
	s.collide(now, a, from.Addr(), h.ssrc)
	s.count.packetsIn.Add(1)
	if !a.dir.recv || !s.packet(at, a, &h, payload) {
		s.count.discarded.Add(1)
		return false
	}
	c := a.in[h.payloadType].codec()
	return c != nil && c.samples(payload) >= c.rate/framesPerSecond
}

// openAudio authenticates and decrypts a packet in place, where the agreement
// is for encryption. After a change of the peer's key, or the end of encryption,
// the one before may still be under way (late); a failure spoils the packet, so
// that it takes a copy.
func (a *agreement) openAudio(p []byte, sc *scratch, late bool) (packet []byte, former, ok bool) {
	again := a.again(p, sc, late)
	if a.open != nil {
		n, err := a.open.RTP(p)
		if err == nil || again == nil {
			return p[:n], false, err == nil
		}
	}
	if again != nil {
		if n, err := a.former.RTP(again); err == nil || a.open != nil {
			return again[:n], true, err == nil
		}
	}
	return p, false, true
}

// openControl is the same for RTCP.
func (a *agreement) openControl(p []byte, sc *scratch, late bool) ([]byte, bool) {
	again := a.again(p, sc, late)
	if a.open != nil {
		n, err := a.open.RTCP(p)
		if err == nil || again == nil {
			return p[:n], err == nil
		}
	}
	if again != nil {
		if n, err := a.former.RTCP(again); err == nil || a.open != nil {
			return again[:n], err == nil
		}
	}
	return p, true
}

// again is a copy of a packet for the peer's former key; nil where that is not to
// be tried.
func (a *agreement) again(p []byte, sc *scratch, late bool) []byte {
	if a.former == nil || !late {
		return nil
	}
	return sc.out[:copy(sc.out[:], p)]
}

// admit applies the latch and has others see where it settled.
func (s *Session) admit(now int64, from netip.AddrPort, h *rtpHeader) bool {
	l := &s.in.latch
	before := l.dest
	if !l.admit(now, from, h) {
		return false
	}
	if l.dest != before {
		s.count.remote.store(l.dest)
	}
	return true
}

// packet sorts a packet of the peer's by what it carries; false means that it
// was of no use.
func (s *Session) packet(at int64, a *agreement, h *rtpHeader, payload []byte) bool {
	r := &s.in
	what := a.in[h.payloadType]
	format := a.playable[what]
	if format == nil && what != kindComfort {
		// Some gateways put events into a stream of their own; and what was not
		// agreed on, RTCP on the wrong port among it, may have anything in the place
		// of an SSRC. Neither must pass for a change of the speaker's.
		if r.stream.started && h.ssrc == r.stream.ssrc && r.stream.count(h) == duplicate {
			return false
		}
		return what.isEvent() && s.event(what, h, payload)
	}
	if !r.follow(at, h) {
		return false
	}
	r.lastAt = at
	order := r.stream.count(h)
	s.count.lost.set(int64(r.stream.lost()))
	if order == duplicate {
		return false
	}
	if what == kindComfort {
		s.count.audioAt.set(at) // a peer that is silent, but there
		r.playout.Comfort(at, h.ts, payload, order != reordered)
		return true
	}
	if what != r.playing {
		r.play(what, format)
	}
	r.stream.spread(at, h.ts, int64(format.Clock))
	r.stream.length = uint32(what.codec().samples(payload) * format.Clock / format.Rate)
	r.newest = h.ts + r.stream.length
	s.count.jitter.set(r.stream.jitterTime())
	s.count.audioAt.set(at)
	if !s.count.started.Load() {
		s.count.started.Store(true)
	}
	ok := r.playout.Put(jitter.Packet{
		At: at, TS: h.ts, Seq: h.seq, Payload: payload,
		InOrder: order != reordered, Follows: order == inSequence,
	})
	if !ok {
		s.count.late.Add(1)
		r.stream.discard(h.seq)
	}
	return ok
}

// play has the playout begin with a stream of a format.
func (r *receiver) play(what kind, format *jitter.Format) {
	r.playing = what
	r.playout.Reset(*format)
	if c := r.other.Load(); c != nil {
		*c = conversion{}
	}
}

// follow says whether a packet belongs to the stream that is heard, which may
// change (a transfer or music on the far side): then all that is known of the
// old one is forgotten. Two streams at once are not mixed up; the one that was
// there goes on until it pauses or the other sends two packets in a row.
func (r *receiver) follow(now int64, h *rtpHeader) bool {
	if r.stream.started && h.ssrc == r.stream.ssrc {
		r.rivals = 0
		return true
	}
	if r.stream.started && now-r.lastAt < streamQuiet {
		if r.rivals == 0 || h.ssrc != r.rival {
			r.rival, r.rivals = h.ssrc, 1
			return false
		}
	}
	r.rivals = 0
	r.stream.begin(h)
	r.playing = kindUnknown
	return true
}

// event takes in an RFC 4733 packet.
func (s *Session) event(what kind, h *rtpHeader, payload []byte) bool {
	e, ok := parseEvent(payload)
	if !ok {
		return false
	}
	digit, from, to := s.in.events.read(h, e, uint32(what.clock()/clockRate))
	if r := &s.in; r.stream.started && (h.ssrc != r.stream.ssrc || what.clock() != r.playing.clock()) {
		// A clock of its own says nothing of the audio's.
		from, to = r.newest, r.newest+uint32(eventTail*r.playing.clock()/clockRate)
	}
	if from != to {
		s.in.playout.Mute(from, to)
	}
	if digit != 0 && s.heardEvents.push(queuedDigit{digit: digit}) {
		s.engine.pressed.Add(1)
	}
	return true
}

// Next takes in what has arrived and moves on by a frame. It implements
// mixer.Stream.
func (s *Session) Next(now int64) bool {
	sc := s.borrow()
	s.receive(now, sc)
	s.giveBack(sc)
	r := &s.in
	if c := r.other.Load(); c != nil {
		c.paused, c.made = !c.made, false
	}
	heard := r.playout.Next(now)
	s.count.delay.set(r.playout.Delay())
	s.count.concealed.set(int64(r.playout.Concealed()))
	return heard && r.playing != kindUnknown
}

// Samples is the present frame of what the peer said. It implements
// mixer.Stream.
func (s *Session) Samples(rate int) []int16 {
	r := &s.in
	own := r.playout.Samples()
	n := rate / framesPerSecond
	if n == len(own) {
		return own
	}
	if c := r.other.Load(); c != nil {
		return c.convert(own, n)
	}
	return silence[:n] // the first wideband leg of all is just coming
}

var silence [wideFrame]int16

// conversion is a frame at another rate. Sessions have one once there has been
// any leg with wideband codecs.
type conversion struct {
	made   bool
	paused bool // nobody asked for the frame before
	frame  [wideFrame]int16
	up     resample.Up
	down   resample.Down
}

// convert brings a frame to n samples, once.
func (c *conversion) convert(own []int16, n int) []int16 {
	if !c.made {
		c.made = true
		if c.paused { // what was before the pause has no place in this frame
			c.up.Reset()
			c.down.Reset()
		}
		if n > len(own) {
			c.up.Run(c.frame[:n], own)
		} else {
			c.down.Run(c.frame[:n], own)
		}
	}
	return c.frame[:n]
}

// Slack implements mixer.Timed.
func (s *Session) Slack() (time.Duration, bool) {
	ns, ok := s.in.playout.Slack()
	return time.Duration(ns), ok && s.in.playing != kindUnknown
}

// Rate is that of the frames to send. It implements mixer.Stream.
func (s *Session) Rate() int {
	if a := s.taken; a != nil {
		return a.codec.rate
	}
	return mixer.Narrow
}
