package conference

import (
	"testing"

	"warmline/sip"
	"warmline/transfer"
)

func TestCauseOfStatus(t *testing.T) {
	for status, want := range map[int][2]string{ // before and after it rang
		486: {"busy", "busy"}, 600: {"busy", "busy"},
		603: {"declined", "declined"}, 607: {"declined", "declined"},
		408: {"unreachable", "no_answer"}, 480: {"unreachable", "no_answer"},
		404: {"unreachable", "unreachable"}, 503: {"unreachable", "unreachable"},
		487: {"cancelled", "cancelled"},
		488: {"rejected_488", "rejected_488"}, 302: {"rejected_302", "rejected_302"}, 699: {"rejected_699", "rejected_699"},
	} {
		for i, rang := range []bool{false, true} {
			if got := reasonWord(causeOfStatus(status, rang), status); got != want[i] {
				t.Errorf("%d, rang %v: %s, want %s", status, rang, got, want[i])
			}
		}
	}
}

func TestCauseOfEnd(t *testing.T) {
	for end, want := range map[sip.EndCause]transfer.Cause{
		sip.RemoteBye: transfer.Hangup, sip.LocalBye: transfer.Removed,
		sip.DialogGone: transfer.Lost, sip.FlowLost: transfer.Lost, sip.NoAck: transfer.Lost,
	} {
		if got := causeOfEnd(end); got != want {
			t.Errorf("%v: %v, want %v", end, got, want)
		}
	}
}

// Every cause has a word of its own and a status a caller may be told.
func TestEveryCauseHasAVerdict(t *testing.T) {
	words := make(map[string]transfer.Cause)
	for c := transfer.NoCause; c <= transfer.Stranded; c++ {
		v, ok := verdicts[c]
		if !ok || v.status < 400 || v.status > 699 {
			t.Errorf("%v: status %d", c, v.status)
		}
		if c == transfer.NoCause {
			continue
		}
		if other, taken := words[v.word]; taken || v.word == "" {
			t.Errorf("%v has the word %q, as %v", c, v.word, other)
		}
		words[v.word] = c
	}
}

// Every reason a verb may be refused with is said to people too.
func TestEveryRefusalHasText(t *testing.T) {
	for r := transfer.ActorHeld; r <= transfer.Ended; r++ {
		if refusalText[r] == "" {
			t.Errorf("%v has no text", r)
		}
	}
}
