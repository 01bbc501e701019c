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
	// Challenges are the digest algorithms phones are challenged with, in order
	// of preference; empty: SHA-256, then MD5. Some phones (libre before 2.0)
	// give up when they meet one they do not know.
	Challenges []Algorithm
	// Trunk tells whether a source belongs to a trunk; it runs for every
	// message before anything is allocated for it.
	Trunk  func(remote netip.Addr) (id string, ok bool)
	Limits Limits
	// SessionExpires is the session interval we ask for and grant (RFC 4028):
	// how long a dead peer's call may last; at least 90 s. 0: only peers that
	// want a session timer get one.
	SessionExpires time.Duration
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
