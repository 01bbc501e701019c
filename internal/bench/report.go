package bench

// Report is all that a run found. Times are in milliseconds, levels in dB,
// shares in per cent, memory in bytes.
type Report struct {
	Machine      Machine       `json:"machine"`
	Settings     Settings      `json:"settings"`
	Measurements []Measurement `json:"measurements"`
	Limit        *Limit        `json:"limit,omitempty"`
	Missed       []string      `json:"missed,omitempty"`  // requirements that are not met
	Failure      string        `json:"failure,omitempty"` // why the run did not get to its end
}

// Machine is what everything ran on.
type Machine struct {
	CPU        string  `json:"cpu"`
	Processors int     `json:"processors"`
	Kernel     string  `json:"kernel"`
	Go         string  `json:"go"`
	LoadStart  float64 `json:"load_at_start"` // of the last minute
	LoadEnd    float64 `json:"load_at_end"`
}

// Settings are those that figures depend on.
type Settings struct {
	Target    string  `json:"target"` // "private": a server of the run's own
	Codec     string  `json:"codec"`
	Held      int     `json:"held"`
	Size      int     `json:"size"`
	Talkers   int     `json:"talkers"`
	Listeners string  `json:"listeners"`
	Signal    string  `json:"signal"`
	Phase     string  `json:"phase"`
	Seed      uint64  `json:"seed"`
	Rate      float64 `json:"calls_per_second"`
	WarmUp    float64 `json:"warm_up_s"`
	Duration  float64 `json:"duration_s"`
	Pin       int     `json:"pin"` // -1: any processor
	PinServer int     `json:"pin_server"`
}

// Measurement is one window with one number of rooms.
type Measurement struct {
	Rooms     int              `json:"rooms"`
	Size      int              `json:"size"`
	Talkers   int              `json:"talkers"`
	LegCount  int              `json:"leg_count"`
	Held      int              `json:"held"` // legs on hold besides
	Seconds   float64          `json:"seconds"`
	Calls     CallFigures      `json:"calls"`
	Delivery  Delivery         `json:"delivery"`
	Lateness  Lateness         `json:"lateness"`
	Delay     Delay            `json:"delay"`
	Heard     Heard            `json:"heard"`
	Server    *ServerFigures   `json:"server,omitempty"`
	HeldCost  *HeldFigures     `json:"held_cost,omitempty"`
	Generator GeneratorFigures `json:"generator"`
	System    System           `json:"system"`
	Legs      []LegFigures     `json:"legs"`
}

// CallFigures are of all calls placed so far.
type CallFigures struct {
	Placed   int            `json:"placed"`
	Answered int            `json:"answered"`
	SetupP50 float64        `json:"setup_p50_ms"` // from dialling to the answer
	SetupP99 float64        `json:"setup_p99_ms"`
	Errors   map[string]int `json:"errors"`
}

// Delivery tells how many packets came of those that 20 ms each make.
type Delivery struct {
	Expected   int     `json:"expected"`
	Received   int     `json:"received"` // no more than expected, each number once
	Share      float64 `json:"share"`
	Gaps       int     `json:"gaps"`       // sequence numbers that never came
	Duplicates int     `json:"duplicates"` // sequence numbers that came again
	Foreign    int     `json:"foreign"`    // packets of another stream, or beyond all measure
	Worst      int     `json:"worst"`      // most packets missed by one leg
}

// LateFigures tell how late something was against its schedule.
type LateFigures struct {
	P50    float64 `json:"p50_ms"`
	P99    float64 `json:"p99_ms"`
	P999   float64 `json:"p999_ms"`
	Max    float64 `json:"max_ms"`
	OnTime float64 `json:"on_time"` // per cent within 5 ms
}

// Lateness is of the server's packets against each leg's own grid.
type Lateness struct {
	LateFigures
	GridMoved float64 `json:"grid_moved_ms"` // the most that a leg's grid moved
}

