package conference

import (
	"math"
	"time"

	"warmline/media"
	"warmline/metrics"
)

// quality is what the leg's RTP shows, at the end of the leg for good; nil while
// there was none.
func (l *leg) quality() *Quality {
	if l.finished {
		return l.last
	}
	return l.audio().quality(l.c.now)
}

// audio is where the leg's quality is to be read.
func (l *leg) audio() audio {
	return audio{session: l.media, answered: l.answered, codec: l.media.Codec(), srtp: l.media.SRTP()}
}

// quality is that of the audio up to a moment; nil while there was none.
func (a audio) quality(now time.Time) *Quality {
	if a.session == nil {
		return nil
	}
	s := a.session.Stats()
	if s.PacketsIn == 0 && s.PacketsOut == 0 {
		return nil
	}
	q := qualityOf(s, now.Sub(a.answered))
	q.Codec, q.SRTP = a.codec, a.srtp
	return q
}

// qualityOf puts the figures of a leg that was up for so long into the API's
// units.
func qualityOf(s media.Stats, up time.Duration) *Quality {
	q := &Quality{
		Loss:        share(float64(s.Lost), float64(s.PacketsIn+s.Lost)),
		JitterMS:    milliseconds(s.Jitter),
		MOS:         rounded(s.MOS, 100),
		RoundTripMS: milliseconds(s.RoundTrip),
		Concealed:   share(float64(s.Concealed), float64(up)),
		BufferMS:    milliseconds(s.Delay),
		PacketsIn:   s.PacketsIn,
		PacketsOut:  s.PacketsOut,
	}
	if s.FarReports > 0 {
		q.Far = &FarQuality{Loss: share(s.FarLoss, 1), JitterMS: milliseconds(s.FarJitter), MOS: rounded(s.FarMOS, 100)}
	}
	return q
}

// share is part of whole, 0 to 1, to four decimals.
func share(part, whole float64) float64 {
	if whole <= 0 {
		return 0
	}
	return rounded(min(max(part/whole, 0), 1), 1e4)
}

func milliseconds(d time.Duration) float64 {
	return rounded(float64(d)/float64(time.Millisecond), 1000)
}

// rounded is v to one part of so many.
func rounded(v, parts float64) float64 { return math.Round(v*parts) / parts }

// rate keeps what the audio of a leg that ends was like: on its participant and
// for its record, in the metrics and in the log.
func (l *leg) rate() {
	q := l.quality()
	if l.last = q; q == nil {
		q = &Quality{}
	} else {
		l.who.quality = q
	}
	if !l.up {
		return
	}
	l.who.history.leg(RecordLeg{Answered: l.answered, Ended: l.c.now, Quality: l.last})
	s := l.media.Stats()
	l.c.m.cfg.Metrics.LegEnded(l.who.role, q.Codec, metrics.Leg{
		Jitter: s.Jitter, Loss: q.Loss, RoundTrip: s.RoundTrip, Concealed: s.Concealed, MOS: s.MOS,
	})
	attrs := []any{
		"for", l.c.now.Sub(l.answered).Round(time.Millisecond), "codec", q.Codec, "srtp", q.SRTP,
		"packets_in", q.PacketsIn, "packets_out", q.PacketsOut, "loss", q.Loss, "jitter_ms", q.JitterMS,
		"round_trip_ms", q.RoundTripMS, "concealed", q.Concealed, "buffer_ms", q.BufferMS, "mos", q.MOS,
	}
	if far := q.Far; far != nil {
		attrs = append(attrs, "far_loss", far.Loss, "far_jitter_ms", far.JitterMS, "far_mos", far.MOS)
	}
	l.log.Info("leg ended", attrs...)
}
