// Package mixer is the real-time half of a conference: rooms, who hears whom,
// tones and music, and the workers whose ticks do the mixing.
//
// # Who owns what
//
// A [Mixer] owns the media workers. A worker owns the rooms placed on it and is
// the only one to touch their mix: ports, rows, buffers, tone positions. A
// [Room] as the conference sees it is a handle: its methods write operations
// into a lock-free queue that the worker reads just before the room's tick, so
// every operation takes effect whole, on a frame boundary. Nothing flows the
// other way but notices (a stream is released, a clip has ended), which the
// worker hands over by another such queue to the janitor, the one goroutine
// that calls back.
//
//	conference ── op ──▶ Room.ops ──▶ worker: apply, tick, tick, tick …
//	     ▲                              │
//	     └── callback ◀── janitor ◀── notices
//
// # Time
//
// A worker is a locked thread with an absolute timetable: 20 slots of 1 ms to
// the 20 ms frame. A room ticks in one slot, the emptiest when it was made; a
// room of more than a hundred ports is mixed in its slot and sent in slices over
// the slots that follow. The worker sleeps to the next slot in use, and parks
// when it has no room at all. A tick that would begin more than half a frame
// late is given up and counted, so lateness never piles up. Time enters below
// the worker's loop as an argument, in nanoseconds of the mixer's monotonic
// clock ([Mixer.Now]).
//
// # A tick
//
// Pull a frame from every port; then for each port sum in 32 bits the voices
// its row lets it hear, its treatment and its clip, clamp once, push. Rooms of
// more than four ports sum each distinct mask once and subtract a listener's
// own voice. There is no lock, no channel and no allocation in a tick: whatever
// memory an operation needs is allocated by its caller and travels with it.
//
// Every change is softened over 5 ms. A voice that begins fades in. One that
// ends is continued by the mirror image of its last 5 ms, fading out: what the
// listener gets is made of what it had heard before, so not one sample spoken
// after a hold reaches the one who is held.
//
// # Sounds
//
// Treatments are loops made at the start: hold music (the built-in one or the
// operator's, see [LoadWAV] and [Seamless]), which is a radio that all hear at
// the same place, and tones that start for each port when its treatment does.
// All tones lie on comfort noise, so that nobody takes a pause for a dead line.
// A clip ([ErrorTone] and its like, or an announcement) is played to one port,
// with everything else 12 dB down under it.
//
// # What is left out
//
// Packets, codecs, jitter buffers and loss concealment lie behind [Stream].
// Who may hear whom is decided elsewhere and arrives as rows. Rooms mix at
// 8 kHz.
package mixer