// Delay is what the server adds between mouth and ear, above packetisation. It is
// of the markers found alone.
type Delay struct {
	InPauses bool    `json:"in_pauses"` // markers are where nobody talks: that is all that is known
	Markers  int     `json:"markers"`   // sent in time and listened for, per listener
	Spoiled  int     `json:"spoiled"`   // the same of those that the generator sent late: they are left out
	Found    int     `json:"found"`
	Share    float64 `json:"found_share"`
	Min      float64 `json:"min_ms"`
	Mean     float64 `json:"mean_ms"`
	P50      float64 `json:"p50_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
}

// Heard tells who heard whom, once per leg and cycle listened to.
type Heard struct {
	LegsListened    int     `json:"legs_listened"`
	Pairs           int     `json:"pairs"` // that should hear each other
	Heard           int     `json:"heard"`
	Missed          int     `json:"missed"` // not heard at all
	Off             int     `json:"off"`    // neither: much softer or louder than what was sent
	Selves          int     `json:"selves"` // talkers that could have heard themselves
	HeardThemselves int     `json:"heard_themselves"`
	SelfLevel       float64 `json:"self_level_db"`     // loudest own voice, against what was sent
	LevelMean       float64 `json:"level_mean_db"`     // of the heard, against what was sent
	LevelLeast      float64 `json:"level_least_db"`    // softest
	LevelMost       float64 `json:"level_most_db"`     // loudest
	LevelAccuracy   float64 `json:"level_accuracy_db"` // of those figures, of sound coded twice
}

// GeneratorFigures are of this process. When it was late itself, the server's
// figures are not the server's alone.
type GeneratorFigures struct {
	LateFigures
	Priority string  `json:"priority"`
	Skipped  int     `json:"skipped"` // slots given up
	Unsent   int     `json:"unsent"`  // packets the kernel did not take
	CPU      float64 `json:"cpu"`     // per cent of a core
}

// late reports whether the generator kept its own timetable.
func (g GeneratorFigures) late() bool { return g.OnTime < 99.9 || g.Skipped > 0 }

// System is what all processors of this machine did in a window. What the server
// and the generator did not use was others'.
type System struct {
	Busy   float64 `json:"busy"`   // per cent
	Stolen float64 `json:"stolen"` // per cent that the machine below took away
}

// ServerFigures are of the server's process, where it can be looked at. Legs are
// all of them, those on hold too.
type ServerFigures struct {
	CPU          float64 `json:"cpu"`              // per cent of a core
	PerLegFrame  float64 `json:"us_per_leg_frame"` // CPU, µs
	RSS          int64   `json:"rss"`
	PerLegRSS    float64 `json:"rss_per_leg"` // what all but the first two have added
	Threads      int     `json:"threads"`
	Goroutines   int     `json:"goroutines"`
	Heap         int64   `json:"heap"`
	PerLegHeap   float64 `json:"heap_per_leg"`
	TickLate     float64 `json:"tick_lateness_mean_ms"`
	TicksSkipped float64 `json:"ticks_skipped"`
	Leaked       float64 `json:"leaked_frames"`
	// How the frames sent were made, from a little before the window to a little
	// after it.
	Encoded float64 `json:"frames_encoded"` // for a leg alone
	Shared  float64 `json:"frames_shared"`  // copies of what was encoded once for several
	Relayed float64 `json:"frames_relayed"` // handed on as they came
}

// HeldFigures are what a leg on hold costs the server, from two measurements,
// without and with all of them.
type HeldFigures struct {
	PerLegFrame float64 `json:"us_per_leg_frame"` // CPU, µs
	PerLegRSS   float64 `json:"rss_per_leg"`
	PerLegHeap  float64 `json:"heap_per_leg"`
}

// LegFigures are of one leg.
type LegFigures struct {
	Room        int     `json:"room"`
	Index       int     `json:"index"`
	Expected    int     `json:"expected"`
	Received    int     `json:"received"`
	Gaps        int     `json:"gaps"`
	Duplicates  int     `json:"duplicates"`
	Foreign     int     `json:"foreign"`
	Unsent      int     `json:"unsent"`
	OnTime      float64 `json:"on_time"`
	LateP99     float64 `json:"late_p99_ms"`
	LateMax     float64 `json:"late_max_ms"`
	GridMoved   float64 `json:"grid_moved_ms"`
	Windows     int     `json:"windows"`   // seconds listened to
	Missed      int     `json:"missed"`    // talkers not heard, over all windows
	Off         int     `json:"off"`       // talkers much softer or louder than they should be
	NotHeard    []int   `json:"not_heard"` // those talkers, by their index in the room, each once
	HeardItself bool    `json:"heard_itself"`
	Level       float64 `json:"level_db"` // of those heard, in the mean, against what was sent
	Delay       float64 `json:"delay_mean_ms"`
	DelayMax    float64 `json:"delay_max_ms"`
}

// Limit is what the search for it found.
type Limit struct {
	Rooms  int    `json:"rooms"` // the last number that was good; 0: none
	Legs   int    `json:"legs"`
	Reason string `json:"reason"` // why not more
}
