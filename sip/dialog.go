package sip

import (
	"net/netip"

	"github.com/emiago/sipgo/sip"
)

// dialog is the state of RFC 3261 §12, of an early or a confirmed dialog. It
// belongs to a Call and is touched on its queue only.
type dialog struct {
	callID    string
	localTag  string
	remoteTag string
	local     address // From of our requests
	remote    address // To of our requests
	localSeq  uint32
	remoteSeq uint32
	heard     bool // remoteSeq has a value
	routes    []sip.Uri
	target    sip.Uri // the peer's Contact
	contact   sip.Uri // ours
	flow      Flow    // how it was set up
	pinned    bool    // the peer is behind its flow: Contact and Record-Route do not lead there
	caller    bool    // we made the call, and own the Call-ID
}

// address is what From and To say besides the tag.
type address struct {
	name string
	uri  sip.Uri
}

// nextSeq numbers our next request.
func (d *dialog) nextSeq() uint32 {
	d.localSeq++
	return d.localSeq
}

// request builds a request in the dialog (RFC 3261 §12.2.1.1) but for its Via.
// The caller gives the sequence number, since an ACK repeats its INVITE's.
func (d *dialog) request(method sip.RequestMethod, seq uint32) *sip.Request {
	uri, routes := d.path()
	req := sip.NewRequest(method, uri)
	for i := range routes {
		req.AppendHeader(&sip.RouteHeader{Address: *routes[i].Clone()})
	}
	from := &sip.FromHeader{DisplayName: d.local.name, Address: *d.local.uri.Clone()}
	from.Params.Add("tag", d.localTag)
	to := &sip.ToHeader{DisplayName: d.remote.name, Address: *d.remote.uri.Clone()}
	if d.remoteTag != "" {
		to.Params.Add("tag", d.remoteTag)
	}
	id := sip.CallIDHeader(d.callID)
	hops := sip.MaxForwardsHeader(70)
	req.AppendHeader(from)
	req.AppendHeader(to)
	req.AppendHeader(&id)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: seq, MethodName: method})
	req.AppendHeader(&hops)
	return req
}

// path is the Request-URI and the Route headers. A first route without lr is a
// strict router: it becomes the Request-URI and the target goes last.
func (d *dialog) path() (sip.Uri, []sip.Uri) {
	target := *d.target.Clone()
	target.Headers = nil
	if len(d.routes) == 0 {
		return target, nil
	}
	if d.routes[0].UriParams.Has("lr") {
		return target, d.routes
	}
	strict := *d.routes[0].Clone()
	strict.Headers = nil
	return strict, append(append([]sip.Uri(nil), d.routes[1:]...), target)
}

// hop is where the next request goes: the first route, else the target, if it
// is an address one can believe. A name is not looked up: the peer that put it
// there is the one we talk to already. Nor is an address followed that means
// another host to the peer than to us, as happens behind a NAT.
func (d *dialog) hop() (network string, remote netip.AddrPort, ok bool) {
	if d.pinned {
		return "", netip.AddrPort{}, false
	}
	uri := d.target
	if len(d.routes) > 0 {
		uri = d.routes[0]
	}
	remote, ok = literal(uri)
	if !ok {
		return "", netip.AddrPort{}, false
	}
	if peer := d.flow.Remote.Addr(); remote.Addr() != peer && scope(remote.Addr()) < scope(peer) {
		return "", netip.AddrPort{}, false
	}
	network = d.flow.Transport // what it spoke so far, unless it asks for another
	if uri.UriParams.Has("transport") {
		network = uriTransport(uri)
	}
	return network, remote, true
}

// scope orders addresses by how far they mean the same host.
func scope(a netip.Addr) int {
	switch {
	case a.IsUnspecified(), a.IsMulticast():
		return 0
	case a.IsLoopback(), a.IsLinkLocalUnicast():
		return 1
	case a.IsPrivate():
		return 2
	}
	return 3
}

// routeSet collects Record-Route: as it stands for the one who is called, in
// reverse for the caller (RFC 3261 §12.1).
func routeSet(msg sip.Message, reverse bool) []sip.Uri {
	headers := msg.GetHeaders("Record-Route")
	var routes []sip.Uri
	for _, h := range headers {
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			routes = append(routes, *rr.Address.Clone())
		}
	}
	if reverse {
		for i, j := 0, len(routes)-1; i < j; i, j = i+1, j-1 {
			routes[i], routes[j] = routes[j], routes[i]
		}
	}
	return routes
}

// routable reports whether the whole route set of a message could be read.
func routable(msg sip.Message) bool {
	for _, h := range msg.GetHeaders("Record-Route") {
		if _, ok := h.(*sip.RecordRouteHeader); !ok {
			return false
		}
	}
	return true
}

// refresh takes over the Contact of a target refresh request or its 2xx (RFC
// 3261 §12.2).
func (d *dialog) refresh(contact *sip.ContactHeader) {
	if contact != nil && !contact.Address.Wildcard && contact.Address.Host != "" {
		d.target = *contact.Address.Clone()
	}
}

// tagOf is the tag of a From or To header, "" when there is none.
func tagOf(params sip.HeaderParams) string {
	tag, _ := param(params, "tag")
	return tag
}

// seqOf is the CSeq number of a message that has passed validation.
func seqOf(msg sip.Message) uint32 {
	if h := msg.CSeq(); h != nil {
		return h.SeqNo
	}
	return 0
}
