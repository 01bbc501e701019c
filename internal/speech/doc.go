// Package speech is what tests listen to: the dialogue of testdata/speech as one
// signal, at 8 and at 16 kHz, and a tone. Every call gives the same samples in a
// slice of its own, so that figures measured with them can be compared.
package speech
