// Package opus is the audio codec of RFC 6716 as a telephone uses it: mono,
// 16 kHz, frames of 20 ms, tuned for speech, with in-band forward error
// correction. The work is done by a library in pure Go, which is known to this
// package alone.
//
// # Receiving
//
// [Decoder.Decode] takes whatever the standard permits: any of the codec's modes
// and bandwidths, stereo, 2.5 to 120 ms to a packet, pauses of discontinuous
// transmission. What it cannot take it refuses; should the library panic about
// it, that is a packet refused, too. [Samples] and [Stereo] read a packet's header
// without a decoder.
//
// # Losses
//
// [Decoder.Conceal] synthesises what is missing. If the packet after the gap is
// at hand and has a copy of the frame before it, that is used: in the tests'
// speech it is 8 dB nearer to the truth.
//
// # Changing encoders
//
// A far end's decoder that is fed by one encoder and then by another hears a
// click and some 20 ms of wrong sound, unless both have much the same past. The
// library's state cannot be copied, so [Encoder.Prime] repeats the last frames to
// the encoder that takes over. With three frames the first packet afterwards is
// within 3 dB of what two encoders of the same sound differ by anyway, and the
// click is gone (a test measures both).
//
// # Costs
//
// A frame takes some 30 times as long to encode (at complexity 5) as in G.722, and
// 3 times as long to decode. An encoder takes 212 KiB of memory, a decoder 175 KiB, the library 3 MB
// in the program.
//
// Encoding without redundancy (no losses expected) and decoding allocate nothing.
// The library does, about 5 KiB, for each concealed frame and 12 KiB for each
// frame that is encoded with redundancy.
package opus
