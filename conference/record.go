package conference

import "time"

// Record is what is kept of a conference that has ended. Its lists are bounded;
// Omitted says what they lack.
type Record struct {
	Contact      string              `json:"contact"`
	Conference   string              `json:"conference" doc:"id it had while it was live"`
	Room         string              `json:"room,omitempty" doc:"number of the meet-me room; empty for a call"`
	Queue        string              `json:"queue,omitempty" doc:"queue the contact came from"`
	Created      time.Time           `json:"created"`
	Answered     time.Time           `json:"answered,omitzero" doc:"when for the first time two were on the line; absent if that never was"`
	Ended        time.Time           `json:"ended"`
	Cause        string              `json:"cause" doc:"why it ended: the reason of the last to leave by itself, finished if an operator or the server ended it"`
	EndedBy      string              `json:"ended_by,omitempty" doc:"the participant whose leaving was the cause"`
	Participants []RecordParticipant `json:"participants" doc:"in the order in which they came"`
	Segments     []Segment           `json:"segments" doc:"each stay of an agent"`
	Verbs        []RecordVerb        `json:"verbs" doc:"what people and programs asked for, done or refused"`
	Ledger       []LedgerEntry       `json:"ledger" doc:"who could hear whom, at each change; of a call only: in a room all hear all who are neither held nor muted"`
	Omitted      *Omitted            `json:"omitted,omitempty" doc:"what there was more of than a record holds"`
}

// RecordParticipant is somebody who was in the conference, or was to be.
type RecordParticipant struct {
	Person
	Status  string             `json:"status" enum:"left,failed" doc:"failed: it was never on the line"`
	Reason  string             `json:"reason,omitempty" doc:"why it failed or left"`
	Joined  time.Time          `json:"joined,omitzero" doc:"when it was on the line first"`
	Left    time.Time          `json:"left"`
	Holds   HoldTimes          `json:"holds" doc:"how long it was held, by cause, in seconds"`
	Present float64            `json:"present,omitempty" doc:"how long it was on the line, in seconds, by the ledger"`
	Heard   map[string]float64 `json:"heard,omitempty" doc:"how long it could hear whom, in seconds, by the ledger; who is not named was never heard"`
	Keys    string             `json:"keys,omitempty" doc:"what a customer or external typed, the first 64 keys"`
	Legs    []RecordLeg        `json:"legs" doc:"each time its phone was on the line"`
}

// HoldTimes are seconds on hold. A server hold and one by the peer's own phone
// may be at the same time.
type HoldTimes struct {
	Consult  float64 `json:"consult,omitempty" doc:"by the server, for a consult"`
	Explicit float64 `json:"explicit,omitempty" doc:"by the server, since somebody pressed hold"`
	Remote   float64 `json:"remote,omitempty" doc:"by its own phone"`
}

// RecordLeg is one time somebody's phone was on the line.
type RecordLeg struct {
	Answered time.Time `json:"answered"`
	Ended    time.Time `json:"ended"`
	Quality  *Quality  `json:"quality,omitempty" doc:"of its audio, at its end; absent if there was none"`
}

// RecordVerb is a verb somebody gave.
type RecordVerb struct {
	Time        time.Time `json:"time"`
	Verb        string    `json:"verb" enum:"consult,cancel,hold,unhold,swap,merge,add,remove,leave,transfer,mute,unmute,end"`
	By          string    `json:"by,omitempty" doc:"id of the agent; absent for a supervisor or operator"`
	Surface     string    `json:"surface" enum:"http,dtmf,sip" doc:"http: the API; dtmf: keys of the phone"`
	Participant string    `json:"participant,omitempty" doc:"whom it was about"`
	Target      string    `json:"target,omitempty"`
	Result      string    `json:"result" doc:"ok, or why it was refused"`
}

// LedgerEntry says who could hear whom from a moment on.
type LedgerEntry struct {
	At   float64     `json:"at" doc:"seconds since the conference was created, by a clock that is never set"`
	Rows []LedgerRow `json:"rows" doc:"who is on the line"`
}

// LedgerRow is what one participant hears.
type LedgerRow struct {
	Participant string   `json:"participant"`
	Hears       []string `json:"hears,omitempty" doc:"the participants whose voices it hears"`
	Treatment   string   `json:"treatment,omitempty" enum:"music,ringback,queue_tone,hold_tone,alone_tone,comfort_noise,announcement" doc:"what it hears where it hears no voice"`
}

// Omitted counts what a record lacks. The sums in heard and holds lack nothing.
type Omitted struct {
	Participants int `json:"participants,omitempty" doc:"the first ones to leave"`
	Segments     int `json:"segments,omitempty" doc:"the first ones"`
	Verbs        int `json:"verbs,omitempty" doc:"the last ones"`
	Ledger       int `json:"ledger,omitempty" doc:"the first entries"`
	Legs         int `json:"legs,omitempty" doc:"of participants that are there, the last ones"`
	Keys         int `json:"keys,omitempty" doc:"of participants that are there, the last ones"`
}

// Bounds of a record's lists.
const (
	maxRecordPeople   = 200
	maxRecordSegments = 200
	maxRecordVerbs    = 256
	maxRecordLegs     = 8  // of one participant
	maxRecordKeys     = 64 // of one participant
)
