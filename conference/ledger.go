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

	// What the entries come to, the dropped ones as well, up to counted.
	present map[*participant]time.Duration
	heard   map[[2]*participant]time.Duration // who, whom
	counted time.Time
}

// ledgerEntry is one row of the ledger: from at on, rows held for those who
// were on the line.
type ledgerEntry struct {
	at   time.Time
	on   seating
	rows transfer.Audibility
}

// seating is who is on the line in each slot; nil: nobody.
type seating [transfer.MaxParties]*participant

// maxLedger bounds the ledger of one call; a call that changes more often loses
// its oldest rows, and says how many.
const maxLedger = 512

// follow adds an entry when somebody comes or goes, or hears something else.
func (l *ledger) follow(at time.Time, rows transfer.Audibility, on seating) {
	if n := len(l.entries); n > 0 && l.entries[n-1].on == on && l.entries[n-1].rows == rows {
		return
	}
	l.count(at)
	if len(l.entries) == maxLedger {
		l.entries = append(l.entries[:0], l.entries[1:]...)
		l.dropped++
	}
	l.entries = append(l.entries, ledgerEntry{at: at, on: on, rows: rows})
}

// count brings the sums up to a time: so long the latest entry has held.
func (l *ledger) count(until time.Time) {
	if l.present == nil {
		l.present = make(map[*participant]time.Duration)
		l.heard = make(map[[2]*participant]time.Duration)
	}
	d := until.Sub(l.counted)
	l.counted = until
	if len(l.entries) == 0 {
		return
	}
	e := &l.entries[len(l.entries)-1]
	for p, who := range e.on {
		if who == nil {
			continue
		}
		l.present[who] += d
		for q, whom := range e.on {
			if whom != nil && e.rows[p].Hears&(1<<q) != 0 {
				l.heard[[2]*participant{who, whom}] += d
			}
		}
	}
}

// heardBy is for how many seconds somebody could hear whom, by id; nil: nobody.
func (l *ledger) heardBy(who *participant) (heard map[string]float64) {
	for pair, d := range l.heard {
		if pair[0] == who && d > 0 {
			if heard == nil {
				heard = make(map[string]float64)
			}
			heard[pair[1].id] = seconds(d)
		}
	}
	return heard
}

// summary is the ledger up to the end of the call in one line: for each of the
// people how long it was present and how long it could hear whom, in seconds.
func (l *ledger) summary(end time.Time, people []*participant) string {
	l.count(end)
	var b strings.Builder
	for _, who := range people {
		if l.present[who] == 0 {
			continue
		}
		fmt.Fprintf(&b, "%s: %.1f", who.id, l.present[who].Seconds())
		for _, whom := range people {
			if d := l.heard[[2]*participant{who, whom}]; d > 0 {
				fmt.Fprintf(&b, ", %s for %.1f", whom.id, d.Seconds())
			}
		}
		b.WriteString("; ")
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// record is the ledger as it is kept; its times are seconds since start.
func (l *ledger) record(start time.Time) []LedgerEntry {
	entries := make([]LedgerEntry, len(l.entries))
	for i := range l.entries {
		e := &l.entries[i]
		entries[i] = LedgerEntry{At: seconds(e.at.Sub(start)), Rows: e.record()}
	}
	return entries
}

func (e *ledgerEntry) record() []LedgerRow {
	rows := []LedgerRow{}
	for p, who := range e.on {
		if who == nil {
			continue
		}
		row := LedgerRow{Participant: who.id}
		if t := e.rows[p].Treatment; t != transfer.NoTreatment {
			row.Treatment = t.String()
		}
		for q, whom := range e.on {
			if whom != nil && e.rows[p].Hears&(1<<q) != 0 {
				row.Hears = append(row.Hears, whom.id)
			}
		}
		rows = append(rows, row)
	}
	return rows
}
