package records

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// noon is a day long before any clock: nothing in the tests is pruned by chance.
var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// start opens a store that is closed at the end of the test.
func start(t testing.TB, dir string, change ...func(*Config)) *Store {
	t.Helper()
	cfg := Config{Dir: dir}
	for _, f := range change {
		f(&cfg)
	}
	s, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// fill adds records k1 to kN, a minute apart from noon on.
func fill(t testing.TB, s *Store, n int) {
	t.Helper()
	for i := 1; i <= n; i++ {
		add(t, s, i, noon.Add(time.Duration(i)*time.Minute))
	}
}

func add(t testing.TB, s *Store, i int, ended time.Time) {
	t.Helper()
	if !s.Add(fmt.Sprint("k", i), ended, fmt.Appendf(nil, `{"n":%d}`, i)) {
		t.Fatalf("record %d was not taken", i)
	}
}

// list reads the whole list in pages, as "3 2 1".
func list(t testing.TB, s *Store, q Query) string {
	t.Helper()
	var all []string
	for range 1000 {
		page, err := s.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Records {
			all = append(all, strings.Trim(string(r), `{"n:}`))
		}
		if q.Cursor = page.Next; page.Next == "" {
			return strings.Join(all, " ")
		}
	}
	t.Fatal("the list has no end")
	return ""
}

func get(t testing.TB, s *Store, contact string) string {
	t.Helper()
	r, err := s.Get(t.Context(), contact)
	if err != nil {
		return err.Error()
	}
	return string(r)
}

func TestWhatWasAddedIsThere(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data", "records")
	s := start(t, dir)
	if got := list(t, s, Query{}); got != "" {
		t.Errorf("an empty store lists %s", got)
	}
	fill(t, s, 3)
	if got := get(t, s, "k2"); got != `{"n":2}` {
		t.Errorf("k2 is %s", got)
	}
	for _, unknown := range []string{"k9", "", "k"} {
		if _, err := s.Get(t.Context(), unknown); !errors.Is(err, ErrNotFound) {
			t.Errorf("%q: %v", unknown, err)
		}
	}
	if got := list(t, s, Query{Limit: 10}); got != "3 2 1" {
		t.Errorf("list %s", got)
	}
	if got := s.Stats(); got != (Stats{Written: 3}) {
		t.Errorf("stats %+v", got)
	}
	add(t, s, 2, noon)
	s.Add("k2", noon, []byte(` {"n": 22} `))
	if got := get(t, s, "k2"); got != `{"n":22}` {
		t.Errorf("the newest of k2 is %s", got)
	}
}

func TestOpenAgain(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	fill(t, s, 3)
	s.Close()
	s = start(t, dir)
	add(t, s, 4, noon.Add(time.Hour))
	if got := list(t, s, Query{Limit: 2}); got != "4 3 2 1" {
		t.Errorf("list %s", got)
	}
	text, err := os.ReadFile(filepath.Join(dir, "2026-11-27.jsonl"))
	if first, _, _ := bytes.Cut(text, []byte("\n")); string(first) != `{"contact":"k1","ended":"2026-11-27T12:01:00Z","record":{"n":1}}` {
		t.Errorf("the first line is %s, %v", first, err)
	}
	for _, name := range []string{"2026-11-27.jsonl", "2026-11-27.index"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
	}
}

func TestPaging(t *testing.T) {
	s := start(t, t.TempDir())
	for day := range 3 { // 1 to 4, 5 to 8, 9 to 12
		for i := 1; i <= 4; i++ {
			add(t, s, day*4+i, noon.AddDate(0, 0, day).Add(time.Duration(i)*time.Minute))
		}
	}
	for limit := range 14 {
		if got := list(t, s, Query{Limit: limit}); got != "12 11 10 9 8 7 6 5 4 3 2 1" {
			t.Errorf("by %d: %s", limit, got)
		}
	}
	for _, tt := range []struct {
		q    Query
		want string
	}{
		{Query{Limit: 3, Before: noon.AddDate(0, 0, 1).Add(3 * time.Minute)}, "6 5 4 3 2 1"},
		{Query{Before: noon}, ""},
		{Query{Limit: 2, Before: noon.AddDate(1, 0, 0), Cursor: "2026-11-28.2"}, "6 5 4 3 2 1"},
		{Query{Cursor: "2026-11-28.999"}, "8 7 6 5 4 3 2 1"},
		{Query{Cursor: "2026-11-28.0"}, "4 3 2 1"},
		{Query{Cursor: "2020-01-01.7"}, ""},
	} {
		if got := list(t, s, tt.q); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.q, got, tt.want)
		}
	}
	for _, bad := range []string{"7", "2026-11-28", "2026-11-28.", "2026-11-28.-1", "2026-13-01.1", "../../etc/passwd.1", ".1"} {
		if _, err := s.List(t.Context(), Query{Cursor: bad}); !errors.Is(err, ErrCursor) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if page, err := s.List(t.Context(), Query{Limit: 4, Cursor: "2026-11-27.4"}); err != nil || page.Next != "" {
		t.Errorf("the last page: next %q, %v", page.Next, err)
	}
}

