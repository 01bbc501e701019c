package conference

import (
	"testing"
	"time"

	"warmline/transfer"
)

func hears(pairs ...uint8) (rows transfer.Audibility) {
	for p, mask := range pairs {
		rows[p].Hears = mask
	}
	return rows
}

func TestLedgerSums(t *testing.T) {
	start := time.Unix(1000, 0)
	at := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
	var l ledger
	if got := l.summary(at(9)); got != "" {
		t.Errorf("empty: %q", got)
	}
	l.follow(at(0), hears(0b10, 0b01), 0b11)
	l.follow(at(3), hears(0b10, 0b01), 0b11) // nothing has changed
	l.follow(at(5), hears(0, 0b100, 0b10), 0b111)
	l.follow(at(7), hears(0, 0b100, 0b10), 0b110) // who hears nothing goes, and that is a change
	if len(l.entries) != 3 {
		t.Errorf("%d entries", len(l.entries))
	}
	heard, present := l.heard(at(11))
	if want := [...]time.Duration{7 * time.Second, 11 * time.Second, 6 * time.Second}; [3]time.Duration(present[:3]) != want {
		t.Errorf("present %v", present)
	}
	if heard[0][1] != 5*time.Second || heard[1][2] != 6*time.Second || heard[2][1] != 6*time.Second || heard[0][2] != 0 {
		t.Errorf("heard %v", heard)
	}
	if got := l.summary(at(11)); got != "p0: 7.0, p1 for 5.0; p1: 11.0, p0 for 5.0, p2 for 6.0; p2: 6.0, p1 for 6.0" {
		t.Errorf("summary %q", got)
	}
}

func TestLedgerIsBounded(t *testing.T) {
	var l ledger
	for i := range maxLedger + 10 {
		l.follow(time.Unix(int64(i), 0), hears(uint8(i%2)<<1), 0b11)
	}
	if len(l.entries) != maxLedger || l.dropped != 10 || !l.entries[0].at.Equal(time.Unix(10, 0)) {
		t.Errorf("%d entries from %v, %d dropped", len(l.entries), l.entries[0].at, l.dropped)
	}
}
