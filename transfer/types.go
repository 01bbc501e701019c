package transfer

// MaxParties is the number of slots of a conference: parties present, being
// reached or waiting in a rejoin seat at one time. A slot is used again once
// its party has gone.
const MaxParties = 8

// Party is the slot of a participant, 0 to MaxParties-1.
type Party int8

// Nobody is the Party that names no slot: a command given by an operator, a
// fact about the conference as a whole.
const Nobody Party = -1

// Departed stands for a party that has gone but whose doing remains: a hold it
// set, a phone it had rung. Its slot may have another party by now.
const Departed Party = -2

// Role says what a party is in the call; endings are decided by it (§4).
type Role uint8

const (
	NoRole     Role = iota // the slot is free
	Customer               // the party served: the trunk leg a call is about
	Agent                  // a registered user
	External               // a third party reached over a trunk by a consult or add
	Supervisor             // listens, coaches or joins
)

// Leg is where the signalling of a party's leg stands.
type Leg uint8

const (
	NoLeg     Leg = iota // the slot is free
	Incoming             // its INVITE is here and not answered
	Searching            // a queue looks for an agent to sit here: no phone rings
	Dialing              // our INVITE is out, nothing heard yet
	Ringing              // the phone rings (180 or early media)
	Up                   // answered
	Seat                 // the leg was lost; the seat is kept and its phones are rung again
	Ending               // we hung up or cancelled; the end is not confirmed yet
)

// HoldCause is why a server hold is set; NotHeld means it is not.
type HoldCause uint8

const (
	NotHeld  HoldCause = iota
	Consult            // set by starting a consult, undone by its cancel
	Explicit           // somebody pressed hold
)

// Cause is why a leg failed or ended, as people and the API are told.
type Cause uint8

const (
	NoCause      Cause = iota
	Hangup             // the party hung up (BYE)
	Busy               // 486, 600
	Declined           // 603
	NoAnswer           // ring time-out, 408, 480 after ringing
	Unregistered       // the agent has no contact
	Unreachable        // no route, transport failure, 404
	Cancelled          // we stopped it, or the caller did (CANCEL)
	Rejected           // any other final status; the shell knows the code
	Lost               // RTP time-out, dead flow, 408 or 481 in the dialog: not a hang-up
	Removed            // removed by somebody
	Finished           // ended with its conference
	QueueGaveUp        // the queue found nobody in time
	Stranded           // the stranded policy was exhausted
)

// TargetKind is what a consult, add or transfer reaches for.
type TargetKind uint8

const (
	NoTarget TargetKind = iota
	ToAgent             // becomes role Agent
	ToQueue             // becomes role Agent, found by the queue
	ToNumber            // becomes role External (or Customer, when an agent's call starts so)
)

// Reach is what the directory knew of the target when the command was given.
type Reach uint8

const (
	Reachable      Reach = iota
	NotReachable         // no registration, no route
	NobodyLoggedIn       // a queue without agents: queue_empty
)

// Target is a directory entry seen from the machine. Who it is stays with the
// shell, which binds it to the slot named by the Dial or Search effect.
type Target struct {
	Kind    TargetKind
	Reach   Reach
	Present bool // the same agent or number is in the conference already
}

// Verb is a command of §2.
type Verb uint8

const (
	NoVerb     Verb = iota
	DoConsult       // Target, KeepCustomer
	DoCancel        // -
	DoHold          // Party
	DoUnhold        // Party
	DoSwap          // -
	DoMerge         // -
	DoAdd           // Target
	DoRemove        // Party
	DoLeave         // AllowRinging
	DoTransfer      // Target (cold)
	DoMute          // Party
	DoUnmute        // Party
	DoEnd           // the operator ends the conference
)

// Kind is the kind of an Input.
type Kind uint8

