package records

import (
	"encoding/binary"
	"hash/fnv"
	"io"
	"iter"
)

// entry is one line's place in its file.
type entry struct {
	hash   uint64 // of the contact
	ended  int64  // Unix time in nanoseconds
	offset int64
	length int64 // with the newline
}

const entrySize = 32

// hashOf must be the same for ever: it is written.
func hashOf(contact string) uint64 {
	h := fnv.New64a()
	_, _ = io.WriteString(h, contact) // never fails
	return h.Sum64()
}

// append adds the entry as it is written.
func (e entry) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, e.hash)
	b = binary.LittleEndian.AppendUint64(b, uint64(e.ended))
	b = binary.LittleEndian.AppendUint64(b, uint64(e.offset))
	return binary.LittleEndian.AppendUint64(b, uint64(e.length))
}

// plausible reports whether the line lies within a file of this size.
func (e entry) plausible(size int64) bool {
	return e.offset >= 0 && e.length > 0 && e.length <= maxLine && e.offset <= size-e.length
}

// decode reads an entry as append has written it.
func decode(b []byte) entry {
	return entry{
		hash:   binary.LittleEndian.Uint64(b),
		ended:  int64(binary.LittleEndian.Uint64(b[8:])),
		offset: int64(binary.LittleEndian.Uint64(b[16:])),
		length: int64(binary.LittleEndian.Uint64(b[24:])),
	}
}

// backward walks the first n entries of an index, the last one first. err says
// what ended the walk early.
func backward(index io.ReaderAt, n int64, err *error) iter.Seq[entry] {
	return func(yield func(entry) bool) {
		raw := make([]byte, min(n, block)*entrySize)
		for n > 0 {
			first := max(0, n-block)
			raw = raw[:(n-first)*entrySize]
			if _, *err = index.ReadAt(raw, first*entrySize); *err != nil {
				return
			}
			for n--; n >= first; n-- {
				if !yield(decode(raw[(n-first)*entrySize:])) {
					return
				}
			}
			n = first
		}
	}
}

// read returns the entry's line, if it is there and whole.
func (e entry) read(lines io.ReaderAt) (written, bool) {
	if e.offset < 0 || e.length <= 0 || e.length > maxLine {
		return written{}, false
	}
	text := make([]byte, e.length)
	if _, err := lines.ReadAt(text, e.offset); err != nil && err != io.EOF {
		return written{}, false
	}
	return parse(text)
}
