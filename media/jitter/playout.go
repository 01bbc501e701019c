package jitter

const (
	// startLead is the delay of a new stream, before anything is known of it.
	startLead = 160
	// backlog is how much faster than a stream's first packet another can hardly
	// be, unless the first had been waiting for somebody to read it: 60 ms. What
	// came so is no measure of the network, and too old to be heard.
	backlog = 480
	// reach is how far ahead packets are kept: 450 ms.
	reach = capacity - past
	// A sender whose packets are all later than we ever wait, so many of them
	// in order over so many nanoseconds, has had its clock stand still; less is
	// a burst, which catches up.
	lateRun  = 5
	lateSpan = 100_000_000
	// second in nanoseconds.
	second = 1_000_000_000
)

// Packet is one RTP packet of audio.
type Packet struct {
	// At is when it arrived, in nanoseconds of the clock that Next goes by, as
	// exactly as is known: the kernel's time rather than that of the reading.
	At int64
	// TS is the RTP timestamp, Seq the sequence number.
	TS  uint32
	Seq uint16
	// Payload is copied or decoded, not kept.
	Payload []byte
	// InOrder says that no packet with a higher sequence number came before.
	InOrder bool
	// Follows says that the packet before it, by sequence number, has come: a
	// gap in the timestamps is then the sender's silence and not a loss.
	Follows bool
}

// Playout turns the packets of one stream into evenly spaced frames. The zero
// value is not ready: Reset it first. It must not be copied after that.
type Playout struct {
	format Format
	k      int // samples for each one of 8 kHz
	size   int // of a frame

	running bool
	begun   bool // something of the stream has been heard
	made    bool // the frame is
	whole   bool // and is in the store, at from
	quiet   bool // and is
	still   bool // the sender said nothing up to stillTo
	time    timeline
	now     int64  // of the last frame
	tick    uint32 // the same in samples
	origin  uint32 // subtracted from lags, so that they are small numbers
	from    uint32 // the first sample of the last frame
	play    uint32 // the next sample to be played
	end     uint32 // behind the last packet in order
	grain   grain

	wait      int64  // ns from the arrival of the last packet to its frame
	delay     int64  // the same, smoothed
	filled    uint64 // ns concealed since the last packet in order
	concealed uint64 // ns before that

	idle      int   // frames since a packet needed a deep store
	long      int   // frames in a row in which the lead was too long
	rest      int   // frames until the lead may be looked at again
	late      int   // packets in a row that came later than we wait
	lateSince int64 // when the first of them came

	muted            bool
	muteFrom, muteTo uint32
	comfort          comfort
	stillTo          uint32

	coded  coded
	relay  relay
	frame  [baseFrame]int16 // of a codec with state it is in its Packets
	lags   lags
	ground background

	conceal concealer
	merge   int // samples of the cross-fade back to real ones still to come
	merging int // of so many
	model   [modelSamples]int16
	store   store
}

// Reset forgets the stream: the next packet begins another, of that format.
func (p *Playout) Reset(f Format) {
	depth := p.store.depth
	if p.format.Packets != nil {
		depth = nil // it is theirs
	}
	*p = Playout{format: f, k: f.Rate / baseRate, now: p.now, tick: p.tick, concealed: p.concealed}
	if f.Packets != nil {
		depth = &f.Packets.depth
	}
	p.store.use(depth)
	if depth != nil {
		*depth = Depth{}
	}
	p.size = p.k * baseFrame
	p.time = timeline{rate: int64(f.Rate), clock: int64(f.Clock)}
	p.made = true
	p.ground.reset()
	p.conceal.reset(&p.ground, p.k)
	p.conceal.model = p.model[:]
	if f.Packets != nil {
		f.Packets.forget()
		f.Packets.frame = [MaxFrame]int16{}
		f.Decoder.Reset()
		p.conceal.model = f.Packets.model[:]
	}
	p.tick = p.samplesOf(p.now)
}

// Delay is how many nanoseconds the audio waits at present, from its arrival to
// the frame it is played in; smoothed.
func (p *Playout) Delay() int64 { return p.delay }

// Concealed is how many nanoseconds of voice were synthesised since the start,
// whatever was reset meanwhile, in place of what was lost or late. Of an outage
// it counts the voice, not the silence after it has faded, and only once packets
// come again; what the sender left out on purpose does not count.
func (p *Playout) Concealed() uint64 { return p.concealed }

// samplesOf is a time in samples.
func (p *Playout) samplesOf(ns int64) uint32 {
	return uint32(ns / (second / int64(p.format.Rate)))
}

// length is the time that n samples last, in ns.
func (p *Playout) length(n int) int64 { return int64(n) * (second / int64(p.format.Rate)) }

// start has the sample at pos played after the initial delay.
func (p *Playout) start(v *arrived) {
	p.carry(v.pos - uint32(startLead*p.k))
	p.running, p.begun = true, false
	p.store.forget()
	if p.format.Packets != nil {
		p.format.Packets.forget()
	}
	p.coded = coded{at: p.play, unit: p.size}
	p.time.begin(v.TS)
	if p.now == 0 {
		p.tick = p.samplesOf(v.At) - uint32(p.size)
	}
	p.origin = p.samplesOf(v.At) - v.pos
	p.end = v.pos
	p.late, p.rest = 0, 0
	p.lags.reset()
	p.grain.reset(v.pos, p.size)
	p.merge = 0
	p.comfort.on = false
	p.muted = p.muted && p.nearby(p.muteTo)
}

// carry moves the point of play, and takes what was heard along.
func (p *Playout) carry(to uint32) {
	if to == p.play {
		return
	}
	var heard [2 * past]int16
	h := heard[:past*p.k]
	p.store.copy(h, p.play-uint32(len(h)))
	p.play = to
	p.store.put(p.play-uint32(len(h)), h)
}

// nearby says whether pos can be of the time that is being played: later than
// what is past, or shortly before it, and not too far to be stored.
func (p *Playout) nearby(pos uint32) bool {
	n := p.until(pos)
	return n > -capacity*p.k && n < 2*capacity*p.k
}

// until is how long after the point of play pos is.
func (p *Playout) until(pos uint32) int { return int(int32(pos - p.play)) }

// Mute has the stream silent from one timestamp to another, also what is in the
// buffer already or comes later. Times far from those of the audio are of
// another clock and have no effect.
func (p *Playout) Mute(from, to uint32) {
	if !p.running {
		p.time.begin(from)
	}
	a, b := p.time.position(from), p.time.position(to)
	if int32(b-a) <= 0 || p.running && !(p.nearby(a) && p.nearby(b)) {
		return
	}
	if p.muted && int32(p.muteTo-a) >= 0 && int32(b-p.muteFrom) >= 0 {
		// It goes on; what it began with may still be to come.
		a, b = earlier(a, p.muteFrom), b+uint32(max(0, int32(p.muteTo-b)))
	}
	p.muted, p.muteFrom, p.muteTo = true, a, b
}

// earlier is the one of two near positions that comes first.
func earlier(a, b uint32) uint32 { return a - uint32(max(0, int32(a-b))) }

// hush silences what is muted of the next n samples.
func (p *Playout) hush(n int) {
	if !p.muted {
		return
	}
	if p.until(p.muteTo) <= 0 {
		p.muted = false
		return
	}
	from := max(0, p.until(p.muteFrom))
	p.store.silence(p.play+uint32(from), min(n, p.until(p.muteTo))-from)
}
