package media

// playout turns the packets of one stream into frames, evenly spaced whatever
// the network did to them. All times are the stream's RTP timestamps.
type playout interface {
	// reset forgets the stream.
	reset()
	// put takes in the audio of a packet and reports false when it came too late.
	put(v voice) bool
	// mute has the stream silent from one time to another, also what is in the
	// buffer already or comes later.
	mute(from, to uint32)
	// pull writes the next frame and reports whether there is anything to hear.
	pull(dst []int16) bool
	// delay is how many samples the audio waits at present.
	delay() int
}

// voice is a packet of audio.
type voice struct {
	now     int64 // when it came
	ts      uint32
	payload []byte
	decode  *[256]int16
	inOrder bool // no later packet came before it
	follows bool // the packet before it came: a gap in time is then the sender's silence
}

// Sizes in samples unless they say otherwise.
const (
	ringSamples  = 4096 // half a second
	startDelay   = 320  // 40 ms for a new stream, before anything is known of it
	guard        = 160  // how early the latest packets are wanted: a tick of the reader
	maxDelay     = 800  // late packets stretch the delay up to 100 ms
	settleFrames = 400  // the delay shrinks at most once in so many frames: 8 s
	shrinkStep   = 80   // by 10 ms
	quietLevel   = 512  // preferably where nobody hears it
	fadeSamples  = 3 * frameSamples
	lateRun      = 5           // so many late packets in order, over
	lateSpan     = 100_000_000 // so many nanoseconds, are a clock that stood still, not a burst
)

// ring is a playout that decodes packets to where their timestamps put them, so
// that packets of any length make frames of 20 ms. A packet that comes late
// moves the point of play back, at once; while all come early, it moves
// forward, slowly. The same two movements follow the drift of the peer's clock.
type ring struct {
	running bool
	play    uint32 // the next sample to be played
	end     uint32 // behind the last packet in order

	early  int // how early the last packet came
	least  int // the least any came early by, since
	most   int // and the most, since
	frames int // so many frames

	late      int   // late packets in a row
	lateSince int64 // when the first of them came

	muted            bool
	muteFrom, muteTo uint32

	last    [frameSamples]int16 // the last whole frame, for concealment
	missing int                 // samples concealed since
	have    bitmap
	samples [ringSamples]int16
}

func (r *ring) reset() {
	r.running, r.muted = false, false
	r.missing = fadeSamples // nothing to conceal with
}

func (r *ring) delay() int { return r.early }

// start has ts played after the initial delay.
func (r *ring) start(ts uint32) {
	r.running = true
	r.have = bitmap{}
	r.play = ts - startDelay
	r.end = ts
	r.late = 0
	r.early = startDelay
	r.measure()
}

// measure begins a new period of watching how early packets come.
func (r *ring) measure() { r.least, r.most, r.frames = ringSamples, r.early, 0 }

func (r *ring) put(v voice) bool {
	n := len(v.payload)
	if n == 0 || n > datagramSize {
		return false
	}
	if !r.running {
		r.start(v.ts)
	}
	early := r.until(v.ts)
	switch {
	case early+n > ringSamples || early < -ringSamples:
		if !v.inOrder {
			return false
		}
		r.start(v.ts) // the sender's clock jumped
	case early < 0 && r.most-early <= maxDelay:
		r.moveBack(-early)
	case early+n <= 0 && !r.restarts(&v):
		return false
	}
	r.early = r.until(v.ts)
	r.least, r.most = min(r.least, r.early), max(r.most, r.early)
	if r.early >= 0 {
		r.late = 0
	}
	if v.follows {
		r.silence(r.end, v.ts)
	}
	if v.inOrder {
		r.end = v.ts + uint32(n)
	}
	r.write(&v)
	return true
}

// until is how long after the point of play ts is.
func (r *ring) until(ts uint32) int { return int(int32(ts - r.play)) }

