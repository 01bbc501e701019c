package jitter

import "math/bits"

const (
	// capacity is how many samples the store holds, at any rate: half a second
	// of 8 kHz. A power of two, so that positions may wrap round.
	capacity = 4096
	// past is how much of that is what was heard last: 60 ms.
	past = 480
)

// store holds decoded samples where their timestamps put them, and knows which
// are there and to come. Behind the point of play it has what was heard.
type store struct {
	have    [capacity / 64]uint64
	samples [capacity]int16
}

// forget empties it.
func (s *store) forget() { s.have = [capacity / 64]uint64{} }

// write decodes a payload to ts and the samples after it.
func (s *store) write(ts uint32, payload []byte, decode *[256]int16) {
	for rest, at := payload, ts; len(rest) > 0; {
		to := s.samples[at%capacity:]
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
		s.samples[(ts+uint32(i))%capacity] = 0
	}
}

// put writes samples to ts, without their being there: they are heard already.
func (s *store) put(ts uint32, from []int16) {
	n := copy(s.samples[ts%capacity:], from)
	copy(s.samples[:], from[n:])
}

// keep writes samples to ts.
func (s *store) keep(ts uint32, from []int16) {
	s.put(ts, from)
	s.mark(ts, len(from))
}

// copy copies what is at ts, there or not.
func (s *store) copy(dst []int16, ts uint32) {
	n := copy(dst, s.samples[ts%capacity:])
	copy(dst[n:], s.samples[:])
}

func (s *store) has(ts uint32) bool { return s.have[ts%capacity/64]>>(ts%64)&1 != 0 }

func (s *store) mark(ts uint32, n int) {
	for n > 0 {
		mask, width := span(ts, n)
		s.have[ts%capacity/64] |= mask
		ts, n = ts+uint32(width), n-width
	}
}

// drop has n samples from ts be there no more.
func (s *store) drop(ts uint32, n int) {
	for n > 0 {
		mask, width := span(ts, n)
		s.have[ts%capacity/64] &^= mask
		ts, n = ts+uint32(width), n-width
	}
}

// run is how many samples from ts on, at most n, are all there, or all
// missing.
func (s *store) run(ts uint32, n int) (length int, there bool) {
	there = s.has(ts)
	for length < n {
		mask, width := span(ts, n-length)
		word := s.have[ts%capacity/64]
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
