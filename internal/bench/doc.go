// Package bench measures a running server from outside: it places calls into
// meet-me rooms as a carrier's trunk would, talks in all of them, and tells what
// came back, leg by leg.
//
//	Options ─▶ Run ─▶ fleet   the calls: SIP, one leg and two sockets each
//	                    │
//	                  driver  one goroutine, with real-time priority: every leg
//	                    │     sends and reads once per 20 ms, in one of 20 slots
//	                  window  what the driver keeps while it is open
//	                    │
//	                  judge   lateness, delay, who heard whom (after the window)
//	                    │
//	                  Report  text or JSON
//
// # What is said
//
// Each talker of a room has a tone of its own, a whole number of hertz, so that
// tones are orthogonal over one second. Time is cut into cycles of two seconds.
// In the last part of a cycle up to three talkers of a room replace their tone,
// each at its own moment, by a chirp of 40 ms that goes through 300 to 3400 Hz in
// an order of its own: the marker by which delay is found.
//
// With speech each talker says a phrase of a synthetic dialogue instead, 1.4 s at
// -27 to -34 dBFS, and is silent but for the chirps until the next cycle. Its tone
// goes on under the phrase, 7 dB below it in the mean (Opus: 2 dB, as its noise is
// nearer to what it codes); all phrases lack what is within 8 Hz of a tone. Rooms
// next to each other say other phrases over other tones, up to four of them, so
// that a leg in a wrong room is seen. All is encoded once for all legs.
//
// # What is measured
//
// Lateness: the arrival of each packet, by the kernel's time stamp, against the
// leg's own grid. The grid is what the RTP clock says, shifted by the greatest
// curve that lies below all arrivals and rises or falls by no more than 1 ms a
// second. A server may so move its phase slowly; what is later than its own best
// is late.
//
// Signals are encoded before the run and decoded after it, whatever the codec. One
// that remembers (G.722, Opus) goes through a loop twice, so that the loop's end
// goes over into its beginning.
//
// Delay: let a packet be handed to the talker's socket at time t, and sample i of
// it be the first of a marker. Let the listener's packet that has the same sample
// at place j arrive at time a. The delay is (a + j/rate) − (t + i/rate): what a
// server adds between mouth and ear, above the 20 ms that a packet takes to
// fill. Both times are of one clock in one process. The place is found by
// correlation with the marker as the codec alone brings it, to one sample (0.125 ms
// at 8 kHz): the codec's own delay is not the server's, unless the server codes a
// second time.
// A marker of which the generator itself sent a packet late, by more than 1 ms, is
// left out: the server may have had to do without that packet, and what it put in
// its place is no marker. What is said of delay is of the markers found; when more
// than one in a hundred was not, that is said too, and a requirement of delay is
// not met.
//
// Who hears whom: the power of each talker's tone (Goertzel) in one second of
// what a listener heard, against what was sent. Within 10 dB of it the talker is
// heard, below -30 dB missed; what lies between, or is louder, is neither. A
// leg to which less than that second comes has missed everybody, and all markers.
// Under speech the power is the mean of three halves of a second that overlap, so
// that a splice in the speech does not hide the tone. Levels are told to 0.5 dB,
// in Opus to 2.5 dB: coding twice changes them by less; a splice may take up to
// 3 dB more. A voice that is not there is at -38 dB or less, in Opus about -35 dB.
// What speech cannot tell is the delay while somebody speaks: its markers are in the
// pauses, as those of phrases are.
//
// Memory per leg: what the server's process has more at the end of the window than
// in the baseline, over the legs that came since. The baseline is taken with two
// legs up (one, of a room of two alone), so that what the first call makes is in it,
// after the server has collected its start's garbage and given back what it gives
// back, at the latest after 1.8 s. Free memory that it had kept and has put to use
// counts as well. Of resident memory, garbage not yet collected is a part; the
// heap of the baseline is what is alive, that at the end has garbage in it. With
// some ten legs garbage outweighs them: take a hundred. Without the server's
// metrics nothing makes it collect, and the figure may be too low.
//
// The limit, when it is searched for: the most legs at which packets come, on time,
// everybody hears all others who talk in the room and nobody himself, and no voice
// leaks to a leg on hold. Let no more talk than the server mixes.
//
// How frames were made (encoded, shared, relayed), as the server's metrics tell.
// A server can only begin to hand packets on in a pause: talk in phrases, or speech.
//
// All judging is done after the window: while it is open the driver only copies.
package bench
