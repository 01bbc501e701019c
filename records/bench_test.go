package records

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// usual is as long as the record of a warm transfer.
var usual = []byte(`{"text":"` + strings.Repeat("x", 3500) + `"}`)

// BenchmarkAdd is what a record costs the conference that is over.
func BenchmarkAdd(b *testing.B) {
	s := start(b, b.TempDir())
	b.ReportAllocs()
	for b.Loop() {
		for !s.Add("k1", noon, usual) {
			b.StopTimer()
			time.Sleep(time.Millisecond) // the disk is behind
			b.StartTimer()
		}
	}
}

// filled is a store of so many days of 10,000 short records.
func filled(b *testing.B, days int) *Store {
	s := start(b, b.TempDir())
	w := &writer{s: s}
	for day := range days {
		batch := make([]line, 10_000)
		for i := range batch {
			contact := fmt.Sprint("k", day*len(batch)+i)
			batch[i] = line{contact, noon.AddDate(0, 0, day), fmt.Appendf(nil, `{"contact":%q,"ended":"2026-11-27T12:00:00Z","record":{}}`+"\n", contact)}
		}
		w.write(batch)
	}
	w.shut()
	return s
}

// BenchmarkGet looks for the oldest record of 300,000, and for one that is not
// there.
func BenchmarkGet(b *testing.B) {
	s := filled(b, 30)
	for name, contact := range map[string]string{"oldest": "k0", "none": "unknown"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(b.Context(), contact); (err != nil) != (name == "none") {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkList reads a page of 50 from the middle.
func BenchmarkList(b *testing.B) {
	s := filled(b, 30)
	b.ReportAllocs()
	for b.Loop() {
		if page, err := s.List(b.Context(), Query{Limit: 50, Cursor: "2026-12-10.5000"}); err != nil || len(page.Records) != 50 {
			b.Fatal(page, err)
		}
	}
}
