package conference

import (
	"context"
	"errors"
)

// Errors of the Manager's methods that are not refusals.
var (
	ErrNotFound = errors.New("no such conference, participant or agent")
	ErrTarget   = errors.New("target is not in the directory") // wrapped with what was asked for
	ErrBusy     = errors.New("a limit is reached")
	ErrDraining = errors.New("the server is shutting down")
)

// Manager owns all conferences.
type Manager struct{}

// List returns the live conferences, oldest first.
func (m *Manager) List() []Snapshot { panic("stub") }

// Get returns a conference; ended ones are kept for a minute.
func (m *Manager) Get(id string) (Snapshot, bool) { panic("stub") }

// Do has the conference decide a command, and returns its new state; the error
// is ErrNotFound, ErrTarget, a *Refusal, or the context's.
func (m *Manager) Do(ctx context.Context, cmd Command) (Snapshot, error) { panic("stub") }

// Originate rings the agent's phone and then the target (click-to-dial).
func (m *Manager) Originate(ctx context.Context, agent, target string) (Snapshot, error) {
	panic("stub")
}

// Agents and Queues list the directory with live figures.
func (m *Manager) Agents() []AgentInfo { panic("stub") }
func (m *Manager) Queues() []QueueInfo { panic("stub") }

// SetPresence makes an agent available or away. ErrNotFound.
func (m *Manager) SetPresence(agent string, away bool, reason string) (AgentInfo, error) {
	panic("stub")
}

// Draining reports whether no new calls are taken.
func (m *Manager) Draining() bool { panic("stub") }
