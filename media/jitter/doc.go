// Package jitter plays out one RTP stream of audio: packets go in as the network
// delivers them, frames of 20 ms come out, evenly, with as little delay as the
// network permits and with as little to hear of its faults as can be done.
//
// A [Playout] is a plain value of fixed size with one owner. It takes no lock,
// allocates nothing, starts nothing and reads no clock.
//
// # Time
//
// The lag of a packet is how much later it arrived than the first one, by their
// timestamps. The point of play runs behind the clock by the lead. Frames are
// made at the reader's ticks, and whole: a packet is in time if it is there at
// the tick of the first frame that has a sample of it. So the least delay is had
// where frames begin with packets and the tick comes just after those that are to
// be in time. The playout does the first by moving the point of play in whole
// packets; [Playout.Slack] tells the reader how to do the second.
//
//	lags ──► histogram (forgets) ──► target ──► slack: the reader moves its ticks, which nobody hears
//	                                       └──► lead, moved by
//	                                             · waiting for a late packet when there is nothing else to play
//	                                             · longer or shorter silences
//	                                             · stretching speech by whole pitch periods, or squeezing it
//	                                               where no silence comes for two seconds
//
// On a network with jitter the delay is as long as the 97th percentile asks for, and
// up to 29 ms longer for what is later than that; and it is kept: to move it in the
// middle of a word is heard more than a frame concealed is. So the ticks follow the target, the
// lead leaps only when it is a packet's length off, and in a pause if it can wait.
//
// The clock goes on whether or not the reader comes: what it should have read
// while its machine stood still is given up, and no delay is left of that. The
// listener hears the gap anyway, and would hear all that follows late.
//
// # A packet's way
//
// G.711 is decoded by Put to where the timestamp says (store), whatever the
// order. Packets of codecs with state are kept ([Packets]) and decoded in order
// as their samples are needed. Samples walks the frame: what is there is copied,
// what is missing is synthesised, by the codec as long as it can, then by the concealer,
// and where the two meet they are cross-faded in phase; if what comes after a gap
// is there already, the synthetic voice is bent to lead to it. Behind the point of play
// the store has what was heard last, as the model of what to say next.
//
// For a listener with the same codec, [Playout.Relay] hands packets on as they
// are. As long as nobody asks for samples nothing is decoded; when somebody does,
// the last packets are decoded first, by a decoder that begins anew: what it
// remembers of another time would be taken for the tone to be continued, and give
// loud noise. A packet that comes within a frame after its own had gone without it is
// handed on behind ([Playout.Straggler]).
//
// # Parts
//
//   - store: decoded samples by position and which of them are to come: a quarter
//     of a second, and half of one while packets come further ahead than that
//   - timeline: from RTP timestamps to positions in samples
//   - lags: the histogram and the target delay
//   - grain: where frames may begin so that they begin with packets
//   - concealer: waveform substitution in the manner of ITU-T G.711 Appendix I,
//     without its extra delay; fades to background noise
//   - bend: the end of a gap whose other side is known
//   - stretch: time-scale modification (pitch-synchronous overlap-add)
//   - background: how loud the line is when nobody speaks
//   - comfort: silence on purpose (RFC 3389, or between packets that follow each other)
//
// QUALITY.md and P862.md have what comes of it on bad networks; tests write them.
//
// Left out: RTP itself (order, loss counts, SSRC: the caller resets) and the
// spectrum of comfort noise.
package jitter
