package mixer

import "time"

// FrameDuration is the length of a frame; each port is served once per frame.
const FrameDuration = 20 * time.Millisecond

// The rates that streams may have, in Hz. Listeners at either are mixed at
// their own: who hears at 8 kHz costs nothing more because somebody in the room
// hears at 16.
const (
	Narrow = 8000
	Wide   = 16000
)

// SampleRate is the rate of clips and musics, in Hz; a frame of it is
// FrameSamples long.
const (
	SampleRate   = Narrow
	FrameSamples = SampleRate / 50
)

// maxFrame is the longest frame, at the highest rate.
const maxFrame = Wide / 50

// A bus is the mixing at one rate.
const (
	narrow = iota
	wide
	buses
)

// busRates are the rates of the buses.
var busRates = [buses]int{Narrow, Wide}

// busOf is the bus of a rate.
func busOf(rate int) int {
	if rate == Wide {
		return wide
	}
	return narrow
}

// Stream is the audio of one leg as its worker sees it: packets on the far
// side, frames on this one. Only the room's worker calls it; it must not
// block, allocate or take a lock. now is the mixer's monotonic time in
// nanoseconds.
type Stream interface {
	// Next takes in what has arrived and moves on by one frame of what the peer
	// says. It reports whether there is anything to hear in it. It is called once
	// a frame whether or not somebody listens, so that the buffer behind it keeps
	// its depth. due is the time at which it should be called, which is somewhat
	// before now where the worker is late: the rhythm is that of the timetable.
	Next(due int64) bool
	// Samples is the present frame at 8000 or 16000 Hz. It is decoded and
	// converted when somebody first asks, and valid until Next.
	Samples(rate int) []int16
	// Rate is that of the frames which Push wants, in Hz.
	Rate() int
	// Push encodes and sends a frame to the peer. The frame is the mixer's, to be
	// read during the call only.
	Push(now int64, f *Frame)
}

// Timed is a Stream that knows when its packets come.
type Timed interface {
	// Slack is how much later than it is (earlier: negative), within a frame,
	// Next had best be due so that each packet is just there: the time it
	// waits for nothing is least then. ok is false while too little is known.
	Slack() (slack time.Duration, ok bool)
}

// Relayer is a Stream that can hand on the other's frames as they came, without
// decoding and encoding them. It is asked where its peer hears exactly one
// stream and nothing else, after that stream's Next.
type Relayer interface {
	// Relay sends the present frame of from, and reports whether it did; else
	// the frame is mixed and pushed as usual.
	Relay(now int64, from Stream) bool
}

// Port names a stream within its room. The caller chooses the numbers.
type Port uint32

// Treatment is the sound a port gets besides the voices it hears.
type Treatment uint8

const (
	Silence      Treatment = iota // voices only
	Music                         // hold music (Row.Music chooses which)
	Ringback                      // the far phone rings
	QueueTone                     // a queue searches
	HoldTone                      // held agent: a soft tone every 10 s
	AloneTone                     // comfort noise, a soft double tone every 15 s
	ComfortNoise                  // comfort noise alone
)

// common says that all who hear the treatment hear the same at a time.
func (t Treatment) common() bool { return t == Silence || t == Music || t == ComfortNoise }

// Row is one port's place in the audibility matrix. Port i hears port j when
// i.Hears & j.Voice != 0 and i != j: a small conference gives each party a bit
// of its own, a large room shares one bit.
type Row struct {
	Voice     uint64 // the bits this port speaks on; 0: nobody hears it
	Hears     uint64 // the bits this port listens to
	Treatment Treatment
	Music     int  // index of the music, with Music; one that does not exist: index 0
	Held      bool // must hear no voice: any frame mixed in is counted as leaked
}

// hears reports whether a port with this row hears another one's voice.
func (r Row) hears(speaker Row) bool { return r.Hears&speaker.Voice != 0 }

// Change is a Row for a Port, part of one atomic change of a room.
type Change struct {
	Port Port
	Row  Row
}
