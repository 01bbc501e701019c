package g722

// frameBytes is how much is worked on at a time: 20 ms.
const frameBytes = 160

// taps of the quadrature mirror filter; with one half of the samples from the
// first to the last, with the other in reverse (H of the Recommendation, whose
// 24 taps are these and their mirror image).
const (
	h0, h1, h2, h3, h4, h5   = 3, -11, 12, 32, -210, 951
	h6, h7, h8, h9, h10, h11 = 3876, -805, 362, -156, 53, -11
)

// past is how many samples before a pair the filter sees.
const past = 22

// A window is the samples of up to one frame behind those before it. Encoder:
// sound. Decoder: sum and difference of the two bands, in turns, which are no
// larger.
type window [past + 2*frameBytes]int16

// The result of the filter for one pair of samples: the sums over the even and
// the odd places. Their size is at most 6482·32768, so that two have room in 64
// bits.
type sums [frameBytes]struct{ even, odd int32 }

// split runs the filter over the first pairs of the window (and one more if that
// is odd). Two sums at a time
// live in the two halves of a 64-bit word; a borrow of the lower from the upper
// is undone at the end.
func (s *sums) split(w *window, pairs int) {
	var v [len(window{}) - 2]int64
	pairs = (pairs + 1) &^ 1
	this, next := int64(w[0]), int64(w[1])
	for i, sample := range w[2 : past+2*pairs] {
		after := int64(sample)
		v[i] = this + after<<32
		this, next = next, after
	}
	for i := 0; i < pairs; i += 2 {
		even, odd := taps24((*[24]int64)(v[2*i:]))
		s[i].even, s[i].odd = int32(even), int32(odd)
		s[i+1].even = int32((even - int64(int32(even))) >> 32)
		s[i+1].odd = int32((odd - int64(int32(odd))) >> 32)
	}
}

func taps24(x *[24]int64) (even, odd int64) {
	even = x[0]*h0 + x[2]*h1 + x[4]*h2 + x[6]*h3 + x[8]*h4 + x[10]*h5 +
		x[12]*h6 + x[14]*h7 + x[16]*h8 + x[18]*h9 + x[20]*h10 + x[22]*h11
	odd = x[1]*h11 + x[3]*h10 + x[5]*h9 + x[7]*h8 + x[9]*h7 + x[11]*h6 +
		x[13]*h5 + x[15]*h4 + x[17]*h3 + x[19]*h2 + x[21]*h1 + x[23]*h0
	return even, odd
}
