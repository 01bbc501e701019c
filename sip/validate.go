package sip

import (
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// refusal is a final answer that refuses a request.
type refusal struct {
	status  int
	reason  string
	headers []Header
}

// inTurn reports whether the request can be believed as far as its dialog goes:
// then it has used up its CSeq number there, refused or not (RFC 3261 §12.2.2).
func (r *refusal) inTurn() bool { return r.status != 400 && r.status != 505 }

// bad is 400 with a phrase that names the fault (RFC 3261 §21.4.1).
func bad(what string) *refusal { return &refusal{status: 400, reason: what} }

// Methods, extensions and bodies that the endpoint serves; what it says in
// Allow, Supported and Accept is made from these.
var (
	allowed         = []string{"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "UPDATE", "REGISTER"}
	supported       = []string{timerOption}
	acceptedBodies  = []string{"application/sdp", "multipart/mixed"}
	acceptedCodings = []string{"identity"}
)

// validate inspects a request as RFC 3261 §8.2 has a UAS do before anything
// else, and returns the refusal or nil. dialogKnown says that the To tag, if
// there is one, belongs to a dialog or early dialog of ours.
//
// An ACK is inspected like the others, but is never answered: the caller drops
// the one that is refused.
func validate(req *sip.Request, dialogKnown bool) *refusal {
	if !strings.EqualFold(req.SipVersion, "SIP/2.0") {
		return &refusal{status: 505, reason: "Version Not Supported"}
	}
	for _, check := range [...]func(*sip.Request) *refusal{
		checkHeaders, checkMandatory, checkMethod, checkURI,
	} {
		if r := check(req); r != nil {
			return r
		}
	}
	tag, inDialog := param(req.To().Params, "tag")
	inDialog = inDialog && tag != "" && req.Method != sip.REGISTER && req.Method != sip.CANCEL
	if inDialog && !dialogKnown {
		return &refusal{status: 481, reason: "Call/Transaction Does Not Exist"}
	}
	if r := checkHops(req, inDialog); r != nil {
		return r
	}
	if r := checkExtensions(req); r != nil {
		return r
	}
	if r := checkInterval(req); r != nil {
		return r
	}
	return checkBody(req)
}

// singleton are the headers that may come once (RFC 3261 §7.3.1, Table 2): of
// two, nobody knows which one another element went by.
var singleton = []string{
	"From", "To", "Call-ID", "CSeq", "Max-Forwards", "Content-Length", "Content-Type",
	"Content-Disposition", "Expires", "Refer-To", "Session-Expires",
}

// checkHeaders refuses repeated single headers and those that the parser left
// raw because they cannot be parsed.
func checkHeaders(req *sip.Request) *refusal {
	var seen uint32
	for _, h := range req.Headers() {
		name := h.Name()
		if i := slices.IndexFunc(singleton, func(s string) bool { return strings.EqualFold(s, name) }); i >= 0 {
			if seen&(1<<i) != 0 {
				return bad("Repeated " + singleton[i])
			}
			seen |= 1 << i
		}
		if full, ok := unparsed(h); ok {
			return bad("Malformed " + full)
		}
	}
	return nil
}

// unparsed reports that the header has a type in sipgo and yet is raw text.
func unparsed(h sip.Header) (name string, ok bool) {
	switch h.(type) {
	case *sip.FromHeader, *sip.ToHeader, *sip.ViaHeader, *sip.ContactHeader, *sip.CSeqHeader, *sip.CallIDHeader,
		*sip.RouteHeader, *sip.RecordRouteHeader, *sip.MaxForwardsHeader, *sip.ContentLengthHeader,
		*sip.ContentTypeHeader, *sip.ReferToHeader, *sip.ReferredByHeader:
		return "", false
	}
	switch name := h.Name(); name {
	case "From", "To", "Via", "Contact", "CSeq", "Call-ID", "Route", "Record-Route", "Max-Forwards",
		"Content-Length", "Content-Type", "Refer-To":
		return name, true
	}
	return "", false
}

// checkMandatory wants the headers every request has (RFC 3261 §8.1.1) with
// contents that can be used. Max-Forwards may be missing: RFC 2543 did not know
// it.
func checkMandatory(req *sip.Request) *refusal {
	via, from, seq := req.Via(), req.From(), req.CSeq()
	switch {
	case via == nil || via.Host == "":
		return bad("Missing Via")
	case from == nil:
		return bad("Missing From")
	case req.To() == nil:
		return bad("Missing To")
	case req.CallID() == nil || req.CallID().Value() == "":
		return bad("Missing Call-ID")
	case seq == nil:
		return bad("Missing CSeq")
	case !strings.EqualFold(string(seq.MethodName), string(req.Method)):
		return bad("CSeq Method Does Not Match")
	}
	if tag, _ := param(from.Params, "tag"); tag == "" {
		return bad("Missing From Tag")
	}
	if !token(via.Transport) || !strings.EqualFold(via.ProtocolName, "SIP") || via.ProtocolVersion != "2.0" {
		return bad("Malformed Via")
	}
	if (req.Method == sip.INVITE || req.Method == sip.UPDATE) && len(req.GetHeaders("Contact")) != 1 {
		return bad("One Contact Needed")
	}
	return nil
}

// checkMethod answers 405 with Allow (RFC 3261 §8.2.1).
func checkMethod(req *sip.Request) *refusal {
	if slices.Contains(allowed, string(req.Method)) {
		return nil
	}
	return &refusal{status: 405, reason: "Method Not Allowed", headers: []Header{{"Allow", strings.Join(allowed, ", ")}}}
}

// checkURI looks at the Request-URI: 416 for a scheme that is not ours
// (RFC 3261 §8.2.2.1), 400 for one that has no business there. tel: comes from
// trunks and is a number like any other.
func checkURI(req *sip.Request) *refusal {
	uri := &req.Recipient
	switch {
	case !schemeShaped(uri.Scheme):
		return bad("Malformed Request-URI")
	case uri.Scheme == "tel":
		return nil
	case uri.Scheme != "sip" && uri.Scheme != "sips":
		return &refusal{status: 416, reason: "Unsupported URI Scheme"}
	case len(uri.Headers) > 0: // §19.1.1, table 1: not allowed in a Request-URI
		return bad("Headers In Request-URI")
	case uri.Host == "" || strings.ContainsAny(uri.Host, "<>\"@,") || strings.ContainsAny(uri.User, "<>\""):
		return bad("Malformed Request-URI")
	}
	return nil
}

// schemeShaped checks the grammar of a scheme (RFC 3986 §3.1).
func schemeShaped(s string) bool {
	for i := range len(s) {
		c := s[i]
		alpha := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alpha && (i == 0 || !('0' <= c && c <= '9' || c == '+' || c == '-' || c == '.')) {
			return false
		}
	}
	return s != ""
}

// checkHops ends loops: this server passes calls on, so it is held to the rule
// for proxies (RFC 3261 §16.3 step 3). Within a dialog it is where the request
// was going.
func checkHops(req *sip.Request, inDialog bool) *refusal {
	if mf := req.MaxForwards(); mf != nil {
		switch {
		case mf.Val() > 255: // §20.22
			return bad("Malformed Max-Forwards")
		case mf.Val() == 0 && !inDialog && req.Method != sip.ACK && req.Method != sip.CANCEL:
			return &refusal{status: 483, reason: "Too Many Hops"}
		}
	}
	return nil
}

// checkExtensions answers 420 with all that is required and not supported
// (RFC 3261 §8.2.2.3). Proxy-Require counts too, since what a proxy would have
// to do on the way to an agent is done here. In ACK and CANCEL both are ignored.
func checkExtensions(req *sip.Request) *refusal {
	if req.Method == sip.ACK || req.Method == sip.CANCEL {
		return nil
	}
	var unknown []string
	for _, name := range [...]string{"Require", "Proxy-Require"} {
		for _, tag := range tokens(req, name) {
			if !containsFold(supported, tag) && len(unknown) < 16 {
				unknown = append(unknown, clip(tag, 64))
			}
		}
	}
	if unknown == nil {
		return nil
	}
	return &refusal{status: 420, reason: "Bad Extension", headers: []Header{{"Unsupported", strings.Join(unknown, ", ")}}}
}

// checkBody answers 415 to a body that cannot be read (RFC 3261 §8.2.3), and
// 406 when the caller would not take the only body we send.
func checkBody(req *sip.Request) *refusal {
	if cl := req.ContentLength(); cl != nil && int(*cl) != len(req.Body()) {
		return bad("Content-Length Does Not Match")
	}
	switch req.Method {
	case sip.INVITE, sip.UPDATE, sip.ACK:
	default:
		return nil // bodies of the others are ignored, or judged by their handler
	}
	if req.Method != sip.ACK && !acceptsSDP(req) {
		return &refusal{status: 406, reason: "Not Acceptable"}
	}
	if len(req.Body()) == 0 {
		return nil
	}
	if req.ContentType() == nil {
		return bad("Missing Content-Type")
	}
	for _, coding := range tokens(req, "Content-Encoding") {
		if !containsFold(acceptedCodings, coding) {
			return &refusal{status: 415, reason: "Unsupported Media Type",
				headers: []Header{{"Accept-Encoding", strings.Join(acceptedCodings, ", ")}}}
		}
	}
	_, r := sdpBody(req)
	return r
}

// acceptsSDP reports whether Accept, if any, lets us answer with SDP.
func acceptsSDP(req *sip.Request) bool {
	hs := req.GetHeaders("Accept")
	if len(hs) == 0 {
		return true // §20.1: absent means application/sdp
	}
	for _, h := range hs {
		for _, v := range split(h.Value(), ',') {
			mediaRange, _, _ := strings.Cut(v, ";")
			switch strings.ToLower(strings.TrimSpace(mediaRange)) {
			case "application/sdp", "application/*", "*/*":
				return true
			}
		}
	}
	return false
}

// validateResponse reports whether a response is one to act on: our Via alone
// (RFC 3261 §8.1.3.3 has a UAC discard one with more), a status that exists,
// and the headers that make it part of a transaction. A fault in any other
// header is no reason to lose a final answer.
func validateResponse(res *sip.Response) bool {
	if !strings.EqualFold(res.SipVersion, "SIP/2.0") || res.StatusCode < 100 || res.StatusCode > 699 {
		return false
	}
	if len(res.GetHeaders("Via")) != 1 || res.Via() == nil {
		return false
	}
	return res.From() != nil && res.To() != nil && res.CallID() != nil && res.CSeq() != nil
}
