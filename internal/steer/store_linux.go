package steer

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	// short is how long a datagram may be to fit a slot: 20 ms of anything.
	short = 224
	// longest is how long any may be.
	longest = 2048
	// longs is how many that do not fit a slot wait at a time. If each of 2,000 peers
	// puts 40 ms into a packet, and each is read every 20 ms, 500 wait on average.
	longs = 2048
	// none is no slot.
	none = ^uint16(0)
)

// store keeps datagrams until they are read. Those freed last are used first:
// they are still in the processor's cache. Most of the memory is never touched. It
// is not of the heap: the collector would count all of it as alive, and let as much
// more garbage wait.
type store struct {
	free   []uint16 // slots
	slots  []slot
	ends   []uint16 // free places in long
	long   [][longest]byte
	memory []byte // of slots and long
}

// slot is a datagram.
type slot struct {
	at     int64
	from   unix.RawSockaddrInet4
	length uint16
	next   uint16 // 1 + the slot of the one that came after it; 0: none has
	end    uint16 // 1 + the place in long that has it; 0: data has
	_      uint16
	data   [short]byte
}

func (s *store) open() (err error) {
	const size = waiting * int(unsafe.Sizeof(slot{}))
	s.memory, err = unix.Mmap(-1, 0, size+longs*longest, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return fmt.Errorf("memory for datagrams: %w", err)
	}
	s.slots = unsafe.Slice((*slot)(unsafe.Pointer(&s.memory[0])), waiting)
	s.long = unsafe.Slice((*[longest]byte)(unsafe.Pointer(&s.memory[size])), longs)
	s.free = make([]uint16, waiting)
	for i := range s.free {
		s.free[i] = uint16(waiting - 1 - i)
	}
	s.ends = make([]uint16, longs)
	for i := range s.ends {
		s.ends[i] = uint16(longs - 1 - i)
	}
	return nil
}

// close gives the memory back.
func (s *store) close() {
	if s.memory != nil {
		unix.Munmap(s.memory)
	}
	*s = store{}
}

// take returns a slot, or none.
func (s *store) take() uint16 {
	n := len(s.free)
	if n == 0 {
		return none
	}
	i := s.free[n-1]
	s.free = s.free[:n-1]
	return i
}

// give takes it back. What is in it stays until it is taken again.
func (s *store) give(i uint16) {
	s.shorten(&s.slots[i])
	s.free = append(s.free, i)
}

// lengthen gives a datagram the room it takes, rest being what its slot has none
// for; false: there is none.
func (s *store) lengthen(d *slot, rest []byte) bool {
	n := len(s.ends)
	if n == 0 {
		return false
	}
	d.end = s.ends[n-1] + 1
	s.ends = s.ends[:n-1]
	long := &s.long[d.end-1]
	copy(long[copy(long[:], d.data[:]):], rest)
	return true
}

// shorten gives that back.
func (s *store) shorten(d *slot) {
	if d.end != 0 {
		s.ends = append(s.ends, d.end-1)
		d.end = 0
	}
}

// bytes is a datagram.
func (s *store) bytes(d *slot) []byte {
	if d.end != 0 {
		return s.long[d.end-1][:d.length]
	}
	return d.data[:d.length]
}
