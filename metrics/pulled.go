package metrics

import (
	"slices"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
)

// pulled is the collector of everything a scrape takes from a Snapshot. It
// holds no values of its own.
type pulled struct {
	pull   func() Snapshot
	queues func() []string
	build  []string // version, commit, go
	descs  map[string]*prometheus.Desc
}

// pulledFamilies are the families pulled emits.
var pulledFamilies = []family{
	famBuild, famConferences, famParticipants, famRegistrations,
	famSIPRequests, famSIPResponses, famSIPDropped, famLeaked, famLateness,
	famDuration, famSkipped, famPriority, famWorkers, famBatched, famSteered, famSteeringDropped, famUse, famEncodes,
	famRelayed, famEncrypted, famPackets, famLost, famJitter,
	famWaiting, famAgents, famRecords, famRecordsDropped,
}

func newPulled(pull func() Snapshot, queues func() []string, build []string) *pulled {
	p := &pulled{pull: pull, queues: queues, build: build, descs: map[string]*prometheus.Desc{}}
	for _, f := range pulledFamilies {
		p.descs[f.name] = f.desc()
	}
	return p
}

// Describe implements prometheus.Collector.
func (p *pulled) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range p.descs {
		ch <- d
	}
}

// Collect implements prometheus.Collector: one pull, then constant metrics.
func (p *pulled) Collect(ch chan<- prometheus.Metric) {
	s := p.pull()
	e := emitter{p: p, ch: ch}
	e.value(famBuild, 1, p.build...)
	e.value(famConferences, float64(s.Conferences))
	e.value(famRegistrations, float64(s.Registrations))
	e.value(famLeaked, float64(s.LeakedFrames))
	e.value(famEncrypted, float64(s.Encrypted))
	e.value(famSkipped, float64(s.SkippedTicks))
	e.value(famRecords, float64(s.RecordsWritten))
	e.value(famRecordsDropped, float64(s.RecordsDropped))
	e.histogram(famLateness, s.TickLateness)
	e.histogram(famDuration, s.TickDuration)
	e.value(famPackets, float64(s.PacketsIn), "in")
	e.value(famPackets, float64(s.PacketsOut), "out")
	e.value(famLost, float64(s.PacketsLost))
	e.jitter(s.Jitter)
	e.participants(s.Participants)
	e.requests(s.SIPRequests)
	e.responses(s.SIPResponses)
	set(e, famSIPDropped, dropReasons, s.SIPDropped)
	set(e, famWaiting, p.queues(), s.QueueWaiting)
	set(e, famAgents, presences, s.Agents)
	set(e, famWorkers, priority, s.Workers)
	e.value(famBatched, float64(s.Batched))
	e.value(famSteered, float64(s.Steered))
	e.value(famSteeringDropped, float64(s.SteeringDropped))
	set(e, famRelayed, codecs, s.Relayed)
	e.encodes(s.Encodes)
	e.use(s.WorkerUse)
	for _, v := range priority {
		on := 0.0
		if v == s.MediaPriority {
			on = 1
		}
		e.value(famPriority, on, v)
	}
}

// emitter sends constant metrics of one scrape.
type emitter struct {
	p  *pulled
	ch chan<- prometheus.Metric
}

func (e emitter) value(f family, v float64, labels ...string) {
	kind := prometheus.GaugeValue
	if f.kind == "counter" {
		kind = prometheus.CounterValue
	}
	e.ch <- prometheus.MustNewConstMetric(e.p.descs[f.name], kind, v, labels...)
}

func (e emitter) histogram(f family, h Histogram) {
	count, buckets := h.cumulative()
	e.ch <- prometheus.MustNewConstHistogram(e.p.descs[f.name], count, h.Sum, buckets)
}

// set emits a family with one label: each value of the closed set, and the sum
// of all else as "other" if there is any.
func set[N int | uint64](e emitter, f family, set []string, values map[string]N) {
	var rest N
	for k, v := range values {
		if !slices.Contains(set, k) {
			rest += v
		}
	}
	for _, k := range set {
		e.value(f, float64(values[k]), k)
	}
	if rest != 0 || len(set) == 0 {
		e.value(f, float64(rest), other)
	}
}

func (e emitter) participants(values map[[2]string]int) {
	sums := make(map[[2]string]int)
	for _, r := range roles {
		for _, s := range statuses {
			sums[[2]string{r, s}] = 0
		}
	}
	for k, v := range values {
		sums[[2]string{fold(roles, k[0]), fold(statuses, k[1])}] += v
	}
	for k, v := range sums {
		e.value(famParticipants, float64(v), k[0], k[1])
	}
}

func (e emitter) requests(values map[[2]string]uint64) {
	sums := make(map[[2]string]uint64)
	for _, m := range methods {
		for _, d := range direction {
			sums[[2]string{m, d}] = 0
		}
	}
	for k, v := range values {
		sums[[2]string{fold(methods, k[0]), fold(direction, k[1])}] += v
	}
	for k, v := range sums {
		e.value(famSIPRequests, float64(v), k[0], k[1])
	}
}

func (e emitter) responses(values map[[3]string]uint64) {
	sums := make(map[[3]string]uint64)
	for _, m := range methods {
		codes, ok := firstCodes[m]
		if !ok {
			codes = []string{"200"}
		}
		for _, c := range codes {
			for _, d := range direction {
				sums[[3]string{m, c, d}] = 0
			}
		}
	}
	for k, v := range values {
		sums[[3]string{fold(methods, k[0]), foldCode(k[1]), fold(direction, k[2])}] += v
	}
	for k, v := range sums {
		e.value(famSIPResponses, float64(v), k[0], k[1], k[2])
	}
}

func (e emitter) encodes(values map[[2]string]uint64) {
	sums := make(map[[2]string]uint64)
	for _, c := range codecs {
		for _, s := range sharing {
			sums[[2]string{c, s}] = 0
		}
	}
	for k, v := range values {
		sums[[2]string{fold(codecs, k[0]), fold(sharing, k[1])}] += v
	}
	for k, v := range sums {
		e.value(famEncodes, float64(v), k[0], k[1])
	}
}

// maxWorkers bounds the series of workers; the busiest of the others stands for
// them.
const maxWorkers = 64

func (e emitter) use(workers []float64) {
	for i, v := range workers[:min(len(workers), maxWorkers)] {
		e.value(famUse, v, strconv.Itoa(i))
	}
	switch {
	case len(workers) == 0:
		e.value(famUse, 0, "0")
	case len(workers) > maxWorkers:
		e.value(famUse, slices.Max(workers[maxWorkers:]), other)
	}
}

// jitter emits the median, the 95th percentile and the maximum over the live
// legs, 0 without any. A histogram would not do: what is pulled is the state
// of the moment, and its counts would fall when legs end.
func (e emitter) jitter(legs []float64) {
	sorted := slices.Clone(legs)
	slices.Sort(sorted)
	at := func(q float64) float64 {
		if len(sorted) == 0 {
			return 0
		}
		return sorted[int(q*float64(len(sorted)-1)+0.5)]
	}
	for i, q := range []float64{0.5, 0.95, 1} {
		e.value(famJitter, at(q), jitterStats[i])
	}
}
