package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// refreshRing is how often a provisional answer is repeated, so that proxies on
// the way do not give up (RFC 3261 §13.3.1.1).
const refreshRing = time.Minute

// invite is an INVITE we were sent, first or in a dialog, from its arrival to
// the ACK of its 2xx. It belongs to a call and is touched on its queue only,
// but for key, branch and call, which never change.
type invite struct {
	call   *Call
	req    *sip.Request // this and the next: nil once it is acknowledged
	tx     *sip.ServerTx
	key    inviteKey
	branch string

	serial uint32        // of the Offered event; 0: the first INVITE
	final  int           // the final status, chosen once; 0: none yet
	ring   *sip.Response // the provisional answer that is repeated
	ringer *time.Timer

	ok      *sip.Response // our 2xx, until it is acknowledged
	wait    time.Duration // until its next retransmission
	resend  *time.Timer
	timeout *time.Timer
}

// branchOf is the branch of the topmost Via.
func branchOf(msg sip.Message) string {
	if via := msg.Via(); via != nil {
		b, _ := param(via.Params, "branch")
		return b
	}
	return ""
}

func inviteKeyOf(req *sip.Request) inviteKey {
	return inviteKey{string(*req.CallID()), tagOf(req.From().Params), seqOf(req)}
}

// admit registers an INVITE until its transaction ends. It returns false, and
// has answered, when it is a copy of one being served or when the CANCEL for it
// was here first.
func (e *Endpoint) admit(in *invite) bool {
	in.key, in.branch = inviteKeyOf(in.req), branchOf(in.req)
	e.mu.Lock()
	_, merged := e.invites[in.key]
	early := e.cancels[cancelKey{in.key, in.branch}]
	cancelled := early != nil && !merged
	if cancelled {
		early.timer.Stop()
		delete(e.cancels, early.key)
	} else if !merged {
		e.invites[in.key] = in
	}
	e.mu.Unlock()
	switch {
	case merged:
		// RFC 3261 §8.2.2.2: the same request by another path.
		e.refuse(in.req, in.tx, &refusal{status: sip.StatusLoopDetected, reason: "Merged Request"})
	case cancelled:
		e.respondOnce(early.tx, e.response(early.req, sip.StatusOK, "", e.tags.tag(in.req)))
		e.respond(in.tx, e.response(in.req, sip.StatusRequestTerminated, "", e.tags.tag(in.req)))
	default:
		if !in.tx.OnTerminate(func(string, error) { e.forget(in) }) {
			e.forget(in) // its connection is gone already
		}
	}
	return !merged && !cancelled
}

func (e *Endpoint) forget(in *invite) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.invites[in.key] == in {
		delete(e.invites, in.key)
	}
}

// newInvite serves an INVITE outside any dialog.
func (e *Endpoint) newInvite(req *sip.Request, tx *sip.ServerTx, flow Flow) {
	trunk, user, r := e.identify(req, flow)
	if r == nil && !e.guard.allowInvite(time.Now()) {
		r = &refusal{status: sip.StatusServiceUnavailable, headers: []Header{retryAfter(time.Second)}}
	}
	if r == nil && (req.Contact() == nil || req.Contact().Address.Wildcard) {
		r = bad("Missing Contact")
	}
	if r != nil {
		e.refuse(req, tx, r)
		return
	}
	c := e.newCall(string(*req.CallID()))
	in := &invite{call: c, req: req, tx: tx}
	// Complete before admit shows it to others: a CANCEL may be right behind.
	c.incoming = in
	c.timer.learn(req)
	c.dialog = e.calledDialog(req, flow, trunk == "")
	key := usageKey{c.dialog.callID, c.dialog.localTag}
	e.enlist(key, usage{call: c})
	if !e.admit(in) {
		e.delist(key)
		e.retire(c)
		return
	}
	inv := invitation(req, flow, trunk, user)
	c.post(func() {
		if c.over {
			return // cancelled before anybody heard of it
		}
		// Also keeps sipgo from sending it by its timer, which could fire
		// between our final answer and its retransmission.
		c.ep.respond(tx, e.response(req, sip.StatusTrying, "", ""))
		if !e.protect("Invite", func() { e.cfg.Handler.Invite(c, inv) }) {
			c.reject(sip.StatusInternalServerError, 0)
		}
	})
}

