package mixer

import "time"

// FrameDuration is the length of a frame; a room ticks once per frame.
const FrameDuration = 20 * time.Millisecond

// SampleRate is the rate rooms mix at, in Hz; a frame is FrameSamples long.
const (
	SampleRate   = 8000
	FrameSamples = SampleRate / 50
)

// Stream is the audio of one leg as its worker sees it: packets on the far
// side, frames on this one. Only the room's worker calls it; it must not
// block, allocate or take a lock. now is the mixer's monotonic time in
// nanoseconds.
type Stream interface {
	// Receive takes in what has arrived.
	Receive(now int64)
	// Pull decodes the next frame of what the peer said into dst, and reports
	// whether there is anything to hear. It is called once per tick whether or
	// not somebody listens, so that the buffer behind it keeps its depth.
	Pull(now int64, dst []int16) bool
	// Push encodes and sends a frame to the peer. The frame is the mixer's, to
	// be read during the call only; ports that hear the same get the same slice.
	Push(now int64, frame []int16)
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
