package g722

import (
	"math"
	"math/bits"
)

// The quantiser of the low band looks for the first decision level above an
// error: error < decision·step/4096, rounded down. That is
// decision ≥ ⌈(error+1)·4096/step⌉, and the right-hand side, no more than 2920
// of interest, is the index into a table of answers.

const scaledMax = 2920 // one above the highest decision level

var (
	scales   = scaleTable()
	lowCodes = codeTable()
)

// scaleTable has 2^64/step, rounded up, by the logarithm of the step: a
// multiplication by it divides numbers of 30 bits exactly.
func scaleTable() (scales [512]uint64) {
	for i := range lowLogMax>>6 + 1 {
		scales[i] = math.MaxUint64/uint64(lowSteps[i]) + 1
	}
	return scales
}

// codeTable has the six bits by scaled error, for errors ≥ 0 first and for the
// others after them.
func codeTable() (codes [2 * 4096]uint8) {
	level := 1
	for scaled := range scaledMax + 1 {
		for level <= len(decisions) && int(decisions[level-1]) < scaled {
			level++
		}
		codes[scaled] = uint8(62 - level)
		codes[4096+scaled] = uint8(34 - level)
		if level <= 2 { // the two that are nearest to zero have codes apart
			codes[4096+scaled] = uint8(64 - level)
		}
	}
	return codes
}

// lowCode quantises an error of the low band. Its size is below 2^16: that of a
// sample of the QMF is at most 25928, that of a prediction 32768.
func (b *band) lowCode(e int32) uint8 {
	sign := e >> 31
	size := uint32(e ^ sign) // -1 is as large as 0
	scaled, _ := bits.Mul64(uint64((size+1)<<12+uint32(b.step)-1), scales[b.log>>6&511])
	return lowCodes[min(scaled, scaledMax)&4095|uint64(sign&4096)]
}

// highCode quantises an error of the high band.
func (b *band) highCode(e int32) uint8 {
	sign := e >> 31
	size := e ^ sign
	near := int32(1)
	if size >= b.step*564>>12 {
		near = 0
	}
	return uint8(near + 2 + sign<<1)
}
