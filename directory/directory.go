// Package directory knows who and what can be reached: agents, queues, rooms,
// trunks, routes and numbers, the bindings phones registered and each agent's
// presence.
package directory

import (
	"net/netip"
	"time"
)

// Config is the directory's part of the configuration.
type Config struct {
	Agents   []Agent
	Queues   []Queue
	Rooms    []Room
	Trunks   []Trunk
	Routes   []Route
	Outbound []Outbound
}

// Agent is a registered user.
type Agent struct {
	ID, Name, Extension string
	Password            string // or HA1
	HA1                 string // hex MD5 of id:realm:password
	Queues              []string
	CallWaiting         bool // takes a second call: may be consulted while busy
	RemoveCustomer      bool // the right remove_customer
}

// Queue is a waiting line.
type Queue struct {
	ID, Name, Extension string
	Strategy            string        // "longest_idle", "round_robin"
	Ring                time.Duration // an agent's phone, per offer
	MaxWait             time.Duration // of a caller; 0: no limit
	Music               string        // WAV file; "": the default
	AutoAway            bool
}

// Room is a pattern of meet-me numbers.
type Room struct{ Pattern string }

// Trunk is a carrier.
type Trunk struct {
	ID                 string
	Match              []netip.Prefix
	URI                string
	Username, Password string
	Register           bool
	SignalHold         bool
}

// Route maps a number dialled by a trunk's call to a target.
type Route struct {
	To     string // pattern
	Target string // "agent:ID", "queue:ID", "room:NUMBER", "dialled"
}

// Outbound maps a number dialled by an agent to a trunk.
type Outbound struct{ Pattern, Trunk string }

// Kind tells Targets apart.
type Kind uint8

const (
	NoTarget Kind = iota
	ToAgent
	ToQueue
	ToRoom
	ToNumber
)

// Target is a resolved destination.
type Target struct {
	Kind   Kind
	ID     string // of the agent or queue; the number of a room
	Number string // ToNumber: what to dial
	Trunk  string // ToNumber: over which trunk
	Name   string // for people
}

// Presence of an agent (§6).
type Presence string

const (
	Offline   Presence = "offline"
	Away      Presence = "away"
	Available Presence = "available"
	Ringing   Presence = "ringing"
	Busy      Presence = "busy"
	WrapUp    Presence = "wrap_up"
)

// Binding is one registered contact of an agent.
type Binding struct {
	URI       string
	Instance  string
	Transport string
	Local     netip.AddrPort
	Remote    netip.AddrPort
	CallID    string
	CSeq      uint32
	UserAgent string
	Expires   time.Time
}

// Store is the directory; safe for concurrent use, time comes as an argument.
type Store struct{}

// New checks the configuration and returns a Store.
func New(cfg Config) (*Store, error) { panic("stub") }

// Update replaces the configuration. Bindings and presence of agents that
// stay are kept; the error leaves all as it was.
func (s *Store) Update(cfg Config) error { panic("stub") }

// Resolve finds what an agent or API client names: "agent:ID", "queue:ID",
// "tel:+NUMBER", or dialled digits (an extension, a room, an outbound number).
func (s *Store) Resolve(target string) (Target, error) { panic("stub") }

// RouteTrunk finds the target of a trunk's call.
func (s *Store) RouteTrunk(number string) (Target, error) { panic("stub") }

// TrunkOf finds the trunk an address belongs to.
func (s *Store) TrunkOf(addr netip.Addr) (id string, ok bool) { panic("stub") }

// Trunk, Agent, Queue by id.
func (s *Store) Trunk(id string) (Trunk, bool) { panic("stub") }
func (s *Store) Agent(id string) (Agent, bool) { panic("stub") }
func (s *Store) Queue(id string) (Queue, bool) { panic("stub") }

// Agents and Queues list the directory in configuration order.
func (s *Store) Agents() []Agent { panic("stub") }
func (s *Store) Queues() []Queue { panic("stub") }

// AgentByUser finds the agent of a SIP user part: its id or extension.
func (s *Store) AgentByUser(user string) (Agent, bool) { panic("stub") }

// Bind applies a REGISTER's contacts to the agent's bindings and returns all
// that are left, or an error (ErrCSeq, ErrTooMany, ErrTooBrief) and no change.
func (s *Store) Bind(agent string, add []Binding, removeAll bool, now time.Time) ([]Binding, error) {
	panic("stub")
}

// Unbind removes the bindings that came over a flow which is gone, and returns
// the agents concerned.
func (s *Store) Unbind(transport string, local, remote netip.AddrPort, now time.Time) []string {
	panic("stub")
}

// Bindings are the agent's live contacts, newest first.
func (s *Store) Bindings(agent string, now time.Time) []Binding { panic("stub") }

// Registered counts live bindings.
func (s *Store) Registered(now time.Time) int { panic("stub") }

// AgentState is an agent with what it is doing.
type AgentState struct {
	Agent
	Presence Presence
	Reason   string    // of Away
	Since    time.Time // of the presence
	Calls    int       // legs it has
	Contacts int
}

// State and States return the live presence.
func (s *Store) State(agent string, now time.Time) (AgentState, bool) { panic("stub") }
func (s *Store) States(now time.Time) []AgentState                    { panic("stub") }

// SetAway sets or clears the agent's own wish not to be offered queue calls.
func (s *Store) SetAway(agent string, away bool, reason string, now time.Time) error { panic("stub") }

// LegRings, LegUp, LegEnds count the agent's legs; presence follows from them.
// ringing says which count LegEnds takes from. wrapUp, if not 0, holds the agent in wrap_up so long.
func (s *Store) LegRings(agent string, now time.Time) { panic("stub") }
func (s *Store) LegUp(agent string, now time.Time)    { panic("stub") }
func (s *Store) LegEnds(agent string, ringing bool, wrapUp time.Duration, now time.Time) {
	panic("stub")
}
