package sip

import (
	"github.com/emiago/sipgo/sip"
)

// Target is one place to ring.
type Target struct {
	URI  string // Request-URI
	Flow Flow   // the registration's flow; zero: resolve the URI
}

// DialRequest is an outbound call. All Targets ring at once; the first to
// answer wins, the others are cancelled (and sent BYE if they answered too).
type DialRequest struct {
	Targets     []Target
	From        Party
	To          Party
	Body        []byte // SDP offer
	Username    string // digest credentials, for trunks
	Password    string
	MaxForwards int // 0: 70
	// Headers are extra headers, scrubbed. Those that carry the message, its
	// transaction or its dialog (Via, Route, CSeq, ...) are ours and left out.
	Headers []Header
}

// Header is an extra header of a request.
type Header struct{ Name, Value string }

// Dial starts an outbound call. It never blocks: all that happens, failure to
// send included, comes as events.
func (e *Endpoint) Dial(req DialRequest, sink func(Event)) *Call {
	c := e.newCall(newTag() + "@" + e.cfg.Domain)
	c.sink = sink
	c.request = req
	c.login = newLogin(req.Username, req.Password)
	for i, t := range req.Targets {
		id := c.CallID()
		if i > 0 {
			id = newTag() + "@" + e.cfg.Domain
		}
		b := &branch{
			call: c, index: i, target: t, callID: id, localTag: newTag(), seq: firstSeq(),
			expires: e.cfg.SessionExpires,
		}
		c.branches = append(c.branches, b)
		e.enlist(usageKey{b.callID, b.localTag}, usage{call: c, branch: b})
	}
	c.post(c.start)
	return c
}

// start sends the INVITEs.
func (c *Call) start() {
	if len(c.branches) == 0 {
		c.end(Event{Kind: Failed, Status: sip.StatusNotFound, Reason: "No target"})
		return
	}
	for _, b := range c.branches {
		b.start()
	}
	c.conclude()
}
