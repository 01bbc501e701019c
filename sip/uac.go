package sip

import (
	"cmp"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// maxForks bounds the dialogs that one INVITE may come to.
const maxForks = 16

// branch is one INVITE that we send, to one target: its transaction, a second
// one after a challenge, and the dialogs that came of it. It belongs to a call
// and is touched on its queue only.
type branch struct {
	call   *Call
	index  int
	target Target

	callID   string
	localTag string
	seq      uint32
	flow     Flow

	invite   *sip.Request
	tx       *clientTx
	tried    trials
	attempt  int // tells the responses of the second INVITE from the first's
	early    map[string]*dialog
	sounds   map[string]string // early media by To tag, to tell news from repetition
	rang     bool
	answered map[string]*answered // by To tag: what 2xx retransmissions are acknowledged with

	expires time.Duration // the session interval it proposes
	least   time.Duration // the Min-SE that a 422 has asked for

	heard     bool // a provisional response came: CANCEL may follow
	cancelled bool // CANCEL is wanted
	sent      bool // CANCEL is sent
	timeout   *time.Timer
	status    int // the final outcome; 0: none yet
	reason    string
}

// answered is the ACK of one 2xx, kept to be sent again unchanged.
type answered struct {
	ack  *sip.Request
	flow Flow
}

// firstSeq starts a CSeq somewhere below 2^15.
func firstSeq() uint32 { return 1 + rand.Uint32N(1<<15) }

// start finds the way to the target and sends the INVITE.
func (b *branch) start() {
	var uri sip.Uri
	if err := sip.ParseUri(scrub(b.target.URI), &uri); err != nil || (uri.Scheme != "sip" && uri.Scheme != "sips") || uri.Host == "" {
		b.finish(sip.StatusNotFound, "Bad URI")
		return
	}
	uri.Headers = nil // they would become headers of the request
	e := b.call.ep
	if flow := b.target.Flow; flow.Transport != "" {
		if flow.Transport == "udp" && !flow.Local.IsValid() {
			flow.Local, _ = e.socketFor(flow.Remote.Addr())
		}
		b.depart(uri, flow)
		return
	}
	if remote, ok := literal(uri); ok {
		if flow, ok := e.flowTo(uriTransport(uri), remote); ok {
			b.depart(uri, flow)
			return
		}
	}
	e.spawn(func() {
		flow, err := e.resolve(uri)
		b.call.post(func() {
			switch {
			case b.status != 0 || b.call.over:
			case b.cancelled:
				b.finish(sip.StatusRequestTerminated, "")
			case err != nil:
				b.finish(sip.StatusServiceUnavailable, err.Error())
			default:
				b.depart(uri, flow)
			}
		})
	})
}

// depart sends the first INVITE.
func (b *branch) depart(uri sip.Uri, flow Flow) {
	b.flow = flow
	b.invite = b.build(uri)
	b.send()
}

// build makes the INVITE but for its Via.
func (b *branch) build(uri sip.Uri) *sip.Request {
	c, q := b.call, &b.call.request
	d := b.dialog(uri)
	req := d.request(sip.INVITE, b.seq)
	if q.MaxForwards > 0 {
		hops := sip.MaxForwardsHeader(q.MaxForwards)
		req.ReplaceHeader(&hops)
	}
	req.AppendHeader(&sip.ContactHeader{Address: *d.contact.Clone()})
	req.AppendHeader(allow())
	askTimer(req, sessionExpires{interval: b.expires}, b.least)
	req.AppendHeader(sip.NewHeader("User-Agent", c.ep.cfg.UserAgent))
	for _, h := range q.Headers {
		if token(h.Name) && !structural(h.Name) {
			req.AppendHeader(sip.NewHeader(h.Name, scrub(h.Value)))
		}
	}
	setSession(req, q.Body)
	return req
}

// dialog is what the INVITE starts from: no remote tag, no routes.
func (b *branch) dialog(uri sip.Uri) *dialog {
	c, q := b.call, &b.call.request
	host := cmp.Or(hostOf(q.From.Host), c.ep.cfg.Domain)
	remote := sip.Uri{Scheme: "sip", User: escape(q.To.User), Host: cmp.Or(hostOf(q.To.Host), uri.Host)}
	if q.To.User == "" {
		remote.User = uri.User
	}
	return &dialog{
		callID:   b.callID,
		localTag: b.localTag,
		local:    address{quotedName(q.From.Name), sip.Uri{Scheme: "sip", User: escape(q.From.User), Host: host}},
		remote:   address{quotedName(q.To.Name), remote},
		localSeq: b.seq,
		target:   uri,
		contact:  c.ep.contact(b.flow, escape(q.From.User)),
		flow:     b.flow,
		pinned:   b.target.Flow.Transport != "",
		caller:   true,
	}
}

// send sends the INVITE as it stands in a new transaction.
func (b *branch) send() {
	c := b.call
	req := b.invite
	for req.RemoveHeader("Via") {
	}
	req.PrependHeader(c.ep.via(b.flow))
	c.login.sign(req)
	b.attempt++
	attempt := b.attempt
	tx, err := c.ep.transact(req, b.flow, func(res *sip.Response, err error) {
		c.post(func() { b.received(attempt, res, err) })
	})
	if err != nil {
		b.finish(sip.StatusServiceUnavailable, "Cannot Send")
		return
	}
	b.tx = tx
}

// received handles a response, or the end of the transaction without one.
func (b *branch) received(attempt int, res *sip.Response, err error) {
	if res == nil {
		if attempt == b.attempt && b.status == 0 {
			b.finish(failureStatus(err), "")
		}
		return
	}
	switch {
	case res.IsSuccess():
		b.success(res)
	case attempt != b.attempt || b.status != 0:
	case res.IsProvisional():
		b.provisional(res)
	case b.challenged(res), b.tooBrief(res):
	default:
		b.finish(res.StatusCode, clip(scrub(res.Reason), maxText))
	}
}

// provisional handles 1xx. Several To tags are several early dialogs: a proxy
// behind the target forks.
func (b *branch) provisional(res *sip.Response) {
	b.heard = true
	if b.cancelled {
		b.sendCancel()
		return
	}
	tag := tagOf(res.To().Params)
	if res.StatusCode == sip.StatusTrying || tag == "" || b.call.stage != stageEarly {
		return
	}
	if b.early[tag] == nil {
		if len(b.early) >= maxForks {
			return
		}
		if b.early == nil {
			b.early, b.sounds = make(map[string]*dialog), make(map[string]string)
		}
		b.early[tag] = b.established(res)
	}
	ev := Event{Status: res.StatusCode, Reason: clip(scrub(res.Reason), maxText), Target: b.index}
	body := sessionOf(res)
	switch {
	case len(body) == 0 && !b.rang:
		b.rang = true
		ev.Kind = Ringing
	case len(body) > 0 && b.sounds[tag] != string(body):
		b.sounds[tag] = string(body)
		ev.Kind, ev.ContentType, ev.Body = EarlyMedia, contentType(res), body
	default:
		return // repeated, as they are every minute
	}
	b.call.emit(ev)
}

// established is the dialog that a response makes (RFC 3261 §12.1.2).
func (b *branch) established(res *sip.Response) *dialog {
	d := b.dialog(b.invite.Recipient)
	d.remoteTag = tagOf(res.To().Params)
	d.routes = routeSet(res, true)
	d.refresh(res.Contact())
	return d
}

// challenged answers 401 and 407 with credentials; false: it is a refusal.
func (b *branch) challenged(res *sip.Response) bool {
	c := b.call
	if b.cancelled || !c.login.challenged(res, &b.tried) {
		return false
	}
	b.resend()
	return true
}

// tooBrief answers 422 with the session interval that it asks for, once; false:
// it is a refusal.
func (b *branch) tooBrief(res *sip.Response) bool {
	least := minSEOf(res)
	if b.cancelled || res.StatusCode != statusIntervalTooSmall || b.least > 0 || least <= b.expires {
		return false
	}
	b.expires, b.least = least, least
	b.resend()
	return true
}

// resend sends the INVITE again, as a new request with the same Call-ID.
func (b *branch) resend() {
	b.seq++
	b.invite.CSeq().SeqNo = b.seq
	b.heard = false
	// The transaction that was refused keeps its request for retransmissions.
	b.invite = recast(b.invite)
	if b.least > 0 {
		retime(b.invite, sessionExpires{interval: b.expires}, b.least)
	}
	b.send()
}

// recast copies a request that a transaction holds on to.
func recast(req *sip.Request) *sip.Request {
	next := sip.NewRequest(req.Method, *req.Recipient.Clone())
	for _, h := range req.CloneHeaders() {
		switch strings.ToLower(h.Name()) {
		case "via", "authorization", "proxy-authorization", "content-length":
			continue
		}
		next.AppendHeader(h)
	}
	next.SetBody(req.Body())
	return next
}

// finish ends a branch that was not answered.
func (b *branch) finish(status int, reason string) {
	if b.status == 0 {
		b.status, b.reason = status, reason
	}
	if b.timeout != nil {
		b.timeout.Stop()
	}
	if status >= 600 {
		// RFC 3261 §16.7: a 6xx speaks for all.
		b.call.cancelOthers(b)
	}
	b.call.conclude()
}

// retire forgets the branch once nothing can come for it any more.
func (b *branch) retire() {
	if b.timeout != nil {
		b.timeout.Stop()
	}
	if b.status == 0 && b.tx != nil {
		time.AfterFunc(giveUp, b.tx.terminate) // cancelled, and the call went on without it
	}
	e, key := b.call.ep, usageKey{b.callID, b.localTag}
	if b.sent && b.answered == nil {
		// It may still answer the INVITE that we gave up.
		time.AfterFunc(giveUp, func() { e.delist(key) })
		return
	}
	e.delist(key)
}
