package queue

import (
	"fmt"
	"time"
)

// Act is the kind of an Effect.
type Act uint8

// The acts, with the fields of Effect each uses.
const (
	NoAct    Act = iota
	Offer        // ring Agent for Contact, For at most; answered by one Accepted or Refused
	Withdraw     // stop ringing Agent for Contact, or hang up if it has just answered
	Arm          // start Timer of Contact, For so long, replacing one that runs
	Disarm       // stop Timer of Contact
	Position     // Contact is now number N in line, 1 is next
	GaveUp       // Contact is out of the queue: Why
	SetAway      // Agent let the phone ring out and is to be set away
)

// Effect is something the owner makes true, in the order given. It is a plain
// comparable value.
type Effect struct {
	Act     Act
	Contact ContactID
	Agent   AgentID
	Timer   Timer
	For     time.Duration
	N       int
	Why     Why
}

// String is the effect in one line.
func (e Effect) String() string {
	switch e.Act {
	case Offer:
		return fmt.Sprintf("offer %s to %s for %v", e.Contact, e.Agent, e.For)
	case Withdraw:
		return fmt.Sprintf("withdraw %s from %s", e.Contact, e.Agent)
	case Arm:
		return fmt.Sprintf("arm %v of %s for %v", e.Timer, e.Contact, e.For)
	case Disarm:
		return fmt.Sprintf("disarm %v of %s", e.Timer, e.Contact)
	case Position:
		return fmt.Sprintf("position of %s is %d", e.Contact, e.N)
	case GaveUp:
		return fmt.Sprintf("gave up %s: %v", e.Contact, e.Why)
	case SetAway:
		return fmt.Sprintf("set %s away", e.Agent)
	}
	return fmt.Sprintf("act %d", e.Act)
}

// String names the strategy as in the configuration.
func (s Strategy) String() string { return name(int(s), "longest_idle", "round_robin") }

// String names the timer.
func (t Timer) String() string { return name(int(t), "ring", "pause", "limit") }

// String names the reason.
func (w Why) String() string {
	return name(int(w), "none", "declined", "no_answer", "failed", "stopped", "queue_empty", "too_long", "no_queue")
}

func name(i int, names ...string) string {
	if i < len(names) {
		return names[i]
	}
	return fmt.Sprint(i)
}
