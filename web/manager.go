package web

import (
	"context"

	"warmline/conference"
)

// Manager is what the API acts on; *conference.Manager satisfies it.
type Manager interface {
	// List returns the live conferences.
	List() []conference.Snapshot
	// Get returns a conference, live or ended a short while ago.
	Get(id string) (conference.Snapshot, bool)
	// Do has a conference decide a command, and returns its new state.
	Do(ctx context.Context, cmd conference.Command) (conference.Snapshot, error)
	// Originate rings an agent's phone and then the target.
	Originate(ctx context.Context, agent, target string) (conference.Snapshot, error)
	// Agents and Queues list the directory with live figures.
	Agents() []conference.AgentInfo
	Queues() []conference.QueueInfo
	// SetPresence makes an agent available or away.
	SetPresence(agent string, away bool, reason string) (conference.AgentInfo, error)
	// Draining reports whether no new calls are taken.
	Draining() bool
}

var _ Manager = (*conference.Manager)(nil)

// tidy replaces missing lists, which JSON would show as null, by empty ones.
func tidy(s conference.Snapshot) conference.Snapshot {
	if s.Participants == nil {
		s.Participants = []conference.Participant{}
	}
	if s.Segments == nil {
		s.Segments = []conference.Segment{}
	}
	return s
}

func tidyAgent(a conference.AgentInfo) conference.AgentInfo {
	if a.Queues == nil {
		a.Queues = []string{}
	}
	return a
}

// each applies f to all of a list, which is never nil afterwards.
func each[T any](list []T, f func(T) T) []T {
	out := make([]T, 0, len(list))
	for _, v := range list {
		out = append(out, f(v))
	}
	return out
}
