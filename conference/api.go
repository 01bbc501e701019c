package conference

import (
	"time"

	"warmline/directory"
	"warmline/transfer"
)

// Snapshot is one conference as people and programs see it: the state behind
// one version. It is a copy; nothing in it changes later.
type Snapshot struct {
	ID           string        `json:"id"`
	Contact      string        `json:"contact" doc:"stays the same through requeue, transfer and rejoin"`
	Version      uint64        `json:"version" doc:"rises with every change"`
	Created      time.Time     `json:"created"`
	Ended        time.Time     `json:"ended,omitzero"`
	State        string        `json:"state" enum:"active,ended"`
	Room         string        `json:"room,omitempty" doc:"number of the meet-me room; empty for a call"`
	Queue        string        `json:"queue,omitempty" doc:"queue the contact waits in or came from"`
	Position     int           `json:"position,omitempty" doc:"place in that queue while waiting, 1 is next"`
	Participants []Participant `json:"participants"`
	Segments     []Segment     `json:"segments" doc:"each stay of an agent"`
}

// Person is who takes part in a conference.
type Person struct {
	ID     string `json:"id"`
	Role   string `json:"role" enum:"customer,agent,external,supervisor,member"`
	Name   string `json:"name,omitempty"`
	Number string `json:"number,omitempty"`
	Agent  string `json:"agent,omitempty" doc:"id of the agent, for role agent"`
}

// Participant is one leg, present or gone; the list only grows.
type Participant struct {
	Person
	Status     string    `json:"status" enum:"dialing,ringing,live,held,left,failed"`
	Reason     string    `json:"reason,omitempty" doc:"why it failed or left"`
	ServerHold string    `json:"server_hold" enum:",consult,explicit" doc:"why the server holds it; empty when it does not"`
	RemoteHold bool      `json:"remote_hold"`
	Muted      bool      `json:"muted"`
	Since      time.Time `json:"since" doc:"when it got this status"`
	Codec      string    `json:"codec,omitempty"`
	Quality    *Quality  `json:"quality,omitempty" doc:"of its audio up to now; stays when it has left"`
	Search     *Search   `json:"search,omitempty" doc:"while a queue looks for somebody to take this place"`
}

// Search is what a queue has to offer while it looks for an agent. Durations
// are in seconds.
type Search struct {
	Queue        string  `json:"queue"`
	LoggedIn     int     `json:"logged_in" doc:"agents of the queue with a registered phone"`
	Free         int     `json:"free" doc:"agents that would be offered a call now"`
	Position     int     `json:"position" doc:"place in the line, 1 is next"`
	ExpectedWait float64 `json:"expected_wait"`
}

// Quality is what the leg's RTP shows: what the server hears of the peer and, if
// the peer reports it, what it hears of the server.
type Quality struct {
	Codec       string      `json:"codec,omitempty"`
	SRTP        string      `json:"srtp,omitempty" doc:"the suite its audio is encrypted with (RFC 4568); absent if it is not"`
	Loss        float64     `json:"loss" doc:"share of packets lost, 0 to 1"`
	JitterMS    float64     `json:"jitter_ms" doc:"interarrival jitter (RFC 3550)"`
	MOS         float64     `json:"mos" doc:"E-model estimate, 1.0 to 4.5, on the codec's own scale: not to be compared between narrowband and wideband; 0 before packets came"`
	RoundTripMS float64     `json:"round_trip_ms" doc:"by RTCP; 0 while unknown"`
	Concealed   float64     `json:"concealed" doc:"share of the time that was made up in place of missing packets, 0 to 1"`
	BufferMS    float64     `json:"buffer_ms" doc:"how long the audio waits in the jitter buffer"`
	PacketsIn   uint64      `json:"packets_in"`
	PacketsOut  uint64      `json:"packets_out"`
	Far         *FarQuality `json:"far,omitempty" doc:"what the peer reports of the audio it gets"`
}

// FarQuality is what the peer's RTCP says of our stream.
type FarQuality struct {
	Loss     float64 `json:"loss" doc:"share of packets lost, 0 to 1"`
	JitterMS float64 `json:"jitter_ms"`
	MOS      float64 `json:"mos" doc:"as the peer reports it (RFC 3611), else an estimate"`
}

// Segment is one stay of an agent in the contact.
type Segment struct {
	Agent  string     `json:"agent"`
	Joined time.Time  `json:"joined"`
	Left   *time.Time `json:"left,omitempty"`
	Via    string     `json:"via" enum:"direct,queue,consult,cold,rejoin"`
}

// Change is what Config.OnChange is given: something happened to a conference,
// an agent or a queue. Exactly one of the pointers is set.
type Change struct {
	Kind       string // "conference", "agent", "queue"
	Event      string // "created", "changed", "ended", "consult_started", "presence", "digits", …
	Time       time.Time
	Conference *Snapshot
	Agent      *AgentInfo
	Queue      *QueueInfo
}

// AgentInfo is an agent with its live presence.
type AgentInfo struct {
	ID        string             `json:"id"`
	Name      string             `json:"name"`
	Extension string             `json:"extension"`
	Queues    []string           `json:"queues"`
	Presence  directory.Presence `json:"presence" enum:"offline,away,available,ringing,busy,wrap_up"`
	Reason    string             `json:"reason,omitempty"`
	Since     time.Time          `json:"since,omitzero"`
	Contacts  int                `json:"contacts" doc:"registered phones"`
}

// QueueInfo is a queue with its live figures. Durations are in seconds.
type QueueInfo struct {
	ID           string  `json:"id"`
	Name         string  `json:"name"`
	Extension    string  `json:"extension"`
	LoggedIn     int     `json:"logged_in" doc:"agents of the queue with a registered phone"`
	Free         int     `json:"free" doc:"agents that would be offered a call now"`
	Waiting      int     `json:"waiting"`
	LongestWait  float64 `json:"longest_wait"`
	ExpectedWait float64 `json:"expected_wait"`
}

// Command is a verb somebody wants done on a conference, whatever surface it
// came by.
type Command struct {
	Conference string
	Verb       transfer.Verb
	Surface    string // "http", "dtmf", "sip": the label of warmline_verbs_total
	// By is the acting agent's id; "" acts with a supervisor's rights.
	By          string
	Participant string // the subject of hold, unhold, mute, unmute, remove
	Target      string // of consult, add, transfer
	IfVersion   uint64 // 0: any

	KeepCustomer bool // consult: hold_customer=false
	AllowRinging bool // leave
}

// Refusal is a command the call's state does not allow; Reason is the word of
// the API's code ("actor_held", "stale", …).
type Refusal struct {
	Reason string
	Detail string // for people
}

func (r *Refusal) Error() string { return r.Reason + ": " + r.Detail }
