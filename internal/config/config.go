package config

import (
	"net/netip"
	"time"
)

// Config is a whole configuration: checked, with defaults filled in.
//
// Tags: yaml is the key; one lists the words allowed; min is the least number
// or duration, max the greatest.
type Config struct {
	SIP          SIP           `yaml:"sip"`
	Media        Media         `yaml:"media"`
	HTTP         HTTP          `yaml:"http"`
	Agents       []Agent       `yaml:"agents"`
	Queues       []Queue       `yaml:"queues"`
	Rooms        []Room        `yaml:"rooms"`
	Trunks       []Trunk       `yaml:"trunks"`
	Routes       []Route       `yaml:"routes"`
	Outbound     []Outbound    `yaml:"outbound"`
	Features     Features      `yaml:"features"`
	Transfer     Transfer      `yaml:"transfer"`
	Timers       Timers        `yaml:"timers"`
	Data         Path          `yaml:"data"` // directory of what outlives the process
	Records      Records       `yaml:"records"`
	DrainTimeout time.Duration `yaml:"drain_timeout" min:"0s"` // live calls may go on so long after SIGTERM
	Limits       Limits        `yaml:"limits"`
}

// SIP is where phones and carriers reach the server.
type SIP struct {
	Listen    []Listen   `yaml:"listen"`
	Domain    string     `yaml:"domain"`                   // realm and host of addresses of record; "": the listener's address
	Advertise netip.Addr `yaml:"advertise"`                // for Contact, Via and SDP behind NAT; invalid: the local one
	Digest    []string   `yaml:"digest" one:"md5 sha-256"` // algorithms phones are challenged with, preferred first
	TLS       TLS        `yaml:"tls"`
}

// TLS is the certificate of listeners with TLS. There are none yet: it is
// refused, rather than accepted without effect.
type TLS struct {
	Cert Path `yaml:"cert"`
	Key  Path `yaml:"key"`
}

// Media is the audio.
type Media struct {
	Ports    Ports    `yaml:"ports"`
	Codecs   []string `yaml:"codecs"`          // in order of preference
	Workers  int      `yaml:"workers" min:"0"` // threads that mix; 0: one less than there are cores, at least 1
	IOUring  bool     `yaml:"io_uring"`        // packets go many at a time, where the system permits
	Steering bool     `yaml:"steering"`        // all legs' packets come by one socket per worker, where the system permits
	Opus     Opus     `yaml:"opus"`
}

// Opus is how we send it.
type Opus struct {
	Bitrate    int `yaml:"bitrate" min:"6000"` // bit/s
	Complexity int `yaml:"complexity" min:"1"` // 1 to 10: quality for CPU time
}

// HTTP is the listener of the API, the console, metrics and health.
type HTTP struct {
	Listen  netip.AddrPort `yaml:"listen"`
	APIKeys []APIKey       `yaml:"api_keys"`
}

// APIKey lets a program use the API. The key itself is stored nowhere.
type APIKey struct {
	Name      string `yaml:"name"`
	KeySHA256 string `yaml:"key_sha256"` // hex, lower case
	Role      string `yaml:"role" one:"operator supervisor viewer"`
}

// Agent is a registered user.
type Agent struct {
	ID             string   `yaml:"id"`
	Name           string   `yaml:"name"`
	Extension      string   `yaml:"extension"`
	Password       Secret   `yaml:"password"` // or HA1
	HA1            Secret   `yaml:"ha1"`      // hex MD5 of id:domain:password
	Queues         []string `yaml:"queues"`
	CallWaiting    bool     `yaml:"call_waiting"`                     // may be consulted while on a call
	RemoveCustomer bool     `yaml:"remove_customer"`                  // may remove a customer from a call
	Codecs         []string `yaml:"codecs"`                           // of its phones; nil: media.codecs
	SRTP           string   `yaml:"srtp" one:"off optional required"` // "": off
}

// Queue is a waiting line.
type Queue struct {
	ID        string        `yaml:"id"`
	Name      string        `yaml:"name"`
	Extension string        `yaml:"extension"`
	Strategy  string        `yaml:"strategy" one:"longest_idle round_robin"`
	Ring      time.Duration `yaml:"ring" min:"1s"`     // an agent's phone, per offer
	Search    time.Duration `yaml:"search" min:"1s"`   // in all, for a consult of the queue
	MaxWait   time.Duration `yaml:"max_wait" min:"0s"` // of a caller; 0: no limit
	Music     Path          `yaml:"music"`             // WAV file; "": the default
	AutoAway  bool          `yaml:"auto_away"`         // an agent whose phone rings out is set away
}

// Room is a pattern of meet-me numbers.
type Room struct {
	Pattern string `yaml:"pattern"`
}

