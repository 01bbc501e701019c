package conference

import (
	"fmt"
	"strings"
	"time"

	"warmline/transfer"
)

// ledger is the audibility ledger: at every change, who can hear whom. It shows
// afterwards that a customer heard nothing of a consult.
type ledger struct {
	entries []ledgerEntry
	dropped int
}

// ledgerEntry is one row of the ledger: from at on, rows held for the parties
// whose bits are set in present.
type ledgerEntry struct {
	at      time.Time
	present uint8
	rows    transfer.Audibility
}

// maxLedger bounds the ledger of one call; a call that changes more often loses
// its oldest rows, and says how many.
const maxLedger = 4096

// follow adds an entry when somebody comes or goes, or hears something else.
func (l *ledger) follow(at time.Time, rows transfer.Audibility, present uint8) {
	if n := len(l.entries); n > 0 && l.entries[n-1].present == present && l.entries[n-1].rows == rows {
		return
	}
	if len(l.entries) == maxLedger {
		l.entries = append(l.entries[:0], l.entries[1:]...)
		l.dropped++
	}
	l.entries = append(l.entries, ledgerEntry{at: at, present: present, rows: rows})
}

// heard sums for how long each party could hear each other party, and for how
// long each was present, up to the given end.
func (l *ledger) heard(end time.Time) (heard [transfer.MaxParties][transfer.MaxParties]time.Duration, present [transfer.MaxParties]time.Duration) {
	for i, e := range l.entries {
		until := end
		if i+1 < len(l.entries) {
			until = l.entries[i+1].at
		}
		d := until.Sub(e.at)
		for p := range transfer.MaxParties {
			if e.present&(1<<p) == 0 {
				continue
			}
			present[p] += d
			for q := range transfer.MaxParties {
				if e.rows[p].Hears&(1<<q) != 0 {
					heard[p][q] += d
				}
			}
		}
	}
	return heard, present
}

// summary is the ledger up to the end of the call in one line: for each party
// how long it was present and how long it could hear whom, in seconds.
func (l *ledger) summary(end time.Time) string {
	heard, present := l.heard(end)
	var b strings.Builder
	for p := range transfer.MaxParties {
		if present[p] == 0 {
			continue
		}
		fmt.Fprintf(&b, "%v: %.1f", transfer.Party(p), present[p].Seconds())
		for q, d := range heard[p] {
			if d > 0 {
				fmt.Fprintf(&b, ", %v for %.1f", transfer.Party(q), d.Seconds())
			}
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}
