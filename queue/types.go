package queue

import "time"

// ContactID and AgentID are the caller's names.
type (
	ContactID string
	AgentID   string
)

// Config is a queue's part of the configuration.
type Config struct {
	ID       string
	Members  []AgentID // who serves it, in the order of the configuration
	Strategy Strategy
	Ring     time.Duration // per offer; 0: DefaultRing
	Search   time.Duration // in all, for a contact with a limit (a consult); 0: DefaultSearch
	MaxWait  time.Duration // in all, for every other contact; 0: no limit
	Pause    time.Duration // before the agents who refused are asked again; 0: DefaultPause
	AutoAway bool          // an agent who lets an offer ring out is set away
}

// Durations that a Config's zero stands for.
const (
	DefaultRing   = 20 * time.Second
	DefaultSearch = 120 * time.Second
	DefaultPause  = 5 * time.Second
)

// Strategy is how the next agent is chosen.
type Strategy uint8

// The strategies.
const (
	LongestIdle Strategy = iota // who has been free longest; of equals, the first member
	RoundRobin                  // the next member after the one asked last
)

// Timer names a deadline of a contact.
type Timer uint8

// The timers.
const (
	TimerRing  Timer = iota // a phone rings no longer than this
	TimerPause              // then those who refused may be asked again
	TimerLimit              // the contact waits no longer than this in all
)

// Input is something that happened. It is one of the types below.
type Input interface{ input() }

// Configure replaces all queues; the first input of a Machine. Contacts in a
// queue that is gone are given up, all others keep their place and offer.
type Configure struct{ Queues []Config }

// Join puts a contact in line. One that is in a line already stays there.
type Join struct {
	Contact ContactID
	Queue   string
	Front   bool      // it was in line before: ahead of all who were not
	Limited bool      // a consult: Config.Search limits it, and it is given up at once when nobody is logged in
	Exclude []AgentID // never to be offered, such as those on the call
}

// Leave takes a contact out of its line: it hung up, or its search was cancelled.
type Leave struct{ Contact ContactID }

// Agent says how an agent stands. An agent never heard of is not logged in.
type Agent struct {
	ID        AgentID
	LoggedIn  bool
	Free      bool          // may be offered a contact; false while its phone rings
	IdleSince time.Duration // when it became free, on any one clock: less is longer idle
}

// Accepted says that the agent took the offer.
type Accepted struct {
	Contact ContactID
	Agent   AgentID
	Waited  time.Duration // by the contact, in all; feeds ExpectedWait if above 0
}

// Refused says that the offer ended without being taken, also a withdrawn one.
type Refused struct {
	Contact ContactID
	Agent   AgentID
	Why     Why
}

// TimerFired says that an armed timer ran out.
type TimerFired struct {
	Contact ContactID
	Timer   Timer
}

func (Configure) input()  {}
func (Join) input()       {}
func (Leave) input()      {}
func (Agent) input()      {}
func (Accepted) input()   {}
func (Refused) input()    {}
func (TimerFired) input() {}

// Why says why an offer or a contact came to nothing.
type Why uint8

// Reasons of Refused and of GaveUp.
const (
	NoWhy    Why = iota
	Declined     // the agent pressed the call away, or is busy
	NoAnswer     // the phone rang out
	Failed       // the phone could not be reached
	Stopped      // the offer was withdrawn and has ended
	Empty        // GaveUp: nobody is logged in
	TooLong      // GaveUp: the limit is reached
	NoQueue      // GaveUp: there is no such queue (any more)
)
