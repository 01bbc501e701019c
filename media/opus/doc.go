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
// speech it is 8 dB nearer to the truth. The rest of a longer gap is left to
// whoever repeats what was heard last.
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
// Where many are to go over to an encoder that others hear already, that cannot
// take over anything. [Encoder.Renew] has its next packet be as independent as the
// first one after Prime: for those who come it is right from the next packet on,
// for those who were there it is some 2 dB less exact, for once.
//
// # Entering a stream
//
// A decoder that begins in the middle of a stream has no past to predict from. For
// speech that is over after one packet or two. Where a tone swells whose period is
// a whole number of samples, the encoder predicts each period from the one before
// with a gain above one, and so the decoder's error swells as well, in any decoder:
// it takes 16 packets until nothing is too loud, if the tone comes out of silence.
// (After a tone that swells and ebbs without ever being silent the error may stay,
// up to 8 dB too loud.) A past of another time is worse than none: reset first.
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
