package metrics

import (
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes bounds the scrapes served at one time; each pulls a snapshot of
// the whole server.
const maxScrapes = 4

// Metrics is the set of all metrics. Its methods are safe for concurrent use
// and may be called on nil, which counts nothing.
type Metrics struct {
	registry *prometheus.Registry

	verbs     *prometheus.CounterVec
	consults  *prometheus.CounterVec
	hold      *prometheus.HistogramVec
	alone     *prometheus.CounterVec
	setup     prometheus.Histogram
	timeouts  *prometheus.CounterVec
	refused   *prometheus.CounterVec
	legs      legs
	wait      *prometheus.HistogramVec
	abandoned *prometheus.CounterVec
	http      *prometheus.CounterVec
	streams   prometheus.Gauge
	dropped   prometheus.Counter

	mu     sync.RWMutex
	queues []string // the closed set of the label queue; grows with reloads
}

// New returns the metrics; pull is called at each scrape (nil: nothing to
// pull), queues are the ids of the configured queues. Every metric exists from
// the start.
func New(pull func() Snapshot, queues []string, version, commit string) *Metrics {
	if pull == nil {
		pull = func() Snapshot { return Snapshot{} }
	}
	m := &Metrics{
		registry:  prometheus.NewRegistry(),
		verbs:     counterVec(famVerbs),
		consults:  counterVec(famConsults),
		hold:      histogramVec(famHold, holdBuckets),
		alone:     counterVec(famAlone),
		setup:     prometheus.NewHistogram(prometheus.HistogramOpts{Name: famSetup.name, Help: famSetup.help, Buckets: setupBuckets}),
		timeouts:  counterVec(famTimeouts),
		refused:   counterVec(famRefused),
		legs:      newLegs(),
		wait:      histogramVec(famWait, waitBuckets),
		abandoned: counterVec(famAbandoned),
		http:      counterVec(famHTTP),
		streams:   prometheus.NewGauge(prometheus.GaugeOpts{Name: famStreams.name, Help: famStreams.help}),
		dropped:   prometheus.NewCounter(prometheus.CounterOpts{Name: famDropped.name, Help: famDropped.help}),
	}
	m.registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(liveHeap)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.verbs, m.consults, m.hold, m.alone, m.setup, m.timeouts, m.wait,
		m.abandoned, m.http, m.streams, m.dropped, m.refused,
		m.legs.jitter, m.legs.loss, m.legs.roundTrip, m.legs.concealed, m.legs.mos,
		newPulled(pull, m.queueSet, []string{version, commit, runtime.Version()}),
	)
	m.initialise()
	m.SetQueues(queues)
	return m
}

// liveHeap adds go_gc_heap_live_bytes: what was alive at the end of the last
// collection, without the garbage made since.
var liveHeap = collectors.GoRuntimeMetricsRule{Matcher: regexp.MustCompile("^/gc/heap/live:bytes$")}

func counterVec(f family) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: f.name, Help: f.help}, f.labels)
}

func histogramVec(f family, buckets []float64) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: f.name, Help: f.help, Buckets: buckets}, f.labels)
}

// initialise makes the series of every closed set exist.
func (m *Metrics) initialise() {
	for _, v := range verbs {
		for _, s := range surfaces {
			for _, r := range slices.Concat(anyVerb, verbResults[v]) {
				m.verbs.WithLabelValues(v, s, r)
			}
		}
	}
	for _, o := range outcomes {
		m.consults.WithLabelValues(o)
	}
	for _, r := range roles {
		for _, c := range causes {
			m.hold.WithLabelValues(r, c)
		}
		for _, c := range codecs {
			m.legs.begin(r, c)
		}
		m.timeouts.WithLabelValues(r)
	}
	for _, r := range refusals {
		m.refused.WithLabelValues(r)
	}
	for _, s := range sounds {
		m.alone.WithLabelValues(s)
	}
	for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
		m.http.WithLabelValues(method, "200")
	}
}

