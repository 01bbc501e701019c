// Package metrics holds the Prometheus collectors: counters that others push
// and gauges pulled from a snapshot at each scrape.
package metrics

import (
	"net/http"
	"time"
)

// Metrics is the set of all metrics. Its methods may be called on nil.
type Metrics struct{}

// Snapshot is what a scrape pulls.
type Snapshot struct {
	Conferences   int
	Participants  map[[2]string]int // role, status
	Registrations int
	SIPRequests   map[[2]string]uint64 // method, direction
	SIPResponses  map[[3]string]uint64 // method, code, direction
	LeakedFrames  uint64
	SkippedTicks  uint64
	TickLateness  Histogram
	TickDuration  Histogram
	PacketsIn     uint64
	PacketsOut    uint64
	PacketsLost   uint64
	Jitter        []float64 // seconds, of each live leg
	QueueWaiting  map[string]int
	Agents        map[string]int // presence
	MediaPriority string         // "realtime", "nice", "plain"
}

// Histogram has one count per bound (seconds) and one for what lies above.
type Histogram struct {
	Bounds []float64
	Counts []uint64
	Sum    float64
}

// New returns the metrics; pull is called at each scrape, queues are the
// configured queues (every name exists from the start).
func New(pull func() Snapshot, queues []string, version, commit string) *Metrics { panic("stub") }

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler { panic("stub") }

// Verb counts a verb: surface "http", "dtmf" or "sip"; result "ok" or the refusal's reason.
func (m *Metrics) Verb(verb, surface, result string) {}

// Consult counts a consult's outcome.
func (m *Metrics) Consult(outcome string) {}

// Hold observes a hold's length: role, cause "consult", "explicit" or "remote".
func (m *Metrics) Hold(role, cause string, d time.Duration) {}

// CustomerAlone adds to the time customers spent alone, with or without sound.
func (m *Metrics) CustomerAlone(withSound bool, d time.Duration) {}

// CallSetup observes the time from an INVITE to its answer.
func (m *Metrics) CallSetup(d time.Duration) {}

// RTPTimeout counts a leg that stopped sending.
func (m *Metrics) RTPTimeout(role string) {}

// QueueWait observes how long a contact waited until it was served.
func (m *Metrics) QueueWait(queue string, d time.Duration) {}

// QueueAbandoned counts a contact that gave up waiting.
func (m *Metrics) QueueAbandoned(queue string) {}
