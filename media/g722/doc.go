// Package g722 is the wideband speech codec of ITU-T G.722 in its mode 1:
// 16 kHz, 64 kbit/s, two samples a byte. A frame of 20 ms is 320 samples or
// 160 bytes.
//
// Samples are 16 bits of full scale. The bands work with 14 bits and a sign, as
// the Recommendation has it, so the lowest bit of a sample is of little weight.
//
// # How it works
//
//	samples ─► QMF ─┬─ low band, 0-4 kHz ──► ADPCM, 6 bits ─┐
//	                └─ high band, 4-8 kHz ─► ADPCM, 2 bits ─┴─► byte
//
// Each band predicts its next sample from its past (a filter with two poles and
// six zeros, adapted sample by sample) and sends only the error, quantised with
// a step that follows the loudness. Both ends adapt from what was sent alone,
// so that an [Encoder] carries the exact state of the decoder at the far end.
//
// # Changing encoders
//
// A decoder that is fed by one encoder and then by another hears a click,
// unless the second knows the state the first left behind. An Encoder is a
// plain value, so [Encoder.Adopt] is a copy. Where the far end was fed with
// packets of somebody else, handed on untouched, [Encoder.Follow] takes the
// state from a [Decoder] that has seen the same packets; and the sound that the far
// end's filters still hold, which a fade-out has to go on from.
//
// # Speed
//
// The state of a band is 32-bit numbers within the bounds that the
// Recommendation's saturations would enforce; most of these can never act, and
// are left out (the comments give the bound). The quantiser of 30 steps is a
// multiplication and a table, and two results of the QMF share a multiplication.
// Nothing allocates; an encoder or decoder takes less than 256 bytes.
//
// # Left out
//
// Modes 2 and 3 (an auxiliary data channel in the low bits: never used in RTP),
// and the concealment of lost packets (Appendices III and IV): who plays out the
// stream synthesises better from what was heard.
package g722
