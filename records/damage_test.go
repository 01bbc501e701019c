package records

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
)

// kept is a day of three records as its files hold them.
func kept(t testing.TB) (lines, index []byte) {
	t.Helper()
	dir := t.TempDir()
	s := start(t, dir)
	fill(t, s, 3)
	s.Close()
	return readFile(t, dir, linesExt), readFile(t, dir, indexExt)
}

func readFile(t testing.TB, dir, ext string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "2026-11-27"+ext))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// leave puts files as a crash may have left them; nil: none.
func leave(t testing.TB, lines, index []byte) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for ext, b := range map[string][]byte{linesExt: lines, indexExt: index} {
		if b == nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, "2026-11-27"+ext), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestWhatACrashLeaves(t *testing.T) {
	lines, index := kept(t)
	third := bytes.LastIndexByte(lines[:len(lines)-1], '\n') + 1
	second := bytes.IndexByte(lines, '\n') + 1
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	holes := join(lines)
	copy(holes[second+3:], "\x00\x00\x00\x00")
	for _, tt := range []struct {
		name         string
		lines, index []byte
		want         string
	}{
		{"nothing amiss", lines, index, "3 2 1"},
		{"no index", lines, nil, "3 2 1"},
		{"an empty index", lines, []byte{}, "3 2 1"},
		{"an index that is behind", lines, index[:entrySize], "3 2 1"},
		{"a torn index", lines, index[:len(index)-5], "3 2 1"},
		{"a torn line", lines[:len(lines)-7], index, "2 1"},
		{"a torn line, not indexed", lines[:len(lines)-7], index[:2*entrySize], "2 1"},
		{"a line without its newline", lines[:len(lines)-1], index, "3 2 1"},
		{"a lost line", lines[:third], index, "2 1"},
		{"lines lost", []byte{}, index, ""},
		{"a hole on the disk", holes, index, "3 1"},
		{"a hole on the disk, not indexed", holes, nil, "3 1"},
		{"an empty line", join(lines[:third], []byte("\n"), lines[third:]), nil, "3 2 1"},
		{"what is not ours", join([]byte("{\"a\":1}\n[]\n\x00\xff\n"), lines), nil, "3 2 1"},
		{"a line longer than any of ours", join(lines[:second], bytes.Repeat([]byte("x"), 2*maxLine), []byte("\n"), lines[second:]), nil, "3 2 1"},
		{"no end of a line longer than any", join(lines, bytes.Repeat([]byte("x"), 2*maxLine)), nil, "3 2 1"},
		{"an index without lines", nil, index, ""},
		{"an index of noise", lines, bytes.Repeat([]byte("noise"), 64), "3 2 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := leave(t, tt.lines, tt.index)
			s := start(t, dir)
			add(t, s, 4, noon)
			want := "4 " + tt.want
			if tt.want == "" {
				want = "4"
			}
			if got := list(t, s, Query{}); got != want {
				t.Errorf("list %q, want %q", got, want)
			}
			s.Close()
			s = start(t, dir) // what was made good stays so
			add(t, s, 5, noon)
			if got := list(t, s, Query{}); got != "5 "+want {
				t.Errorf("opened again: list %q, want %q", got, "5 "+want)
			}
		})
	}
}

// An index that leads to another line, or to none, shows nothing that is not
// there.
func TestIndexThatLies(t *testing.T) {
	lines, index := kept(t)
	for i := range index {
		bent := bytes.Clone(index)
		bent[i] ^= 0x55
		s := start(t, leave(t, lines, bent))
		for contact, want := range map[string]string{"k1": `{"n":1}`, "k2": `{"n":2}`, "k3": `{"n":3}`} {
			if got := get(t, s, contact); got != want && got != ErrNotFound.Error() {
				t.Errorf("byte %d: %s is %s", i, contact, got)
			}
		}
		list(t, s, Query{Limit: 1})
		s.Close()
	}
}

// FuzzFiles reads files of any content: no panic, an end to the list, and what
// is added afterwards is found. The store has no goroutine of its own here, so
// that what an input does is always the same.
func FuzzFiles(f *testing.F) {
	lines, index := kept(f)
	f.Add(lines, index)
	f.Add(lines[:len(lines)-9], index)
	f.Add(lines, index[:40])
	f.Add([]byte("\n\n{"), bytes.Repeat([]byte{0xff}, 64))
	f.Add([]byte{}, bytes.Repeat([]byte{0}, 96))
	f.Fuzz(func(t *testing.T, lines, index []byte) {
		dir := leave(t, lines, index)
		s := &Store{dir: dir, log: slog.New(slog.DiscardHandler), open: (&disk{room: -1}).open, readers: make(chan struct{}, 1)}
		w := &writer{s: s}
		w.repairAll()
		w.write([]line{{"k1", noon, []byte(`{"contact":"k1","ended":"2026-11-27T12:00:00Z","record":{"n":1}}` + "\n")}})
		w.shut()
		if got := get(t, s, "k1"); got != `{"n":1}` || s.Stats().Written != 1 {
			t.Errorf("k1 is %s, %+v", got, s.Stats())
		}
		q := Query{Limit: 3}
		for pages := 0; ; pages++ {
			page, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if q.Cursor = page.Next; page.Next == "" {
				break
			}
			if pages > len(lines)+len(index) {
				t.Fatal("the list has no end")
			}
		}
	})
}
