package conference

import (
	"time"

	"warmline/transfer"
)

// ledger is the audibility ledger: at every change, who can hear whom. It shows
// afterwards that a customer heard nothing of a consult.
type ledger struct {
	entries []LedgerEntry
	dropped int
}

// LedgerEntry is one row of the ledger: from At on, Rows held for the parties
// whose bits are set in Present.
type LedgerEntry struct {
	At      time.Time
	Present uint8
	Rows    transfer.Audibility
}

// maxLedger bounds the ledger of one call; a call that changes more often loses
// its oldest rows, and says how many.
const maxLedger = 4096

func (l *ledger) add(at time.Time, rows transfer.Audibility, present uint8) {
	if len(l.entries) == maxLedger {
		l.entries = append(l.entries[:0], l.entries[1:]...)
		l.dropped++
	}
	l.entries = append(l.entries, LedgerEntry{At: at, Present: present, Rows: rows})
}

// heard sums for how long each party could hear each other party, and for how
// long each was present, up to the given end.
func (l *ledger) heard(end time.Time) (heard [transfer.MaxParties][transfer.MaxParties]time.Duration, present [transfer.MaxParties]time.Duration) {
	for i, e := range l.entries {
		until := end
		if i+1 < len(l.entries) {
			until = l.entries[i+1].At
		}
		d := until.Sub(e.At)
		for p := range transfer.MaxParties {
			if e.Present&(1<<p) == 0 {
				continue
			}
			present[p] += d
			for q := range transfer.MaxParties {
				if e.Rows[p].Hears&(1<<q) != 0 {
					heard[p][q] += d
				}
			}
		}
	}
	return heard, present
}
