// Package sip is the SIP user-agent core: transports, validation, digest,
// dialogs and INVITE usages over sipgo's parser and transactions. A message
// body is bytes here, and no sipgo type leaves the package.
package sip

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"time"
)

// Flow is where a message came from and where requests to its sender go.
type Flow struct {
	Transport string // "udp" or "tcp"
	Local     netip.AddrPort
	Remote    netip.AddrPort
}

// Config configures an Endpoint.
type Config struct {
	UDP         []net.PacketConn // each bound to an explicit address
	TCP         []net.Listener
	Dial        func(ctx context.Context, network, addr string) (net.Conn, error) // outbound TCP; nil: net.Dialer
	Advertise   string                                                            // host for Via and Contact when behind NAT; "": the flow's local address
	Domain      string                                                            // digest realm and host of From; "": "warmline"
	UserAgent   string                                                            // Server and User-Agent
	Logger      *slog.Logger
	Handler     Handler
	Credentials Credentials
	// Trunk tells whether a source belongs to a trunk; it runs for every
	// message before anything is allocated for it.
	Trunk  func(remote netip.Addr) (id string, ok bool)
	Limits Limits
}

// Limits bound what strangers can cost. Zero fields take the defaults.
type Limits struct {
	CallsPerSecond                int // new INVITEs, all sources; over: 503 with Retry-After
	RegistrationsPerMinutePerAddr int // over: 503
	Connections                   int // TCP connections in all
	ConnectionsPerAddr            int
	ReadTimeout                   time.Duration // of a TCP connection without a byte
}

// Credentials looks up digest secrets.
type Credentials interface {
	// HA1 returns the hex H(user:realm:password) under the algorithm, and the
	// id of the user that answers to this name. ok is false when there is no
	// such user or no secret for the algorithm.
	HA1(user, realm string, alg Algorithm) (ha1, id string, ok bool)
}

// Algorithm is a digest algorithm (RFC 8760).
type Algorithm string

const (
	MD5    Algorithm = "MD5"
	SHA256 Algorithm = "SHA-256"
)

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

// Endpoint is a SIP user agent.
type Endpoint struct{}

// New returns an Endpoint; Start makes it serve.
func New(cfg Config) (*Endpoint, error) { panic("stub") }

// Start starts the readers.
func (e *Endpoint) Start() error { panic("stub") }

// Close ends the readers and transactions and waits for them. Calls that
// still live get no message any more.
func (e *Endpoint) Close() { panic("stub") }

// Stats is a snapshot of the counters.
func (e *Endpoint) Stats() Stats { panic("stub") }

// Stats counts messages: by method, status and direction, all from closed sets.
type Stats struct {
	Requests  map[RequestKey]uint64
	Responses map[ResponseKey]uint64
	Calls     int
}

// RequestKey labels warmline_sip_requests_total.
type RequestKey struct{ Method, Direction string }

// ResponseKey labels warmline_sip_responses_total.
type ResponseKey struct {
	Method    string
	Code      int
	Direction string
}

// Target is one place to ring.
type Target struct {
	URI  string // Request-URI
	Flow Flow   // the registration's flow; zero: resolve the URI
}

// DialRequest is an outbound call. All Targets ring at once; the first to
// answer wins, the others are cancelled (and sent BYE if they answered too).
type DialRequest struct {
	Targets     []Target
	From        Party
	To          Party
	Body        []byte // SDP offer
	Username    string // digest credentials, for trunks
	Password    string
	MaxForwards int      // 0: 70
	Headers     []Header // extra headers, scrubbed
}

// Header is an extra header of a request.
type Header struct{ Name, Value string }

// Dial starts an outbound call. It never blocks: all that happens, failure to
// send included, comes as events.
func (e *Endpoint) Dial(req DialRequest, sink func(Event)) *Call { panic("stub") }

// Call is one INVITE usage. Its methods never block; each may be called at any
// time, and one that no longer fits (Answer after CANCEL) does nothing: the
// event that made it so is in the sink.
type Call struct{}

// CallID of the call (of the winning branch once answered).
func (c *Call) CallID() string { panic("stub") }

// Attach sets the sink of an incoming call; events that came before are
// delivered first. Events are delivered one at a time, in the dialog's order;
// the sink must not block, and may call the call's methods.
func (c *Call) Attach(sink func(Event)) { panic("stub") }

// Ring sends 180, or 183 when there is a body.
func (c *Call) Ring(body []byte) { panic("stub") }

// Answer sends 200 with the SDP and retransmits it until the ACK.
func (c *Call) Answer(body []byte) { panic("stub") }

// Reject sends a final refusal.
func (c *Call) Reject(status int, retryAfter time.Duration) { panic("stub") }

// Hangup ends the call whatever its state: CANCEL (then ACK and BYE if the
// answer crosses it), BYE, or 603/480 for an unanswered incoming call. Ended or
// Failed follows.
func (c *Call) Hangup() { panic("stub") }

// Reoffer sends a re-INVITE with our offer; ReofferDone follows. 491 is
// retried inside (RFC 3261 §14.1).
func (c *Call) Reoffer(body []byte) { panic("stub") }

// Reply answers an Offered event: status 200 with our SDP, or a refusal.
func (c *Call) Reply(offer uint32, status int, body []byte) { panic("stub") }

// Info sends an INFO.
func (c *Call) Info(contentType string, body []byte) { panic("stub") }

// EventKind tells Events apart.
type EventKind uint8

const (
	NoEvent     EventKind = iota
	Ringing               // 180-199 without a body
	EarlyMedia            // 18x with a body: the answer of an early dialog
	Answered              // 2xx: Body is the answer. The ACK is sent already
	Failed                // final refusal, time-out (408), transport failure (503): Status
	Cancelled             // incoming, unanswered: the caller gave up
	Acked                 // our 2xx was acknowledged: Body when the offer was ours (in the 2xx)
	Offered               // re-INVITE or UPDATE: Offer to give to Reply, Body (empty: we must offer)
	ReofferDone           // the re-INVITE's end: Status, Body
	Info                  // INFO, answered already: ContentType, Body
	Ended                 // the dialog is over: Status and Cause
)

// EndCause is why a dialog ended.
type EndCause uint8

const (
	NoCause    EndCause = iota
	RemoteBye           // the peer hung up
	LocalBye            // Hangup, confirmed or timed out
	NoAck               // our answer was never acknowledged; BYE was sent
	DialogGone          // 481 or 408 to a request in the dialog, or a session timer ran out
	FlowLost            // its connection is gone
)

// Event is something that happened to a call.
type Event struct {
	Kind        EventKind
	Status      int
	Reason      string // phrase or Reason header, scrubbed
	ContentType string
	Body        []byte
	Offer       uint32
	Cause       EndCause
	Target      int // Answered: index of the winning target
}