// calledDialog is the dialog that an INVITE asks for, as its callee (RFC 3261
// §12.1.1).
func (e *Endpoint) calledDialog(req *sip.Request, flow Flow, pinned bool) *dialog {
	from, to := req.From(), req.To()
	d := &dialog{
		callID:    string(*req.CallID()),
		localTag:  newTag(),
		remoteTag: tagOf(from.Params),
		local:     address{to.DisplayName, *to.Address.Clone()},
		remote:    address{from.DisplayName, *from.Address.Clone()},
		localSeq:  firstSeq(),
		remoteSeq: seqOf(req),
		heard:     true,
		routes:    routeSet(req, false),
		contact:   e.contact(flow, req.Recipient.User),
		flow:      flow,
		pinned:    pinned,
	}
	d.refresh(req.Contact())
	return d
}

// answer builds a response of the INVITE's dialog. All but 100 carry our tag,
// and those that make or refresh the dialog our Contact.
func (in *invite) answer(status int) *sip.Response {
	d := in.call.dialog
	res := in.call.ep.response(in.req, status, "", d.localTag)
	if status < 300 {
		res.AppendHeader(&sip.ContactHeader{Address: *d.contact.Clone()})
		res.AppendHeader(allow())
	}
	return res
}

// progress sends a provisional answer.
func (in *invite) progress(status int, body []byte) {
	if in.final != 0 {
		return
	}
	res := in.answer(status)
	setSession(res, body)
	in.ring = res
	in.call.ep.respond(in.tx, res)
	if in.ringer == nil {
		in.ringer = in.call.after(refreshRing, in.repeatRing)
	}
}

func (in *invite) repeatRing() {
	if in.final == 0 {
		in.call.ep.respond(in.tx, in.ring)
		in.ringer.Reset(refreshRing)
	}
}

// refuse sends a final refusal, unless a final answer was chosen before.
func (in *invite) refuse(status int, headers []Header) bool {
	if in.final != 0 {
		return false
	}
	in.final = status
	in.stop()
	res := in.answer(status)
	for _, h := range headers {
		res.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	in.call.ep.respond(in.tx, res)
	return true
}

// accept sends 2xx and repeats it until the ACK, over TCP too: what lies behind
// the next hop may lose it (RFC 3261 §13.3.1.4).
func (in *invite) accept(body []byte) bool {
	if in.final != 0 {
		return false
	}
	in.final = sip.StatusOK
	in.stop()
	in.ok = in.answer(sip.StatusOK)
	in.call.grantTimer(in.req, in.ok)
	setSession(in.ok, body)
	in.call.ep.respond(in.tx, in.ok)
	in.wait = t1
	in.resend = in.call.after(in.wait, in.retransmit)
	in.timeout = in.call.after(giveUp, in.unanswered)
	return true
}

func (in *invite) retransmit() {
	if in.ok == nil {
		return
	}
	in.call.ep.respond(in.tx, in.ok)
	in.wait = min(2*in.wait, t2)
	in.resend.Reset(in.wait)
}

// unanswered ends a call whose 2xx was never acknowledged.
func (in *invite) unanswered() {
	if in.ok == nil {
		return
	}
	in.stop()
	in.call.noAck()
}

// delayed reports whether the INVITE left the offer to us.
func (in *invite) delayed() bool { return len(sessionOf(in.req)) == 0 }

// stop ends all timers and with them the retransmissions.
func (in *invite) stop() {
	in.ok = nil
	for _, t := range [...]**time.Timer{&in.ringer, &in.resend, &in.timeout} {
		if *t != nil {
			(*t).Stop()
			*t = nil
		}
	}
}

// shedAfter is when the timer of a transaction that answers 100 to its INVITE by
// itself, after 200 ms, is over for certain.
const shedAfter = time.Second

// shed lets go of the messages once the 2xx is acknowledged, which are most of
// what a call takes. Its transaction lives on for half a minute and lets no copy
// of the INVITE through (RFC 6026 §7.1); it looks at neither of them for that.
func (in *invite) shed() {
	req, ok, tx := in.req, in.ok, in.tx
	in.req, in.tx, in.ring = nil, nil, nil
	time.AfterFunc(shedAfter, func() {
		_ = tx.Err() // takes its lock: what the timer has read, it read before
		req.MessageData, ok.MessageData = sip.MessageData{}, sip.MessageData{}
	})
}
