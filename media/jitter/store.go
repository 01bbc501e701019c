package jitter

import "math/bits"

const (
	// capacity is how many samples a deep store holds, at any rate: half a second
	// of 8 kHz. A power of two, so that positions may wrap round.
	capacity = 4096
	// shallow is the same of one that is not: enough while packets come less than
	// 0.2 s ahead of their time, as on most networks.
	shallow = capacity / 2
	// past is how much of that is what was heard last: 60 ms.
	past = 480
)

// Depth is the memory of a stream whose packets may wait for long; 8.7 KB. It
// belongs to one Playout at a time.
type Depth struct {
	have    [capacity / 64]uint64
	samples [capacity]int16
}

// store holds decoded samples where their timestamps put them, and knows which
// are there and to come. Behind the point of play it has what was heard.
type store struct {
	have    []uint64
	samples []int16
	mask    uint32 // of a position: it is at position & mask
	depth   *Depth // nil: it is shallow
	near    struct {
		have    [shallow / 64]uint64
		samples [shallow]int16
	}
}

// use has the store be in d, or in its own memory if there is none.
func (s *store) use(d *Depth) {
	s.depth = d
	if d != nil {
		s.have, s.samples = d.have[:], d.samples[:]
	} else {
		s.have, s.samples = s.near.have[:], s.near.samples[:]
	}
	s.mask = uint32(len(s.samples)) - 1
}

// move moves to d, or to its own memory, with all that is there around the point
// of play as far as the lesser of both reaches.
func (s *store) move(d *Depth, play uint32) {
	from := play - past
	var window [shallow]int16
	s.copy(window[:], from)
	var there [shallow / 64]uint64
	for i := range uint32(shallow) {
		if s.has(from + i) {
			there[i/64] |= 1 << (i % 64)
		}
	}
	s.use(d)
	s.forget()
	s.put(from, window[:])
	for i := range uint32(shallow) {
		if there[i/64]>>(i%64)&1 != 0 {
			s.mark(from+i, 1)
		}
	}
}

// reach is how far ahead of the point of play it has room.
func (s *store) reach() int { return len(s.samples) - past }

// forget empties it.
func (s *store) forget() { clear(s.have) }

// at is where a position is in samples.
func (s *store) at(ts uint32) int { return int(ts & s.mask) }

// word is where it is in have.
func (s *store) word(ts uint32) *uint64 { return &s.have[ts&s.mask/64] }

// write decodes a payload to ts and the samples after it.
func (s *store) write(ts uint32, payload []byte, decode *[256]int16) {
	for rest, at := payload, ts; len(rest) > 0; {
		to := s.samples[s.at(at):]
		n := min(len(to), len(rest))
		to = to[:n]
		expand(to, rest[:n], decode)
		rest, at = rest[n:], at+uint32(n)
	}
	s.mark(ts, len(payload))
}

// expand decodes, eight samples to a turn: most of what a packet costs here.
func expand(to []int16, payload []byte, decode *[256]int16) {
	for len(payload) >= 8 && len(to) >= 8 {
		a, b := (*[8]int16)(to), (*[8]byte)(payload)
		a[0], a[1], a[2], a[3] = decode[b[0]], decode[b[1]], decode[b[2]], decode[b[3]]
		a[4], a[5], a[6], a[7] = decode[b[4]], decode[b[5]], decode[b[6]], decode[b[7]]
		to, payload = to[8:], payload[8:]
	}
	for i, b := range payload {
		to[i] = decode[b]
	}
}

// silence has n samples from ts be there, and be zero.
func (s *store) silence(ts uint32, n int) {
	if n <= 0 {
		return
	}
	s.hush(ts, n)
	s.mark(ts, n)
}

// hush zeroes n samples from ts, there or not.
func (s *store) hush(ts uint32, n int) {
	for i := range n {
		s.samples[s.at(ts+uint32(i))] = 0
	}
}

// put writes samples to ts, without their being there: they are heard already.
func (s *store) put(ts uint32, from []int16) {
	n := copy(s.samples[s.at(ts):], from)
	copy(s.samples[:], from[n:])
}

// keep writes samples to ts.
func (s *store) keep(ts uint32, from []int16) {
	s.put(ts, from)
	s.mark(ts, len(from))
}

// copy copies what is at ts, there or not.
func (s *store) copy(dst []int16, ts uint32) {
	n := copy(dst, s.samples[s.at(ts):])
	copy(dst[n:], s.samples[:])
}

func (s *store) has(ts uint32) bool { return *s.word(ts)>>(ts%64)&1 != 0 }

func (s *store) mark(ts uint32, n int) {
	for n > 0 {
		mask, width := span(ts, n)
		*s.word(ts) |= mask
		ts, n = ts+uint32(width), n-width
	}
}

// drop has n samples from ts be there no more.
func (s *store) drop(ts uint32, n int) {
	for n > 0 {
		mask, width := span(ts, n)
		*s.word(ts) &^= mask
		ts, n = ts+uint32(width), n-width
	}
}

// run is how many samples from ts on, at most n, are all there, or all
// missing.
func (s *store) run(ts uint32, n int) (length int, there bool) {
	there = s.has(ts)
	for length < n {
		mask, width := span(ts, n-length)
		word := *s.word(ts)
		if !there {
			word = ^word
		}
		// The first bit of the span that differs ends the run.
		if differ := ^word & mask; differ != 0 {
			return length + bits.TrailingZeros64(differ) - int(ts%64), there
		}
		ts, length = ts+uint32(width), length+width
	}
	return length, there
}

// span is the mask of the first of n bits that share a word, and how many they
// are.
func span(ts uint32, n int) (mask uint64, width int) {
	shift := ts % 64
	width = min(n, 64-int(shift))
	return (1<<uint(width) - 1) << shift, width
}