const (
	NoInput Kind = iota

	// The first input of a conference is one of these two.
	Arrive    // Party 0 called in: Role, Target (what it dialled)
	ClickDial // Party 0 (an Agent) is to be rung, then Target

	Command // By, Verb and its arguments; answered by exactly one Reply

	// Facts about legs. Those about a slot that is free, or that make no sense
	// where the leg stands, change nothing.
	LegRinging // Party rings (from Searching, Dialing or Seat)
	OfferEnded // Party's offered agent did not take it; the queue searches on (Ringing → Searching)
	LegUp      // Party has answered
	LegFailed  // Party did not answer: Cause
	LegGone    // Party's leg ended (hang-up or confirmation of ours): Cause. Lost opens the rejoin seat of an agent
	RemoteHold // Party's own SDP says: On
	MediaLost  // Party's audio stopped (RTP time-out); as LegGone with Lost, but the dialog is still there to be ended
	LostGone   // the lost leg of Party, which a HangUp with Cause Lost ended, is confirmed gone (its seat has a leg of its own)
	Registered // the phone of Party, whose seat waits after a failed ring, is registered again: it is rung again

	TimerFired     // Timer, of Party where the timer belongs to one
	AnnounceDone   // the announcement was played to the end
	AnnounceFailed // or could not be played
)

// Input is everything that can happen to a conference. It is a plain value:
// comparable, storable, replayable.
type Input struct {
	Kind   Kind
	By     Party // Command: the acting agent; Nobody for a supervisor's or operator's key
	Verb   Verb
	Party  Party // the subject
	Role   Role  // Arrive
	Target Target
	Cause  Cause
	Timer  Timer
	On     bool // RemoteHold

	KeepCustomer   bool // DoConsult: hold_customer=false
	AllowRinging   bool // DoLeave
	RemoveCustomer bool // DoRemove: the actor has the right remove_customer
}

// Timer names a deadline; TimerRing, TimerRejoin are of a Party.
type Timer uint8

const (
	NoTimer     Timer = iota
	TimerRing         // a phone rings no longer than this, of Party
	TimerSearch       // a queue searches no longer than this in all, of Party
	TimerRejoin       // the seat of a lost agent, of Party
	TimerRecall       // pause between two recalls of the last agent
	TimerAlone        // 2 s after which a lone customer gets music
)

// Whom tells the shell whom to reach with a Dial or Search.
type Whom uint8

const (
	NoWhom     Whom = iota
	WhomTarget      // the Target of the input being stepped (or, for ClickDial's second leg, of the first input)
	WhomClick       // ClickDial: the agent who clicked
	WhomLast        // the agent who was on the call last (recall)
	WhomOrigin      // the queue the customer came from, at its front, else the default queue (requeue)
	WhomSelf        // the agent whose seat this is (rejoin)
)

// Treatment is what a party hears besides (in practice: instead of) voices.
type Treatment uint8

const (
	NoTreatment  Treatment = iota
	Music                  // hold music
	Ringback               // a phone rings for it
	QueueTone              // a queue searches for it: not the customer's music
	HoldTone               // an agent held: a soft tone every 10 s
	AloneTone              // both others held: comfort noise, a soft double tone every 15 s
	ComfortNoise           // nothing else to hear
	Announcement           // the stranded message
)

// Sound is a tone played once to one party, over what it hears otherwise.
type Sound uint8

const (
	NoSound      Sound = iota
	ErrorTone          // the target failed: then the call again
	CustomerGone       // the customer hung up in the consult
)

// Row is what one party hears: the voices of the parties whose bits are set
// in Hears (bit p for Party p; never its own), and its treatment.
type Row struct {
	Hears     uint8
	Treatment Treatment
}

// Audibility is who hears what: the N×N matrix and each one's treatment.
type Audibility [MaxParties]Row

// Act is the kind of an Effect.
type Act uint8

