package directory

import (
	"net/netip"
	"slices"
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
	Audio
}

// Audio is what the audio of an agent's phones or a trunk's calls may be.
type Audio struct {
	Codecs []string // names, in order of preference; empty: the server's
	SRTP   string   // "off" or "", "optional", "required"
}

// Queue is a waiting line.
type Queue struct {
	ID, Name, Extension string
	Strategy            string        // "longest_idle", "round_robin"
	Ring                time.Duration // an agent's phone, per offer
	Search              time.Duration // in all, for a consult of the queue
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
	Audio
}

// Route maps a number dialled by a trunk's call to a target.
type Route struct {
	To     string // pattern
	Target string // "agent:ID", "queue:ID", "room:NUMBER", "dialled"
}

// Outbound maps a number dialled by an agent to a trunk.
type Outbound struct{ Pattern, Trunk string }

// clone makes c independent of the caller's slices.
func (c Config) clone() Config {
	c.Agents = slices.Clone(c.Agents)
	for i := range c.Agents {
		c.Agents[i].Queues = slices.Clone(c.Agents[i].Queues)
		c.Agents[i].Codecs = slices.Clone(c.Agents[i].Codecs)
	}
	c.Queues = slices.Clone(c.Queues)
	c.Rooms = slices.Clone(c.Rooms)
	c.Trunks = slices.Clone(c.Trunks)
	for i := range c.Trunks {
		c.Trunks[i].Match = slices.Clone(c.Trunks[i].Match)
		c.Trunks[i].Codecs = slices.Clone(c.Trunks[i].Codecs)
	}
	c.Routes = slices.Clone(c.Routes)
	c.Outbound = slices.Clone(c.Outbound)
	return c
}
