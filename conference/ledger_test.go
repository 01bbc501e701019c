package conference

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"warmline/transfer"
)

func hears(pairs ...uint8) (rows transfer.Audibility) {
	for p, mask := range pairs {
		rows[p].Hears = mask
	}
	return rows
}

// sit puts people into the first slots; nil leaves one empty.
func sit(people ...*participant) (on seating) {
	copy(on[:], people)
	return on
}

func named(ids ...string) (people []*participant) {
	for _, id := range ids {
		people = append(people, &participant{id: id})
	}
	return people
}

var ledgerStart = time.Unix(1000, 0)

func after(seconds int) time.Time { return ledgerStart.Add(time.Duration(seconds) * time.Second) }

// talk is a ledger of three people of whom the first leaves.
func talk() (*ledger, []*participant) {
	all := named("p1", "p2", "p3")
	a, b, c := all[0], all[1], all[2]
	l := &ledger{}
	l.follow(after(0), hears(0b10, 0b01), sit(a, b))
	l.follow(after(3), hears(0b10, 0b01), sit(a, b)) // nothing has changed
	l.follow(after(5), hears(0, 0b100, 0b10), sit(a, b, c))
	l.follow(after(7), hears(0, 0b100, 0b10), sit(nil, b, c)) // who hears nothing goes, and that is a change
	return l, all
}

func TestLedgerSums(t *testing.T) {
	if got := (&ledger{}).summary(after(9), nil); got != "" {
		t.Errorf("empty: %q", got)
	}
	l, all := talk()
	if len(l.entries) != 3 {
		t.Errorf("%d entries", len(l.entries))
	}
	for range 2 { // the end may be looked at twice
		if got := l.summary(after(11), all); got != "p1: 7.0, p2 for 5.0; p2: 11.0, p1 for 5.0, p3 for 6.0; p3: 6.0, p2 for 6.0" {
			t.Errorf("summary %q", got)
		}
	}
	if got := l.heardBy(all[1]); !cmp.Equal(got, map[string]float64{"p1": 5, "p3": 6}) {
		t.Errorf("p2 heard %v", got)
	}
	if got := l.heardBy(&participant{id: "p9"}); got != nil {
		t.Errorf("a stranger heard %v", got)
	}
}

func TestLedgerRecord(t *testing.T) {
	l, _ := talk()
	l.entries[2].rows[1].Hears = 0b101 // of an empty seat nobody hears anything
	l.entries[2].rows[2] = transfer.Row{Treatment: transfer.Music}
	want := []LedgerEntry{
		{At: 1, Rows: []LedgerRow{{Participant: "p1", Hears: []string{"p2"}}, {Participant: "p2", Hears: []string{"p1"}}}},
		{At: 6, Rows: []LedgerRow{{Participant: "p1"}, {Participant: "p2", Hears: []string{"p3"}}, {Participant: "p3", Hears: []string{"p2"}}}},
		{At: 8, Rows: []LedgerRow{{Participant: "p2", Hears: []string{"p3"}}, {Participant: "p3", Treatment: "music"}}},
	}
	if diff := cmp.Diff(want, l.record(after(-1))); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

// What is dropped of a long ledger still counts.
func TestLedgerIsBounded(t *testing.T) {
	var l ledger
	all := named("p1", "p2")
	for i := range maxLedger + 10 {
		l.follow(after(i), hears(uint8(i%2)<<1), sit(all...))
	}
	if len(l.entries) != maxLedger || l.dropped != 10 || !l.entries[0].at.Equal(after(10)) {
		t.Errorf("%d entries from %v, %d dropped", len(l.entries), l.entries[0].at, l.dropped)
	}
	l.count(after(maxLedger + 10))
	if got, want := l.present[all[0]], (maxLedger+10)*time.Second; got != want {
		t.Errorf("present %v, want %v", got, want)
	}
	if got, want := l.heardBy(all[0])["p2"], float64(maxLedger+10)/2; got != want {
		t.Errorf("heard %v s, want %v", got, want)
	}
}
