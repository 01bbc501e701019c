// Package jitter plays out one RTP stream of G.711: packets go in as the network
// delivers them, frames of 20 ms come out, evenly, with as little delay as the
// network permits and with as little to hear of its faults as can be done.
//
// A [Playout] is a plain value of fixed size with one owner. It takes no lock,
// allocates nothing, starts nothing and reads no clock.
//
// # Time
//
// The clock is the reader's: every Pull is 160 samples later than the one
// before. What counts about a packet is how far that clock had come when the
// packet was there (its lag = clock − timestamp); whoever reads sockets only
// once a frame sees lags in steps of a frame, and so the wait for the reader's
// tick is part of the measurement instead of an addition to it. The point of
// play runs behind the clock by the lead; a packet is in time if its lag is no
// more than that.
//
//	lags ──► histogram (forgets) ──► target ──► lead, moved by
//	                                             · waiting for a late packet when there is nothing else to play
//	                                             · stretching or squeezing speech by whole pitch periods
//	                                             · longer or shorter silences
//
// # A packet's way
//
// Put decodes to where the timestamp says (store), whatever the order. Pull
// walks the frame: what is there is copied, what is missing is synthesised
// (concealer), and where the two meet they are cross-faded in phase. The last
// 60 ms of what was heard are kept as the model of what to say next.
//
// # Parts
//
//   - store: decoded samples by timestamp and which of them are there
//   - lags: the histogram and the target delay
//   - concealer: waveform substitution in the manner of ITU-T G.711 Appendix I,
//     without its extra delay; fades to background noise
//   - stretch: time-scale modification (pitch-synchronous overlap-add)
//   - background: how loud the line is when nobody speaks
//
// QUALITY.md has what comes of it on bad networks; a test writes it.
//
// Left out: RTP itself (order, loss counts, SSRC: the caller resets), comfort
// noise packets, wideband, and codecs with a concealment of their own.
package jitter
