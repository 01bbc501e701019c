package sip

import (
	"github.com/emiago/sipgo/sip"
)

// sentInvite is an INVITE whose client transaction lives.
type sentInvite struct {
	req     *sip.Request
	flow    Flow
	refused bool // its final refusal has been to the transaction
}

// repeatsRefusal reports whether res repeats a refusal of an INVITE of ours,
// and acknowledges it once more if so (RFC 3261 §17.1.1.2). The transaction
// would do that too, but only after four seconds of sleep with its lock held,
// against loops that a peer could make; here one response brings one ACK, which
// makes no loop.
func (e *Endpoint) repeatsRefusal(res *sip.Response) bool {
	seq := res.CSeq()
	if seq == nil || seq.MethodName != sip.INVITE || res.StatusCode < 300 || res.To() == nil {
		return false
	}
	branch := branchOf(res)
	e.mu.Lock()
	sent := e.sent[branch]
	repeated := sent != nil && sent.refused
	if sent != nil {
		sent.refused = true
	}
	e.mu.Unlock()
	if repeated {
		ack := refusalAck(sent.req, res)
		e.spawn(func() { _ = e.write(ack, sent.flow) }) // lost, it is asked for again
	}
	return repeated
}

// remember keeps an INVITE for repeatsRefusal until its transaction ends.
func (e *Endpoint) remember(req *sip.Request, flow Flow, tx *sip.ClientTx) {
	branch := branchOf(req)
	e.mu.Lock()
	e.sent[branch] = &sentInvite{req: req, flow: flow}
	e.mu.Unlock()
	tx.OnTerminate(func(string, error) {
		e.mu.Lock()
		defer e.mu.Unlock()
		delete(e.sent, branch)
	})
}

// refusalAck is the ACK of a refusal: the INVITE's Request-URI, topmost Via,
// Route, From, Call-ID and CSeq number, and the To of the response (RFC 3261
// §17.1.1.3).
func refusalAck(invite *sip.Request, res *sip.Response) *sip.Request {
	return offshoot(invite, sip.ACK, sip.HeaderClone(res.To()))
}

// offshoot is a request about another one: CANCEL or the ACK of a refusal.
func offshoot(invite *sip.Request, method sip.RequestMethod, to sip.Header) *sip.Request {
	req := sip.NewRequest(method, *invite.Recipient.Clone())
	req.AppendHeader(sip.HeaderClone(invite.Via()))
	for _, h := range invite.GetHeaders("Route") {
		req.AppendHeader(sip.HeaderClone(h))
	}
	req.AppendHeader(sip.HeaderClone(invite.From()))
	req.AppendHeader(to)
	req.AppendHeader(invite.CallID())
	req.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: method})
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(&hops)
	req.SetBody(nil)
	return req
}
