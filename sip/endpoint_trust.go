package sip

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// trust marks where a request came from as one that has authenticated.
func (e *Endpoint) trust(flow Flow) {
	if flow.Transport != "tcp" {
		e.guard.trust(flow.Remote)
		return
	}
	if c, ok := e.streamTo(flow.Remote); ok {
		c.trusted.Store(true)
	}
}

// familiar reports whether flow is of a trunk, or of somebody who has
// authenticated by it. The address of a datagram can be forged: it opens the
// way to state and answers that are bounded anyhow, and to nothing else.
func (e *Endpoint) familiar(flow Flow) bool {
	if _, ok := e.cfg.Trunk(flow.Remote.Addr()); ok {
		return true
	}
	if flow.Transport != "tcp" {
		return e.guard.trusts(flow.Remote)
	}
	c, ok := e.streamTo(flow.Remote)
	return ok && c.trusted.Load()
}

// ping answers OPTIONS without a user, a keep-alive: worth an answer to
// anybody, but to strangers no more of them than refusals they would get, lest
// forged sources make us a reflector.
func (e *Endpoint) ping(req *sip.Request, tx *sip.ServerTx, flow Flow) {
	if !e.familiar(flow) && !e.guard.allowAnswer(time.Now()) {
		tx.Terminate()
		return
	}
	e.capable(req, tx)
}

// capable answers OPTIONS with what we can do.
func (e *Endpoint) capable(req *sip.Request, tx *sip.ServerTx) {
	res := e.response(req, sip.StatusOK, "", e.tags.tag(req))
	capabilities(res)
	e.respondOnce(tx, res)
}