// A page ends early when its records are large.
func TestPagesAreBounded(t *testing.T) {
	s := start(t, t.TempDir())
	long := []byte(`"` + strings.Repeat("x", maxLine*3/4) + `"`)
	for i := range 12 {
		s.Add(fmt.Sprint("k", i), noon, long)
	}
	page, err := s.List(t.Context(), Query{Limit: maxPage})
	if err != nil || len(page.Records) != 6 || page.Next != "2026-11-27.6" {
		t.Errorf("%d records, next %q, %v", len(page.Records), page.Next, err)
	}
	for i := range maxPage + 50 {
		s.Add(fmt.Sprint("s", i), noon, []byte("1"))
	}
	if page, _ := s.List(t.Context(), Query{Limit: 1 << 30}); len(page.Records) != maxPage {
		t.Errorf("a page of %d", len(page.Records))
	}
}

// Records go into the file of the day on which they ended, in UTC.
func TestDaysAreApart(t *testing.T) {
	dir := t.TempDir()
	s := start(t, dir)
	west := time.FixedZone("west", -8*3600)
	for i, ended := range []time.Time{
		noon, noon.Add(12*time.Hour - time.Nanosecond), noon.Add(12 * time.Hour),
		noon.Add(6 * time.Hour), // one that came late
		noon.In(west).Add(11 * time.Hour),
	} {
		add(t, s, i+1, ended)
	}
	s.Close()
	days, err := daysOf(dir)
	if want := []string{"2026-11-27", "2026-11-28"}; !slices.Equal(days, want) || err != nil {
		t.Errorf("days %v, %v", days, err)
	}
	if got := list(t, s, Query{}); got != "3 5 4 2 1" {
		t.Errorf("list %s", got)
	}
}

func TestWhatIsNoRecordIsRefused(t *testing.T) {
	s := start(t, t.TempDir())
	for name, record := range map[string]string{"no JSON": "{", "nothing": "", "too long": `"` + strings.Repeat("x", maxLine) + `"`} {
		if s.Add("k", noon, []byte(record)) {
			t.Errorf("%s was taken", name)
		}
	}
	s.Add("k\n\"1", noon, []byte("{\n}\n"))
	if got := get(t, s, "k\n\"1"); got != "{}" {
		t.Errorf("a strange contact: %s", got)
	}
	s.Close()
	if s.Add("k", noon, []byte("{}")) {
		t.Error("taken after the end")
	}
	if got := s.Stats(); got != (Stats{Written: 1, Dropped: 4}) {
		t.Errorf("stats %+v", got)
	}
}

func TestDirectoryThatCannotBe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Open(Config{Dir: filepath.Join(file, "records")}); err == nil {
		s.Close()
		t.Error("opened")
	}
}

// Many add and read at one time; nothing is lost and nothing is read in part.
func TestReadersAndWriters(t *testing.T) {
	s := start(t, t.TempDir())
	const adders, each = 4, 200
	var adding, reading sync.WaitGroup
	done := make(chan struct{})
	for a := range adders {
		adding.Go(func() {
			for i := range each {
				n := a*each + i
				add(t, s, n, noon.AddDate(0, 0, n%3))
				if got, want := get(t, s, fmt.Sprint("k", n)), fmt.Sprintf(`{"n":%d}`, n); got != want {
					t.Errorf("k%d is %s", n, got)
				}
			}
		})
	}
	for range 2 {
		reading.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					list(t, s, Query{Limit: 70})
				}
			}
		})
	}
	adding.Wait()
	close(done)
	reading.Wait()
	all := strings.Fields(list(t, s, Query{Limit: maxPage}))
	slices.Sort(all)
	if n := len(slices.Compact(all)); n != adders*each {
		t.Errorf("%d records, want %d", n, adders*each)
	}
}

// Who waits for a place to read gives up with its context.
func TestReadersAreFew(t *testing.T) {
	s := start(t, t.TempDir())
	for range maxReaders {
		release, err := s.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer release()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.Get(ctx, "k1")
	_, err2 := s.List(ctx, Query{})
	if !errors.Is(err, context.Canceled) || !errors.Is(err2, context.Canceled) {
		t.Errorf("%v, %v", err, err2)
	}
}

// logged keeps what is logged as "LEVEL message".
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logged) WithGroup(string) slog.Handler            { return l }
func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, r.Level.String()+" "+r.Message)
	return nil
}

func (l *logged) wants(t *testing.T, want ...string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if diff := cmp.Diff(want, l.lines); diff != "" {
		t.Errorf("logged (-want +got):\n%s", diff)
	}
}
