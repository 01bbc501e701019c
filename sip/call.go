package sip

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	maxQueue   = 256 // requests of one dialog that wait to be served
	maxBacklog = 64  // events before Attach
	maxHeld    = 4   // requests that overtook another
)

// Call is one INVITE usage. Its methods never block; each may be called at any
// time, and one that no longer fits (Answer after CANCEL) does nothing: the
// event that made it so is in the sink.
//
// Every call ends with exactly one of Failed, Cancelled (with Offer 0) and
// Ended; Reject and Hangup of an unanswered call are followed by Ended too.
//
// A Call is a queue of functions run one after the other, on no goroutine in
// particular: all fields below the queue are touched by those functions only,
// without a lock, and so is the sink called.
type Call struct {
	ep *Endpoint
	id atomic.Pointer[string]

	mu      sync.Mutex
	queue   []func()
	running bool

	sink    func(Event)
	backlog []Event

	stage  stage
	over   bool    // the last event has been given
	dialog *dialog // nil until there is one
	serial uint32  // of Offered events

	incoming *invite // the INVITE that made it, when we were called
	branches []*branch
	winner   *branch // the branch that was answered
	request  DialRequest

	held      []*inbound // arrived before their turn
	peerOffer *invite    // re-INVITE being answered or waiting for its ACK
	update    *pendingUpdate
	reoffer   reoffers
	wantBye   bool // Hangup before the ACK: BYE follows it
	byeSent   bool
	login     *login // digest credentials, for calls we made
}

// stage is how far a call is.
type stage uint8

const (
	stageEarly     stage = iota // no final answer
	stageConfirmed              // 2xx sent or received
	stageLeaving                // BYE or CANCEL sent
	stageOver
)

// inbound is a request in a dialog.
type inbound struct {
	req    *sip.Request
	tx     *sip.ServerTx
	flow   Flow
	branch *branch
	late   bool // it has waited long enough
}

func (e *Endpoint) newCall(id string) *Call {
	c := &Call{ep: e}
	c.id.Store(&id)
	return c
}

// CallID of the call (of the winning branch once answered).
func (c *Call) CallID() string { return *c.id.Load() }

// Attach sets the sink of an incoming call; events that came before are
// delivered first. Events are delivered one at a time, in the dialog's order;
// the sink must not block, and may call the call's methods.
func (c *Call) Attach(sink func(Event)) {
	c.post(func() {
		c.sink = sink
		backlog := c.backlog
		c.backlog = nil
		for _, ev := range backlog {
			sink(ev)
		}
	})
}

// post queues f. It never blocks: whoever finds the queue idle starts a
// goroutine for it, which ends when the queue is empty.
func (c *Call) post(f func()) {
	c.mu.Lock()
	c.queue = append(c.queue, f)
	start := !c.running
	c.running = true
	c.mu.Unlock()
	if start && !c.ep.spawn(c.run) {
		c.mu.Lock()
		c.queue, c.running = nil, false
		c.mu.Unlock()
	}
}

func (c *Call) run() {
	for {
		c.mu.Lock()
		if len(c.queue) == 0 || c.ep.isClosed() {
			c.queue, c.running = nil, false
			c.mu.Unlock()
			return
		}
		f := c.queue[0]
		c.queue[0] = nil
		c.queue = c.queue[1:]
		c.mu.Unlock()
		c.ep.protect("call", f)
	}
}

// after posts f in d.
func (c *Call) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { c.post(f) })
}

// emit gives an event to the sink.
func (c *Call) emit(ev Event) {
	if c.over {
		return
	}
	if c.sink != nil {
		c.sink(ev)
		return
	}
	if len(c.backlog) < maxBacklog {
		c.backlog = append(c.backlog, ev)
	}
}

// end gives the last event. What is still on its way is completed without
// anybody watching.
func (c *Call) end(ev Event) {
	if c.over {
		return
	}
	c.emit(ev)
	c.over = true
	c.stage = stageOver
	c.ep.retire(c)
	c.reoffer.stop()
	c.abandonOffers()
	if c.incoming != nil {
		c.incoming.stop()
		c.ep.delist(usageKey{c.dialog.callID, c.dialog.localTag})
	}
	for _, b := range c.branches {
		b.retire()
	}
	for _, in := range c.held {
		c.answer(in, sip.StatusCallTransactionDoesNotExists)
	}
	c.held = nil
}

// abandonOffers refuses what the peer asked and nobody will answer any more.
func (c *Call) abandonOffers() {
	if in := c.peerOffer; in != nil {
		c.peerOffer = nil
		in.refuse(sip.StatusRequestTerminated, nil)
		in.stop()
	}
	if u := c.update; u != nil {
		c.update = nil
		c.answer(u.in, sip.StatusCallTransactionDoesNotExists)
	}
}

// offer takes a request in a dialog of this call, from any goroutine.
func (c *Call) offer(in *inbound) {
	c.mu.Lock()
	full := len(c.queue) >= maxQueue
	c.mu.Unlock()
	if full {
		c.ep.refuse(in.req, in.tx, &refusal{
			status:  sip.StatusServiceUnavailable,
			headers: []Header{retryAfter(5 * time.Second)},
		})
		return
	}
	c.post(func() { c.arrive(in) })
}