// SetQueues adds queues to the closed set of the label queue, as a reload of
// the configuration does. Queues that went away keep their series: counters
// must not vanish.
func (m *Metrics) SetQueues(queues []string) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	set := slices.Clone(m.queues) // scrapes may be reading the old one
	for _, q := range queues {
		if slices.Contains(set, q) {
			continue
		}
		set = append(set, q)
		m.wait.WithLabelValues(q)
		m.abandoned.WithLabelValues(q)
	}
	if len(set) == 0 {
		// Without a queue the families would not exist.
		m.wait.WithLabelValues(other)
		m.abandoned.WithLabelValues(other)
	}
	m.queues = set
}

// queueSet is the closed set of the label queue; the caller only reads it.
func (m *Metrics) queueSet() []string {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.queues
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: maxScrapes,
		EnableOpenMetrics:   true,
	})
}

// Verb counts a verb: surface "http", "dtmf" or "sip"; result "ok" or the
// refusal's reason.
func (m *Metrics) Verb(verb, surface, result string) {
	if m == nil {
		return
	}
	m.verbs.WithLabelValues(fold(verbs, verb), fold(surfaces, surface), fold(results, result)).Inc()
}

// Consult counts a consult's outcome.
func (m *Metrics) Consult(outcome string) {
	if m == nil {
		return
	}
	m.consults.WithLabelValues(fold(outcomes, outcome)).Inc()
}

// Hold observes a hold's length: role, cause "consult", "explicit" or "remote".
func (m *Metrics) Hold(role, cause string, d time.Duration) {
	if m == nil {
		return
	}
	m.hold.WithLabelValues(fold(roles, role), fold(causes, cause)).Observe(seconds(d))
}

// CustomerAlone adds to the time customers spent alone, with or without sound.
func (m *Metrics) CustomerAlone(withSound bool, d time.Duration) {
	if m == nil {
		return
	}
	sound := "no"
	if withSound {
		sound = "yes"
	}
	m.alone.WithLabelValues(sound).Add(seconds(d))
}

// CallSetup observes the time from an INVITE to its answer.
func (m *Metrics) CallSetup(d time.Duration) {
	if m == nil {
		return
	}
	m.setup.Observe(seconds(d))
}

// RTPTimeout counts a leg that stopped sending.
func (m *Metrics) RTPTimeout(role string) {
	if m == nil {
		return
	}
	m.timeouts.WithLabelValues(fold(roles, role)).Inc()
}

// CallRefused counts a call refused with 503: reason "overload", "limit" or
// "draining".
func (m *Metrics) CallRefused(reason string) {
	if m == nil {
		return
	}
	m.refused.WithLabelValues(fold(refusals, reason)).Inc()
}

// QueueWait observes how long a contact waited until it was served.
func (m *Metrics) QueueWait(queue string, d time.Duration) {
	if m == nil {
		return
	}
	m.wait.WithLabelValues(fold(m.queueSet(), queue)).Observe(seconds(d))
}

// QueueAbandoned counts a contact that gave up waiting.
func (m *Metrics) QueueAbandoned(queue string) {
	if m == nil {
		return
	}
	m.abandoned.WithLabelValues(fold(m.queueSet(), queue)).Inc()
}

// HTTPRequest counts an answered HTTP request.
func (m *Metrics) HTTPRequest(method string, status int) {
	if m == nil {
		return
	}
	m.http.WithLabelValues(fold(httpMethods, method), foldStatus(status)).Inc()
}

// EventStream counts an event stream in, and out when the returned function is
// called; slow says that the server ended it because its client did not keep
// up.
func (m *Metrics) EventStream() (ended func(slow bool)) {
	if m == nil {
		return func(bool) {}
	}
	m.streams.Inc()
	return func(slow bool) {
		m.streams.Dec()
		if slow {
			m.dropped.Inc()
		}
	}
}

// seconds is d in seconds, and 0 for a clock that went backwards: a counter
// panics on less.
func seconds(d time.Duration) float64 { return max(d, 0).Seconds() }
