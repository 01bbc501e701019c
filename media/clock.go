package media

import "time"

// clock is the rate of the RTP timestamps both ways, in Hz: the codec's, which
// need not be its sampling rate (RFC 3551 §4.5.2 for G.722, RFC 7587 §4.1 for
// Opus).
func (a *agreement) clock() int64 { return int64(a.codec.clock) }

// inClock is a time or span in nanoseconds, in units of an RTP clock.
func inClock(t, clock int64) int64 {
	// In two parts: nanoseconds of days, times a clock rate, are too much for
	// 64 bits.
	return t/int64(time.Second)*clock + t%int64(time.Second)*clock/int64(time.Second)
}

// fromClock is a span in units of an RTP clock, in nanoseconds.
func fromClock(units, clock int64) int64 {
	return units/clock*int64(time.Second) + units%clock*int64(time.Second)/clock
}
