// Package queue decides which waiting contact is offered to which agent. It is
// pure: no clock, no I/O; inputs in, effects out.
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
	Strategy Strategy
	Ring     time.Duration // per offer
	Search   time.Duration // in all, for a contact with a limit (a consult)
	AutoAway bool
}

// Strategy is how the next agent is chosen.
type Strategy uint8

const (
	LongestIdle Strategy = iota
	RoundRobin
)
