package g722

// The tables of the Recommendation, in its units.

// decisions are the upper ends of the low band's quantiser intervals, in
// 1/4096 of the step (Q6).
var decisions = [29]int32{
	35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786,
	858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
}

// fine is what the six bits of the low band stand for, in 1/32768 of the step
// (QQ6): the signal that is heard.
var fine = [64]int32{
	-136, -136, -136, -136, -24808, -21904, -19008, -16704,
	-14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
	-7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576,
	-3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
	24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192,
	10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
	4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032,
	1688, 1360, 1040, 728, 432, 136, -432, -136,
}

// coarse is what the upper four of them stand for (QQ4): the signal that the
// low band adapts to.
var coarse = [16]int32{
	0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
	20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
}

// lowLoudness is how much the same four bits raise the logarithm of the step
// (WL by RIL).
var lowLoudness = [16]int32{
	-60, 3042, 1198, 538, 334, 172, 58, -30,
	3042, 1198, 538, 334, 172, 58, -30, -60,
}

// levels and highLoudness are the same for the two bits of the high band (QQ2,
// WH by IH).
var (
	levels       = [4]int32{-7408, -1616, 7408, 1616}
	highLoudness = [4]int32{798, -214, 798, -214}
)

// mantissas are 2048·2^(i/32) (ILB).
var mantissas = [32]int32{
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383,
	2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371,
	3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
}

// The logarithm of the step has a fraction of 11 bits, of which the upper five
// count, and these limits.
const (
	lowLogMax   = 18432
	highLogMax  = 22528
	lowLogBias  = 8
	highLogBias = 10
)

// The first steps, which are the smallest.
const (
	lowFirst  = 32
	highFirst = 8
)

// lowSteps and highSteps give the step by its logarithm >> 6. The smallest are
// 32 and 8, the largest 16384. Their size is a power of two so that a mask keeps
// an index inside.
var (
	lowSteps  = stepTable(lowLogMax, lowLogBias)
	highSteps = stepTable(highLogMax, highLogBias)
)

func stepTable(maximum, bias int) (steps [512]int32) {
	for i := range maximum>>6 + 1 {
		// All the way left first, so that only the shift right drops bits.
		steps[i] = mantissas[i&31] << (i >> 5) >> bias << 2
	}
	return steps
}
