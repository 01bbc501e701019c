package sip

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// RFC 3261 timer values (table 4), as sipgo's transactions use them.
const (
	t1     = 500 * time.Millisecond
	t2     = 4 * time.Second
	giveUp = 64 * t1
)

// allow is our Allow header.
func allow() sip.Header { return sip.NewHeader("Allow", strings.Join(allowed, ", ")) }

// newTag returns a random tag or Call-ID part: 96 bits, so that nobody guesses
// a dialog they have not seen (RFC 3261 §19.3 asks for 32).
func newTag() string {
	var b [12]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// newBranch returns the branch of a new transaction.
func newBranch() string { return sip.RFC3261BranchMagicCookie + newTag() }

// tagger makes the To tags of answers we keep no state for. A retransmission
// must get the same one (RFC 3261 §8.2.7), so it is a keyed hash.
type tagger struct{ key []byte }

func (t tagger) tag(req *sip.Request) string {
	mac := hmac.New(sha256.New, t.key)
	if h := req.CallID(); h != nil {
		mac.Write([]byte(*h))
	}
	mac.Write([]byte{0})
	mac.Write([]byte(branchOf(req)))
	return hex.EncodeToString(mac.Sum(nil)[:12])
}

// host is what we call ourselves towards the peer of flow.
func (e *Endpoint) host(flow Flow) string {
	if e.cfg.Advertise != "" {
		return e.cfg.Advertise
	}
	return flow.Local.Addr().String()
}

// port is where the peer of flow reaches us.
func (e *Endpoint) port(flow Flow) int {
	if flow.Transport == "tcp" {
		// The near end of a connection we dialled is no place to connect to.
		for _, l := range e.cfg.TCP {
			if a := addrPort(l.Addr()); a.Addr() == flow.Local.Addr() || flow.Local.Port() == a.Port() {
				return int(a.Port())
			}
		}
	}
	return int(flow.Local.Port())
}

// contact is our Contact towards the peer of flow.
func (e *Endpoint) contact(flow Flow, user string) sip.Uri {
	uri := sip.Uri{Scheme: "sip", User: user, Host: e.host(flow), Port: e.port(flow)}
	if flow.Transport == "tcp" {
		uri.UriParams.Add("transport", "tcp")
	}
	return uri
}

// via returns the Via header of a new transaction. It always asks for rport
// (RFC 3581), since we may be the one behind a NAT.
func (e *Endpoint) via(flow Flow) *sip.ViaHeader {
	v := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0",
		Transport: strings.ToUpper(flow.Transport),
		Host:      e.host(flow), Port: e.port(flow),
	}
	v.Params.Add("branch", newBranch())
	v.Params.Add("rport", "")
	return v
}

// aim makes req leave by flow: from the socket that listens, to nowhere but
// flow's remote address, whatever the URIs in it say.
func aim(req *sip.Request, flow Flow) {
	req.SetTransport(strings.ToUpper(flow.Transport))
	req.SetDestination(flow.Remote.String())
	req.Laddr = sip.Addr{}
	if flow.Transport == "udp" {
		local := flow.Local.Addr()
		req.Laddr = sip.Addr{IP: local.AsSlice(), Port: int(flow.Local.Port()), Zone: local.Zone()}
	}
}

// conn is the connection that flow's requests leave by.
func (e *Endpoint) conn(flow Flow) (sip.Connection, error) {
	if flow.Transport == "udp" {
		return e.udpConn(flow)
	}
	if !e.alive(flow) {
		return nil, errFlowGone
	}
	return e.transport.GetConnection("tcp", flow.Remote.String())
}

// write sends a request outside any transaction: an ACK to a 2xx.
func (e *Endpoint) write(req *sip.Request, flow Flow) error {
	conn, err := e.conn(flow)
	if err != nil {
		return err
	}
	defer conn.TryClose()
	aim(req, flow)
	e.stats.request(req.Method, "out")
	return conn.WriteMsg(req)
}

// clientTx is a request on its way.
type clientTx struct {
	tx *sip.ClientTx
}

func (t *clientTx) terminate() {
	if t != nil {
		t.tx.Terminate()
	}
}

