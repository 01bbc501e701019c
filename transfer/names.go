package transfer

import "strconv"

// The words of the vocabulary. Those of Role, HoldCause, Cause, Verb, Reason,
// Outcome and Status are what the API and the metrics print; all of them are
// what scripts and traces are written in.
var (
	roleNames      = []string{"none", "customer", "agent", "external", "supervisor"}
	legNames       = []string{"none", "incoming", "searching", "dialing", "ringing", "up", "seat", "ending"}
	holdNames      = []string{"", "consult", "explicit"}
	causeNames     = []string{"", "hangup", "busy", "declined", "no_answer", "unregistered", "unreachable", "cancelled", "rejected", "lost", "removed", "finished", "queue_gave_up", "stranded"}
	targetNames    = []string{"none", "agent", "queue", "number"}
	reachNames     = []string{"reachable", "unreachable", "queue_empty"}
	verbNames      = []string{"none", "consult", "cancel", "hold", "unhold", "swap", "merge", "add", "remove", "leave", "transfer", "mute", "unmute", "end"}
	kindNames      = []string{"none", "arrive", "click", "command", "ringing", "offer_ended", "up", "failed", "gone", "remote_hold", "media_lost", "lost_gone", "registered", "timer", "announced", "announce_failed"}
	timerNames     = []string{"none", "ring", "search", "rejoin", "recall", "alone"}
	whomNames      = []string{"none", "target", "click", "last", "origin", "self"}
	treatmentNames = []string{"none", "music", "ringback", "queue_tone", "hold_tone", "alone_tone", "comfort_noise", "announcement"}
	soundNames     = []string{"none", "error_tone", "customer_gone"}
	actNames       = []string{"none", "dial", "search", "stop", "progress", "answer", "reject", "hangup", "audible", "play", "announce", "arm", "disarm", "reply", "note", "end"}
	reasonNames    = []string{"", "ok", "actor_held", "consult_pending", "already_present", "unreachable", "queue_empty", "nothing_pending", "not_answered", "not_swappable", "nothing_held", "consult_ringing", "not_allowed", "not_present", "not_live", "full", "ended"}
	eventNames     = []string{"none", "consult_started", "consult_answered", "consult_ended", "party_joined", "party_left", "party_failed", "hold_set", "hold_cleared", "swapped", "merged", "transfer_done", "seat_opened", "seat_taken", "seat_closed", "strand", "strand_ended", "muted", "unmuted"}
	outcomeNames   = []string{"", "merged", "completed", "cancelled", "declined", "busy", "no_answer", "customer_left", "failed"}
	policyNames    = []string{"requeue", "recall", "announce"}
	phaseNames     = []string{"fresh", "opening", "serving", "alone", "closing", "over"}
	statusNames    = []string{"", "dialing", "ringing", "live", "held", "left", "failed"}
)

// word returns the name of v; one outside the vocabulary prints as its number.
func word[T ~uint8](names []string, v T) string {
	if int(v) < len(names) {
		return names[v]
	}
	return "?" + strconv.Itoa(int(v))
}

// meaning is the inverse of word. The empty word has no meaning.
func meaning[T ~uint8](names []string, s string) (T, bool) {
	for i, name := range names {
		if name == s && s != "" {
			return T(i), true
		}
	}
	return 0, false
}

// String of each enumeration returns its word.

func (v Role) String() string           { return word(roleNames, v) }
func (v Leg) String() string            { return word(legNames, v) }
func (v HoldCause) String() string      { return word(holdNames, v) }
func (v Cause) String() string          { return word(causeNames, v) }
func (v TargetKind) String() string     { return word(targetNames, v) }
func (v Reach) String() string          { return word(reachNames, v) }
func (v Verb) String() string           { return word(verbNames, v) }
func (v Kind) String() string           { return word(kindNames, v) }
func (v Timer) String() string          { return word(timerNames, v) }
func (v Whom) String() string           { return word(whomNames, v) }
func (v Treatment) String() string      { return word(treatmentNames, v) }
func (v Sound) String() string          { return word(soundNames, v) }
func (v Act) String() string            { return word(actNames, v) }
func (v Reason) String() string         { return word(reasonNames, v) }
func (v Event) String() string          { return word(eventNames, v) }
func (v Outcome) String() string        { return word(outcomeNames, v) }
func (v StrandedPolicy) String() string { return word(policyNames, v) }
func (v Phase) String() string          { return word(phaseNames, v) }
func (v Status) String() string         { return word(statusNames, v) }

// String returns "p0" to "p7", "-" for Nobody or "departed".
func (p Party) String() string {
	switch p {
	case Nobody:
		return "-"
	case Departed:
		return "departed"
	}
	return "p" + strconv.Itoa(int(p))
}

// ParseVerb reads a verb as the API names it.
func ParseVerb(s string) (Verb, bool) {
	v, ok := meaning[Verb](verbNames, s)
	return v, ok && v != NoVerb
}

// ParseRole reads a role.
func ParseRole(s string) (Role, bool) {
	v, ok := meaning[Role](roleNames, s)
	return v, ok && v != NoRole
}

// ParseCause reads a cause.
func ParseCause(s string) (Cause, bool) { return meaning[Cause](causeNames, s) }

// ParseReason reads the reason of a refusal, or "ok".
func ParseReason(s string) (Reason, bool) { return meaning[Reason](reasonNames, s) }

// ParseOutcome reads the outcome of a consult.
func ParseOutcome(s string) (Outcome, bool) { return meaning[Outcome](outcomeNames, s) }

// ParseHoldCause reads the cause of a hold.
func ParseHoldCause(s string) (HoldCause, bool) { return meaning[HoldCause](holdNames, s) }

// ParseStrandedPolicy reads the configuration's word for a policy.
func ParseStrandedPolicy(s string) (StrandedPolicy, bool) {
	return meaning[StrandedPolicy](policyNames, s)
}

// ParseParty is the inverse of Party.String.
func ParseParty(s string) (Party, bool) {
	switch {
	case s == "-":
		return Nobody, true
	case s == "departed":
		return Departed, true
	case len(s) == 2 && s[0] == 'p' && s[1] >= '0' && s[1] < '0'+MaxParties:
		return Party(s[1] - '0'), true
	}
	return Nobody, false
}
