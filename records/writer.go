package records

import (
	"slices"
	"time"
)

const (
	syncEvery  = time.Second // what was written is on the disk so much later
	pruneEvery = time.Hour
)

// writer is what run holds: the open day, and how the disk is doing.
type writer struct {
	s        *Store
	day      *dayFiles // nil: none is open
	unsynced time.Time // of the oldest write that may not be on the disk; zero: all is
	failing  bool      // the last write failed
	kept     int64     // the keep that was pruned by last
}

// run is the store's goroutine: it alone writes.
func (s *Store) run() {
	defer close(s.stopped)
	w := &writer{s: s, kept: -1}
	defer w.shut()
	w.repairAll()
	prune := time.NewTicker(pruneEvery)
	defer prune.Stop()
	syncDue := time.NewTimer(syncEvery)
	defer syncDue.Stop()
	for {
		batch, closed := s.take()
		w.write(batch)
		s.finished(len(batch))
		if closed {
			return
		}
		w.syncIfDue()
		if k := s.keep.Load(); k != w.kept {
			w.prune(time.Now())
		}
		if !w.unsynced.IsZero() {
			syncDue.Reset(time.Until(w.unsynced.Add(syncEvery)))
		}
		select {
		case <-s.wake:
		case <-syncDue.C:
		case now := <-prune.C:
			w.prune(now)
		}
	}
}

// write appends a batch, each run of lines of one day in one go.
func (w *writer) write(batch []line) {
	for len(batch) > 0 {
		day := dayOf(batch[0].ended)
		n := slices.IndexFunc(batch, func(l line) bool { return dayOf(l.ended) != day })
		if n < 0 {
			n = len(batch)
		}
		w.account(n, w.append(day, batch[:n]))
		batch = batch[n:]
	}
}

// append writes lines of one day. After an error the day is opened anew, which
// makes its files good.
func (w *writer) append(day string, lines []line) error {
	if w.day != nil && w.day.name != day {
		w.shut()
	}
	if w.day == nil {
		d, err := openDay(w.s.dir, day, w.s.open)
		if err != nil {
			return err
		}
		w.day = d
	}
	if err := w.day.append(lines); err != nil {
		w.day.close()
		w.day = nil
		return err
	}
	if w.unsynced.IsZero() {
		w.unsynced = time.Now()
	}
	return nil
}

// account counts a batch, and logs when the disk begins to fail and when it is
// well again.
func (w *writer) account(n int, err error) {
	if err == nil {
		w.s.written.Add(uint64(n))
		if w.failing {
			w.failing = false
			w.s.log.Info("call records are written again", "dropped", w.s.dropped.Load())
		}
		return
	}
	w.s.dropped.Add(uint64(n))
	if !w.failing {
		w.failing = true
		w.s.log.Error("call records cannot be written and are dropped", "err", err)
	}
}

func (w *writer) syncIfDue() {
	if !w.unsynced.IsZero() && time.Since(w.unsynced) >= syncEvery {
		w.sync()
	}
}

func (w *writer) sync() {
	w.unsynced = time.Time{}
	if w.day == nil {
		return
	}
	if err := w.day.sync(); err != nil {
		w.s.log.Error("call records may not be on the disk", "err", err)
	}
}

// shut closes the day that is open, on the disk.
func (w *writer) shut() {
	if w.day != nil {
		w.sync()
		w.day.close()
		w.day = nil
	}
}

// repairAll opens each day once, which makes its index good.
func (w *writer) repairAll() {
	days, err := daysOf(w.s.dir)
	if err != nil {
		w.s.log.Error("call records cannot be listed", "err", err)
		return
	}
	for _, name := range days {
		d, err := openDay(w.s.dir, name, w.s.open)
		if err != nil {
			w.s.log.Error("the index of a day's call records cannot be made good", "day", name, "err", err)
			continue
		}
		d.close()
	}
}
