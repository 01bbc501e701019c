package sip

import (
	"maps"
	"sync"

	"github.com/emiago/sipgo/sip"
)

// Stats counts messages: by method, status and direction, all from closed sets.
type Stats struct {
	Requests  map[RequestKey]uint64
	Responses map[ResponseKey]uint64
	// Dropped counts what the guard let fall without an answer: "shape" is no
	// SIP, "rate" a source that sends too much, "source" one new source too
	// many, "connection" one connection too many, "timeout" a connection that
	// says nothing, or too slowly.
	Dropped map[string]uint64
	Calls   int // live now
}

// RequestKey labels warmline_sip_requests_total. Method is one of those we
// serve or send, "other" for the rest; Direction is "in" or "out".
type RequestKey struct{ Method, Direction string }

// ResponseKey labels warmline_sip_responses_total. Code is one of RFC 3261 §21,
// or the x00 of its class.
type ResponseKey struct {
	Method    string
	Code      int
	Direction string
}

// counters are the live counts. Each message takes the lock once; next to
// parsing it this costs nothing.
type counters struct {
	mu        sync.Mutex
	requests  map[RequestKey]uint64
	responses map[ResponseKey]uint64
}

func (c *counters) request(method sip.RequestMethod, direction string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.requests == nil {
		c.requests = make(map[RequestKey]uint64)
	}
	c.requests[RequestKey{methodLabel(method), direction}]++
}

func (c *counters) response(method sip.RequestMethod, code int, direction string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.responses == nil {
		c.responses = make(map[ResponseKey]uint64)
	}
	c.responses[ResponseKey{methodLabel(method), codeLabel(code), direction}]++
}

// methodLabel keeps a stranger from making label values.
func methodLabel(m sip.RequestMethod) string {
	switch m {
	case sip.INVITE, sip.ACK, sip.CANCEL, sip.BYE, sip.OPTIONS, sip.INFO, sip.UPDATE, sip.REGISTER:
		return string(m)
	}
	return "other"
}

// codeLabel does so for status codes.
func codeLabel(code int) int {
	if _, known := phrases[code]; known {
		return code
	}
	if code < 100 || code > 699 {
		return 0
	}
	return code / 100 * 100
}

func (e *Endpoint) countResponse(res *sip.Response, direction string) {
	method := sip.RequestMethod("")
	if seq := res.CSeq(); seq != nil {
		method = seq.MethodName
	}
	e.stats.response(method, res.StatusCode, direction)
}

// Stats is a snapshot of the counters.
func (e *Endpoint) Stats() Stats {
	e.mu.Lock()
	calls := len(e.calls)
	e.mu.Unlock()
	dropped := e.guard.drops()
	e.stats.mu.Lock()
	defer e.stats.mu.Unlock()
	return Stats{
		Dropped:   dropped,
		Requests:  maps.Clone(e.stats.requests),
		Responses: maps.Clone(e.stats.responses),
		Calls:     calls,
	}
}
