// Package quality turns what a receiver knows of a stream (which packets are
// missing, how late it is heard, in which codec) into figures people know: the
// rating and the mean opinion score of the E-model, and the burst and gap
// metrics of RFC 3611.
//
// The E-model (ITU-T G.107, for wideband codecs G.107.1) subtracts impairments
// from the rating of an undisturbed call:
//
//	R = Ro − Is − Id(delay) − Ie,eff(codec, loss, bursts)
//
// All that a server cannot know (loudness, noise, echo at the phones) has the
// default value of the Recommendation, with which an undisturbed narrowband call
// is rated 93.2, a MOS of 4.41.
//
// A wideband call is rated on a scale of its own, up to 129, and its MOS says
// how good it is among wideband calls (MOS-CQEW of P.800.1): 4.4 in wideband
// sounds better than 4.4 in narrowband, and the two must not be averaged.
//
// [Of] has the values of each codec and says which of them are published and
// which are assumed. Everything here is a value: no clock, no allocation.
package quality
