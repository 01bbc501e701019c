// Package hearing tells from a recording who was heard in it.
//
// It knows what everybody said, as samples and as the moment of saying it, and
// the hold music. It looks for each of these in the recording by normalised
// cross-correlation, which finds a known sound at its own delay through codec,
// network and jitter buffer, and takes what it has found out of the recording
// again, so that what is left can be searched for what should not be there:
// first the music, then the voices from the clearest to the faintest. A voice
// that is absent comes out as the faintest level that could have been told
// from the noise of the codec, some 50 to 70 dB below the voice as spoken.
//
// What remains at the end is told apart, frame by frame, into tones (the energy
// lies in a few narrow lines) and sound of no known origin.
//
// Left out: sounds that are not known beforehand, and clocks that drift apart
// by more than a few milliseconds within one utterance.
package hearing
