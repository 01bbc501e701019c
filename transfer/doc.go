// Package transfer decides what a conference does: who is rung, answered, held
// and sent away, who hears whom, and when it is over. It is a state machine of
// plain values. It does nothing itself:
//
//	State, Input ── Step ──► State, []Effect
//
// An Input is a command of a person or a fact about a leg, a timer or an
// announcement. An Effect is something for the shell (package conference) to
// make true. Step is total and deterministic: no clock, no lock, no I/O, no
// panic, and the same inputs always lead to the same states and effects, so a
// recorded Trace can be replayed and every order of events explored.
//
// # The contract with the shell
//
//  1. The first Input is Arrive or ClickDial, for the party in slot 0.
//  2. One Input at a time; its effects are performed in order, before the next.
//  3. Dial and Search name a free slot. The shell binds whom they mean (Whom) to
//     it, and reports LegRinging, LegUp, LegFailed and LegGone for the slot. A
//     Search offers one agent after another: OfferEnded says that one did not
//     take it, LegFailed with QueueGaveUp that nobody will.
//  4. Stop, HangUp and Reject are confirmed by LegGone or LegFailed, once. The
//     slot is taken until then. LegUp may cross a Stop: HangUp follows.
//  5. Answer is taken to succeed; LegFailed or LegGone tells of the contrary.
//  6. The audio of an agent may be lost while its dialog stands (MediaLost).
//     The HangUp with Cause Lost then ends the old leg beside the Dial for the
//     rejoin seat in the same slot, and LostGone confirms the old one.
//  7. Audible holds until the next one. It is given only when it changed.
//  8. A timer runs from Arm to TimerFired or Disarm. How long is the shell's
//     matter; one that does not run is ignored when it fires.
//  9. Each Command gets one Reply. A refused one changes nothing.
//  10. End comes once, last, and after every leg is confirmed gone.
//
// # The conference
//
// Step hands an input to the function of the phase. What follows from the new
// state, whatever led to it, is drawn once, in settle: holds of agents who have
// gone, the end of a call nobody has a reason to go on with, the customer who
// is alone.
//
//	          Arrive, ClickDial
//	Fresh ───────────────────────► Opening ───────────────────┐
//	                                  │ the target answers    │ queue gave up
//	                                  ▼                       ▼
//	             ┌───────────────► Serving ◄──────────────► Alone
//	             │ swap, hold, …      │    answered, alone    │ announced,
//	             └────────────────────┤                       │ customer gone
//	                                  │ finished, ended       │
//	                                  ▼                       │
//	                               Closing ◄──────────────────┘
//	                                  │ the last leg is confirmed
//	                                  ▼
//	                                Over
//
// # A party's leg
//
//	                 LegRinging           LegUp
//	Dial ► Dialing ─────────────► Ringing ─────► Up ◄─── Answer ── Incoming
//	          │                   ▲ │ │          │ │                │
//	Search ► Searching ───────────┘ │ │          │ │ agent lost     │
//	          ▲     OfferEnded      │ │          │ └──────► Seat    │
//	          └─────────────────────┘ │          │   LegUp  │       │
//	          │ failed                │          │ ◄────────┤       │
//	          ▼                       ▼          ▼          ▼       ▼
//	         free ◄── confirmed ── Ending ◄── Stop, HangUp, Reject ─┘
//
// # The consult
//
// One consult may be pending. It is a record beside the parties, since holds,
// legs and roles go their own ways meanwhile.
//
//	          consult             LegUp               merge, nobody held
//	none ────────────► ringing ─────────► answered ────────────────► merged
//	                    │    │              │    │
//	  failed, cancel,   │    │ initiator    │    │ initiator leaves
//	  customer gone     ▼    ▼ leaves       ▼    ▼
//	    back to the customer  as a cold    back  completed
//	                          transfer
//
// Holds carry their cause: the end of a consult clears those of cause Consult
// and no others; swap moves the hold with its cause. A customer who talks with
// the initiator again when the consulted party answers goes on talking: the
// consulted party is held until swap or merge.
//
// # What is derived and not stored
//
// Who hears what (Audibility), which timers run, and when the conference is
// finished are functions of the State. Step compares before and after, so no
// path can forget to say a change.
//
// # Left out
//
// Meet-me rooms of equals are another, simpler machine. Who a party is, codecs,
// phones, queues' order and durations are the shell's. A supervisor may sit in
// a slot and hears all; joining and coaching have no verbs yet.
package transfer
