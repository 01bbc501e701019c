package records

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds of reading.
const (
	maxReaders   = 2               // who reads at one time; the rest wait
	maxPage      = 200             // records of a page
	maxPageBytes = 4 << 20         // a page ends early beyond
	patience     = 2 * time.Second // for what was added before
	block        = 1024            // index entries read at one time
)

// ErrCursor is a cursor that no page of a store gave out.
var ErrCursor = errors.New("the cursor is not one of this server's")

// ErrNotFound is a contact without a record.
var ErrNotFound = errors.New("there is no record of this contact")

// Query says which part of the list is wanted.
type Query struct {
	Cursor string    // Next of the former page; "": from the newest on
	Before time.Time // only what ended before; zero: all
	Limit  int       // how many, 200 at most; a page may have fewer
}

// Page is a part of the list, the newest record first.
type Page struct {
	Records []json.RawMessage
	Next    string // "": it is the last page
}

// cursor is a place in the list: the first so many records of a day, and what
// is older.
type cursor struct {
	day string
	n   int64
}

func (c cursor) String() string { return c.day + "." + strconv.FormatInt(c.n, 10) }

func parseCursor(s string) (cursor, error) {
	day, number, ok := strings.Cut(s, ".")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || n < 0 || !isDay(day) {
		return cursor{}, ErrCursor
	}
	return cursor{day, n}, nil
}

// Get returns the newest record of a contact. The error is ErrNotFound, the
// context's, or the disk's.
func (s *Store) Get(ctx context.Context, contact string) (json.RawMessage, error) {
	release, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	days, err := daysOf(s.dir)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Backward(days) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		record, err := s.find(name, contact)
		if record != nil || err != nil {
			return record, err
		}
	}
	return nil, ErrNotFound
}

// find looks for a contact in one day, the newest records first.
func (s *Store) find(name, contact string) (json.RawMessage, error) {
	d, err := s.readDay(name)
	if err != nil || d == nil {
		return nil, err
	}
	defer d.close()
	want := hashOf(contact)
	for e := range d.backward(d.count) {
		if e.hash != want {
			continue
		}
		if w, ok := e.read(d.lines); ok && w.Contact == contact {
			return w.Record, nil
		}
	}
	return nil, d.failed()
}

// List returns a page of the records. The error is ErrCursor, the context's, or
// the disk's.
func (s *Store) List(ctx context.Context, q Query) (page Page, err error) {
	from := cursor{day: "9999-12-31"}
	if q.Cursor != "" {
		if from, err = parseCursor(q.Cursor); err != nil {
			return page, err
		}
	}
	release, err := s.enter(ctx)
	if err != nil {
		return page, err
	}
	defer release()
	days, err := daysOf(s.dir)
	if err != nil {
		return page, err
	}
	p := pager{Query: q}
	p.Limit = min(max(q.Limit, 1), maxPage)
	for _, name := range slices.Backward(days) {
		if err := ctx.Err(); err != nil {
			return page, err
		}
		if name > from.day || !q.Before.IsZero() && name > dayOf(q.Before) {
			continue
		}
		most := int64(-1)
		if name == from.day {
			most = from.n
		}
		if err := s.list(&p, name, most); err != nil {
			return page, err
		}
		if p.Next != "" {
			break
		}
	}
	return p.Page, nil
}

// pager collects a page.
type pager struct {
	Query
	Page
	bytes int
}

func (p *pager) full() bool { return len(p.Records) == p.Limit || p.bytes > maxPageBytes }

// list adds a day's records to the page, the first so many of them at most (-1:
// all), until it is full.
func (s *Store) list(p *pager, name string, most int64) error {
	d, err := s.readDay(name)
	if err != nil || d == nil {
		return err
	}
	defer d.close()
	n := d.count
	if most >= 0 {
		n = min(n, most)
	}
	for e := range d.backward(n) {
		if p.full() {
			p.Next = cursor{name, n}.String()
			return nil
		}
		n--
		if !p.Before.IsZero() && e.ended >= p.Before.UnixNano() {
			continue
		}
		if w, ok := e.read(d.lines); ok {
			p.Records = append(p.Records, w.Record)
			p.bytes += len(w.Record)
		}
	}
	return d.failed()
}

// dayReader is a day's files, open for reading.
type dayReader struct {
	lines, index *os.File
	count        int64 // of index entries
	err          error // that ended a walk
}

// readDay opens a day for reading; nil: it is gone, or not indexed yet.
func (s *Store) readDay(name string) (*dayReader, error) {
	base := filepath.Join(s.dir, name)
	lines, err := os.Open(base + linesExt)
	if err != nil {
		return nil, unlessGone(err)
	}
	d := &dayReader{lines: lines}
	if d.index, err = os.Open(base + indexExt); err != nil {
		_ = lines.Close()
		return nil, unlessGone(err)
	}
	info, err := d.index.Stat()
	if err != nil {
		d.close()
		return nil, err
	}
	d.count = info.Size() / entrySize
	return d, nil
}

func unlessGone(err error) error {
	if os.IsNotExist(err) {
		return nil
	}
	return err
}

func (d *dayReader) close() {
	_ = d.lines.Close()
	_ = d.index.Close()
}

// backward walks the first n index entries, the last one first. What ended it
// early is in err.
func (d *dayReader) backward(n int64) iter.Seq[entry] { return backward(d.index, n, &d.err) }

// failed is why a walk ended early, if it is worth telling: the writer may just
// have taken entries back.
func (d *dayReader) failed() error {
	if d.err == io.EOF {
		return nil
	}
	return d.err
}

// enter waits for a place among those who read, and for what was added before.
func (s *Store) enter(ctx context.Context) (release func(), err error) {
	select {
	case s.readers <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s.settle(ctx)
	return func() { <-s.readers }, nil
}

// settle waits until what was added so far is written or dropped, but not long.
func (s *Store) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	for want := s.added; s.done < want; {
		if s.moved == nil {
			s.moved = make(chan struct{})
		}
		moved := s.moved
		s.mu.Unlock()
		select {
		case <-moved:
		case <-ctx.Done():
		}
		s.mu.Lock()
		if ctx.Err() != nil {
			return
		}
	}
}
