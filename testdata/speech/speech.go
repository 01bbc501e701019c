// Package speech is a short dialogue with three synthetic voices: a customer,
// the agent Alice and her colleague Bob, in the six steps of a warm transfer.
// dialogue.txt is its text; scripts/speech made the WAVs from it.
package speech

import "embed"

// Files holds dialogue.txt and one WAV (8 kHz, mono, 16 bit) for each of its
// lines, named NN-speaker.wav by the line's number.
//
//go:embed dialogue.txt *.wav
var Files embed.FS