// Trunk is a carrier.
type Trunk struct {
	ID         string         `yaml:"id"`
	Match      []netip.Prefix `yaml:"match"` // inbound calls from here belong to it
	URI        string         `yaml:"uri"`   // outbound calls go here; "": there are none
	Username   string         `yaml:"username"`
	Password   Secret         `yaml:"password"`
	Register   bool           `yaml:"register"`
	SignalHold bool           `yaml:"signal_hold"`                      // tell the carrier of holds
	Codecs     []string       `yaml:"codecs"`                           // of its calls; nil: media.codecs
	SRTP       string         `yaml:"srtp" one:"off optional required"` // "": off
}

// Route maps a number dialled by a trunk's call to a target.
type Route struct {
	To     string `yaml:"to"`
	Target string `yaml:"target"`
}

// Outbound maps a number dialled by an agent to a trunk.
type Outbound struct {
	Pattern string `yaml:"pattern"`
	Trunk   string `yaml:"trunk"`
}

// Features are the DTMF codes of an agent in a call; "" turns one off.
type Features struct {
	Cancel  string `yaml:"cancel"`
	Leave   string `yaml:"leave"`
	Merge   string `yaml:"merge"`
	Swap    string `yaml:"swap"`
	Resume  string `yaml:"resume"`
	Hold    string `yaml:"hold"`
	Consult string `yaml:"consult"`
	Remove  string `yaml:"remove"`
}

// Transfer is what decides how transfers go and end.
type Transfer struct {
	Ring                       time.Duration `yaml:"ring" min:"1s"` // of a direct agent, and of a consult
	Stranded                   string        `yaml:"stranded" one:"requeue recall announce"`
	DefaultQueue               string        `yaml:"default_queue"` // filled in: the first queue; "": there is none
	Rejoin                     time.Duration `yaml:"rejoin" min:"0s"`
	KeepConsultWithoutCustomer bool          `yaml:"keep_consult_without_customer"`
	AutoUnhold                 bool          `yaml:"auto_unhold"`
}

// Timers are how long things may take.
type Timers struct {
	WrapUp   time.Duration `yaml:"wrap_up" min:"0s"`
	RTPFirst time.Duration `yaml:"rtp_first" min:"1s"` // until the first packet after an answer
	RTPAgent time.Duration `yaml:"rtp_agent" min:"1s"` // without a packet, an agent's leg
	RTPTrunk time.Duration `yaml:"rtp_trunk" min:"1s"` // a trunk's
	RTPHeld  time.Duration `yaml:"rtp_held" min:"1s"`  // either while held
	Session  time.Duration `yaml:"session" min:"90s"`  // RFC 4028; 90 s is its least
}

// Records are what is kept of calls that are over.
type Records struct {
	Keep Days `yaml:"keep"` // 0: for ever
}

// Limits bound what the server takes on.
type Limits struct {
	Conferences                   int           `yaml:"conferences" min:"1"`
	Legs                          int           `yaml:"legs" min:"1"`
	WorkerUse                     float64       `yaml:"worker_use" min:"0.1" max:"1"` // share of the time a media worker works
	Lateness                      time.Duration `yaml:"lateness" min:"1ms"`           // of 99 in 100 of its frames
	CallsPerSecond                int           `yaml:"calls_per_second" min:"1"`
	RegistrationsPerMinutePerAddr int           `yaml:"registrations_per_minute_per_ip" min:"1"`
}

// Default is the configuration of an empty file.
func Default() *Config {
	return &Config{
		SIP: SIP{Listen: []Listen{{UDP, wildcard(5060)}, {TCP, wildcard(5060)}}, Digest: []string{"md5"}},
		Media: Media{
			Ports: Ports{10000, 19999}, Codecs: []string{"pcmu", "pcma"},
			Opus: Opus{Bitrate: 24000, Complexity: 5}, IOUring: true, Steering: true,
		},
		HTTP: HTTP{Listen: netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 8080)},
		Features: Features{
			Cancel: "*1", Leave: "*2", Merge: "*3", Swap: "*4",
			Resume: "*5", Hold: "*6", Consult: "*7", Remove: "*9",
		},
		Transfer: Transfer{Ring: 25 * time.Second, Stranded: "requeue", Rejoin: 20 * time.Second, AutoUnhold: true},
		Timers: Timers{
			WrapUp: 10 * time.Second, RTPFirst: 30 * time.Second, RTPAgent: 20 * time.Second,
			RTPTrunk: time.Minute, RTPHeld: 30 * time.Minute, Session: 30 * time.Minute,
		},
		Data:         "warmline-data",
		Records:      Records{Keep: 30},
		DrainTimeout: 10 * time.Minute,
		Limits: Limits{
			Conferences: 5000, Legs: 15000, WorkerUse: 0.85, Lateness: 5 * time.Millisecond,
			CallsPerSecond: 200, RegistrationsPerMinutePerAddr: 60,
		},
	}
}

// setDefaults fills a queue before its keys are read.
func (q *Queue) setDefaults() {
	q.Strategy, q.Ring, q.Search = "longest_idle", 20*time.Second, 120*time.Second
}

func wildcard(port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.IPv4Unspecified(), port)
}
