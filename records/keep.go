package records

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// dayLayout is the name of a day's files without what follows the dot. Names
// sort as days do.
const dayLayout = "2006-01-02"

func dayOf(t time.Time) string { return t.UTC().Format(dayLayout) }

// daysOf lists the days there are lines of, oldest first. Whatever else is in
// the directory is none of ours.
func daysOf(dir string) ([]string, error) {
	all, err := os.ReadDir(dir)
	var days []string
	for _, f := range all {
		if name, ok := strings.CutSuffix(f.Name(), linesExt); ok && isDay(name) {
			days = append(days, name)
		}
	}
	slices.Sort(days)
	return days, err
}

func isDay(name string) bool {
	_, err := time.Parse(dayLayout, name)
	return err == nil
}

// prune removes the days all of whose records have lived long enough.
func (w *writer) prune(now time.Time) {
	w.kept = w.s.keep.Load()
	if w.kept <= 0 {
		return
	}
	days, err := daysOf(w.s.dir)
	oldest := dayOf(now.Add(-time.Duration(w.kept)))
	for _, day := range days {
		if day >= oldest {
			break
		}
		if w.day != nil && w.day.name == day {
			w.shut()
		}
		base := filepath.Join(w.s.dir, day)
		if err = errors.Join(remove(base+linesExt), remove(base+indexExt)); err != nil {
			break
		}
		w.s.log.Info("call records removed: they have lived long enough", "day", day)
	}
	if err != nil {
		w.s.log.Error("call records cannot be removed", "err", err)
	}
}

func remove(name string) error { return unlessGone(os.Remove(name)) }
