package sip

import (
	"context"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// sendContext is for sends that never wait: every request has a flow that
// exists by the time it is sent.
var sendContext = context.Background()

// tamedCancel stands for CANCEL between observe and handleRequest. Left alone,
// sipgo would answer the CANCEL itself, with a To tag of its own, and put a 487
// into the INVITE's transaction behind the back of the call, which may be just
// about to answer it: then the 200 would be retransmitted after the 487.
const tamedCancel sip.RequestMethod = "CANCEL*"

// noTransport makes sipgo drop a message: it has no such transport.
const noTransport = "none"

// noMethod makes sipgo find no transaction for a response.
const noMethod sip.RequestMethod = "NONE"

// outOfOrder is how long a message waits for the one it overtook.
const outOfOrder = 200 * time.Millisecond

// observe sees every message first, on the goroutine of its reader, hence in
// order of arrival. It must not block.
func (e *Endpoint) observe(msg sip.Message) {
	e.protect("observe", func() {
		switch m := msg.(type) {
		case *sip.Request:
			e.stats.request(m.Method, "in")
			if e.isClosed() {
				m.SetTransport(noTransport)
				return
			}
			e.observeRequest(m)
		case *sip.Response:
			e.countResponse(m, "in")
			// Before its transaction sees it: one that is no response at all
			// (RFC 3261 §8.1.3.3) must leave the timers running.
			if !validateResponse(m) || e.repeatsRefusal(m) {
				discard(m)
			}
		}
	})
}

// discard keeps a response from the transactions.
func discard(res *sip.Response) {
	if seq := res.CSeq(); seq != nil { // without one there is no transaction
		seq.MethodName = noMethod
	}
}

func (e *Endpoint) observeRequest(req *sip.Request) {
	switch req.Method {
	case sip.ACK:
		// Routed here, an ACK cannot be overtaken by the BYE behind it, and
		// one that reuses the branch of its INVITE is not lost in there.
		if u, ok := e.usageOf(req); ok {
			u.call.post(func() { u.call.acknowledged(req) })
		}
	case sip.CANCEL:
		req.Method = tamedCancel
	}
}

// handleRequest is where sipgo hands over a request with its transaction, each
// on a goroutine of its own.
func (e *Endpoint) handleRequest(req *sip.Request, tx *sip.ServerTx) {
	if req.Method == sip.ACK {
		tx.Terminate() // observe has dealt with it
		return
	}
	if e.isClosed() {
		tx.Terminate()
		return
	}
	if !e.protect("request", func() { e.route(req, tx) }) {
		e.refuse(req, tx, &refusal{status: sip.StatusInternalServerError})
	}
}

func (e *Endpoint) route(req *sip.Request, tx *sip.ServerTx) {
	flow, ok := flowOf(req, tx.Connection())
	if !ok {
		tx.Terminate()
		return
	}
	if req.Method == tamedCancel {
		e.cancel(req, tx, flow)
		return
	}
	var u usage
	known := false
	if req.Method != sip.REGISTER { // which makes no dialog, whatever its To says
		u, known = e.usageOf(req)
	}
	r := validate(req, known)
	if r != nil && !(known && r.inTurn()) {
		e.refuse(req, tx, r)
		return
	}
	if tagOf(req.To().Params) != "" && req.Method != sip.REGISTER {
		if !known {
			e.refuse(req, tx, &refusal{status: sip.StatusCallTransactionDoesNotExists})
			return
		}
		u.call.offer(&inbound{req: req, tx: tx, flow: flow, branch: u.branch, refusal: r})
		return
	}
	switch req.Method {
	case sip.INVITE:
		e.newInvite(req, tx, flow)
	case sip.REGISTER:
		e.register(req, tx, flow)
	case sip.OPTIONS:
		e.options(req, tx, flow)
	default:
		e.refuse(req, tx, &refusal{status: sip.StatusCallTransactionDoesNotExists})
	}
}

// identify tells who sent a request that opens something: a trunk by its
// address, anyone else by digest. A nil refusal means it is one of the two.
func (e *Endpoint) identify(req *sip.Request, flow Flow) (trunk, user string, r *refusal) {
	src := flow.Remote.Addr()
	if id, ok := e.cfg.Trunk(src); ok {
		return id, "", nil
	}
	user, r = e.auth.check(req, src, false, time.Now())
	if r == nil {
		e.trust(flow)
	}
	return "", user, r
}

func (e *Endpoint) options(req *sip.Request, tx *sip.ServerTx, flow Flow) {
	user := unescape(req.Recipient.User)
	if user == "" {
		e.ping(req, tx, flow)
		return
	}
	// It would tell strangers which users exist.
	if _, _, r := e.identify(req, flow); r != nil {
		e.refuse(req, tx, r)
		return
	}
	if !e.cfg.Handler.Known(user) {
		e.refuse(req, tx, &refusal{status: sip.StatusNotFound})
		return
	}
	e.capable(req, tx)
}

// capabilities adds what an OPTIONS asks about (RFC 3261 §11.2).
func capabilities(res *sip.Response) {
	res.AppendHeader(allow())
	res.AppendHeader(sip.NewHeader("Accept", strings.Join(acceptedBodies, ", ")))
	res.AppendHeader(sip.NewHeader("Accept-Encoding", strings.Join(acceptedCodings, ", ")))
	res.AppendHeader(sip.NewHeader("Supported", strings.Join(supported, ", ")))
}

func (e *Endpoint) register(req *sip.Request, tx *sip.ServerTx, flow Flow) {
	now := time.Now()
	if !e.guard.allowRegister(flow.Remote.Addr(), now) {
		e.refuse(req, tx, &refusal{status: sip.StatusServiceUnavailable, headers: []Header{retryAfter(time.Minute)}})
		return
	}
	user, r := e.auth.check(req, flow.Remote.Addr(), false, now)
	if r != nil {
		e.refuse(req, tx, r)
		return
	}
	e.trust(flow)
	reg, r := parseRegister(req, user, flow)
	if r != nil {
		e.refuse(req, tx, r)
		return
	}
	res := e.response(req, sip.StatusOK, "", e.tags.tag(req))
	registerResponse(res, e.cfg.Handler.Register(reg))
	e.respond(tx, res)
}

// usageOf finds the call of a request in a dialog.
func (e *Endpoint) usageOf(req *sip.Request) (usage, bool) {
	to, id := req.To(), req.CallID()
	if to == nil || id == nil {
		return usage{}, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	u, ok := e.usages[usageKey{string(*id), tagOf(to.Params)}]
	return u, ok
}

// enlist makes requests and stray responses for key reach u.
func (e *Endpoint) enlist(key usageKey, u usage) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.usages[key] = u
	e.calls[u.call] = struct{}{}
}

func (e *Endpoint) delist(key usageKey) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.usages, key)
}

// retire forgets a call that is over; its keys go one by one.
func (e *Endpoint) retire(c *Call) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.calls, c)
}

func (e *Endpoint) liveCalls() []*Call {
	e.mu.Lock()
	defer e.mu.Unlock()
	calls := make([]*Call, 0, len(e.calls))
	for c := range e.calls {
		calls = append(calls, c)
	}
	return calls
}

// strayResponse gets responses no transaction waits for. The only one that
// matters is a 2xx to an INVITE we had given up: it made a dialog, which the
// other side believes in until it gets ACK and BYE.
func (e *Endpoint) strayResponse(res *sip.Response) {
	e.protect("stray response", func() {
		from, id, seq := res.From(), res.CallID(), res.CSeq()
		if from == nil || id == nil || seq == nil || seq.MethodName != sip.INVITE || !res.IsSuccess() {
			return
		}
		e.mu.Lock()
		u, ok := e.usages[usageKey{string(*id), tagOf(from.Params)}]
		e.mu.Unlock()
		if ok {
			u.call.post(func() { u.call.strayAnswer(u.branch, res) })
		}
	})
}
