// Package mixer is the real-time half of a conference: rooms, who hears whom,
// tones and music, and the workers whose ticks do the mixing.
//
// # Who owns what
//
// A [Mixer] owns the media workers. A worker owns the rooms placed on it and is
// the only one to touch their mix: ports, rows, buffers, tone positions. A
// [Room] as the conference sees it is a handle: its methods write operations
// into a lock-free queue that the worker reads before each of the room's turns, so
// every operation takes effect whole, between two frames. Nothing flows the
// other way but notices (a stream is released, a clip has ended), which the
// worker hands over by another such queue to the janitor, the one goroutine
// that calls back.
//
//	conference ── op ──▶ Room.ops ──▶ worker: apply, turn, turn, turn …
//	     ▲                              │
//	     └── callback ◀── janitor ◀── notices
//
// # Time
//
// A worker is a locked thread with an absolute timetable: 20 slots of 1 ms to
// the 20 ms frame. What is to be done is a turn, which lies in the wheel in the
// slot it is due in and is put a frame on when it is done. The worker sleeps to
// the next slot in use, and parks when it has no room at all. Within a slot
// rooms come first (they take in changes), then inputs (a stream moves on), then
// outputs (a port is served). A turn that would begin more than half a frame
// late is given up and counted, so lateness never piles up. Time enters below
// the worker's loop as an argument, in nanoseconds of the mixer's monotonic
// clock ([Mixer.Now]).
//
// Streams may share a [Carrier], for which to do many packets at once is less work
// than one after the other: it is told the streams whose inputs come next, and
// told to send at the end of a slot. What the next turns use has left the
// processor's cache since the last frame. So it is read ahead for many of them at
// once: nothing is kept of that, and nothing depends on it.
//
// # Small rooms
//
// In a room of up to four ports each has an input slot and an output slot. The
// input follows the stream's packets, as far as it is [Timed]; the output lies
// just behind the inputs of the voices that the port hears. So a voice waits for
// nothing but the other voices of its frame: in a room of two for a millisecond,
// in one of three for three to four on average. Slots move by a millisecond a
// second (faster while a call is new), so that the listeners' own buffers follow;
// an input pushes the outputs in its way along with it. An input and an output
// that hears it never change their order, for then a frame would be heard twice
// or never: only in the voice's pauses do they cross, and the room is looked at
// ten times a second while one waits for a pause.
//
// Voices are summed one by one. A port that hears exactly one stream and nothing
// else gets its frame without a copy, or, if it is a [Relayer] that speaks the
// same codec, the packet itself, undecoded. When rows change, what was handed on
// last is decoded after all, for the fade.
//
// # Large rooms
//
// A room of more than four ports has one slot, which moves to where its voices
// wait least. All streams move on, those of more than 250 ports (75 while more speak
// than are heard, for which each is decoded) over up to four
// slots with the talkers in the last; then the frames are sent in slices of sixty
// ports over the slots that follow. A port keeps its slice, so that its frames
// come evenly, but for who speaks or has a mix of its own. Each distinct mask is summed once at
// each rate, and a listener's own voice taken away. Only the four loudest talkers
// are heard (the stage): a newcomer takes the place of the weakest if it is twice
// as loud, at once, and a place is kept over a pause. A room that grows or
// shrinks past four goes from one kind to the other between two turns; a frame
// may come some milliseconds early or late then.
//
// What changes with a tick is over when all have been served. Of a tick that was
// given up in its midst it is over for those who were; the others have it with the
// next one. So a change that makes more work than there is time for ends all the
// same.
//
// # Rates
//
// There are two buses, at 8 and 16 kHz. A listener hears the mix at the rate its
// stream wants ([Stream.Rate]); a talker is asked for a rate when somebody first
// needs it, so a room of telephones pays nothing for wideband. Sounds are kept at
// both rates.
//
// # Sharing
//
// What several ports hear is encoded once for each codec ([Frame.Shared]), by an
// encoder that belongs to the mix and not to a port: that of a mask in a large
// room, as long as somebody listens to it, that of a radio in it, or that of a
// radio which all small rooms of a worker share. The first to ask gives its spare
// encoder away. Ports with a mix of their own are served before the others, so that
// an encoder which parts from the shared one finds its state as it was before this
// frame.
//
// Who comes to hear what others hear has a frame of its own before, with the fade
// to it. Where to encode costs much, hundreds cannot have one at the same time.
// Such a frame therefore brings along what the others hear ([Frame.Joint]), which
// is good enough for those who have heard nothing yet. Of the others a few of a
// worker may go over with care ([Frame.Aside]); those who change from one thing to
// another together share the fade between the two ([Frame.Cross]); and an encoder
// can be asked for a payload to begin with ([Renewer]).
//
// # No click, no leak
//
// There is no lock, no channel and no allocation in a turn: whatever memory an
// operation needs is allocated by its caller and travels with it. A mix has 32
// bits and is clamped once.
//
// Every change is softened over 5 ms. A voice that begins fades in. One that
// ends is continued by the mirror image of its last 5 ms, fading out: what the
// listener gets is made of what it had heard before, so not one sample spoken
// after a hold reaches the one who is held. Frames with a voice that go to a
// held port are counted all the same, by what was mixed or handed on.
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
// # Memory
//
// With thousands of legs nothing of one is in the processor's cache any more when
// its turn comes again, and to find it is to go from pointer to pointer: the
// wheel's turn, the port, its stream, what that has agreed on. Done for one leg
// after the other, the worker would wait a dozen times for each. So it looks ahead
// (foresight.go): for some tens of turns at once it reads what the turn leads to,
// then for all of them what that leads to, and so on, and each step waits about as
// long as for one. The turns themselves it knows from the last frame ([rhythm]).
// Nothing depends on what is read, but that the turn finds it near.
//
// # Load
//
// A worker that comes too late to a slot gives it up, and those after it until it
// has caught up; one that is late without a break, though by less, gives up as much
// as it takes to be on time, for near capacity it could not make up for it.
//
// A worker publishes once a second how much of the time it worked, for how many
// ports, and the 99th percentile of its lateness ([Mixer.Load]), for whoever
// admits calls. A room is placed on the worker with the least to do, by these
// figures and what it has got since, and stays there.
//
// # What is left out
//
// Packets, codecs, jitter buffers, loss concealment and the change of a voice's
// rate lie behind [Stream]. Who may hear whom is decided elsewhere and arrives
// as rows.
package mixer
