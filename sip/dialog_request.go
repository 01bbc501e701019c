package sip

import (
	"github.com/emiago/sipgo/sip"
)

// flowFor is the flow of the next request in d: along the route set or to the
// target where that is possible at once, else the way the dialog was set up.
func (c *Call) flowFor(d *dialog) Flow {
	network, remote, ok := d.hop()
	if !ok {
		return d.flow
	}
	if network == d.flow.Transport && remote.Addr() == d.flow.Remote.Addr() && network == "tcp" {
		return d.flow // the port of a Contact is no reason for a connection of its own
	}
	if flow, ok := c.ep.flowTo(network, remote); ok {
		if network == "udp" && flow.Local.Addr().Is4() == d.flow.Local.Addr().Is4() && d.flow.Transport == "udp" {
			flow.Local = d.flow.Local // one dialog, one socket: what NATs and address lists expect
		}
		return flow
	}
	return d.flow
}

// exchange sends a request in d and calls done on the queue with the final
// response, or nil and the status that stands for the failure. Challenges are
// answered inside.
func (c *Call) exchange(d *dialog, method sip.RequestMethod, fill func(*sip.Request), done func(*sip.Response, int)) *exchange {
	x := &exchange{call: c, dialog: d, method: method, fill: fill, done: done}
	x.send()
	return x
}

// exchange is a request in a dialog and what became of it.
type exchange struct {
	call   *Call
	dialog *dialog
	method sip.RequestMethod
	fill   func(*sip.Request)
	done   func(*sip.Response, int)
	tried  trials
	longer bool // sent again with the session interval that a 422 asked for

	seq     uint32
	req     *sip.Request
	flow    Flow
	tx      *clientTx
	heard   bool
	final   bool
	ack     *sip.Request // of a re-INVITE's 2xx
	ackFlow Flow
}

// send sends the request. A trunk may have closed its connection between two
// requests: then there is a new one first.
func (x *exchange) send() {
	c, d := x.call, x.dialog
	flow := c.flowFor(d)
	if flow.Transport != "tcp" || d.pinned || c.ep.alive(flow) {
		x.depart(flow)
		return
	}
	remote := flow.Remote
	if network, to, ok := d.hop(); ok && network == "tcp" {
		remote = to
	}
	c.ep.spawn(func() {
		flow, err := c.ep.dialTCP(remote)
		c.post(func() {
			if err != nil {
				x.finish(nil, sip.StatusServiceUnavailable)
				return
			}
			d.flow = flow
			x.depart(flow)
		})
	})
}

func (x *exchange) depart(flow Flow) {
	c := x.call
	x.seq, x.flow = x.dialog.nextSeq(), flow
	req := x.dialog.request(x.method, x.seq)
	req.PrependHeader(c.ep.via(x.flow))
	req.AppendHeader(sip.NewHeader("User-Agent", c.ep.cfg.UserAgent))
	if x.fill != nil {
		x.fill(req)
	}
	c.login.sign(req)
	if req.ContentLength() == nil {
		req.SetBody(nil)
	}
	x.req, x.heard = req, false
	seq := x.seq
	tx, err := c.ep.transact(req, x.flow, func(res *sip.Response, err error) {
		c.post(func() { x.received(seq, res, err) })
	})
	if err != nil {
		c.post(func() { x.finish(nil, sip.StatusServiceUnavailable) })
		return
	}
	x.tx = tx
}

func (x *exchange) received(seq uint32, res *sip.Response, err error) {
	switch {
	case res == nil:
		if seq == x.seq {
			x.finish(nil, failureStatus(err))
		}
	case seq != x.seq:
	case res.IsProvisional():
		x.heard = true
	case x.final:
		if res.IsSuccess() && x.ack != nil {
			x.call.ep.write(x.ack, x.ackFlow)
		}
	case x.again(res):
	default:
		x.finish(res, res.StatusCode)
	}
}

// again sends the request once more when that is what res asks for: with
// credentials, or with a longer session interval, the latter once.
func (x *exchange) again(res *sip.Response) bool {
	switch {
	case x.call.login.challenged(res, &x.tried):
	case !x.longer && x.call.timer.lengthen(res):
		x.longer = true
	default:
		return false
	}
	x.send()
	return true
}

func (x *exchange) finish(res *sip.Response, status int) {
	if x.final {
		return
	}
	x.final = true
	if res != nil && res.IsSuccess() && x.method == sip.INVITE {
		x.dialog.refresh(res.Contact()) // where the ACK goes already
		x.acknowledge()
	}
	x.done(res, status)
}

// acknowledge sends the ACK of a re-INVITE's 2xx.
func (x *exchange) acknowledge() {
	c := x.call
	x.ack = x.dialog.request(sip.ACK, x.seq)
	x.ackFlow = c.flowFor(x.dialog)
	x.ack.PrependHeader(c.ep.via(x.ackFlow))
	c.login.again(x.req, x.ack)
	x.ack.SetBody(nil)
	c.ep.write(x.ack, x.ackFlow)
}
