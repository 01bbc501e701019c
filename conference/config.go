package conference

import (
	"log/slog"
	"time"

	"warmline/directory"
	"warmline/media"
	"warmline/metrics"
	"warmline/mixer"
	"warmline/sip"
	"warmline/transfer"
)

// Config is what a Manager is made of. Directory, Media and Mixer must be set.
type Config struct {
	Directory *directory.Store
	Media     *media.Engine
	Mixer     *mixer.Mixer
	Metrics   *metrics.Metrics // nil: not counted
	Logger    *slog.Logger     // nil: discarded
	Settings  Settings

	// OnChange is told every change. It is called from the goroutine of the
	// conference concerned and must not block.
	OnChange func(Change)
	// OnTrace is given the inputs of each call when it ends, for replay; broken
	// says that the call broke a rule. It is called from the goroutine of the
	// conference and must not block for long.
	OnTrace func(conference string, trace transfer.Trace, broken bool)
	// OnRecord is given what is to be kept of each conference that is over. It is
	// called from the goroutine of the conference and must not block for long.
	OnRecord func(Record)
	// Load is how busy the worker of a room is or, for nil, the one that would
	// get the next room; nil: the mixer's own figures.
	Load func(room *mixer.Room) mixer.Load
	// Announcement is played to a customer nobody can serve, 8 kHz mono; nil:
	// the built-in one.
	Announcement []int16
	// Music maps a queue's music file to the mixer's index; a queue without an
	// entry has the default.
	Music map[string]int
}

// Settings are the parts of the configuration that a reload replaces. A
// conference keeps those it began with.
type Settings struct {
	Policy       transfer.Policy // HasQueue is set by the Manager
	DefaultQueue string          // where stranded customers go that came from no queue
	Features     Features
	Timers       Timers
	Limits       Limits
}

// Features are the DTMF codes an agent types in a call.
type Features struct {
	Cancel, Leave, Merge, Swap, Resume, Hold, Consult, Remove string
}

// Timers are the durations of everything a conference waits for.
type Timers struct {
	Ring     time.Duration // a direct agent's or number's phone
	Rejoin   time.Duration // the seat of a lost agent
	Recall   time.Duration // between two recalls of the last agent
	Alone    time.Duration // a lone customer gets music after it
	WrapUp   time.Duration // after an agent's stay with a customer
	RTPFirst time.Duration // the first audio after the answer
	RTPAgent time.Duration // without audio while live: an agent
	RTPTrunk time.Duration // a trunk leg
	RTPHeld  time.Duration // anybody while held
}

// Limits bound what runs at one time. New calls are refused beyond them.
type Limits struct {
	Conferences int
	Legs        int
	WorkerUse   float64       // share of the time that a media worker works, 0 to 1
	Lateness    time.Duration // of 99 in 100 of a media worker's frames
}

// DefaultSettings are the documented defaults.
func DefaultSettings() Settings {
	return Settings{
		Features: Features{
			Cancel: "*1", Leave: "*2", Merge: "*3", Swap: "*4",
			Resume: "*5", Hold: "*6", Consult: "*7", Remove: "*9",
		},
		Timers: Timers{
			Ring: 25 * time.Second, Rejoin: 20 * time.Second,
			Recall: 10 * time.Second, Alone: 2 * time.Second, WrapUp: 10 * time.Second,
			RTPFirst: 30 * time.Second, RTPAgent: 20 * time.Second,
			RTPTrunk: 60 * time.Second, RTPHeld: 30 * time.Minute,
		},
		Limits: Limits{Conferences: 5000, Legs: 15000, WorkerUse: 0.85, Lateness: 5 * time.Millisecond},
	}
}

// Dialer starts outbound calls; *sip.Endpoint is one.
type Dialer interface {
	Dial(req sip.DialRequest, sink func(sip.Event)) *sip.Call
}
