package srtp

import (
	"math/rand/v2"
	"testing"
)

// TestGuess completes sequence numbers around the places where it is decided.
func TestGuess(t *testing.T) {
	const r = 1 << 16
	for _, c := range []struct {
		highest  uint64
		sequence uint16
		want     uint64
	}{
		{0, 0, 0},
		{0, 1, 1},
		{0, 65535, 65535}, // nothing is before the first round
		{100, 40000, 40000},
		{32767, 65535, 65535},
		{32768, 0, 0},
		{32769, 0, r},
		{65535, 0, r},
		{65535, 32766, r + 32766},
		{65535, 32767, 32767},
		{r, 65535, 65535},
		{r, 32769, 32769},
		{r, 32768, r + 32768},
		{r + 32767, 65535, r + 65535},
		{r + 32766, 65535, 65535},
		{3*r + 65535, 5, 4*r + 5},
		{maxIndex, 0, maxIndex + 1},
		{maxIndex, 65535, maxIndex},
	} {
		if got := guess(c.highest, c.sequence); got != c.want {
			t.Errorf("guess(%#x, %d) = %#x, want %#x", c.highest, c.sequence, got, c.want)
		}
	}
}

// TestGuessIsRightNearby guesses indices less than half a round away.
func TestGuessIsRightNearby(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for range 200000 {
		highest := r.Uint64N(5 << 16)
		index := int64(highest) + r.Int64N(2*half-1) - (half - 1)
		if index < 0 {
			continue
		}
		if got := guess(highest, uint16(index)); got != uint64(index) {
			t.Fatalf("guess(%#x, %d) = %#x, want %#x", highest, uint16(index), got, index)
		}
	}
}

// TestHistory compares with a set of everything that was there.
func TestHistory(t *testing.T) {
	for seed := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, 0))
		var h history
		seen := make(map[uint64]bool)
		next, highest := r.Uint64N(1000), uint64(0)
		for range 2000 {
			switch r.IntN(20) {
			case 0:
				next += r.Uint64N(300)
			default:
				next += r.Uint64N(3)
			}
			index := next - min(next, r.Uint64N(200))
			want := !seen[index] && (len(seen) == 0 || index+window > highest)
			if got := h.fresh(index); got != want {
				t.Fatalf("seed %d: fresh(%d) = %t with highest %d", seed, index, got, highest)
			}
			if want && r.IntN(8) > 0 { // some fail to authenticate
				h.add(index)
				seen[index], highest = true, max(highest, index)
			}
		}
	}
}
