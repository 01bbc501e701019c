package sip

import "time"

// Handler is what the endpoint asks of the layer above. Its methods are called
// from the endpoint's goroutines and must not block.
type Handler interface {
	// Invite is a new call: valid, and from a trunk or an authenticated user.
	// The handler calls Attach and then answers, at once or later; or Reject.
	Invite(call *Call, inv Invite)
	// Register is an authenticated REGISTER.
	Register(reg Registration) RegisterResult
	// FlowClosed says that a connection is gone, and with it its bindings.
	FlowClosed(flow Flow)
	// Known reports whether the dialled user part can be served: OPTIONS is
	// answered 200 or 404 by it.
	Known(user string) bool
}

// Invite is what a new call asks for.
type Invite struct {
	Trunk       string // id of the trunk it came from; "" for a user
	User        string // id of the authenticated user; "" for a trunk
	Dialled     string // user part of the Request-URI, unescaped
	DialledHost string
	From        Party // caller as asserted (P-Asserted-Identity from trunks, else From)
	To          Party
	CallID      string
	MaxForwards int // as received
	Flow        Flow
	ContentType string
	Body        []byte // the SDP offer, multipart unpacked; empty: a delayed offer
}

// Party is a name-addr reduced to what people see, scrubbed of control characters.
// A Host that is no host name or address is left out of what we send.
type Party struct {
	Name string
	User string
	Host string
}

// Registration is an authenticated REGISTER. With no Contacts and no Star it
// is a query.
type Registration struct {
	User      string // id
	Contacts  []Contact
	Star      bool // Contact: * (Expires 0): drop all
	CallID    string
	CSeq      uint32
	Flow      Flow
	UserAgent string
}

// Contact is one registered URI.
type Contact struct {
	URI      string
	Instance string        // +sip.instance
	Expires  time.Duration // asked for; 0: remove
	Q        float32
}

// RegisterResult is the answer to a Registration.
type RegisterResult struct {
	Status     int           // 200, 423, 500 (CSeq out of order), 403, 503
	MinExpires time.Duration // with 423
	Contacts   []Contact     // all bindings with what is left of them
}
