package transfer

import (
	"fmt"
	"strings"
	"testing"
)

// TestWords holds the words of the API and the metrics.
func TestWords(t *testing.T) {
	for got, want := range map[fmt.Stringer]string{
		ActorHeld: "actor_held", ConsultPending: "consult_pending", AlreadyPresent: "already_present",
		TargetUnreachable: "unreachable", QueueEmpty: "queue_empty", NothingPending: "nothing_pending",
		NotAnswered: "not_answered", NotSwappable: "not_swappable", NothingHeld: "nothing_held",
		ConsultRinging: "consult_ringing", NotAllowed: "not_allowed", NotPresent: "not_present",
		NotLive: "not_live", Full: "full", Ended: "ended", OK: "ok",
		OutMerged: "merged", OutCompleted: "completed", OutCancelled: "cancelled", OutDeclined: "declined",
		OutBusy: "busy", OutNoAnswer: "no_answer", OutCustomerLeft: "customer_left", OutFailed: "failed",
		Busy: "busy", Declined: "declined", NoAnswer: "no_answer", Unregistered: "unregistered",
		Unreachable: "unreachable", Cancelled: "cancelled", Rejected: "rejected", Stranded: "stranded",
		Customer: "customer", Agent: "agent", External: "external", Supervisor: "supervisor",
		Consult: "consult", Explicit: "explicit", DoConsult: "consult", DoTransfer: "transfer", DoEnd: "end",
		IsDialing: "dialing", IsRinging: "ringing", IsLive: "live", IsHeld: "held", IsLeft: "left", IsFailed: "failed",
		Requeue: "requeue", Recall: "recall", AnnounceOnly: "announce", Unmuted: "unmuted", End: "end",
		CustomerGone: "customer_gone", Announcement: "announcement", WhomSelf: "self", TimerAlone: "alone",
		Role(99): "?99", Nobody: "-", Departed: "departed", Party(3): "p3", Over: "over", Ending: "ending",
	} {
		if got.String() != want {
			t.Errorf("%T prints %q, want %q", got, got, want)
		}
	}
}

func TestParseWords(t *testing.T) {
	for v := DoConsult; v <= DoEnd; v++ {
		if got, ok := ParseVerb(v.String()); !ok || got != v {
			t.Errorf("verb %v comes back as %v", v, got)
		}
	}
	for c := Hangup; c <= Stranded; c++ {
		if got, ok := ParseCause(c.String()); !ok || got != c {
			t.Errorf("cause %v comes back as %v", c, got)
		}
	}
	for r := OK; r <= Ended; r++ {
		if got, ok := ParseReason(r.String()); !ok || got != r {
			t.Errorf("reason %v comes back as %v", r, got)
		}
	}
	for o := OutMerged; o <= OutFailed; o++ {
		if got, ok := ParseOutcome(o.String()); !ok || got != o {
			t.Errorf("outcome %v comes back as %v", o, got)
		}
	}
	if r, ok := ParseRole("agent"); !ok || r != Agent {
		t.Errorf("role %v", r)
	}
	if h, ok := ParseHoldCause("explicit"); !ok || h != Explicit {
		t.Errorf("hold cause %v", h)
	}
	for _, bad := range []string{"", "none", "Hold", "x"} {
		if v, ok := ParseVerb(bad); ok {
			t.Errorf("%q is verb %v", bad, v)
		}
	}
}

func TestParseInputRefuses(t *testing.T) {
	for _, line := range []string{
		"", "none", "command", "p8 hold p1", "p1", "p1 sing", "p1 hold", "p1 hold p9", "arrive", "arrive customer",
		"arrive customer moon", "up", "up x", "up p1 hungry", "remote_hold p1 maybe", "timer", "timer tea", "p1 swap p2",
		"announced p1", "- end now",
	} {
		if in, err := ParseInput(line); err == nil {
			t.Errorf("%q is read as %v", line, in)
		}
	}
}

// TestOneLine: whatever the values, everything prints in one line.
func TestOneLine(t *testing.T) {
	for a := NoAct; a <= End+1; a++ {
		e := Effect{Act: a, Party: 1, By: 2, Cause: Busy, Event: ConsultEnded, Outcome: OutBusy, Timer: TimerRing}
		if s := e.String(); s == "" || strings.ContainsRune(s, '\n') {
			t.Errorf("effect %d prints %q", a, s)
		}
	}
	for k := NoInput; k <= AnnounceFailed+1; k++ {
		if s := (Input{Kind: k}).String(); s == "" || strings.ContainsRune(s, '\n') {
			t.Errorf("input %d prints %q", k, s)
		}
	}
	if s := (Audibility{}).String(); s != "nobody hears anything" {
		t.Errorf("silence prints %q", s)
	}
	if s := New(Policy{}).String(); s != "fresh(requeue)" {
		t.Errorf("a new state prints %q", s)
	}
}
