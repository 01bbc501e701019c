package mixer

import "log/slog"

// Config configures a Mixer.
type Config struct {
	Workers int          // media workers; 0: one less than the cores, at least 1
	Music   [][]int16    // the musics by index, 8 kHz mono loops; none: the built-in one at index 0
	Logger  *slog.Logger // nil: discard
	Plain   bool         // workers are ordinary goroutines sleeping on time.Sleep: for virtual time
}

// Mixer owns the media workers and places rooms on them.
type Mixer struct{}

// New returns a Mixer that does not run yet.
func New(cfg Config) (*Mixer, error) { panic("stub") }

// Start starts the workers; Close ends them.
func (m *Mixer) Start() { panic("stub") }

// Close stops the workers and waits for them. Rooms are gone afterwards.
func (m *Mixer) Close() { panic("stub") }

// Stats is a snapshot of the workers' counters since the start.
func (m *Mixer) Stats() Stats { panic("stub") }

// NewRoom places an empty room on the least loaded worker and slot.
func (m *Mixer) NewRoom() *Room { panic("stub") }

// Room is one conference's mix. Its methods are called by one goroutine (the
// conference); each change takes effect whole, between two ticks.
type Room struct{}

// Join adds a stream with its first row.
func (r *Room) Join(p Port, s Stream, row Row) { panic("stub") }

// Set changes the rows of some ports in one step: no tick sees half of it.
func (r *Room) Set(changes []Change) { panic("stub") }

// Leave takes the port out. released is called (from a goroutine of the
// mixer's, not the worker) once the worker will never touch the stream again.
func (r *Room) Leave(p Port, released func()) { panic("stub") }

// Play plays a clip (8 kHz mono) once to a port, over what it hears; a clip
// that plays already is cut off. done, if any, is called after its last frame,
// or with false when the port left or another clip took over.
func (r *Room) Play(p Port, clip []int16, done func(whole bool)) { panic("stub") }

// Close takes every port out and frees the room; released as in Leave.
func (r *Room) Close(released func()) { panic("stub") }

// Stats holds counters since the start and gauges of the moment.
type Stats struct {
	Rooms, Ports int
	Ticks        uint64    // room ticks
	SkippedTicks uint64    // given up because the worker was late by more than a slot's allowance
	LeakedFrames uint64    // frames with a voice sent to a held port: always 0
	Lateness     Histogram // seconds a room's tick began after its scheduled time
	Duration     Histogram // seconds a slot's work took
	Priority     string    // "realtime", "nice" or "plain": what the workers got
}

// Histogram is a cumulative histogram with fixed bounds in seconds.
type Histogram struct {
	Bounds []float64
	Counts []uint64 // one more than Bounds; not cumulative
	Sum    float64
}
