package records

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// file is what the writer needs of a file; all its writes append.
type file interface {
	io.ReaderAt
	io.Writer
	io.Closer
	Stat() (fs.FileInfo, error)
	Truncate(size int64) error
	Sync() error
}

// opener opens a file for appending and makes it if it is not there.
type opener func(name string) (file, error)

const (
	linesExt = ".jsonl"
	indexExt = ".index"
)

// dayFiles are the two files of one day, open for appending.
type dayFiles struct {
	name        string
	lines       file
	index       file
	size        int64 // of lines
	indexed     int64 // of index
	lastIndexed int64 // where the last line that is indexed ends
}

// openDay opens a day's files, and makes good what a crash left: a torn line is
// ended, so that the next one begins anew, and the index covers all whole lines
// and nothing else.
func openDay(dir, name string, open opener) (*dayFiles, error) {
	base := filepath.Join(dir, name)
	_, missing := os.Stat(base + linesExt)
	lines, err := open(base + linesExt)
	if err != nil {
		return nil, err
	}
	index, err := open(base + indexExt)
	if err != nil {
		return nil, errors.Join(err, lines.Close())
	}
	d := &dayFiles{name: name, lines: lines, index: index}
	if err := d.repair(); err != nil {
		d.close()
		return nil, err
	}
	if missing != nil {
		syncDir(dir)
	}
	return d, nil
}

// syncDir puts new names of a directory on the disk. Where that is not possible
// they get there in time.
func syncDir(dir string) {
	if f, err := os.Open(dir); err == nil {
		_ = f.Sync()
		_ = f.Close()
	}
}

func (d *dayFiles) close() {
	_ = d.lines.Close()
	_ = d.index.Close()
}

func (d *dayFiles) sync() error { return errors.Join(d.lines.Sync(), d.index.Sync()) }

// append writes lines and their index. After an error neither is longer than
// before, or as little longer as the disk allows: the files must be opened anew.
func (d *dayFiles) append(lines []line) error {
	var text, index []byte
	for _, l := range lines {
		e := entry{hash: hashOf(l.contact), ended: l.ended.UnixNano(), offset: d.size + int64(len(text)), length: int64(len(l.text))}
		index, text = e.append(index), append(text, l.text...)
	}
	_, err := d.lines.Write(text)
	if err == nil {
		_, err = d.index.Write(index)
	}
	if err != nil {
		return errors.Join(err, d.lines.Truncate(d.size), d.index.Truncate(d.indexed))
	}
	d.size += int64(len(text))
	d.indexed += int64(len(index))
	return nil
}

func (d *dayFiles) repair() error {
	if err := d.measure(); err != nil {
		return err
	}
	if err := d.trimIndex(); err != nil {
		return err
	}
	if d.lastIndexed < d.size {
		return d.indexRest()
	}
	return nil
}

func (d *dayFiles) measure() error {
	lines, err := d.lines.Stat()
	if err != nil {
		return err
	}
	index, err := d.index.Stat()
	if err != nil {
		return err
	}
	d.size, d.indexed = lines.Size(), index.Size()
	return nil
}

// trimIndex takes from the end of the index what points beyond the lines.
func (d *dayFiles) trimIndex() error {
	good := d.indexed / entrySize
	var err error
	for e := range backward(d.index, good, &err) {
		if e.plausible(d.size) {
			d.lastIndexed = e.offset + e.length
			break
		}
		good--
	}
	if err != nil {
		return err
	}
	if good*entrySize == d.indexed {
		return nil
	}
	d.indexed = good * entrySize
	return d.index.Truncate(d.indexed)
}

// indexRest indexes the lines that are not, and ends the last one if it is torn.
func (d *dayFiles) indexRest() error {
	r := bufio.NewReaderSize(io.NewSectionReader(d.lines, d.lastIndexed, d.size-d.lastIndexed), 64<<10)
	var index []byte
	for at := d.lastIndexed; ; {
		text, length, err := readLine(r)
		if err != nil && err != io.EOF {
			return err
		}
		if e, ok := entryOf(text, at, length); ok && err == nil {
			index = e.append(index)
		}
		at += length
		if err == io.EOF {
			return d.endRest(index, length > 0)
		}
	}
}

func (d *dayFiles) endRest(index []byte, torn bool) error {
	if _, err := d.index.Write(index); err != nil {
		return err
	}
	d.indexed += int64(len(index))
	if !torn {
		return nil
	}
	_, err := d.lines.Write([]byte{'\n'})
	d.size++
	return err
}

// readLine reads up to a newline. Of a line that is too long to be one of ours
// it keeps nothing. With io.EOF it is the rest, which has no newline.
func readLine(r *bufio.Reader) (text []byte, length int64, err error) {
	for {
		part, err := r.ReadSlice('\n')
		length += int64(len(part))
		if length <= maxLine {
			text = append(text, part...)
		} else {
			text = nil
		}
		if err != bufio.ErrBufferFull {
			return text, length, err
		}
	}
}

// entryOf is the index entry of a line, if it is whole.
func entryOf(text []byte, offset, length int64) (entry, bool) {
	w, ok := parse(text)
	if !ok {
		return entry{}, false
	}
	return entry{hash: hashOf(w.Contact), ended: w.Ended.UnixNano(), offset: offset, length: length}, true
}

// parse reads a line. One that is torn, damaged or not ours is none.
func parse(text []byte) (w written, ok bool) {
	if !bytes.HasSuffix(text, []byte{'\n'}) || len(text) > maxLine {
		return w, false
	}
	err := json.Unmarshal(text, &w)
	return w, err == nil && w.Contact != "" && len(w.Record) > 0
}
