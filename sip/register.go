package sip

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	// defaultExpires is asked for by a contact that names no time
	// (RFC 3261 §10.2.1.1 leaves it to us).
	defaultExpires = time.Hour
	// maxExpires is where a longer wish is cut.
	maxExpires = 24 * time.Hour
	// maxContacts bounds the contacts of one REGISTER.
	maxContacts = 16
	// maxContactURI bounds what is kept of a contact.
	maxContactURI = 512
)

// parseRegister reads a REGISTER of the authenticated user (RFC 3261 §10.3).
// The refusal is 403 for another's address of record, and 400 for contacts that
// make no sense. The To may name the user by id or by the name used in the
// digest, which the directory let answer to the same id.
func parseRegister(req *sip.Request, user string, flow Flow) (Registration, *refusal) {
	reg := Registration{User: user, Flow: flow}
	to, id, seq := req.To(), req.CallID(), req.CSeq()
	switch {
	case to == nil || id == nil || seq == nil:
		return reg, bad("Missing Header")
	case to.Address.Scheme != "sip" && to.Address.Scheme != "sips":
		return reg, bad("Malformed Address Of Record")
	}
	if aor := unescape(to.Address.User); aor == "" || aor != user && aor != authenticatedName(req) {
		return reg, &refusal{status: 403, reason: "Not Your Address"}
	}
	reg.CallID, reg.CSeq = clip(scrub(id.Value()), maxText), seq.SeqNo
	if h := req.GetHeader("User-Agent"); h != nil {
		reg.UserAgent = clip(strings.TrimSpace(scrub(h.Value())), maxText)
	}
	common, r := expiresHeader(req)
	if r != nil {
		return reg, r
	}
	contacts := req.GetHeaders("Contact")
	if len(contacts) > maxContacts {
		return reg, bad("Too Many Contacts")
	}
	for _, h := range contacts {
		c, ok := h.(*sip.ContactHeader)
		if !ok {
			return reg, bad("Malformed Contact")
		}
		if c.Address.Wildcard {
			reg.Star = true
			continue
		}
		contact, r := contactOf(c, common)
		if r != nil {
			return reg, r
		}
		reg.Contacts = append(reg.Contacts, contact)
	}
	// §10.2.2: the star means all, so it comes alone, and only to remove.
	if reg.Star && (len(contacts) > 1 || common == nil || *common != 0) {
		return Registration{}, bad("Contact: * Needs Expires 0 Alone")
	}
	return reg, nil
}

// authenticatedName is the user name that the digest proved. It runs behind
// the authenticator, on a request that passed it; when the request carries
// several names, which one that was is not known here, and none is taken.
func authenticatedName(req *sip.Request) string {
	name := ""
	for _, h := range req.GetHeaders("Authorization") {
		c, err := parseCredentials(h.Value())
		if err != nil || name != "" && name != c.username {
			return ""
		}
		name = c.username
	}
	return name
}

// expiresHeader reads the Expires header, nil when there is none. A value too
// large is as long as can be; one that is no number is taken for none
// (RFC 3261 §10.3 step 6 in spirit: malformed means the default).
func expiresHeader(req *sip.Request) (*time.Duration, *refusal) {
	hs := req.GetHeaders("Expires")
	switch len(hs) {
	case 0:
		return nil, nil
	case 1:
	default:
		return nil, bad("Repeated Expires")
	}
	if d, ok := deltaSeconds(hs[0].Value()); ok {
		return &d, nil
	}
	return nil, nil
}

// deltaSeconds parses delta-seconds, cutting at maxExpires.
func deltaSeconds(s string) (time.Duration, bool) {
	d, ok := readSeconds(s)
	return min(d, maxExpires), ok
}

// readSeconds parses delta-seconds; what is beyond 32 bits stands for the most.
func readSeconds(s string) (time.Duration, bool) {
	s = strings.TrimSpace(s)
	if !digits([]byte(s)) {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		n = math.MaxUint32 // a number, out of range
	}
	return time.Duration(n) * time.Second, true
}

// contactOf reads one contact. Its own expires beats that of the message. URI
// headers are left out: they would put headers of the agent's choice, a Route
// among them, into requests of ours (RFC 3261 §19.1.5).
func contactOf(c *sip.ContactHeader, common *time.Duration) (Contact, *refusal) {
	uri := c.Address.Clone()
	uri.Headers = nil
	if (uri.Scheme != "sip" && uri.Scheme != "sips") || uri.Host == "" {
		return Contact{}, bad("Malformed Contact")
	}
	out := Contact{URI: uri.String(), Expires: defaultExpires, Q: 1}
	if len(out.URI) > maxContactURI || scrub(out.URI) != out.URI {
		return Contact{}, bad("Malformed Contact")
	}
	if common != nil {
		out.Expires = *common
	}
	if v, ok := param(c.Params, "expires"); ok {
		if d, ok := deltaSeconds(strings.Trim(v, `"`)); ok {
			out.Expires = d
		}
	}
	if v, ok := param(c.Params, "q"); ok {
		q, err := strconv.ParseFloat(strings.TrimSpace(v), 32)
		if err != nil || !(q >= 0 && q <= 1) { // NaN too
			return Contact{}, bad("Malformed Contact")
		}
		out.Q = float32(q)
	}
	if v, ok := param(c.Params, "+sip.instance"); ok {
		out.Instance = clip(scrub(strings.Trim(v, `"`)), maxText)
	}
	return out, nil
}

// registerResponse turns an answer to a REGISTER into what the registrar
// decided (RFC 3261 §10.3 step 8): with 200 all bindings of the user and what
// is left of each, with 423 the shortest time we take.
func registerResponse(res *sip.Response, result RegisterResult) {
	status := result.Status
	if status < 200 || status > 699 {
		status = 500
	}
	res.StatusCode, res.Reason = status, registerPhrase[status]
	switch status {
	case 200:
		for _, c := range result.Contacts {
			res.AppendHeader(sip.NewHeader("Contact", contactValue(c)))
		}
		res.AppendHeader(sip.NewHeader("Date", time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05")+" GMT"))
	case 423:
		res.AppendHeader(sip.NewHeader("Min-Expires", strconv.Itoa(seconds(result.MinExpires))))
	case 503:
		res.AppendHeader(sip.NewHeader("Retry-After", "10"))
	}
}

var registerPhrase = map[int]string{
	200: "OK", 403: "Forbidden", 404: "Not Found", 423: "Interval Too Brief",
	500: "Server Internal Error", 503: "Service Unavailable",
}

// contactValue writes a binding. The instance is quoted: it is a URN in
// brackets (RFC 5626 §4.1).
func contactValue(c Contact) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<%s>;expires=%d", scrub(c.URI), seconds(c.Expires))
	if c.Q > 0 && c.Q < 1 {
		fmt.Fprintf(&b, ";q=%s", strconv.FormatFloat(float64(c.Q), 'f', -1, 32))
	}
	if c.Instance != "" {
		b.WriteString(";+sip.instance=" + quote(scrub(c.Instance)))
	}
	return b.String()
}

// seconds rounds up: told 59.5 s, a client that believes 59 refreshes in time,
// but a binding reported as 0 would look removed.
func seconds(d time.Duration) int {
	return int((max(d, 0) + time.Second - 1) / time.Second)
}
