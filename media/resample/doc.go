// Package resample changes between 8 and 16 kHz, frame by frame.
//
// Both ways use the same half-band filter of 47 taps, linear in phase:
//
//   - pass band 0 to 3.4 kHz, flat to 0.01 dB
//   - stop band from 4.6 kHz, 63 dB down (a test measures it)
//   - in between, at 4 kHz, 6 dB
//
// Every second tap of a half-band filter is zero but for the one in the middle.
// So [Up] hands on each sample it is given and computes one between each two;
// [Down] adds to half of every second sample the same sum over the others.
//
// The delay is 23 samples of 16 kHz (1.44 ms) for Up and 22 (1.375 ms) for Down.
// Sound that reaches full scale may overshoot in between; it is limited.
//
// An Up or Down is a plain value; its zero value has heard silence. It takes no
// lock and allocates nothing. Whoever needs the other rate only now and then
// calls Prime with the last samples, or Reset, instead of running all the time.
package resample
