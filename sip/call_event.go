package sip

// EventKind tells Events apart.
type EventKind uint8

const (
	NoEvent     EventKind = iota
	Ringing               // 180-199 without a body
	EarlyMedia            // 18x with a body: the answer of an early dialog
	Answered              // 2xx: Body is the answer. The ACK is sent already
	Failed                // final refusal, time-out (408), transport failure (503): Status
	Cancelled             // incoming, unanswered: the caller gave up. With Offer: only that re-INVITE
	Acked                 // our 2xx was acknowledged: Body when the offer was ours (in the 2xx); Offer when it replied to one
	Offered               // re-INVITE or UPDATE: Offer to give to Reply, Body (empty: we must offer)
	ReofferDone           // the re-INVITE's end: Status, Body; without 2xx the session is as before
	Info                  // INFO, answered already: ContentType, Body
	RefreshDue            // the session timer wants a re-INVITE: Reoffer the session as it is
	Ended                 // the call is over: Status and Cause
)

// EndCause is why a dialog ended.
type EndCause uint8

const (
	NoCause    EndCause = iota
	RemoteBye           // the peer hung up
	LocalBye            // Hangup, confirmed or timed out
	NoAck               // our answer was never acknowledged; BYE was sent
	DialogGone          // 481 or 408 to a request in the dialog
	FlowLost            // its connection is gone
)

// Event is something that happened to a call. Each call ends with exactly one
// of Failed, Cancelled (with Offer 0) and Ended, and nothing comes after it.
type Event struct {
	Kind        EventKind
	Status      int
	Reason      string // phrase or Reason header, scrubbed
	ContentType string
	Body        []byte
	Offer       uint32
	Cause       EndCause
	Target      int // of a call we made: index of the target that answered, rings or failed
}
