package media

import "math/bits"

// bitmap says which samples of the ring are there. Positions are RTP times.
type bitmap [ringSamples / 64]uint64

func (b *bitmap) has(ts uint32) bool { return b[ts%ringSamples/64]>>(ts%64)&1 != 0 }

func (b *bitmap) set(ts uint32, n int) {
	for n > 0 {
		mask, width := span(ts, n)
		b[ts%ringSamples/64] |= mask
		ts, n = ts+uint32(width), n-width
	}
}

func (b *bitmap) clear(ts uint32, n int) {
	for n > 0 {
		mask, width := span(ts, n)
		b[ts%ringSamples/64] &^= mask
		ts, n = ts+uint32(width), n-width
	}
}

// count is how many of n samples are there.
func (b *bitmap) count(ts uint32, n int) (total int) {
	for n > 0 {
		mask, width := span(ts, n)
		total += bits.OnesCount64(b[ts%ringSamples/64] & mask)
		ts, n = ts+uint32(width), n-width
	}
	return total
}

// span is the mask of the first of n bits that share a word, and how many they
// are.
func span(ts uint32, n int) (mask uint64, width int) {
	shift := ts % 64
	width = min(n, 64-int(shift))
	return (1<<uint(width) - 1) << shift, width
}
