// Package score compares what was heard with what was said as an ear would, in
// short: loudness by critical band, frame by frame. It is for tests, which hold
// the server's sound on bad networks to it.
//
// Signal-to-noise ratios, whole or by segment, mislead here. They compare
// waveforms sample by sample: a pitch period inserted, which nobody hears, puts
// all that follows out of step and ruins them, and a gap filled with a voice in
// the wrong phase scores worse than one filled with nothing. So:
//
//   - Frames of 32 ms become loudness in 18 bands of about one Bark: the fourth
//     root of power (near Zwicker's 0.23), above a floor. Phase is not looked at.
//   - Each frame is compared with the best match within ±12 ms of where it is
//     said to be from: the measure is not misled by time-scale modification, as
//     it has no fixed alignment.
//   - It is done both ways, every frame heard with what was said and every
//     frame said with what was heard, so that neither what is invented nor what
//     is missing goes unseen.
//   - What is there and should not be counts for more than what is missing of a
//     frame (asymmetry), and differences of little account beside the
//     loudness of the frame are masked.
//   - The worst moments weigh most: frames are averaged by their squares over
//     320 ms, and these by their squares again over what was said.
//   - A falling function maps this to 1 … 4.5 like a mean opinion. Its two
//     constants are set such that silence insertion gets what ITU-T P.862 gives it
//     at 2.5 and 10 % loss (3.35 and 2.0); nothing else was fitted.
//
// Where a frame heard is from, the player knows if it can be asked. Of a
// recording made at the far end [Align] finds it: it follows the lag of what was
// heard behind what was said, through the moves of a jitter buffer.
//
// All signals are 16 bit linear at 8 kHz. Everything here is a value: no clock,
// no chance.
package score