// moveBack has the last n samples played again, or rather what of them came
// meanwhile: their time was filled by concealment.
func (r *ring) moveBack(n int) {
	r.play -= uint32(n)
	r.most += n
	if r.least != ringSamples {
		r.least += n
	}
}

// restarts decides about a packet that is later than we ever wait. A burst
// after a stall will catch up; a sender whose clock stood still will not, and
// begins anew.
func (r *ring) restarts(v *voice) bool {
	if !v.inOrder {
		return false
	}
	if r.late++; r.late == 1 {
		r.lateSince = v.now
	}
	if r.late < lateRun || v.now-r.lateSince < lateSpan {
		return false
	}
	r.start(v.ts)
	return true
}

// write decodes a packet into the ring, but for what is past.
func (r *ring) write(v *voice) {
	ts, payload := v.ts, v.payload
	if past := -r.until(ts); past > 0 {
		payload = payload[min(past, len(payload)):]
		ts += uint32(past)
	}
	for i, b := range payload {
		r.samples[(ts+uint32(i))%ringSamples] = v.decode[b]
	}
	r.have.set(ts, len(payload))
	if r.muted {
		r.overwrite(max(0, int(int32(r.muteFrom-ts))), min(len(payload), int(int32(r.muteTo-ts))), ts)
	}
}

// overwrite silences the samples from and to after ts.
func (r *ring) overwrite(from, to int, ts uint32) {
	for i := from; i < to; i++ {
		r.samples[(ts+uint32(i))%ringSamples] = 0
	}
}

// silence fills the time between with silence, as far as it is to come and
// fits.
func (r *ring) silence(from, to uint32) {
	if r.until(from) < 0 {
		from = r.play
	}
	n := min(int(int32(to-from)), ringSamples-r.until(from))
	if n <= 0 {
		return
	}
	r.overwrite(0, n, from)
	r.have.set(from, n)
}

func (r *ring) mute(from, to uint32) {
	r.muted, r.muteFrom, r.muteTo = true, from, to
	if r.running {
		r.silence(from, to)
	}
}

func (r *ring) pull(dst []int16) bool {
	dst = dst[:frameSamples]
	if !r.running {
		clear(dst)
		return false
	}
	if r.muted && r.until(r.muteTo) <= 0 {
		r.muted = false
	}
	level := int16(0)
	switch held := r.have.count(r.play, frameSamples); {
	case held == frameSamples:
		at := r.play % ringSamples
		n := copy(dst, r.samples[at:])
		copy(dst[n:], r.samples[:])
		copy(r.last[:], dst)
		r.missing = 0
		for _, v := range dst {
			level |= v ^ v>>15
		}
	case held == 0 && r.missing >= fadeSamples:
		clear(dst)
	default:
		level = r.patch(dst)
	}
	r.have.clear(r.play, frameSamples)
	r.play += frameSamples
	r.shrink(level < quietLevel)
	return level != 0
}

// patch makes a frame of what there is of it, and fills the rest with the last
// frame, repeated and fading.
func (r *ring) patch(dst []int16) (level int16) {
	for i := range dst {
		ts := r.play + uint32(i)
		var v int16
		switch {
		case r.have.has(ts):
			v = r.samples[ts%ringSamples]
		case r.missing < fadeSamples:
			v = int16(int32(r.last[i]) * int32(fadeSamples-r.missing) / fadeSamples)
			r.missing++
		}
		dst[i] = v
		level |= v ^ v>>15
	}
	return level
}

// shrink moves the point of play forward where all packets of the last period
// came earlier than need be.
func (r *ring) shrink(quiet bool) {
	if r.frames++; r.frames < settleFrames || !quiet && r.frames < 2*settleFrames {
		return
	}
	if excess := r.least - guard; r.least != ringSamples && excess >= shrinkStep {
		step := max(shrinkStep, excess/2)
		r.have.clear(r.play, step)
		r.play += uint32(step)
	}
	r.measure()
}
