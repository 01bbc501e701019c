package resample

// The taps at the distances ±1, ±3 … ±23 from the middle, in 1/16384, doubled
// (an interpolated sample is the sum of the taps times its neighbours). Equal
// ripple in the pass band 0-3.4 kHz and its mirror image, rounded so that the
// ripple stays least.
const (
	c0, c1, c2, c3, c4, c5   = 10387, -3347, 1876, -1207, 815, -556
	c6, c7, c8, c9, c10, c11 = 375, -246, 155, -91, 49, -27
)

const (
	chunk   = 160 // samples of 8 kHz worked on at a time
	past    = 23  // samples of 8 kHz before the newest that the filter sees
	scaling = 14  // bits of the taps' fraction
)

// A line is up to chunk samples of 8 kHz behind those before them.
type line [past + chunk + 1]int16

// between computes the sample in the middle of each window of 24, times 16384.
// Two of them at a time live in the halves of a 64-bit word, with one
// multiplication for both: a sum is at most 38262·32768 in size. A borrow of the
// lower half from the upper is undone at the end.
func between(sums *[chunk]int32, x *line, n int) {
	var v [past + chunk]int64
	n = min((n+1)&^1, chunk)
	this := int64(x[0])
	for i, sample := range x[1 : past+n+1] {
		next := int64(sample)
		v[i] = this + next<<32
		this = next
	}
	for i := 0; i+1 < n; i += 2 {
		two := window((*[24]int64)(v[i:]))
		sums[i] = int32(two)
		sums[i+1] = int32((two - int64(int32(two))) >> 32)
	}
}

func window(v *[24]int64) int64 {
	return (v[11]+v[12])*c0 + (v[10]+v[13])*c1 + (v[9]+v[14])*c2 + (v[8]+v[15])*c3 +
		(v[7]+v[16])*c4 + (v[6]+v[17])*c5 + (v[5]+v[18])*c6 + (v[4]+v[19])*c7 +
		(v[3]+v[20])*c8 + (v[2]+v[21])*c9 + (v[1]+v[22])*c10 + (v[0]+v[23])*c11
}

// limit saturates to 16 bits.
func limit(v int32) int16 { return int16(min(max(v, -1<<15), 1<<15-1)) }
