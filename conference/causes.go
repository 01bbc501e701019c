package conference

import (
	"strconv"

	"warmline/sip"
	"warmline/transfer"
)

// verdicts is the one table that says what a cause means to each side: the
// status a caller is refused with, and the word people, the API and the
// metrics are given.
var verdicts = map[transfer.Cause]struct {
	status int
	word   string
}{
	transfer.NoCause:      {480, ""},
	transfer.Hangup:       {480, "hangup"},
	transfer.Busy:         {486, "busy"},
	transfer.Declined:     {603, "declined"},
	transfer.NoAnswer:     {480, "no_answer"},
	transfer.Unregistered: {480, "unregistered"},
	transfer.Unreachable:  {404, "unreachable"},
	transfer.Cancelled:    {487, "cancelled"},
	transfer.Rejected:     {480, "rejected"},
	transfer.Lost:         {480, "lost"},
	transfer.Removed:      {603, "removed"},
	transfer.Finished:     {480, "finished"},
	transfer.QueueGaveUp:  {480, "queue_gave_up"},
	transfer.Stranded:     {480, "stranded"},
}

// refusalStatus is the SIP status an unanswered caller is told.
func refusalStatus(c transfer.Cause) int { return verdicts[c].status }

// causeOfStatus reads a peer's final refusal. rang says whether its phone had
// rung: 408 and 480 then mean that nobody picked up.
func causeOfStatus(status int, rang bool) transfer.Cause {
	switch status {
	case 486, 600:
		return transfer.Busy
	case 603, 607:
		return transfer.Declined
	case 487:
		return transfer.Cancelled
	case 404, 410, 484, 502, 503, 604:
		return transfer.Unreachable
	case 408, 480:
		if rang {
			return transfer.NoAnswer
		}
		return transfer.Unreachable
	default:
		return transfer.Rejected
	}
}

// causeOfEnd reads the end of an answered dialog: a BYE is a hang-up, all else
// is a party that was lost and may come back.
func causeOfEnd(e sip.EndCause) transfer.Cause {
	switch e {
	case sip.RemoteBye:
		return transfer.Hangup
	case sip.LocalBye:
		return transfer.Removed
	default:
		return transfer.Lost
	}
}

// reasonWord is the reason shown for a cause; status is the peer's code where
// the cause is Rejected.
func reasonWord(c transfer.Cause, status int) string {
	if c == transfer.Rejected && status > 0 {
		return "rejected_" + strconv.Itoa(status)
	}
	return verdicts[c].word
}
