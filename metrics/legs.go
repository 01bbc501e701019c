package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Leg is how the audio of a leg was that ended.
type Leg struct {
	Jitter    time.Duration
	Loss      float64       // share of packets that never came
	RoundTrip time.Duration // 0: not known
	Concealed time.Duration // made up in place of missing packets
	MOS       float64       // 0: nothing was heard
}

// legs are the metrics of legs that ended.
type legs struct {
	jitter, loss, roundTrip, mos *prometheus.HistogramVec
	concealed                    *prometheus.CounterVec
}

func newLegs() legs {
	return legs{
		jitter:    histogramVec(famLegJitter, jitterBuckets),
		loss:      histogramVec(famLegLoss, lossBuckets),
		roundTrip: histogramVec(famRoundTrip, tripBuckets),
		concealed: counterVec(famConcealed),
		mos:       histogramVec(famMOS, mosBuckets),
	}
}

// begin makes the series of a role and codec exist.
func (l *legs) begin(role, codec string) {
	l.jitter.WithLabelValues(role, codec)
	l.loss.WithLabelValues(role, codec)
	l.roundTrip.WithLabelValues(role, codec)
	l.concealed.WithLabelValues(role, codec)
	l.mos.WithLabelValues(role, codec)
}

// LegEnded observes the audio of a leg that ended; what is not known of it is
// not counted.
func (m *Metrics) LegEnded(role, codec string, l Leg) {
	if m == nil || l.MOS == 0 {
		return
	}
	role, codec = fold(roles, role), fold(codecs, codec)
	m.legs.jitter.WithLabelValues(role, codec).Observe(seconds(l.Jitter))
	m.legs.loss.WithLabelValues(role, codec).Observe(l.Loss)
	m.legs.concealed.WithLabelValues(role, codec).Add(seconds(l.Concealed))
	m.legs.mos.WithLabelValues(role, codec).Observe(l.MOS)
	if l.RoundTrip > 0 {
		m.legs.roundTrip.WithLabelValues(role, codec).Observe(seconds(l.RoundTrip))
	}
}