// transact sends req along flow in a client transaction; req has its Via. on
// gets each response, for an INVITE also those 2xx that come after the first,
// and at the end an error if there was no final one. on must not block; it is
// called from other goroutines than the caller's, and not any more once
// transact has returned an error.
func (e *Endpoint) transact(req *sip.Request, flow Flow, on func(*sip.Response, error)) (*clientTx, error) {
	if e.isClosed() {
		return nil, net.ErrClosed
	}
	conn, err := e.conn(flow)
	if err != nil {
		return nil, err
	}
	conn.TryClose()
	aim(req, flow)
	tx, err := e.transactions.NewClientTransaction(sendContext, req)
	if err != nil {
		return nil, err
	}
	// sipgo takes a 2xx of a second branch of a forked INVITE for a
	// retransmission of the first: this hook is where it comes out.
	tx.OnRetransmission(func(res *sip.Response) { on(res, nil) })
	if req.IsInvite() {
		e.remember(req, flow, tx)
	}
	if err := tx.Init(); err != nil {
		tx.Terminate()
		return nil, err
	}
	e.stats.request(req.Method, "out")
	if !e.spawn(func() { readResponses(tx, req.IsInvite(), on) }) {
		tx.Terminate()
		return nil, net.ErrClosed
	}
	return &clientTx{tx: tx}, nil
}

// readResponses hands on what the transaction passes up. It ends with the
// first final response: later ones come by OnRetransmission, and a transaction
// blocks while nobody reads.
func readResponses(tx *sip.ClientTx, invite bool, on func(*sip.Response, error)) {
	for {
		select {
		case res := <-tx.Responses():
			on(res, nil)
			if res.IsProvisional() {
				continue
			}
			if !invite {
				// What sipgo would keep it for, swallowing repeated
				// responses, strayResponse does as well.
				tx.Terminate()
			}
			return
		case <-tx.Done():
			on(nil, reasonOfDone(tx.Err()))
			return
		}
	}
}

// reasonOfDone is why a transaction is over. sipgo closes Done a moment before
// it says why when it is terminated from outside.
func reasonOfDone(err error) error {
	if err == nil {
		return sip.ErrTransactionTerminated
	}
	return err
}

// failureStatus is the status that stands for an error of a transaction (RFC
// 3261 §8.1.3.1).
func failureStatus(err error) int {
	if errors.Is(err, sip.ErrTransactionTimeout) {
		return sip.StatusRequestTimeout
	}
	return sip.StatusServiceUnavailable
}

// response builds an answer to req with our To tag.
func (e *Endpoint) response(req *sip.Request, status int, reason, tag string) *sip.Response {
	if reason == "" {
		reason = phrase(status)
	}
	res := sip.NewResponseFromRequest(req, status, reason, nil)
	res.SipVersion = "SIP/2.0" // not an echo of what came
	complete(res, req)
	if to := res.To(); to != nil && tag != "" && status != sip.StatusTrying {
		if asked := req.To(); asked == nil || tagOf(asked.Params) == "" {
			to.Params.Add("tag", tag)
		}
	}
	res.AppendHeader(sip.NewHeader("Server", e.cfg.UserAgent))
	return res
}

// respond answers in the transaction of the request.
func (e *Endpoint) respond(tx *sip.ServerTx, res *sip.Response) error {
	e.countResponse(res, "out")
	return tx.Respond(res)
}

// respondOnce answers and keeps nothing: a retransmission of the request is
// answered anew. It is for what strangers can send.
func (e *Endpoint) respondOnce(tx *sip.ServerTx, res *sip.Response) {
	e.countResponse(res, "out")
	tx.Connection().WriteMsg(res)
	tx.Terminate()
}

// refuse answers a request outside a dialog.
func (e *Endpoint) refuse(req *sip.Request, tx *sip.ServerTx, r *refusal) {
	res := e.response(req, r.status, r.reason, e.tags.tag(req))
	for _, h := range r.headers {
		res.AppendHeader(sip.NewHeader(h.Name, h.Value))
	}
	e.respondOnce(tx, res)
}

// retryAfter is a Retry-After header of whole seconds.
func retryAfter(d time.Duration) Header {
	return Header{"Retry-After", strconv.Itoa(int((d + time.Second - 1) / time.Second))}
}
