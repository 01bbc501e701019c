package sip

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	maxQueue   = 256 // requests of one dialog that wait to be served
	maxBacklog = 64  // events before Attach
	maxHeld    = 16  // requests that wait for another, or for an ACK
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
	timer     sessionTimer
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

	refusal *refusal // what validation makes of it, to be said in its turn
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
	c.timer.stop()
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