// arrive restores the order of the dialog. sipgo handles each message on a
// goroutine of its own and the network may swap datagrams, so a request whose
// predecessor is missing waits a moment for it.
func (c *Call) arrive(in *inbound) {
	if !c.dueNow(in) {
		if len(c.held) < maxHeld {
			c.held = append(c.held, in)
			slices.SortFunc(c.held, func(a, b *inbound) int { return int(seqOf(a.req)) - int(seqOf(b.req)) })
			c.after(outOfOrder, func() {
				in.late = true
				c.releaseHeld()
			})
			return
		}
		in.late = true
	}
	c.serve(in)
	c.releaseHeld()
}

// dueNow reports whether it is in's turn: the request before it was there, and
// a dialog that waits for its 2xx or its ACK has got it.
func (c *Call) dueNow(in *inbound) bool {
	if in.late || c.over {
		return true
	}
	d := c.dialog
	if d == nil || d.heard && seqOf(in.req) > d.remoteSeq+1 {
		return false
	}
	return !c.unacknowledged()
}

// releaseHeld serves those held requests whose turn has come, lowest first. One
// that has waited too long takes those before it along.
func (c *Call) releaseHeld() {
	for i := 0; i < len(c.held); i++ {
		if !c.dueNow(c.held[i]) {
			continue
		}
		due := slices.Clone(c.held[:i+1])
		c.held = slices.Delete(c.held, 0, i+1)
		for _, in := range due {
			c.serve(in)
		}
		i = -1
	}
}

// serve handles a request in its turn.
func (c *Call) serve(in *inbound) {
	d := c.dialog
	if d == nil && in.branch != nil && !c.over {
		c.serveEarly(in)
		return
	}
	if d == nil || tagOf(in.req.From().Params) != d.remoteTag || c.over {
		c.answer(in, sip.StatusCallTransactionDoesNotExists)
		return
	}
	seq := seqOf(in.req)
	if d.heard && seq <= d.remoteSeq {
		// RFC 3261 §12.2.2: a lower number is out of order.
		c.answer(in, sip.StatusInternalServerError)
		return
	}
	d.remoteSeq, d.heard = seq, true
	switch in.req.Method {
	case sip.BYE:
		c.served(in)
	case sip.INVITE:
		c.peerInvite(in)
	case sip.UPDATE:
		c.peerUpdate(in)
	case sip.INFO:
		c.peerInfo(in)
	case sip.OPTIONS:
		res := c.ep.response(in.req, sip.StatusOK, "", "")
		capabilities(res)
		c.ep.respond(in.tx, res)
	default:
		res := c.ep.response(in.req, sip.StatusMethodNotAllowed, "", "")
		res.AppendHeader(allow())
		c.ep.respond(in.tx, res)
	}
}

// serveEarly handles a request in a dialog of a call we made and that has not
// been answered. It can change nothing yet.
func (c *Call) serveEarly(in *inbound) {
	d := in.branch.early[tagOf(in.req.From().Params)]
	switch {
	case d == nil:
		c.answer(in, sip.StatusCallTransactionDoesNotExists)
	case in.req.Method == sip.OPTIONS, in.req.Method == sip.INFO:
		c.answer(in, sip.StatusOK)
	case in.req.Method == sip.UPDATE:
		// RFC 3311 §5.2: our offer has no answer yet.
		c.answer(in, sip.StatusRequestPending)
	default:
		c.answer(in, sip.StatusCallTransactionDoesNotExists)
	}
}

// answer answers a request in the dialog with a status and nothing else.
func (c *Call) answer(in *inbound, status int, headers ...Header) {
	res := c.ep.response(in.req, status, "", "")
	for _, h := range headers {
		res.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	c.ep.respond(in.tx, res)
}

// served handles BYE.
func (c *Call) served(in *inbound) {
	c.answer(in, sip.StatusOK)
	if c.incoming != nil && c.stage == stageEarly {
		// A caller may leave an early dialog by BYE; the INVITE still gets its
		// final response (RFC 3261 §15.1.2).
		c.incoming.refuse(sip.StatusRequestTerminated, nil)
		c.end(Event{Kind: Cancelled, Reason: reasonOf(in.req)})
		return
	}
	c.end(Event{Kind: Ended, Cause: RemoteBye, Reason: reasonOf(in.req)})
}

func (c *Call) peerInfo(in *inbound) {
	c.answer(in, sip.StatusOK)
	c.emit(Event{Kind: Info, ContentType: contentType(in.req), Body: bytes.Clone(in.req.Body())})
}

// flowLost ends calls whose peer can only be reached over a connection that is
// gone.
func (c *Call) flowLost(flow Flow) {
	if c.over || c.dialog == nil || c.dialog.flow != flow {
		return
	}
	if c.dialog.pinned || c.stage == stageEarly {
		c.end(Event{Kind: Ended, Cause: FlowLost})
	}
}
