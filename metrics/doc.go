// Package metrics holds the server's Prometheus metrics.
//
// There are two kinds. Counters and histograms of events that happen once
// (a verb, a consult's end, a hold) are pushed: conference and web call a
// method of Metrics when the event happens. Everything that somebody else
// already counts or knows (conferences, packets, mixer ticks, presence) is
// pulled: a scrape takes one Snapshot from the function given to New and turns
// it into constant metrics, so that no fact has two owners and the packet path
// carries no metric.
//
// The catalogue (catalogue.go) names every metric with its type, labels and
// meaning; README.md is its table for people, and a test holds catalogue,
// README and what a scrape shows to each other.
//
// Labels never take unbounded values. Each label has a closed set of values
// (labels.go), and a value outside of it is counted as "other"; queues are
// bounded by the configuration. Every series of a closed set exists from the
// start with 0, so that rates and alerts see the first event.
//
// Left out on purpose: anything per call, per leg or per agent (that is what
// the HTTP API and its events are for), and push gateways.
package metrics
