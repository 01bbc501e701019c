package g722

// zeros are the six coefficients of a band's predictor that work on past errors.
// Each is 16 bits, in 1/32768, kept as an unsigned number with half of the range
// added, three to a word: so all are adapted at once.
//
// A step of adaptation is
//
//	c ← c − ⌈c/256⌉ ± 128   (nothing for an error of zero)
//
// with the sign of the new error times that of the error the coefficient works
// on. With half of the range added, the change is one of 0, +128 and +256 after
// a leak of ⌈c/256⌉, which cannot leave the 16 bits.
type zeros struct {
	newer, older uint64 // for the errors 1 to 3 and 4 to 6 back
	signs        uint8  // of the last errors, the newest lowest; 1 is negative
	sum          int32  // of the last six errors
}

// lane is the distance of coefficients in a word.
const (
	lane = 21
	ones = 1 | 1<<lane | 1<<(2*lane)
)

func (z *zeros) reset() { *z = zeros{newer: ones << 15, older: ones << 15} }

// moves has the changes by the signs of six errors against that of the new one.
// The upper half is for an error of zero.
var moves = moveTable()

func moveTable() (moves [128]struct{ newer, older uint64 }) {
	word := func(differ int) (w uint64) {
		for i := range 3 {
			if differ>>i&1 == 0 {
				w |= 256 << (i * lane)
			}
		}
		return w
	}
	for signs := range 64 {
		moves[signs].newer, moves[signs].older = word(signs), word(signs>>3)
	}
	for zero := 64; zero < len(moves); zero++ {
		moves[zero].newer, moves[zero].older = 128*ones, 128*ones
	}
	return moves
}

// adapt moves the coefficients by the last of errors, and filters the six last
// with them.
func (z *zeros) adapt(errors *[7]int32) int32 {
	e := errors[6]
	sign := uint8(e >> 31)
	zero := uint8((e-1)&^e>>31) & 64
	move := &moves[(z.signs^sign)&63|zero]
	newer := z.newer - (z.newer+255*ones)>>8&(0x1ff*ones) + move.newer
	older := z.older - (z.older+255*ones)>>8&(0x1ff*ones) + move.older
	sum := z.sum + e - errors[0]
	z.newer, z.older = newer, older
	z.signs = z.signs<<1 | sign&1
	z.sum = sum
	// Half of the range too much in each coefficient makes each product too large
	// by its error.
	return int32(newer&0xffff)*e>>15 +
		int32(newer>>lane&0xffff)*errors[5]>>15 +
		int32(newer>>(2*lane))*errors[4]>>15 +
		int32(older&0xffff)*errors[3]>>15 +
		int32(older>>lane&0xffff)*errors[2]>>15 +
		int32(older>>(2*lane))*errors[1]>>15 - sum
}
