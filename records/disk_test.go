package records

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// disk opens real files, on a disk that can be full or stand still.
type disk struct {
	mu    sync.Mutex
	room  int           // bytes that still fit; negative: plenty
	stuck chan struct{} // writes wait for it to be closed; nil: they do not
	syncs int
	worse bool // nor does it take back what was written, while it is full
}

type diskFile struct {
	*os.File
	d *disk
}

func (d *disk) open(name string) (file, error) {
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &diskFile{f, d}, nil
}

func (d *disk) set(room int, stuck chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.room, d.stuck = room, stuck
}

func (f *diskFile) Write(b []byte) (int, error) {
	f.d.mu.Lock()
	stuck := f.d.stuck
	f.d.mu.Unlock()
	if stuck != nil {
		<-stuck
	}
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.room < 0 {
		return f.File.Write(b)
	}
	n, _ := f.File.Write(b[:min(len(b), f.d.room)])
	f.d.room -= n
	if n < len(b) {
		return n, syscall.ENOSPC
	}
	return n, nil
}

func (f *diskFile) Truncate(size int64) error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.worse && f.d.room >= 0 {
		return syscall.EIO
	}
	return f.File.Truncate(size)
}

func (f *diskFile) Sync() error {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	f.d.syncs++
	return nil
}

func (d *disk) start(t testing.TB, dir string, log *logged) *Store {
	t.Helper()
	s, err := open(Config{Dir: dir, Logger: slog.New(log)}, d.open)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// A full disk costs the records that do not fit, and nothing else: what was
// there stays whole, and when there is room again records are written again.
func TestFullDisk(t *testing.T) {
	for _, worse := range []bool{false, true} {
		for room := 0; room < 200; room += 3 {
			d, log := &disk{room: -1, worse: worse}, &logged{}
			s := d.start(t, t.TempDir(), log)
			add(t, s, 1, noon)
			list(t, s, Query{})
			d.set(room, nil)
			add(t, s, 2, noon)
			list(t, s, Query{})
			add(t, s, 3, noon)
			list(t, s, Query{})
			d.set(-1, nil)
			add(t, s, 4, noon)
			got := list(t, s, Query{})
			if !strings.HasPrefix(got, "4") || !strings.HasSuffix(got, "1") {
				t.Fatalf("room for %d bytes: %s", room, got)
			}
			if st := s.Stats(); st.Written+st.Dropped != 4 || !worse && len(strings.Fields(got)) != int(st.Written) {
				t.Fatalf("room for %d bytes: %s, %+v", room, got, st)
			}
			if s.Stats().Dropped > 0 {
				log.wants(t, "ERROR call records cannot be written and are dropped", "INFO call records are written again")
			}
			s.Close()
		}
	}
}

// While the disk stands still nobody waits for it: records queue up, and what
// finds no room is dropped, which is logged once.
func TestSlowDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, log := &disk{room: -1}, &logged{}
		s := d.start(t, t.TempDir(), log)
		add(t, s, 0, noon)
		list(t, s, Query{})
		stuck := make(chan struct{})
		d.set(-1, stuck)
		add(t, s, 1, noon)
		synctest.Wait() // it is being written
		for i := 2; i < maxQueue+2; i++ {
			add(t, s, i, noon)
		}
		for range 10 {
			if s.Add("late", noon, []byte("{}")) {
				t.Error("taken without room")
			}
		}
		before := time.Now()
		if got := list(t, s, Query{}); got != "0" {
			t.Errorf("meanwhile the list is %.40s", got)
		}
		if took := time.Since(before); took != patience {
			t.Errorf("reading waited %v", took)
		}
		close(stuck)
		d.set(-1, nil)
		if got := get(t, s, fmt.Sprint("k", maxQueue+1)); got != fmt.Sprintf(`{"n":%d}`, maxQueue+1) {
			t.Errorf("the last one is %s", got)
		}
		if got := s.Stats(); got != (Stats{Written: maxQueue + 2, Dropped: 10}) {
			t.Errorf("stats %+v", got)
		}
		log.wants(t, "ERROR call records are dropped: the disk is too slow")
		s.Close()
	})
}

// The queue is bounded in bytes too.
func TestQueueOfLongRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{room: -1, stuck: make(chan struct{})}
		s := d.start(t, t.TempDir(), &logged{})
		add(t, s, 0, noon)
		synctest.Wait()
		long := []byte(`"` + strings.Repeat("x", maxLine/2) + `"`)
		taken := 0
		for s.Add("k", noon, long) {
			taken++
		}
		if want := maxQueueBytes/(maxLine/2) - 1; taken != want {
			t.Errorf("%d taken, want %d", taken, want)
		}
		close(d.stuck)
		s.Close()
		if got := s.Stats(); got != (Stats{Written: uint64(taken) + 1, Dropped: 1}) {
			t.Errorf("stats %+v", got)
		}
	})
}

// What is written is on the disk a second later, and not a moment sooner for
// each record; and at the end.
func TestWrittenIsSynced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &disk{room: -1}
		s := d.start(t, t.TempDir(), &logged{})
		synced := func(want int) {
			t.Helper()
			synctest.Wait()
			d.mu.Lock()
			defer d.mu.Unlock()
			if d.syncs != 2*want { // two files
				t.Errorf("%d syncs of files, want %d", d.syncs, 2*want)
			}
		}
		time.Sleep(10 * time.Second)
		synced(0)
		for i := range 50 { // 2.5 s
			add(t, s, i, noon)
			time.Sleep(50 * time.Millisecond)
		}
		synced(2)
		time.Sleep(time.Second)
		synced(3)
		time.Sleep(time.Minute)
		synced(3)
		add(t, s, 99, noon)
		s.Close()
		synced(4)
	})
}

// Days are removed when the youngest of their records has lived long enough, an
// hour later at most; other files are none of ours.
func TestRetention(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins on 2000-01-01 at 0:00
		dir, log := t.TempDir(), &logged{}
		foreign := []string{"notes.txt", "1999-12-01.txt", "99-12-01.jsonl", "1999-12-01.jsonl.gz"}
		for _, name := range foreign {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s := start(t, dir, func(c *Config) { c.Keep, c.Logger = 3*24*time.Hour, slog.New(log) })
		for i := range 6 {
			add(t, s, i, time.Now())
			time.Sleep(24 * time.Hour)
		}
		synctest.Wait()
		// It is the 7th, 0:00: what ended on the 3rd may be less than 3 days old until 24:00 of the 6th.
		if got := list(t, s, Query{}); got != "5 4 3" {
			t.Errorf("list %s", got)
		}
		s.SetKeep(24 * time.Hour)
		synctest.Wait()
		if got := list(t, s, Query{}); got != "5" {
			t.Errorf("keeping for a day: list %s", got)
		}
		s.SetKeep(0)
		time.Sleep(1000 * 24 * time.Hour)
		if got := list(t, s, Query{}); got != "5" {
			t.Errorf("keeping for ever: list %s", got)
		}
		s.SetKeep(24 * time.Hour)
		synctest.Wait()
		add(t, s, 7, time.Now())
		if got := list(t, s, Query{}); got != "7" {
			t.Errorf("after all were removed: list %s", got)
		}
		s.Close()
		for _, name := range foreign {
			if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
				t.Error(err)
			}
		}
		if all, _ := os.ReadDir(dir); len(all) != len(foreign)+2 {
			t.Errorf("%d files are left", len(all))
		}
	})
}