const (
	NoAct    Act = iota
	Dial         // ring Whom into slot Party with Role
	Search       // let the queue Whom find an agent for slot Party
	Stop         // stop ringing or searching for Party (CANCEL); LegFailed or LegGone confirms
	Progress     // tell the incoming Party that it rings (180)
	Answer       // answer the incoming Party (200); LegUp is not awaited, LegFailed is possible
	Reject       // refuse the incoming Party: Cause; LegFailed or LegGone confirms
	HangUp       // end the answered leg of Party (BYE): Cause; LegGone confirms. After MediaLost of an agent a Dial WhomSelf follows: LostGone then confirms the old leg
	Audible      // from now on Rows holds
	Play         // play Sound to Party once
	Announce     // play the stranded message to Party; AnnounceDone or AnnounceFailed follows
	Arm          // start Timer (of Party), replacing one that runs
	Disarm       // stop Timer (of Party)
	Reply        // the answer to the Command being stepped: Reason, OK when done
	Note         // something worth recording: Event, Party, By, Outcome
	End          // the conference is over; every leg has gone
)

// Effect is something the shell makes true, in the order given.
type Effect struct {
	Act     Act
	Party   Party
	By      Party // Note: who did it
	Role    Role  // Dial, Search
	Whom    Whom
	Cause   Cause
	Rows    Audibility
	Sound   Sound
	Timer   Timer
	Reason  Reason
	Event   Event
	Outcome Outcome
}

// Reason is the answer to a command: OK, or why it was refused.
type Reason uint8

const (
	NoReason          Reason = iota
	OK                       // done
	ActorHeld                // actor_held
	ConsultPending           // consult_pending
	AlreadyPresent           // already_present
	TargetUnreachable        // unreachable
	QueueEmpty               // queue_empty
	NothingPending           // nothing_pending
	NotAnswered              // not_answered
	NotSwappable             // not_swappable
	NothingHeld              // nothing_held
	ConsultRinging           // consult_ringing
	NotAllowed               // not_allowed: the role or right does not permit it
	NotPresent               // not_present: no such party here
	NotLive                  // not_live: the actor is not on the call (yet, or any more)
	Full                     // full: no slot is free
	Ended                    // ended: the conference is over
)

// Event is what a Note says happened.
type Event uint8

const (
	NoEvent         Event = iota
	ConsultStarted        // Party is rung for By
	ConsultAnswered       // Party answered By's consult
	ConsultEnded          // a consult's story is over: Outcome
	PartyJoined           // Party is in the call
	PartyLeft             // Party is out of it: Cause in the effect
	PartyFailed           // Party was never in it: Cause
	HoldSet               // server hold of Party, by By
	HoldCleared
	Swapped
	Merged
	TransferDone // the initiating agent left, Party's agents and the customer talk on
	SeatOpened   // Party was lost; its seat is kept
	SeatTaken    // Party is back in it
	SeatClosed   // Party did not come back
	Strand       // the customer is alone: the policy starts
	StrandEnded  // somebody talks to it again, or it is gone
	Muted
	Unmuted
)

// Outcome is how a consult ended: the label of warmline_consults_total.
type Outcome uint8

const (
	NoOutcome       Outcome = iota
	OutMerged               // merged
	OutCompleted            // completed: the initiator left, the consulted party talks on
	OutCancelled            // cancelled, also by removing the consulted party
	OutDeclined             // declined
	OutBusy                 // busy
	OutNoAnswer             // no_answer
	OutCustomerLeft         // customer_left
	OutFailed               // failed
)

// StrandedPolicy is what happens to a customer whom nobody serves (§5).
type StrandedPolicy uint8

const (
	Requeue      StrandedPolicy = iota // to the front of its queue, then announce
	Recall                             // the last agent, twice, 10 s apart, then announce
	AnnounceOnly                       // a message, then hang up
)

// Policy is the part of the configuration that decides steps. It is fixed for
// the life of a conference.
type Policy struct {
	Stranded                   StrandedPolicy
	HasQueue                   bool // a queue exists to requeue to
	KeepConsultWithoutCustomer bool
	NoAutoUnhold               bool // auto_unhold: false (§4.3)
}
